"""Vector tiles of the base map: roads, region outlines and label points, cut by PostGIS."""

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from maps.revisions import Cached, stamps

RECIPE = 1
"""Raise it when tiles change for the same data: browsers then ask again."""
MIN_ZOOM, MAX_ZOOM = 6, 15
"""Below nothing is drawn; above the browser enlarges tiles of the deepest zoom."""
_KEPT = 4096
_PIXELS = 512

_CLASSES_FROM_ZOOM = {
    "motorway": 0,
    "trunk": 9,
    "primary": 10,
    "secondary": 11,
    "tertiary": 12,
    "unclassified": 13,
    "residential": 13,
    "living_street": 14,
    "service": 14,
}

# Pieces of one street are joined, so that its name is drawn along it and not once per crossing.
_TILE = text(
    """
with bounds as (
  select st_tileenvelope(:z, :x, :y) as mercator,
    st_transform(st_tileenvelope(:z, :x, :y, margin => 64.0 / 4096), 4326) as degrees),
roads as (
  select name, class, st_asmvtgeom(st_transform(
    st_simplify(st_linemerge(st_collect(geom)), :tolerance), 3857), mercator, 4096, 64) as geom
  from maps.road_edges, bounds
  where geom && degrees and class = any(:classes) group by name, class, mercator),
outlines as (
  select code, name, level, st_asmvtgeom(st_transform(
    st_simplifypreservetopology(geom, :tolerance), 3857), mercator, 4096, 64) as geom
  from maps.regions, bounds where geom && degrees and level = any(:levels)),
labels as (
  select code, name, level, st_asmvtgeom(st_transform(
    st_pointonsurface(geom), 3857), mercator, 4096, 0) as geom
  from maps.regions, bounds
  where st_pointonsurface(geom) && degrees and level = any(:levels))
select coalesce((select st_asmvt(r, 'roads', 4096, 'geom') from roads r where geom is not null), '')
  || coalesce((select st_asmvt(o, 'regions', 4096, 'geom') from outlines o
               where geom is not null), '')
  || coalesce((select st_asmvt(l, 'region_labels', 4096, 'geom') from labels l
               where geom is not null), '')
"""
).bindparams(bindparam("classes"), bindparam("levels"))


PROPERTIES = (
    "roads.name", "roads.class", "regions.code", "regions.name", "regions.level",
    "region_labels.code", "region_labels.name", "region_labels.level",
)  # fmt: skip
"""Layer and property: all that a tile tells."""


def exists(z: int, x: int, y: int) -> bool:
    """Whether these are the numbers of a tile that is drawn."""
    return MIN_ZOOM <= z <= MAX_ZOOM and 0 <= x < 1 << z and 0 <= y < 1 << z


def tile(session: Session, z: int, x: int, y: int) -> bytes:
    """The tile in Mapbox vector tile format, not compressed; empty where nothing lies."""
    kept = _TILES.get(session)
    if (z, x, y) not in kept:
        if len(kept) >= _KEPT:
            kept.clear()
        kept[z, x, y] = _cut(session, z, x, y)
    return kept[z, x, y]


def etag(session: Session) -> str:
    """Changes whenever a tile may have changed."""
    marks = stamps(session, "roads", "regions")
    return "-".join([str(RECIPE), *(str(mark)[:8] for mark in marks)])


def _cut(session: Session, z: int, x: int, y: int) -> bytes:
    found = session.scalar(
        _TILE,
        {
            "z": z,
            "x": x,
            "y": y,
            "tolerance": 360 / (_PIXELS << z),
            "classes": [name for name, zoom in _CLASSES_FROM_ZOOM.items() if z >= zoom],
            "levels": ["district"] if z < 11 else ["district", "beat"],
        },
    )
    return bytes(found or b"")


def _nothing_yet(_: Session) -> dict[tuple[int, int, int], bytes]:
    return {}


_TILES = Cached(_nothing_yet, "roads", "regions")
