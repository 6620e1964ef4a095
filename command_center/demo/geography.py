"""The ground of the demo city: districts, branches with their beats, roads, streets, businesses."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import shapely
from shapely import MultiLineString, MultiPolygon, Point
from shapely.ops import nearest_points
from sqlalchemy import text
from sqlalchemy.orm import Session

from command_center.demo import businesses, roads, sources
from kernel.audit import record
from kernel.settings import Settings
from maps import revisions
from maps.geocoding import normalise
from maps.geocoding.query import landmark
from maps.plane import distance_m
from maps.registry import load as registry
from maps.registry.rows import RegistryRow

SOURCE = "demo"
BEAT_CODE = "{district}B{number:02}"


class _Branch(NamedTuple):
    name: str
    district: str
    lon: float
    lat: float


# Places that these sub-districts are known for; nobody's real office.
_BRANCHES = (
    _Branch("景山市场监管所", "东城区", 116.399, 39.931),
    _Branch("建国门市场监管所", "东城区", 116.428, 39.907),
    _Branch("天坛市场监管所", "东城区", 116.413, 39.884),
    _Branch("德胜市场监管所", "西城区", 116.377, 39.955),
    _Branch("金融街市场监管所", "西城区", 116.362, 39.915),
    _Branch("广安门市场监管所", "西城区", 116.350, 39.887),
    _Branch("朝外市场监管所", "朝阳区", 116.447, 39.922),
    _Branch("望京市场监管所", "朝阳区", 116.473, 39.994),
    _Branch("亚运村市场监管所", "朝阳区", 116.405, 40.000),
    _Branch("潘家园市场监管所", "朝阳区", 116.461, 39.873),
    _Branch("高碑店市场监管所", "朝阳区", 116.523, 39.913),
    _Branch("中关村市场监管所", "海淀区", 116.316, 39.983),
    _Branch("万寿路市场监管所", "海淀区", 116.290, 39.912),
    _Branch("方庄市场监管所", "丰台区", 116.433, 39.856),
    _Branch("丰台市场监管所", "丰台区", 116.287, 39.858),
    _Branch("八宝山市场监管所", "石景山区", 116.234, 39.908),
)

_COPY_ROADS = (
    "copy maps.road_edges (source, target, name, class, length_m, speed_kmh, one_way, geom)"
    " from stdin"
)
_COPY_REGIONS = "copy maps.regions (code, name, parent_code, level, geom) from stdin"
_COPY_LANDMARKS = "copy maps.landmarks (name, key, district, geom, source, licence) from stdin"
ONE_PLACE_M = 500
"""Points of one name closer than this (stops on both sides, a bridge's lanes) are one place."""
_COPY_STREETS = "copy maps.streets (name, district, source, centre, geom) from stdin"


def districts() -> list[tuple[str, str]]:
    """(code, name) of the demo city's districts."""
    return [(district.code, district.name) for district in _districts()]


@cache
def _districts() -> list[sources.District]:
    return sources.districts()


@cache
def branches() -> list[dict[str, Any]]:
    """The branches: name, district_code, lon, lat, polygon and the region code of their beat.

    A beat is the part of the district that lies nearest to its branch, so that beats cover each
    district without gap or overlap.
    """
    found = []
    for district in _districts():
        here = [branch for branch in _BRANCHES if branch.district == district.name]
        for number, (branch, polygon) in enumerate(
            zip(here, _beats(district.outline, here), strict=True), 1
        ):
            found.append(
                {
                    "name": branch.name,
                    "district_code": district.code,
                    "region_code": BEAT_CODE.format(district=district.code, number=number),
                    "lon": branch.lon,
                    "lat": branch.lat,
                    "polygon": polygon,
                }
            )
    return found


def _beats(outline: MultiPolygon, here: Sequence[_Branch]) -> list[MultiPolygon]:
    """The outline shared out among its branches, in their order."""
    if len(here) == 1:
        return [outline]
    points = shapely.MultiPoint([(branch.lon, branch.lat) for branch in here])
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=outline, ordered=True))
    return [sources.multipolygon(cell.intersection(outline)) for cell in cells]


