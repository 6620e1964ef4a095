"""What the way of one terminal shows: borders crossed, a scene reached, a limit passed, a drive
without an order. Pure: fixes in, in the order of their times; what happened out.

Times are the fixes' own (epoch seconds), so that a fix that comes late, or all at once with others
after a silence, counts as it was driven. Places are WGS-84 degrees, ways metres.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, nextafter
from typing import NamedTuple

from gps_ingest.pipeline import metres

ENTERED, LEFT, ARRIVED = "entered", "left", "arrived"
OVERSPEED, MOVED = "overspeed", "moved_without_order"
KINDS = (ENTERED, LEFT, ARRIVED, OVERSPEED, MOVED)

ARRIVAL_METRES, ARRIVAL_SECONDS = 100.0, 60.0
"""SPEC §5 step 8."""
GAP_SECONDS = 180.0
"""Between two fixes that are farther apart a vehicle may have been anywhere."""
SETTLED_SECONDS = 15.0
"""A border counts as crossed when the vehicle stays across it: receivers wander."""
SPEEDING_FIXES = 3
CALM_SHARE = 0.9
"""An episode of speeding ends below this share of the limit."""
MOVING_KMH = 10.0
_BELOW_MOVING = nextafter(MOVING_KMH, 0)
MOVED_METRES, MOVED_SECONDS = 1_000.0, 600.0
STANDING_SECONDS = 300.0
"""So long without moving ends a drive."""
AT_EASE = frozenset({"FREE", "RETURNING"})
"""States in which a crew may be on patrol."""


class Seen(NamedTuple):
    """One fix as it passes. A tuple: it is made for every fix of every vehicle."""

    at: float
    lat: float
    lon: float
    speed_kmh: float | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: `at` with `kind` and `key` names it for good."""

    kind: str
    at: float
    key: str
    seen: Seen
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Target:
    """The scene that an assignment sends a unit to."""

    assignment_id: int
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Duty:
    """What the unit of a terminal has to do: its state and, on the way, the scene."""

    state: str = ""
    target: Target | None = None


NO_DUTY = Duty()


def _watched(state: str) -> str:
    """The state as `Limits.moved` names it: a crew on patrol may return, too."""
    return "FREE" if state in AT_EASE else state


@dataclass(frozen=True, slots=True)
class Limits:
    """What a bureau may choose; None watches for nothing of that kind."""

    overspeed_kmh: float | None = 120.0
    moved: frozenset[str] = frozenset({"FREE", "OFF_DUTY", "OUT_OF_SERVICE"})
    """States of a unit in which a drive without an order is told."""


class Calm(NamedTuple):
    """Which next fix in the same areas changes nothing but the time, as nearly every one does."""

    most_kmh: float
    """Up to this speed, or without one. Below zero: each has to step."""
    least_kmh: float = -1.0
    """From zero on: a drive goes on that was told, so that the speed has to be known, too, at
    least this, and no more than GAP_SECONDS may lie before it."""


LOUD = Calm(-1.0)


class Way:
    """The watch over one terminal. It remembers only what it needs for the next fix."""

    __slots__ = ("_arriving", "_borders", "_drive", "_last_at", "_speed")

    def __init__(self) -> None:
        self._borders = _Borders()
        self._arriving = _Arriving()
        self._speed = _Speed()
        self._drive = _Drive()
        self._last_at = 0.0

    def begin(self, seen: Seen, areas: frozenset[str], duty: Duty) -> None:
        """Where it was heard last, before this watch began: nothing is told of that."""
        self._borders.inside = dict.fromkeys(areas, seen.at)
        self._arriving.step(seen, duty.target)
        self._last_at = seen.at

    def calm(self, duty: Duty, limits: Limits) -> Calm:
        """For which fixes `step` would tell nothing and remember nothing but the time."""
        if (
            self._borders.across
            or duty.target is not None
            or self._arriving.since is not None
            or self._speed.fast
            or self._speed.told
        ):
            return LOUD
        fast = inf if limits.overspeed_kmh is None else limits.overspeed_kmh
        is_watched = _watched(duty.state) in limits.moved
        if self._drive.began is not None:
            return Calm(fast, MOVING_KMH) if is_watched and self._drive.told else LOUD
        return Calm(min(fast, _BELOW_MOVING) if is_watched else fast)

    def rest(self, at: float) -> None:
        """Fixes that changed nothing but the time came until then."""
        if at > self._last_at:
            self._last_at = at
            self._drive.go_on(at)

    def step(self, seen: Seen, areas: frozenset[str], duty: Duty, limits: Limits) -> list[Event]:
        """What this fix shows. A gap before it starts every measure anew."""
        if seen.at - self._last_at > GAP_SECONDS:
            self._arriving, self._speed, self._drive = _Arriving(), _Speed(), _Drive()
        self._last_at = seen.at
        events = self._borders.step(seen, areas)
        if arrived := self._arriving.step(seen, duty.target):
            events.append(arrived)
        if fast := self._speed.step(seen, limits.overspeed_kmh):
            events.append(fast)
        if moved := self._drive.step(seen, duty, limits):
            events.append(moved)
        return events


