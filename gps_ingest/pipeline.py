"""What a fix passes before it is stored: an ordered list of steps, each with one job.

A step looks at the passage and lets it go on, or ends it with a verdict. Nothing is dropped
silently: what cannot be believed is quarantined with its reason and its raw bytes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from ipaddress import ip_address, ip_network
from math import cos, hypot, isnan, radians
from time import monotonic
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gps_ingest import meters
from gps_ingest.fixes import Table, seconds
from gps_ingest.flags import FixFlag
from gps_ingest.protocols.base import Fix
from gps_ingest.protocols.osmand import KMH
from kernel.log import get_logger

log = get_logger(__name__)

Moment = tuple[float, float, float]
"""Epoch seconds, latitude, longitude."""
NOWHERE: Moment = (0.0, 0.0, 0.0)
FLAGS = {
    "estimated": FixFlag.ESTIMATED,
    "manual": FixFlag.MANUAL,
    "simulated": FixFlag.SIMULATED,
    "mock": FixFlag.MOCK,
    "date_inferred": FixFlag.DATE_INFERRED,
    "receive_time": FixFlag.RECEIVE_TIME,
}
METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What is believed."""

    earliest: datetime = datetime(2020, 1, 1, tzinfo=UTC)
    """Before this a device's clock was never set, or its week counter has rolled over."""
    ahead_seconds: float = 300
    max_speed_kmh: float = 220
    jump_kmh: float = 250
    jump_slack_m: float = 100
    """Receivers wander this far without anybody moving."""
    jump_gap_seconds: float = 600
    """After a silence this long a vehicle may be anywhere."""
    agreeing: int = 3
    """So many fixes in a row that fit each other make a jump believable."""
    service_area: tuple[float, float, float, float] | None = None
    """West, south, east, north in degrees, margin included."""


WEEK_ROLLOVER = timedelta(weeks=1024)
"""The GPS week number has ten bits: old receivers are this much behind, or twice."""
ZONE_ERROR_SECONDS = 8 * 3600
"""A clock that is wrong by exactly this tells the bureau's local time for UTC."""
MINUTE = 60
GMT8_MINUTES = 480
"""The zone in which JT/T 808 tells times."""


@dataclass(slots=True)
class KnownTerminal:
    """A registered terminal as the listeners see it, and what its last fixes were."""

    id: int
    identity: str
    protocol: str
    enabled: bool = True
    listen_port: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    code_hash: bytes | None = None
    alarms: int = 0
    """Alarm bits of its last report: only what they lack is news."""
    suspected: dict[str, datetime] = field(default_factory=dict)
    """When people were last told that somebody may pose as it, by reason."""
    newest: Moment | None = None
    doubted: list[Moment] = field(default_factory=list)

    @property
    def speed_unit(self) -> str:
        return str(self.settings.get("speed_unit", "knots"))

    @property
    def verify(self) -> bool:
        """Whether its checksums must be right."""
        return bool(self.settings.get("verify", True))

    @property
    def asks(self) -> bool:
        """Whether it can put a question to its driver."""
        return bool(self.settings.get("asks", True))

    @property
    def edition(self) -> int | None:
        """Of the standard, where its frames cannot tell."""
        return self.settings.get("edition")

    @property
    def zone(self) -> timedelta:
        """What its clock adds to UTC."""
        return timedelta(minutes=self.settings.get("zone_minutes", GMT8_MINUTES))

    def may_report_from(self, address: str) -> bool:
        """Whether an operator lets it report from there without authentication."""
        network = str(self.settings.get("network", ""))
        return bool(network) and _lies_in(address, network)


@lru_cache(maxsize=65_536)
def _lies_in(address: str, network: str) -> bool:
    """Asked of every line at every sweep."""
    return ip_address(address) in ip_network(network)


@dataclass(slots=True)
class Passage:
    """One fix of one terminal on its way through the steps."""

    fix: Fix
    terminal: KnownTerminal | None
    received_at: datetime
    rules: Rules
    received: float = 0.0
    """Epoch seconds of `received_at`."""
    at: float = 0.0
    """Epoch seconds of the fix."""
    moment: Moment = NOWHERE
    """When and where, once both are known."""
    flags: int = 0
    """Of FixFlag."""
    is_live: bool = True
    """Whether it moves the terminal's present position; a late one only joins the track."""


