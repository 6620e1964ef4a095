"""Which of many areas hold a point, asked for every fix of every vehicle: a grid before the shapes.

Most cells lie wholly within or outside an area, and then no shape is asked. A cell is worked out
when the first vehicle comes into it.
"""

from collections.abc import Sequence
from itertools import repeat
from math import floor

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from maps.regions import BEAT, DISTRICT, Area, Regions, regions
from maps.revisions import Cached

CELLS_PER_DEGREE = 1600
"""A side of about 70 m: few cells lie on a border, and vehicles come into the same ones again."""
CELLS_AT_MOST = 200_000
WATCHED = (DISTRICT, BEAT)

_BORDER, _NEW = -1, -2
"""Instead of a combination: a border runs through the cell; nobody has been there."""
_COLUMN = 1 << 20
"""The number of a cell is its row from the equator, and so much for each column from Greenwich."""
Degrees = NDArray[np.float64]
Numbers = NDArray[np.int64]


class Geofences:
    """Areas by code, held in memory. On a border a point belongs to both sides, as ST_Covers.

    `combinations` are the sets of codes around the points that were asked for; the place of one is
    its number.
    """

    def __init__(self, areas: Sequence[Area], outlines: Sequence[shapely.Geometry]):
        self.areas = {area.code: area for area in areas}
        self.combinations: list[frozenset[str]] = []
        self._numbers: dict[frozenset[str], int] = {}
        self._codes = [area.code for area in areas]
        self._shapes = np.array(outlines, object)
        shapely.prepare(self._shapes)
        self._tree = shapely.STRtree(self._shapes)
        self._cells: dict[int, int] = {}
        """The combination around each cell, or _BORDER."""
        self._borders: dict[int, tuple[frozenset[str], tuple[int, ...]]] = {}
        """Where one runs: the areas that hold the whole cell, and places of those with a part."""

    def at(self, lon: float, lat: float) -> frozenset[str]:
        """The codes of the areas around the point, WGS-84 degrees."""
        cell = floor(lon * CELLS_PER_DEGREE) * _COLUMN + floor(lat * CELLS_PER_DEGREE)
        if cell not in self._cells:
            self._work_out(np.array([cell]))
        number = self._cells[cell]
        return self.combinations[self._across(cell, lon, lat) if number == _BORDER else number]

    def numbers(self, lon: Degrees, lat: Degrees) -> Numbers:
        """The combination of areas around each point, WGS-84 degrees."""
        x, y = np.floor(lon * CELLS_PER_DEGREE), np.floor(lat * CELLS_PER_DEGREE)
        cells = x.astype(np.int64) * _COLUMN + y.astype(np.int64)
        while (is_new := (found := self._look_up(cells)) == _NEW).any():
            self._work_out(np.unique(cells[is_new]))
        for n in np.flatnonzero(found == _BORDER).tolist():
            found[n] = self._across(int(cells[n]), lon[n], lat[n])
        return found

    def _look_up(self, cells: Numbers) -> Numbers:
        return np.fromiter(map(self._cells.get, cells.tolist(), repeat(_NEW)), np.int64, len(cells))

    def _across(self, cell: int, lon: float, lat: float) -> int:
        """The combination around a point of a cell with a border."""
        whole, parts = self._borders[cell]
        near = (i for i in parts if shapely.intersects_xy(self._shapes[i], lon, lat))
        return self.number(whole.union(self._codes[i] for i in near))

    def number(self, codes: frozenset[str]) -> int:
        """Of the combination; a new one gets the next."""
        number = self._numbers.setdefault(codes, len(self.combinations))
        if number == len(self.combinations):
            self.combinations.append(codes)
        return number

    def _work_out(self, cells: Numbers) -> None:
        if len(self._cells) + len(cells) > CELLS_AT_MOST:
            self._cells.clear()
            self._borders.clear()
        y = (cells + _COLUMN // 2) % _COLUMN - _COLUMN // 2
        x = (cells - y) // _COLUMN
        squares = shapely.box(*(side / CELLS_PER_DEGREE for side in (x, y, x + 1, y + 1)))
        square, shape = self._tree.query(squares, predicate="intersects")
        is_whole = shapely.covers(self._shapes[shape], squares[square])
        parts = [(list[int](), list[int]()) for _ in cells]
        for n, i, whole in zip(square.tolist(), shape.tolist(), is_whole.tolist(), strict=True):
            parts[n][whole].append(i)
        for cell, (partly, wholly) in zip(cells.tolist(), parts, strict=True):
            codes = frozenset(self._codes[i] for i in wholly)
            if partly:
                self._borders[cell] = codes, tuple(sorted(partly))
            self._cells[cell] = _BORDER if partly else self.number(codes)


def geofences(session: Session) -> Geofences:
    """The bureau's districts and beats, kept in memory until they change."""
    return _GEOFENCES.get(session)


def of_regions(known: Regions) -> Geofences:
    """The watched areas among these."""
    areas = [area for area in known.areas if area.level in WATCHED]
    return Geofences(areas, [known.outlines[area.code] for area in areas])


_GEOFENCES = Cached(lambda session: of_regions(regions(session)), "regions")
