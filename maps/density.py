"""Cells and rates behind every heat map. Pure: arrays in, cells out; never a point.

A map for leaders shows areas. A cell with fewer than three reports is left out, so that nobody
can read an informant's street from it (SPEC §7); leaving out comes last, after every filter.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import h3

RESOLUTION = 8
"""H3 resolution of stored cells: hexagons with an edge of about 530 m."""
FEWEST = 3
"""Cells with fewer reports than this are not shown."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A hexagon or a region with how much happened in it."""

    id: str
    count: int
    weight: float
    """The sum of the weights given; equals `count` where none were."""


def cell_of(lon: float, lat: float, resolution: int = RESOLUTION) -> str:
    """The H3 cell around a point."""
    return str(h3.latlng_to_cell(lat, lon, resolution))


def centre_of(cell: str) -> tuple[float, float]:
    """(lon, lat) of a cell's middle."""
    lat, lon = h3.cell_to_latlng(cell)
    return lon, lat


def outline_of(cell: str) -> list[tuple[float, float]]:
    """The corners (lon, lat) of a cell, the first repeated at the end."""
    corners = [(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]
    return [*corners, corners[0]]


def hexagons(
    lons: Sequence[float],
    lats: Sequence[float],
    weights: Sequence[float] | None = None,
    resolution: int = RESOLUTION,
) -> list[Cell]:
    """Points counted by hexagon, in the order of the cells' ids."""
    ids = [cell_of(lon, lat, resolution) for lon, lat in zip(lons, lats, strict=True)]
    return counted(ids, weights)


def counted(ids: Iterable[str | None], weights: Sequence[float] | None = None) -> list[Cell]:
    """Things counted by the cell or region they lie in; those without one are left out."""
    counts: Counter[str] = Counter()
    sums: defaultdict[str, float] = defaultdict(float)
    for index, ident in enumerate(ids):
        if ident is not None:
            counts[ident] += 1
            sums[ident] += weights[index] if weights is not None else 1
    return [Cell(ident, counts[ident], sums[ident]) for ident in sorted(counts)]


def suppressed(cells: Iterable[Cell], fewest: int = FEWEST) -> list[Cell]:
    """The cells that may be shown. Call it last: a filter after it would undo it."""
    return [cell for cell in cells if cell.count >= fewest]


def rates(cells: Iterable[Cell], bases: Mapping[str, int], per: int = 1000) -> dict[str, float]:
    """Events per `per` of the base (registered businesses, people) of each cell that has one."""
    return {
        cell.id: cell.count / base * per for cell in cells if (base := bases.get(cell.id, 0)) > 0
    }