class End(Enum):
    """How a passage may end before the store."""

    REFUSED = "refused"
    """Nobody that we know, or somebody who may not report."""
    VOID = "void"
    """The device itself says that it has no position."""
    REPEATED = "repeated"
    """Stored already, or about to be."""
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Verdict:
    end: End
    reason: str


Step = Callable[[Passage], Verdict | None]


class Fences(Protocol):
    """Who wants to know where terminals are: geofences and beats, implemented above this room."""

    def quiet(self, fixes: Table) -> NDArray[np.bool_]:
        """Live fixes that are believed, one of each terminal: which of them change nothing. May
        not wait.
        """
        ...

    def passed(
        self, terminal_id: int, lat: float, lon: float, at: float, speed_kmh: float | None
    ) -> None:
        """One that is not quiet; `at` in epoch seconds. May not wait."""
        ...


class NoFences:
    """Nobody wants to know."""

    def quiet(self, fixes: Table) -> NDArray[np.bool_]:
        return np.ones(len(fixes), bool)

    def passed(
        self, terminal_id: int, lat: float, lon: float, at: float, speed_kmh: float | None
    ) -> None:
        return None


class Pipeline:
    """The steps in their order; the fences see what is to be stored."""

    def __init__(self, fences: Fences | None = None) -> None:
        self.steps: tuple[Step, ...] = (
            known_and_enabled,
            tells_a_position,
            in_its_own_speed_unit,
            on_the_clock,
            on_the_ground,
            in_the_service_area,
            not_repeated,
            without_a_jump,
            in_order_of_time,
        )
        self.fences = fences or NoFences()
        self._log_again_at = 0.0

    def run(self, passage: Passage) -> Verdict | None:
        """The verdict that ended the passage, or None when it may be stored."""
        for step in self.steps:
            if verdict := step(passage):
                return verdict
        return None

    def watch(self, fixes: Table) -> None:
        """Show the fences live fixes that are to be stored, one of each terminal."""
        try:
            loud = fixes[~self.fences.quiet(fixes)]
        except Exception:
            self._failed()
            loud = fixes
        times = seconds(loud["fixed_us"])
        columns = (loud["terminal_id"], times, loud["lat"], loud["lon"], loud["speed_kmh"])
        for terminal, at, lat, lon, kmh in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            self.tell(terminal, (at, lat, lon), None if isnan(kmh) else kmh)

    def tell(self, terminal_id: int, moment: Moment, speed_kmh: float | None) -> None:
        """Tell the fences of a live fix. Whatever they raise, the fix is stored: the fault is
        counted each time, and logged once a minute, for a fleet would fill the disk with it.
        """
        at, lat, lon = moment
        try:
            self.fences.passed(terminal_id, lat, lon, at, speed_kmh)
        except Exception:
            self._failed()

    def _failed(self) -> None:
        meters.fence_faults.inc()
        if monotonic() >= self._log_again_at:
            self._log_again_at = monotonic() + MINUTE
            log.exception("fences_failed")


# ----------------------------------------------------------------------- steps


def known_and_enabled(passage: Passage) -> Verdict | None:
    """Only registered terminals report."""
    if passage.terminal is None:
        return Verdict(End.REFUSED, "unknown")
    return None if passage.terminal.enabled else Verdict(End.REFUSED, "disabled")


def tells_a_position(passage: Passage) -> Verdict | None:
    """A void fix is neither stored nor suspicious: a receiver in a garage sends nothing else."""
    fix = passage.fix
    if not fix.valid or fix.lat is None or fix.lon is None:
        return Verdict(End.VOID, "void")
    for name in fix.flags:
        passage.flags |= FLAGS.get(name, 0)
    return None


def in_its_own_speed_unit(passage: Passage) -> Verdict | None:
    """OsmAnd's query does not say its unit; the registry may."""
    if not (extra := passage.fix.extra):
        return None
    sent = extra.get("speed_as_sent")
    unit = passage.terminal.speed_unit if passage.terminal else "knots"
    if isinstance(sent, float) and sent >= 0 and unit != "knots":
        passage.fix.speed_kmh = sent * KMH[unit]
    return None


