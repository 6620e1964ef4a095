"""Where on a street an unknown door number must be, from the numbers that are known."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

_FURTHEST_NUMBER = 40
"""A known number further away than this says little about where another one is."""
_LONE_NEIGHBOUR = 6
"""With a known number on one side only, it must be this close."""


@dataclass(frozen=True, slots=True)
class Place:
    """A point and how it was found: `level` is `door` or `street`."""

    lon: float
    lat: float
    level: str
    certainty: float
    """How likely the point is within a block (about 150 m) of the true one, 0..1."""
    evidence: str


class Doors:
    """The known doors of one street within one district."""

    def __init__(self, known: Iterable[tuple[str, float, float]]):
        places: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for number, lon, lat in known:
            places[number].append((lon, lat))
        self._at = {number: _middle(points) for number, points in places.items()}
        self._by_side: dict[int, list[int]] = {0: [], 1: []}
        for plain in sorted({int(number) for number in self._at if number.isdecimal()}):
            self._by_side[plain % 2].append(plain)

    def locate(self, number: str) -> Place | None:
        """The place of a door, known or between known ones; None where that is a guess."""
        if number in self._at:
            return Place(*self._at[number], "door", 1.0, "number:known")
        main = "".join(c for c in number.split("-")[0] if c.isdecimal())
        if not main:
            return None
        if main != number and main in self._at:
            return Place(*self._at[main], "street", 0.9, f"number:beside:{main}")
        return self._between(int(main))

    def _between(self, number: int) -> Place | None:
        side = self._by_side[number % 2]
        index = bisect_left(side, number)
        below = side[index - 1] if index else None
        above = side[index] if index < len(side) else None
        if below is not None and above is not None:
            return self._interpolated(number, below, above)
        lone = below if below is not None else above
        if lone is None or abs(lone - number) > _LONE_NEIGHBOUR:
            return None
        return Place(*self._at[str(lone)], "street", 0.7, f"number:near:{lone}")

    def _interpolated(self, number: int, below: int, above: int) -> Place | None:
        gap = above - below
        if gap > _FURTHEST_NUMBER:
            return None
        share = (number - below) / gap
        (lon_a, lat_a), (lon_b, lat_b) = self._at[str(below)], self._at[str(above)]
        return Place(
            lon_a + (lon_b - lon_a) * share,
            lat_a + (lat_b - lat_a) * share,
            "street",
            0.95 - gap / (2 * _FURTHEST_NUMBER) * 0.3,
            f"number:between:{below}-{above}",
        )


def _middle(points: list[tuple[float, float]]) -> tuple[float, float]:
    count = len(points)
    return sum(lon for lon, _ in points) / count, sum(lat for _, lat in points) / count