def seed_geography(session: Session, settings: Settings) -> None:
    """Fill the tables of maps with the demo city; the same seed gives the same city."""
    edges = roads.load(settings.var_dir / "cache")
    _copy(session, _COPY_REGIONS, _region_rows())
    seed_roads(session, edges)
    _copy(session, _COPY_STREETS, _street_rows(edges))
    _copy(session, _COPY_LANDMARKS, _landmark_rows())
    revisions.mark_changed(session, "regions", "streets", "landmarks")
    record(session, "regions.loaded", "region", SOURCE)
    found = businesses.generate(edges, _districts(), settings.demo_businesses, settings.demo_seed)
    registry.load(session, map(registry_row, found), source=SOURCE)
    session.execute(text("analyze maps.regions, maps.road_edges"))


def seed_roads(session: Session, edges: Sequence[roads.Edge]) -> None:
    """The network that travel times are reckoned over."""
    _copy(session, _COPY_ROADS, _road_rows(edges))
    revisions.mark_changed(session, "roads")


def _copy(session: Session, statement: str, rows: Iterator[tuple[Any, ...]]) -> None:
    cursor: Any = session.connection().connection.cursor()
    with cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _wkb(shape: shapely.Geometry) -> str:
    return shapely.to_wkb(shapely.set_srid(shape, 4326), hex=True, include_srid=True)


def _region_rows() -> Iterator[tuple[Any, ...]]:
    for district in _districts():
        yield district.code, district.name, None, "district", _wkb(district.outline)
    for branch in branches():
        yield (
            branch["region_code"],
            branch["name"],
            branch["district_code"],
            "beat",
            _wkb(branch["polygon"]),
        )


def _road_rows(edges: Sequence[roads.Edge]) -> Iterator[tuple[Any, ...]]:
    for edge in edges:
        yield (
            edge.source,
            edge.target,
            edge.name,
            edge.road_class,
            edge.length_m,
            edge.speed_kmh,
            False,
            _wkb(shapely.LineString(edge.points)),
        )


def _street_rows(edges: Sequence[roads.Edge]) -> Iterator[tuple[Any, ...]]:
    """Each street once per district that it runs through."""
    tree = shapely.STRtree([district.outline for district in _districts()])
    pieces: dict[tuple[str, str], list[shapely.LineString]] = {}
    for edge in edges:
        line = shapely.LineString(edge.points)
        middle = line.interpolate(0.5, normalized=True)
        for index in tree.query(middle, predicate="within"):
            key = normalise.normalise(edge.name), _districts()[index].name
            pieces.setdefault(key, []).append(line)
    for (name, district), lines in sorted(pieces.items()):
        shape = MultiLineString(lines)
        yield name, district, SOURCE, _wkb(_middle(shape)), _wkb(shape)


def _landmark_rows() -> Iterator[tuple[Any, ...]]:
    """Each landmark once, in the middle of its points, in the district where that lies."""
    tree = shapely.STRtree([district.outline for district in _districts()])
    groups: dict[str, list[list[tuple[float, float]]]] = {}
    for point in sources.landmarks():
        here = (point.lon, point.lat)
        places = groups.setdefault(point.name, [])
        near = next((p for p in places if distance_m(*p[0], *here) < ONE_PLACE_M), None)
        places.append([here]) if near is None else near.append(here)
    for name, places in sorted(groups.items()):
        for points in places:
            middle = shapely.MultiPoint(points).centroid
            for index in tree.query(middle, predicate="within"):
                district = _districts()[index].name
                yield name, landmark(name), district, _wkb(middle), SOURCE, sources.ATTRIBUTION


def _middle(shape: MultiLineString) -> Point:
    """The point of the street that lies nearest to its centre."""
    return nearest_points(shape, shape.centroid)[0]


def registry_row(business: businesses.DemoBusiness) -> RegistryRow:
    """The business as a registry would tell it."""
    return RegistryRow(
        name=business.name,
        address=business.address,
        credit_code=business.credit_code,
        district=business.district,
        street=normalise.normalise(business.street),
        number=business.number,
        lon=business.lon,
        lat=business.lat,
        phone=business.phone,
        legal_representative=business.legal_representative,
        scope=business.scope,
        promises=business.promises,
        service_standards=business.service_standards,
    )
