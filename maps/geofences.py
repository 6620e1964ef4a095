"""Which of many areas hold a point, asked for every fix of every vehicle: a grid before the shapes.

Most cells lie wholly within or outside an area, and then no shape is asked. A cell is worked out
when the first vehicle comes into it.
"""

from collections.abc import Sequence
from math import floor

import shapely
from sqlalchemy.orm import Session

from maps.regions import BEAT, DISTRICT, Area, Regions, regions
from maps.revisions import Cached

CELLS_PER_DEGREE = 1600
"""A side of about 70 m: few cells lie on a border, and vehicles come into the same ones again."""
CELLS_AT_MOST = 200_000
WATCHED = (DISTRICT, BEAT)

_Cell = tuple[frozenset[str], tuple[int, ...]]
"""The areas that hold the whole cell, and the places in the list of those that hold a part."""


class Geofences:
    """Areas by code, held in memory. On a border a point belongs to both sides, as ST_Covers."""

    def __init__(self, areas: Sequence[Area], outlines: Sequence[shapely.Geometry]):
        self.areas = {area.code: area for area in areas}
        self._codes = [area.code for area in areas]
        self._shapes = list(outlines)
        shapely.prepare(self._shapes)
        self._tree = shapely.STRtree(self._shapes)
        self._cells: dict[tuple[int, int], _Cell] = {}
        self._sets: dict[frozenset[str], frozenset[str]] = {}
        """Each combination once: neighbouring cells share theirs."""

    def at(self, lon: float, lat: float) -> frozenset[str]:
        """The codes of the areas around the point, WGS-84 degrees."""
        key = floor(lon * CELLS_PER_DEGREE), floor(lat * CELLS_PER_DEGREE)
        cell = self._cells.get(key)
        whole, parts = self._work_out(*key) if cell is None else cell
        if not parts:
            return whole
        near = [i for i in parts if shapely.intersects_xy(self._shapes[i], lon, lat)]
        return whole.union(self._codes[i] for i in near) if near else whole

    def _work_out(self, x: int, y: int) -> _Cell:
        square = shapely.box(
            x / CELLS_PER_DEGREE,
            y / CELLS_PER_DEGREE,
            (x + 1) / CELLS_PER_DEGREE,
            (y + 1) / CELLS_PER_DEGREE,
        )
        touched = sorted(self._tree.query(square, predicate="intersects").tolist())
        whole = {i for i in touched if shapely.covers(self._shapes[i], square)}
        codes = frozenset(self._codes[i] for i in whole)
        cell = self._sets.setdefault(codes, codes), tuple(i for i in touched if i not in whole)
        if len(self._cells) >= CELLS_AT_MOST:
            self._cells.clear()
        self._cells[x, y] = cell
        return cell


def geofences(session: Session) -> Geofences:
    """The bureau's districts and beats, kept in memory until they change."""
    return _GEOFENCES.get(session)


def of_regions(known: Regions) -> Geofences:
    """The watched areas among these."""
    areas = [area for area in known.areas if area.level in WATCHED]
    return Geofences(areas, [known.outlines[area.code] for area in areas])


_GEOFENCES = Cached(lambda session: of_regions(regions(session)), "regions")
