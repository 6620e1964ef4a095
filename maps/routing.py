"""Travel time and ways over the road network: Dijkstra in process, the straight line elsewhere."""

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree
from sqlalchemy import LargeBinary, func, select
from sqlalchemy.orm import Session

from maps.models import RoadEdge
from maps.plane import Array, Plane, distance_m
from maps.revisions import Cached

LonLat = tuple[float, float]

STRAIGHT_FACTOR = 1.4
"""Roads are longer than the straight line by about this factor."""
STRAIGHT_KMH = 25.0
"""What a vehicle makes in city traffic where the network says nothing."""
FURTHEST_SNAP_M = 1500.0
"""A point further from every junction than this is off the network."""

ROAD, STRAIGHT = "road", "straight"


class TravelTimes(NamedTuple):
    """How long each of many ways takes, a column each; `engine` says whether over the roads or by
    the straight line.
    """

    seconds: Array
    straight_m: Array
    engine: NDArray[np.str_]


class RoutePoint(NamedTuple):
    """A point of a way, and the speed at which the road is driven towards it."""

    lon: float
    lat: float
    speed_kmh: float


class Edge(NamedTuple):
    """A piece of road as routing needs it; `points` are (lon, lat) from source to target."""

    source: int
    target: int
    length_m: float
    speed_kmh: float
    one_way: bool
    points: Sequence[LonLat]


class _Run(NamedTuple):
    """An edge driven in one direction."""

    seconds: float
    speed_kmh: float
    points: Sequence[LonLat]


class Router:
    """A road network in memory: junctions, and edges between them weighted in seconds."""

    def __init__(self, edges: Sequence[Edge]):
        junctions = sorted({edge.source for edge in edges} | {edge.target for edge in edges})
        index = {junction: i for i, junction in enumerate(junctions)}
        self._degrees = np.zeros((len(junctions), 2))
        for edge in edges:
            self._degrees[index[edge.source]] = edge.points[0]
            self._degrees[index[edge.target]] = edge.points[-1]
        self._plane = Plane(*(self._degrees.mean(axis=0) if junctions else (0.0, 0.0)))
        self._tree = cKDTree(self._plane.to_metres(self._degrees))
        self._runs = _fastest(edges, index)
        self._forward = _matrix(self._runs, len(junctions))
        self._backward = csr_matrix(self._forward.T)

    @classmethod
    def load(cls, session: Session) -> "Router":
        """The region's road network; without roads it answers by the straight line."""
        return _ROUTER.get(session)

    def __bool__(self) -> bool:
        return len(self._degrees) > 0

    def travel_times(self, origins: Array | Sequence[LonLat], target: LonLat) -> TravelTimes:
        """From each origin to the target, in the origins' order."""
        starts = np.array(origins, dtype=float).reshape(-1, 2)
        straight = distance_m(starts[:, 0], starts[:, 1], *target)
        over_roads = self._seconds(starts, target) if self else np.full(len(starts), inf)
        by_road = np.isfinite(over_roads)
        seconds = np.where(by_road, over_roads, _off_road(straight))
        return TravelTimes(seconds, straight, np.where(by_road, ROAD, STRAIGHT))

    def route(self, start: LonLat, end: LonLat) -> list[RoutePoint]:
        """The fastest way along the roads' shape; the straight line where there is none."""
        way = self._way(start, end) if self else None
        first, last = RoutePoint(*start, STRAIGHT_KMH), RoutePoint(*end, STRAIGHT_KMH)
        return [first, *(way or ()), last]

    def _seconds(self, origins: Array, target: LonLat) -> Array:
        """Seconds over the roads; infinite where they do not lead."""
        apart, nearest = self._snap(np.vstack([target, origins]))
        over = dijkstra(self._backward, indices=nearest[0])[nearest[1:]]
        seconds: Array = over + _off_road(apart[0]) + _off_road(apart[1:])
        seconds[(apart[1:] > FURTHEST_SNAP_M) | (apart[0] > FURTHEST_SNAP_M)] = inf
        return seconds

    def _way(self, start: LonLat, end: LonLat) -> list[RoutePoint] | None:
        apart, (first, last) = self._snap(np.array([start, end]))
        if apart.max() > FURTHEST_SNAP_M:
            return None
        _, before = dijkstra(self._forward, indices=first, return_predecessors=True)
        junctions = [int(last)]
        while junctions[-1] != first:
            if before[junctions[-1]] < 0:
                return None
            junctions.append(int(before[junctions[-1]]))
        lon, lat = self._degrees[first]
        points = [RoutePoint(float(lon), float(lat), STRAIGHT_KMH)]
        for a, b in pairwise(reversed(junctions)):
            run = self._runs[a, b]
            points += [RoutePoint(*point, run.speed_kmh) for point in run.points[1:]]
        return points

    def _snap(self, places: Array) -> tuple[Array, NDArray[np.intp]]:
        """Metres to the nearest junction, and its index, for each place."""
        apart, nearest = self._tree.query(self._plane.to_metres(places))
        return np.asarray(apart), np.asarray(nearest)


def travel_times(
    session: Session, origins: Array | Sequence[LonLat], target: LonLat
) -> TravelTimes:
    """Travel times from each origin (lon, lat) to the target, over the region's roads."""
    return Router.load(session).travel_times(origins, target)


def route(session: Session, start: LonLat, end: LonLat) -> list[RoutePoint]:
    """The fastest way from start to end (lon, lat) over the region's roads."""
    return Router.load(session).route(start, end)


def _read(session: Session) -> Router:
    rows = session.execute(
        select(
            RoadEdge.source,
            RoadEdge.target,
            RoadEdge.length_m,
            RoadEdge.speed_kmh,
            RoadEdge.one_way,
            func.st_asbinary(RoadEdge.geom, type_=LargeBinary),
        ).order_by(RoadEdge.id)
    )
    return Router(
        [
            Edge(source, target, length_m, speed_kmh, one_way, _points(shape))
            for source, target, length_m, speed_kmh, one_way, shape in rows
        ]
    )


def _points(wkb: bytes) -> list[LonLat]:
    return [(lon, lat) for lon, lat in shapely.get_coordinates(shapely.from_wkb(wkb)).tolist()]


_ROUTER = Cached(_read, "roads")


def _fastest(edges: Sequence[Edge], index: dict[int, int]) -> dict[tuple[int, int], _Run]:
    """The fastest of parallel edges, by (from, to)."""
    runs: dict[tuple[int, int], _Run] = {}
    for edge in edges:
        a, b = index[edge.source], index[edge.target]
        seconds = edge.length_m / (edge.speed_kmh / 3.6)
        _keep_faster(runs, (a, b), _Run(seconds, edge.speed_kmh, edge.points))
        if not edge.one_way:
            _keep_faster(runs, (b, a), _Run(seconds, edge.speed_kmh, edge.points[::-1]))
    return runs


def _keep_faster(runs: dict[tuple[int, int], _Run], ends: tuple[int, int], run: _Run) -> None:
    if ends not in runs or run.seconds < runs[ends].seconds:
        runs[ends] = run


def _matrix(runs: dict[tuple[int, int], _Run], size: int) -> csr_matrix:
    ends = np.array(list(runs), dtype=int).reshape(-1, 2)
    return csr_matrix(([run.seconds for run in runs.values()], ends.T), shape=(size, size))


def _off_road(metres: Any) -> Any:
    """Seconds for metres of straight line where the network says nothing; array or number."""
    return metres * STRAIGHT_FACTOR / (STRAIGHT_KMH / 3.6)