@dataclass(slots=True)
class _Borders:
    inside: dict[str, float] = field(default_factory=dict)
    """Area -> since when."""
    across: dict[str, Seen] = field(default_factory=dict)
    """Areas on whose other side it is: the first fix there."""

    def step(self, seen: Seen, areas: frozenset[str]) -> list[Event]:
        if areas == self.inside.keys():
            if self.across:
                self.across = {}
            return []
        changed = areas ^ self.inside.keys()
        self.across = {code: self.across.get(code, seen) for code in changed}
        settled = [c for c, first in self.across.items() if seen.at - first.at >= SETTLED_SECONDS]
        return [self._cross(code, self.across.pop(code)) for code in sorted(settled)]

    def _cross(self, code: str, first: Seen) -> Event:
        if code in self.inside:
            seconds = round(first.at - self.inside.pop(code))
            return Event(LEFT, first.at, code, first, {"area": code, "seconds": seconds})
        self.inside[code] = first.at
        return Event(ENTERED, first.at, code, first, {"area": code})


@dataclass(slots=True)
class _Arriving:
    target: Target | None = None
    since: Seen | None = None
    told: bool = False

    def step(self, seen: Seen, target: Target | None) -> Event | None:
        if target is None:  # a proposal waits, or there is no order: what was told stays told
            self.since = self.since if self.told else None
            return None
        if target is not self.target:
            if target != self.target:
                self.since, self.told = None, False
            self.target = target
        away = metres(seen.lat, seen.lon, target.lat, target.lon)
        if away > ARRIVAL_METRES:
            self.since, self.told = None, False
            return None
        self.since = self.since or seen
        if self.told or seen.at - self.since.at < ARRIVAL_SECONDS:
            return None
        self.told = True
        details = {"assignment_id": target.assignment_id, "since": self.since.at,
                   "metres": round(away)}  # fmt: skip
        return Event(ARRIVED, seen.at, f"assignment:{target.assignment_id}", seen, details)


@dataclass(slots=True)
class _Speed:
    fast: int = 0
    """Fixes in a row above the limit."""
    told: bool = False

    def step(self, seen: Seen, limit: float | None) -> Event | None:
        if limit is None or seen.speed_kmh is None:
            return None
        if seen.speed_kmh <= limit:
            self.fast = 0
            if seen.speed_kmh < limit * CALM_SHARE:
                self.told = False
            return None
        self.fast += 1
        if self.told or self.fast < SPEEDING_FIXES:
            return None
        self.told = True
        told = {"speed_kmh": round(seen.speed_kmh), "limit_kmh": round(limit)}
        return Event(OVERSPEED, seen.at, "", seen, told)


@dataclass(slots=True)
class _Drive:
    """A drive begins with the first fix at speed, and ends with an order or a rest."""

    began: Seen | None = None
    moving: Seen | None = None
    """The last fix at speed."""
    way: float = 0.0
    told: bool = False

    def step(self, seen: Seen, duty: Duty, limits: Limits) -> Event | None:
        if _watched(duty.state) not in limits.moved:
            self.began = None
            return None
        if seen.speed_kmh is not None and seen.speed_kmh >= MOVING_KMH:
            self._move(seen)
        elif self.moving is not None and seen.at - self.moving.at > STANDING_SECONDS:
            self.began = None
        if self.began is None or self.moving is not seen or self.told:
            return None
        seconds = seen.at - self.began.at
        if self.way < MOVED_METRES and seconds < MOVED_SECONDS:
            return None
        self.told = True
        told = {"metres": round(self.way), "seconds": round(seconds), "state": duty.state}
        return Event(MOVED, self.began.at, "", seen, told)

    def go_on(self, at: float) -> None:
        """If it was told, it has gone on until then: how far does not matter any more."""
        if self.told and self.began is not None and self.moving is not None:
            self.moving = self.moving._replace(at=at)

    def _move(self, seen: Seen) -> None:
        if self.began is None or self.moving is None:
            self.began, self.way, self.told = seen, 0.0, False
        else:
            self.way += metres(self.moving.lat, self.moving.lon, seen.lat, seen.lon)
        self.moving = seen
