"""Newest position per unit, given on about once a second. Pure: the clock is handed in."""

from collections import defaultdict
from collections.abc import Container, Iterable
from math import inf
from typing import NamedTuple

from command_center.console.rooms import cell, fleet_rooms_of_cell

INTERVAL_SECONDS = 0.9
"""Once a second, with room for what comes a little early."""
APART_MS = 950
"""Fixes so far apart by their own clock are not held back: what once came late would else stay
late, as the next one would wait for the interval after it."""
NEVER = (-inf, 0)


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
        self._sent: dict[int, tuple[float, int]] = {}
        """Of each unit: when it last spoke, and of which moment."""

    def offer(self, position: Position) -> None:
        held = self._waiting.get(position.unit_id)
        if held is None or held.fixed_at_ms <= position.fixed_at_ms:
            self._waiting[position.unit_id] = position

    def take(self, now_seconds: float) -> list[Position]:
        """The positions whose units may speak again."""
        due = [one for one in self._waiting.values() if self._may_speak(one, now_seconds)]
        for one in due:
            self._sent[one.unit_id] = now_seconds, one.fixed_at_ms
            del self._waiting[one.unit_id]
        return due

    def _may_speak(self, one: Position, now_seconds: float) -> bool:
        sent_at, fixed_at_ms = self._sent.get(one.unit_id, NEVER)
        return now_seconds - sent_at >= self.interval or one.fixed_at_ms - fixed_at_ms >= APART_MS


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
