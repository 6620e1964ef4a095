"""A routable, named, approximate road network of central Beijing, chained from named points.

The source knows each named way by one point only. Points of one name are joined into lines,
lines are led on to the next line ahead, cut where they cross, and the largest connected part is
kept. Every road is two-way and every crossing a junction: good to route on, never a survey.
"""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, dijkstra, minimum_spanning_tree
from scipy.spatial import cKDTree
from shapely import LineString, Point, STRtree

from command_center.demo import sources
from maps.plane import Array, Plane

RECIPE = 1
"""Raise it when the building changes: cached networks of another recipe are built anew."""

PLANE = Plane(116.39, 39.92)


@dataclass(frozen=True, slots=True)
class RoadClass:
    name: str
    speed_kmh: float
    gap_m: float
    """Points of one name further apart than this belong to different lines."""


CLASSES = (
    RoadClass("motorway", 80, 1800),
    RoadClass("trunk", 60, 1500),
    RoadClass("primary", 50, 1100),
    RoadClass("secondary", 40, 900),
    RoadClass("tertiary", 35, 800),
    RoadClass("unclassified", 30, 600),
    RoadClass("residential", 25, 500),
    RoadClass("living_street", 20, 500),
    RoadClass("service", 20, 400),
)
_RANK = {road_class.name: rank for rank, road_class in enumerate(CLASSES)}
_TERTIARY = _RANK["tertiary"]
_SERVICE = _RANK["service"]

SIDE_ROADS = ("辅路", "内环", "外环", "主路")
NOT_ROADS = ("桥", "立交", "隧道", "出口", "入口", "匝道", "停车场")
STREET_ENDINGS = ("路", "街", "道", "胡同", "巷", "环")

CARRIAGEWAYS_M = 45.0
SHORTEST_LINE_M = 60.0
SHORTEST_STUB_M = 25.0
GRID_M = 0.5


