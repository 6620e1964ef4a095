"""Which terminals still report: one that does not for three of its intervals is offline.

The interval is learned from the terminal itself. `at` of an `offline` is the last fix that was
believed, so that one silence is told once, however often the listeners start anew meanwhile.
"""

from collections.abc import Callable, Collection
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from gps_ingest.fixes import Table, seconds, to_us
from gps_ingest.history import Happening
from gps_ingest.memory import Memory
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
_REPORTING = np.dtype(
    [
        ("at", "f8"),
        ("lat", "f8"),
        ("lon", "f8"),
        ("heard_at", "f8"),
        ("intervals", "f8", LEARNED),
        ("learned", "i8"),
        ("reason", "U20"),
        ("trouble_at", "f8"),
        ("is_offline", "?"),
    ]
)
"""One terminal; times in epoch seconds: `at`, `lat` and `lon` of the newest fix, by its own clock,
`heard_at` when that came, by ours; of one before the start, the start. `intervals` is written round
and round, `learned` counts how many ever were; `reason` came at `trouble_at`."""
_NEVER = np.zeros(1, _REPORTING)
_NEVER["at"], _NEVER["trouble_at"], _NEVER["reason"] = np.nan, -np.inf, SILENT
_UNHEARD: Moment = (-np.inf, 0.0, 0.0)
Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


class Presence:
    """Hears of every fix, and looks round now and then for those that do not come."""

    def __init__(self, tell: Callable[[Happening], None], started_at: datetime):
        self._tell, self._started_at = tell, started_at.timestamp()
        self._reporting = Memory(_NEVER)

    def fixes(self, fixes: Table) -> None:
        """Live fixes that are believed, one of each terminal."""
        at, heard_at = seconds(fixes["fixed_us"]), seconds(fixes["received_us"])
        self._hear(fixes["terminal_id"], at, fixes["lat"], fixes["lon"], heard_at)

    def trouble(self, terminal_id: int, reason: str, at: float) -> None:
        """Something came instead of a fix, or the connection went: why it may fall silent."""
        row = self._reporting.row(terminal_id)
        row["reason"], row["trouble_at"] = reason, at

    def wait(self, now: datetime) -> None:
        """We do not listen just now: everybody has their whole patience from here on."""
        self._reporting.rows["heard_at"] = now.timestamp()

    def sweep(self, known: Collection[KnownTerminal], now: datetime) -> None:
        """Tell of those that have gone silent."""
        at = now.timestamp()
        ids = np.fromiter((one.id for one in known), np.int64, len(known))
        newest = np.array([one.newest or _UNHEARD for one in known]).reshape(-1, 3)
        places = self._reporting.enter(ids)
        self._hear_of(ids, places, newest, at)
        rows = self._reporting.rows[places]
        silent = ~np.isnan(rows["at"]) & ~rows["is_offline"]
        silent &= at - rows["heard_at"] > MISSED * SHORTEST_SECONDS
        for n in np.flatnonzero(silent).tolist():
            self._miss(int(ids[n]), int(places[n]), at)

    def _hear_of(self, ids: Numbers, places: Numbers, newest: Floats, at: float) -> None:
        """Fixes that another process has heard, or this one before its start."""
        rows = self._reporting.rows
        before = np.isnan(rows["at"][places]) & (at - newest[:, 0] <= FORGOTTEN_SECONDS)
        later = newest[:, 0] > rows["at"][places]
        fixed_at, lat, lon = newest[later].T
        self._hear(ids[later], fixed_at, lat, lon, np.full(len(lat), at))
        places = places[before]
        rows["at"][places], rows["lat"][places], rows["lon"][places] = newest[before].T
        rows["heard_at"][places], rows["reason"][places] = self._started_at, NOBODY_LISTENED

    def _hear(self, ids: Numbers, at: Floats, lat: Floats, lon: Floats, heard_at: Floats) -> None:
        places = self._reporting.enter(ids)
        rows = self._reporting.rows
        before = rows[places]
        rows["at"][places], rows["lat"][places], rows["lon"][places] = at, lat, lon
        rows["heard_at"][places], rows["is_offline"][places] = heard_at, False
        rows["reason"][places[heard_at > before["trouble_at"]]] = SILENT
        gap, was_offline = at - before["at"], before["is_offline"]
        learns = (gap > 0) & ~was_offline
        times = before["learned"][learns]
        rows["intervals"][places[learns], times % LEARNED] = gap[learns]
        rows["learned"][places[learns]] = times + 1
        for n in np.flatnonzero(was_offline).tolist():
            row, away = rows[places[n]], round(float(gap[n]))
            self._happen(int(ids[n]), ONLINE, row, float(heard_at[n]), seconds=away)

    def _miss(self, terminal_id: int, place: int, at: float) -> None:
        """Tell of one if it is silent for longer than its own patience."""
        row = self._reporting.rows[place]
        patience = _patience(row)
        if at - row["heard_at"] > patience:
            row["is_offline"] = True
            told = {"reason": str(row["reason"]), "patience_seconds": round(patience)}
            self._happen(terminal_id, OFFLINE, row, at, **told)

    def _happen(
        self, terminal_id: int, kind: str, row: np.void, now: float, **details: object
    ) -> None:
        at, lat, lon = (float(row[name]) for name in ("at", "lat", "lon"))
        self._tell(
            Happening(terminal_id, kind, to_us(at), "", to_us(now), lat, lon, details=details)
        )


def _patience(row: np.void) -> float:
    """Seconds of silence that mean that it is away."""
    learned = row["intervals"][: row["learned"]]
    usual = float(np.median(learned)) if len(learned) > 2 else USUAL_SECONDS
    return MISSED * min(max(usual, SHORTEST_SECONDS), LONGEST_SECONDS)
