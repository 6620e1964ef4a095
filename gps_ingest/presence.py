"""Which terminals still report: one that does not for three of its intervals is offline.

The interval is learned from the terminal itself. `at` of an `offline` is the last fix that was
believed, so that one silence is told once, however often the listeners start anew meanwhile.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from gps_ingest.fixes import to_us
from gps_ingest.history import Happening
from gps_ingest.pipeline import KnownTerminal, Moment

OFFLINE, ONLINE = "offline", "online"
MISSED = 3
"""Reports that fail to come before a terminal counts as offline."""
LEARNED = 9
"""Intervals that are remembered; their median is the terminal's own."""
USUAL_SECONDS = 30.0
"""Of a terminal that has not shown its interval yet: what one without an order keeps (JT/T 808)."""
SHORTEST_SECONDS, LONGEST_SECONDS = 10.0, 600.0
"""A receiver that speaks each second is not away after three."""
FORGOTTEN_SECONDS = 86_400.0
"""What was silent for longer when the listeners started is not news."""
SILENT, NOBODY_LISTENED = "silent", "nobody_listened"
"""Reasons, besides `connection_closed`, `void` and `quarantined`."""


@dataclass(slots=True)
class _Reporting:
    """One terminal; times in epoch seconds."""

    newest: Moment
    heard_at: float
    """When the newest fix came, by our clock; of one before the start, the start."""
    intervals: deque[float] = field(default_factory=lambda: deque(maxlen=LEARNED))
    reason: str = SILENT
    is_offline: bool = False

    @property
    def patience(self) -> float:
        """Seconds of silence that mean that it is away."""
        usual = median(self.intervals) if len(self.intervals) > 2 else USUAL_SECONDS
        return MISSED * min(max(usual, SHORTEST_SECONDS), LONGEST_SECONDS)


class Presence:
    """Hears of every fix, and looks round now and then for those that do not come."""

    def __init__(self, tell: Callable[[Happening], None], started_at: datetime):
        self._tell, self._started_at = tell, started_at.timestamp()
        self._reporting: dict[int, _Reporting] = {}

    def fix(self, terminal_id: int, moment: Moment, at: float) -> None:
        """A live fix that is believed, received at that epoch second."""
        seen = self._reporting.get(terminal_id)
        if seen is None:
            self._reporting[terminal_id] = _Reporting(moment, at)
            return
        gap = moment[0] - seen.newest[0]
        was_offline, last = seen.is_offline, seen.newest
        seen.newest, seen.heard_at = moment, at
        seen.reason, seen.is_offline = SILENT, False
        if was_offline:
            self._happen(terminal_id, ONLINE, moment, at, seconds=round(moment[0] - last[0]))
        elif gap > 0:
            seen.intervals.append(gap)

    def trouble(self, terminal_id: int, reason: str) -> None:
        """Something came instead of a fix, or the connection went: why it may fall silent."""
        if seen := self._reporting.get(terminal_id):
            seen.reason = reason

    def wait(self, now: datetime) -> None:
        """We do not listen just now: everybody has their whole patience from here on."""
        for seen in self._reporting.values():
            seen.heard_at = now.timestamp()

    def sweep(self, known: Iterable[KnownTerminal], now: datetime) -> None:
        """Tell of those that have gone silent."""
        at = now.timestamp()
        for terminal in known:
            seen = self._reporting.get(terminal.id) or self._from_before(terminal, at)
            if seen and terminal.newest and terminal.newest[0] > seen.newest[0]:
                self.fix(terminal.id, terminal.newest, at)  # another process heard it
            if seen is None or seen.is_offline or at - seen.heard_at <= seen.patience:
                continue
            seen.is_offline = True
            self._happen(
                terminal.id, OFFLINE, seen.newest, at,
                reason=seen.reason, patience_seconds=round(seen.patience),
            )  # fmt: skip

    def _from_before(self, terminal: KnownTerminal, at: float) -> _Reporting | None:
        """A terminal that has not been heard since the start, as the store remembers it."""
        if terminal.newest is None or at - terminal.newest[0] > FORGOTTEN_SECONDS:
            return None
        seen = _Reporting(terminal.newest, self._started_at, reason=NOBODY_LISTENED)
        self._reporting[terminal.id] = seen
        return seen

    def _happen(
        self, terminal_id: int, kind: str, moment: Moment, now: float, **details: object
    ) -> None:
        at, lat, lon = moment
        self._tell(
            Happening(terminal_id, kind, to_us(at), "", to_us(now), lat, lon, details=details)
        )