@dataclass(frozen=True, slots=True)
class Edge:
    """A piece of road between two junctions; `points` are (lon, lat)."""

    source: int
    target: int
    name: str
    road_class: str
    length_m: float
    speed_kmh: float
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A named line on the plane; `rank` is the index of its class."""

    name: str
    rank: int
    shape: LineString


def load(cache: Path) -> list[Edge]:
    """The network, from the folder `cache` or built (about four seconds) and left there."""
    file = cache / f"roads-{RECIPE}-{sources.data_version()}.json.gz"
    if file.exists():
        return [_edge_of(row) for row in json.loads(gzip.decompress(file.read_bytes()))]
    edges = build(sources.road_points())
    cache.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_bytes(gzip.compress(json.dumps([asdict(edge) for edge in edges]).encode(), 3))
    fresh.rename(file)
    return edges


def build(points: Iterable[sources.NamedPoint]) -> list[Edge]:
    """The edges of the largest connected network that the points describe."""
    lines = [line for name, group in _by_name(points).items() for line in _chain(name, group)]
    pieces = _cut_at_crossings(_lead_on(lines))
    for _ in range(3):
        pieces = _without_stubs(pieces)
    return _numbered(_largest_component(pieces))


def _edge_of(row: dict[str, Any]) -> Edge:
    return Edge(**{**row, "points": tuple((lon, lat) for lon, lat in row["points"])})


# -- points of one name become lines ----------------------------------------------------------


def _by_name(points: Iterable[sources.NamedPoint]) -> dict[str, list[tuple[float, float, int]]]:
    """Street name -> (x, y, rank) of its points; what is not a street is left out."""
    groups: dict[str, list[tuple[float, float, int]]] = defaultdict(list)
    for point in points:
        rank = _RANK.get(point.kind.replace("_link", ""))
        name = _main_road(point.name)
        if rank is None or name.endswith(NOT_ROADS):
            continue
        if rank == _SERVICE and not name.endswith(STREET_ENDINGS):
            continue
        x, y = PLANE.to_metres(np.array([[point.lon, point.lat]]))[0]
        groups[name].append((float(x), float(y), rank))
    return groups


def _main_road(name: str) -> str:
    for ending in SIDE_ROADS:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            name = name[: -len(ending)]
    return name


def _chain(name: str, group: Sequence[tuple[float, float, int]]) -> Iterator[_Line]:
    """The lines through the points of one name, each along its longest path."""
    rank = _class_of([rank for _, _, rank in group])
    places = _merge_carriageways(np.array([point[:2] for point in group]))
    if len(places) < 2:
        return
    apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    near = np.where(apart <= CLASSES[rank].gap_m, apart, 0)
    count, label = connected_components(near > 0, directed=False)
    for part in range(count):
        members = np.flatnonzero(label == part)
        if len(members) > 1:
            path = _longest_path(near[np.ix_(members, members)])
            shape = _smooth(LineString(places[members][path]))
            if shape.length >= SHORTEST_LINE_M:
                yield _Line(name, rank, shape)


def _class_of(ranks: list[int]) -> int:
    """The highest class that at least a fifth of the points have, else the commonest."""
    counts = Counter(ranks)
    common = [rank for rank, count in counts.items() if count >= 0.2 * len(ranks)]
    return min(common, default=counts.most_common(1)[0][0])


def _merge_carriageways(places: Array) -> Array:
    """The places, those of the two sides of one road taken together."""
    tree = cKDTree(places)
    label = np.full(len(places), -1)
    count = 0
    for index, place in enumerate(places):
        if label[index] < 0:
            near = np.array(tree.query_ball_point(place, CARRIAGEWAYS_M))
            label[near[label[near] < 0]] = count
            count += 1
    return np.array([places[label == index].mean(axis=0) for index in range(count)])


def _longest_path(near: Array) -> list[int]:
    """The longest way through the minimum spanning tree: the road without its side branches."""
    tree = minimum_spanning_tree(coo_matrix(near))
    reach, before = dijkstra(tree, directed=False, return_predecessors=True)
    reach[~np.isfinite(reach)] = -1
    start, node = (int(i) for i in np.unravel_index(reach.argmax(), reach.shape))
    path = [node]
    while path[-1] != start:
        path.append(int(before[start, path[-1]]))
    return path


def _smooth(line: LineString, step_m: float = 50, reach: int = 3) -> LineString:
    """The line resampled and averaged, its ends kept where they are."""
    count = max(int(line.length // step_m), 1)
    places = shapely.get_coordinates(
        shapely.line_interpolate_point(line, np.linspace(0, 1, count + 1), normalized=True)
    )
    if count >= 4:
        still = places.copy()
        for index in range(1, count):
            half = min(reach, index, count - index)
            places[index] = still[index - half : index + half + 1].mean(axis=0)
    return LineString(shapely.get_coordinates(LineString(places).simplify(10)))


# -- lines become a network -------------------------------------------------------------------


def _lead_on(lines: list[_Line]) -> list[_Line]:
    """The lines, each end led on to the next line ahead of it, else to one close by."""
    shapes = [line.shape for line in lines]
    tree = STRtree(shapes)
    return [
        _Line(line.name, line.rank, _led_on(index, line, shapes, tree))
        for index, line in enumerate(lines)
    ]


def _led_on(index: int, line: _Line, shapes: list[LineString], tree: STRtree) -> LineString:
    places = shapely.get_coordinates(line.shape)
    reach_m = 420.0 if line.rank <= _TERTIARY else 260.0
    head = _next_ahead(index, places[0], places[1], reach_m, shapes, tree)
    tail = _next_ahead(index, places[-1], places[-2], reach_m, shapes, tree)
    return LineString(np.vstack([part for part in (head, places, tail) if part is not None]))


def _next_ahead(
    index: int, end: Array, inner: Array, reach_m: float, shapes: list[LineString], tree: STRtree
) -> Array | None:
    """Where the line that ends at `end` meets another one, three metres beyond; None if nowhere."""
    ahead = _unit(end - inner)
    point = Point(end)
    ray = LineString([end, end + ahead * reach_m])
    crossings = [
        point.distance(crossing)
        for other in sorted(tree.query(ray))
        if other != index and not (crossing := ray.intersection(shapes[other])).is_empty
    ]
    if crossings:
        return end + ahead * (min(crossings) + 3) if min(crossings) > GRID_M else None
    near = [
        (shapes[other].distance(point), int(other))
        for other in tree.query(point.buffer(160))
        if other != index
    ]
    apart, other = min(near, default=(np.inf, -1))
    if not GRID_M < apart < 160:
        return None
    foot = shapely.get_coordinates(shapes[other].interpolate(shapes[other].project(point)))[0]
    met: Array = foot + _unit(foot - end) * 3
    return met


def _unit(vector: Array) -> Array:
    return vector / (float(np.hypot(*vector)) or 1.0)


def _cut_at_crossings(lines: list[_Line]) -> list[_Line]:
    """Pieces between crossings, each with the name and class of the line it lies on."""
    shapes = [line.shape for line in lines]
    tree = STRtree(shapes)
    noded = shapely.node(shapely.set_precision(shapely.multilinestrings(shapes), GRID_M))
    pieces = []
    for piece in shapely.get_parts(noded):
        if piece.length <= 0.4:
            continue
        middle = piece.interpolate(0.5, normalized=True)
        near = [(shapes[i].distance(middle), int(i)) for i in tree.query(middle.buffer(4))]
        if near:
            closest = min(near)[0]
            rank, index = min((lines[i].rank, i) for apart, i in near if apart < closest + 1.5)
            pieces.append(_Line(lines[index].name, rank, piece))
    return pieces


def _junction(place: Sequence[float]) -> tuple[float, float]:
    return round(place[0] / GRID_M) * GRID_M, round(place[1] / GRID_M) * GRID_M


def _ends(pieces: list[_Line]) -> tuple[list[tuple[float, float]], NDArray[np.int64]]:
    """The junctions, and for each piece the numbers of its two."""
    number: dict[tuple[float, float], int] = {}
    shapes = [piece.shape for piece in pieces]
    sides = [shapely.get_coordinates(shapely.get_point(shapes, end)) for end in (0, -1)]
    ends = [
        [number.setdefault(_junction(place), len(number)) for place in pair]
        for pair in zip(*(side.tolist() for side in sides), strict=True)
    ]
    return list(number), np.array(ends, dtype=np.int64)


def _without_stubs(pieces: list[_Line]) -> list[_Line]:
    """The pieces without loops to themselves and short dead ends."""
    junctions, ends = _ends(pieces)
    degree = np.bincount(ends.ravel(), minlength=len(junctions))
    length = np.array([piece.shape.length for piece in pieces])
    dead_end = (degree[ends] == 1).any(axis=1) & (length < SHORTEST_STUB_M)
    loop = ends[:, 0] == ends[:, 1]
    return [pieces[i] for i in np.flatnonzero(~dead_end & ~loop)]


def _largest_component(pieces: list[_Line]) -> list[_Line]:
    junctions, ends = _ends(pieces)
    graph = coo_matrix((np.ones(len(ends)), ends.T), shape=(len(junctions),) * 2)
    _, label = connected_components(graph, directed=False)
    largest = np.bincount(label).argmax()
    return [pieces[i] for i in np.flatnonzero(label[ends[:, 0]] == largest)]


def _numbered(pieces: list[_Line]) -> list[Edge]:
    _, ends = _ends(pieces)
    return [
        Edge(
            source=int(source) + 1,
            target=int(target) + 1,
            name=piece.name,
            road_class=CLASSES[piece.rank].name,
            length_m=round(piece.shape.length, 1),
            speed_kmh=CLASSES[piece.rank].speed_kmh,
            points=_degrees(piece.shape),
        )
        for piece, (source, target) in zip(pieces, ends, strict=True)
    ]


def _degrees(shape: LineString) -> tuple[tuple[float, float], ...]:
    # Ends are snapped to their junction, so that pieces which meet share the very same point.
    places = shapely.get_coordinates(shape)
    places[0], places[-1] = _junction(places[0]), _junction(places[-1])
    return tuple((float(lon), float(lat)) for lon, lat in np.round(PLANE.to_degrees(places), 6))
