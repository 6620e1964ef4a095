"""Which of many areas hold a point, asked for every fix of every vehicle: a grid before the shapes.

Most cells lie wholly within or outside an area, and then no shape is asked. A cell is worked out
when the first vehicle comes into it.
"""

from collections.abc import Callable, Sequence
from itertools import repeat
from math import floor

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from maps.regions import BEAT, DISTRICT, Area, Regions, regions
from maps.revisions import Cached

CELLS_PER_DEGREE = (100, 1600)
"""Sides of about 1100 m and, where borders run, of 70 m: few of these lie on a border themselves,
and vehicles come into the same ones again."""
CELLS_AT_MOST = 200_000
"""Of each size."""
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
        self._grids = [_Grid(per_degree, self._around) for per_degree in CELLS_PER_DEGREE]

    def at(self, lon: float, lat: float) -> frozenset[str]:
        """The codes of the areas around the point, WGS-84 degrees."""
        for grid in self._grids:
            if (number := grid.at(lon, lat)) != _BORDER:
                return self.combinations[number]
        return self.combinations[self._across(lon, lat)]

    def numbers(self, lon: Degrees, lat: Degrees) -> Numbers:
        """The combination of areas around each point, WGS-84 degrees."""
        found = np.full(len(lon), _BORDER)
        for grid in self._grids:
            if (left := found == _BORDER).any():
                found[left] = grid.numbers(lon[left], lat[left])
        for n in np.flatnonzero(found == _BORDER).tolist():
            found[n] = self._across(lon[n], lat[n])
        return found

    def number(self, codes: frozenset[str]) -> int:
        """Of the combination; a new one gets the next."""
        number = self._numbers.setdefault(codes, len(self.combinations))
        if number == len(self.combinations):
            self.combinations.append(codes)
        return number

    def _around(self, squares: NDArray[np.object_]) -> list[int]:
        """The combination around each square, or _BORDER."""
        square, shape = self._tree.query(squares, predicate="intersects")
        is_whole = shapely.covers(self._shapes[shape], squares[square])
        on_border = set(square[~is_whole].tolist())
        inside = [list[str]() for _ in squares]
        for n, i in zip(square.tolist(), shape.tolist(), strict=True):
            inside[n].append(self._codes[i])
        return [
            _BORDER if n in on_border else self.number(frozenset(codes))
            for n, codes in enumerate(inside)
        ]

    def _across(self, lon: float, lat: float) -> int:
        """The combination around a point near a border."""
        near = self._tree.query(shapely.Point(lon, lat)).tolist()
        inside = (i for i in near if shapely.intersects_xy(self._shapes[i], lon, lat))
        return self.number(frozenset(self._codes[i] for i in inside))


class _Grid:
    """Squares of one size, and what is around each: worked out when it is first asked for."""

    def __init__(self, per_degree: int, around: Callable[[NDArray[np.object_]], list[int]]):
        self._per_degree, self._around = per_degree, around
        self._cells: dict[int, int] = {}

    def at(self, lon: float, lat: float) -> int:
        """The combination around the point's cell, or _BORDER."""
        cell = floor(lon * self._per_degree) * _COLUMN + floor(lat * self._per_degree)
        if cell not in self._cells:
            self._work_out(np.array([cell]))
        return self._cells[cell]

    def numbers(self, lon: Degrees, lat: Degrees) -> Numbers:
        """The same for many."""
        x, y = np.floor(lon * self._per_degree), np.floor(lat * self._per_degree)
        cells = x.astype(np.int64) * _COLUMN + y.astype(np.int64)
        while (is_new := (found := self._look_up(cells)) == _NEW).any():
            self._work_out(np.unique(cells[is_new]))
        return found

    def _look_up(self, cells: Numbers) -> Numbers:
        return np.fromiter(map(self._cells.get, cells.tolist(), repeat(_NEW)), np.int64, len(cells))

    def _work_out(self, cells: Numbers) -> None:
        per = self._per_degree
        if len(self._cells) + len(cells) > CELLS_AT_MOST:
            self._cells.clear()
        y = (cells + _COLUMN // 2) % _COLUMN - _COLUMN // 2
        x = (cells - y) // _COLUMN
        (west, east), (south, north) = ((side / per, (side + 1) / per) for side in (x, y))
        squares = shapely.box(west, south, east, north)
        self._cells.update(zip(cells.tolist(), self._around(squares), strict=True))


def geofences(session: Session) -> Geofences:
    """The bureau's districts and beats, kept in memory until they change."""
    return _GEOFENCES.get(session)


def of_regions(known: Regions) -> Geofences:
    """The watched areas among these."""
    areas = [area for area in known.areas if area.level in WATCHED]
    return Geofences(areas, [known.outlines[area.code] for area in areas])


_GEOFENCES = Cached(lambda session: of_regions(regions(session)), "regions")