def on_the_clock(passage: Passage) -> Verdict | None:
    """A believable time; a week counter that rolled over is set right where that is certain."""
    time, rules = passage.fix.time, passage.rules
    if time is None:
        return _quarantine("no_time")
    if time < rules.earliest:
        corrected = _rolled_forward(time, passage.received_at)
        if corrected is None:
            return _quarantine("clock_unset")
        passage.fix.time = time = corrected
        passage.flags |= FixFlag.WEEK_CORRECTED
    passage.at, passage.received = time.timestamp(), passage.received_at.timestamp()
    passage.moment = passage.at, passage.fix.lat or 0.0, passage.fix.lon or 0.0
    ahead = passage.at - passage.received
    in_another_zone = abs(abs(ahead) - ZONE_ERROR_SECONDS) < MINUTE
    if ahead > rules.ahead_seconds:
        return _quarantine("zone_suspect" if in_another_zone else "clock_ahead")
    if in_another_zone:
        passage.flags |= FixFlag.ZONE_SUSPECT
    return None


def on_the_ground(passage: Passage) -> Verdict | None:
    """Coordinates and speed that a vehicle can have."""
    fix = passage.fix
    _, lat, lon = passage.moment
    if abs(lat) > 90 or abs(lon) > 180:
        return _quarantine("swapped" if 90 < abs(lat) <= 180 and abs(lon) <= 90 else "out_of_range")
    if abs(lat) < 1e-4 and abs(lon) < 1e-4:
        return _quarantine("null_island")
    if fix.speed_kmh is not None and not 0 <= fix.speed_kmh <= passage.rules.max_speed_kmh:
        return _quarantine("too_fast")
    # Secondary values out of their range are unknown; they spoil no position.
    if fix.course is not None and not 0 <= fix.course <= 360:
        fix.course = None
    if fix.alt_m is not None and not -1000 <= fix.alt_m <= 20_000:
        fix.alt_m = None
    return None


def in_the_service_area(passage: Passage) -> Verdict | None:
    """Within the city and its margin."""
    area = passage.rules.service_area
    _, lat, lon = passage.moment
    if area is None or (area[0] <= lon <= area[2] and area[1] <= lat <= area[3]):
        return None
    return _quarantine("outside_area")


def not_repeated(passage: Passage) -> Verdict | None:
    """The newest fix once more. Older repetitions are found by the table's key."""
    repeated = passage.terminal and passage.terminal.newest == passage.moment
    return Verdict(End.REPEATED, "repeated") if repeated else None


def without_a_jump(passage: Passage) -> Verdict | None:
    """No faster than a vehicle, unless several fixes in a row agree on the new place."""
    terminal, rules = passage.terminal, passage.rules
    if terminal is None or terminal.newest is None:
        return None
    gap = passage.at - terminal.newest[0]
    if gap <= 0:
        return None  # history: the present is not concerned
    if gap > rules.jump_gap_seconds or _reachable(terminal.newest, passage.moment, rules):
        terminal.doubted.clear()
        return None
    if terminal.doubted and not _follows(terminal.doubted[-1], passage.moment, rules):
        terminal.doubted.clear()
    terminal.doubted.append(passage.moment)
    if len(terminal.doubted) < rules.agreeing:
        return _quarantine("jump")
    terminal.doubted.clear()
    return None


def in_order_of_time(passage: Passage) -> Verdict | None:
    """The newest becomes the present; anything older is marked late."""
    terminal = passage.terminal
    if terminal is None:
        return None
    if terminal.newest is None or passage.at > terminal.newest[0]:
        terminal.newest = passage.moment
    else:
        passage.is_live = False
        passage.flags |= FixFlag.LATE
    return None


# --------------------------------------------------------------------- helpers


def _quarantine(reason: str) -> Verdict:
    return Verdict(End.QUARANTINED, reason)


def _rolled_forward(time: datetime, received_at: datetime) -> datetime | None:
    """`time` plus 1024 weeks, once or twice, when that gives about now."""
    for weeks in (WEEK_ROLLOVER, 2 * WEEK_ROLLOVER):
        if abs(time + weeks - received_at) <= timedelta(days=1):
            return time + weeks
    return None


def _follows(before: Moment, after: Moment, rules: Rules) -> bool:
    return after[0] > before[0] and _reachable(before, after, rules)


def _reachable(before: Moment, after: Moment, rules: Rules) -> bool:
    way = max(0.0, metres(before[1], before[2], after[1], after[2]) - rules.jump_slack_m)
    return way <= (after[0] - before[0]) * rules.jump_kmh / 3.6


def metres(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Distance on a sphere, flat-earth formula: right within 1 % for the way of some minutes."""
    east = (other_lon - lon + 180) % 360 - 180
    return METRES_PER_DEGREE * hypot(other_lat - lat, east * cos(radians((lat + other_lat) / 2)))
