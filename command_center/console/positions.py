"""Newest position per unit, given on at most once a second. Pure: the clock is handed in."""

from collections import defaultdict
from collections.abc import Container, Iterable
from typing import NamedTuple

from command_center.console.rooms import cell, fleet_rooms_of_cell

INTERVAL_SECONDS = 0.9
"""Once a second, with room for what comes a little early."""


Row = tuple[int, float, float, float | None, float | None, int]
"""As desks receive it: [unit_id, lon, lat, course, speed_kmh, fixed_at_ms]."""


class Position(NamedTuple):
    """One unit's newest position; times in epoch milliseconds."""

    unit_id: int
    path: str
    lon: float
    lat: float
    course: float | None
    speed_kmh: float | None
    fixed_at_ms: int

    def row(self) -> Row:
        return self.unit_id, self.lon, self.lat, self.course, self.speed_kmh, self.fixed_at_ms


class Outlet:
    """Holds back what comes faster than the interval and keeps only the newest."""

    def __init__(self, interval_seconds: float = INTERVAL_SECONDS):
        self.interval = interval_seconds
        self._waiting: dict[int, Position] = {}
        self._sent_at: dict[int, float] = {}

    def offer(self, position: Position) -> None:
        held = self._waiting.get(position.unit_id)
        if held is None or held.fixed_at_ms <= position.fixed_at_ms:
            self._waiting[position.unit_id] = position

    def take(self, now_seconds: float) -> list[Position]:
        """The positions whose units may speak again."""
        due = [
            unit
            for unit in self._waiting
            if now_seconds - self._sent_at.get(unit, -self.interval) >= self.interval
        ]
        for unit in due:
            self._sent_at[unit] = now_seconds
        return [self._waiting.pop(unit) for unit in due]


def by_room(positions: Iterable[Position], occupied: Container[str]) -> dict[str, list[Row]]:
    """Room -> rows, one message each; rooms without a desk are left out."""
    places: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for position in positions:
        places[position.path, cell(position.lon, position.lat)].append(position.row())
    rooms: dict[str, list[Row]] = defaultdict(list)
    for (path, name), rows in places.items():
        for room in fleet_rooms_of_cell(path, name):
            if room in occupied:
                rooms[room] += rows
    return rooms
