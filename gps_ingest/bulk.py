"""Reports that are read together: ten thousand vehicles a second say nearly always the same.

What one batch of the store brings of plain JT/T 808 locations is decoded, judged, stored and
answered in columns. Anything else among it is read by itself, in the order of its link: which way
a report takes changes what it costs, never what becomes of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gps_ingest import meters, plain
from gps_ingest.fixes import EPOCH_2000_US, FIX
from gps_ingest.intake import ACCEPTED, Intake
from gps_ingest.pipeline import KnownTerminal, Moment
from gps_ingest.protocols.jt808.columns import Columns, columns
from kernel.log import get_logger

log = get_logger(__name__)
NEVER: Moment = (-np.inf, 0.0, 0.0)
COUNTED = ("jt808", "Location")


class Reporter(Protocol):
    """A line whose reports wait here."""

    is_unread: bool
    """Whether some of its reports wait."""
    is_closed: bool
    """What came behind the reason for that is not taken any more."""
    terminal: KnownTerminal | None
    """Whose line it is."""

    @property
    def key(self) -> bytes:
        """How that terminal wrote itself last: `Peer.key`."""
        ...

    def read(self, wire: bytes, received_at: datetime) -> None:
        """Take the frame by itself; never raises."""
        ...

    def believed(self) -> None:
        """A report of its terminal was taken."""
        ...

    def stored(self, serial: int) -> None:
        """Acknowledge the report with that serial."""
        ...


@dataclass(slots=True)
class _Reading:
    """What waited, in the order of its coming; `place` is its row in the columns, or -1."""

    lines: Sequence[Reporter]
    wires: Sequence[bytes]
    received_at: Sequence[datetime]
    place: list[int]
    reports: Columns
    received: NDArray[np.float64]
    """Epoch seconds of those in the columns, as `at`."""
    at: NDArray[np.float64]
    is_plain: list[bool]
    peers: list[bytes]
    alarms: list[int]


class Bulk:
    """The source of the store: frames wait unread, and are read when the next batch begins."""

    def __init__(self, intake: Intake):
        self._intake, self._store = intake, intake.store
        self._waiting: list[tuple[Reporter, bytes, datetime]] = []
        self._enough = self._store.limits.enough
        self._store.source = self

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, line: Reporter, wire: bytes) -> None:
        """What stood between two flags and claims to be a location."""
        line.is_unread = True
        self._waiting.append((line, wire, self._intake.clock.now()))
        waiting = len(self._waiting)
        if waiting == 1 or waiting >= self._enough:
            self._store.came()

    def read(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        for line, *_ in waiting:
            line.is_unread = False
        try:
            reading = self._decode(waiting)
        except Exception:
            log.exception("not_read_together")
            _read_alone(waiting)
            return
        for turn in map(list, _turns(reading.lines)):
            try:
                self._take(reading, turn)
            except Exception:
                log.exception("not_read_together")
                # What was stored before the fault is stored once all the same.
                _read_alone([waiting[number] for number in turn])

    def catch_up(self, line: Reporter) -> None:
        """Read what waits of this line, by itself: it has something else to say, or is gone.

        The others wait on: a line that changes its mind with every word costs its own time only.
        """
        own = [one for one in self._waiting if one[0] is line]
        self._waiting = [one for one in self._waiting if one[0] is not line]
        line.is_unread = False
        _read_alone(own)

    def _decode(self, waiting: Sequence[tuple[Reporter, bytes, datetime]]) -> _Reading:
        lines, wires, received_at = zip(*waiting, strict=True)
        reports = columns(wires)
        place = np.full(len(wires), -1)
        place[reports.frame] = np.arange(len(reports))
        received = np.array([at.timestamp() for at in received_at])[reports.frame]
        at = reports.time.astype(np.int64).astype(np.float64)
        is_plain = plain.in_itself(reports, at, received, self._intake.rules)
        width, peers = reports.peer.shape[1], reports.peer.tobytes()
        return _Reading(
            lines,
            wires,
            received_at,
            place.tolist(),
            reports,
            received,
            at,
            is_plain.tolist(),
            [peers[at : at + width] for at in range(0, len(peers), width)],
            reports.alarm.tolist(),
        )

    def _take(self, reading: _Reading, turn: Iterable[int]) -> None:
        """One report of each line: the plain ones together, the others by themselves."""
        together, before = list[int](), list[Moment]()
        terminals, alone = list[KnownTerminal](), list[int]()
        for number in turn:
            line, row = reading.lines[number], reading.place[number]
            terminal = line.terminal
            if line.is_closed:
                continue
            if (
                row >= 0
                and reading.is_plain[row]
                and terminal is not None
                and terminal.enabled
                and terminal.alarms == reading.alarms[row]
                and not terminal.doubted
                and reading.peers[row] == line.key
            ):
                together.append(number)
                terminals.append(terminal)
                before.append(terminal.newest or NEVER)
            else:
                alone.append(number)
        if together:
            rows = np.array([reading.place[number] for number in together])
            reports, rules = reading.reports, self._intake.rules
            fits = plain.after(
                reading.at[rows], reports.lat[rows], reports.lon[rows], np.array(before), rules
            )
            alone += [number for number, fit in zip(together, fits, strict=True) if not fit]
            both = zip(together, terminals, fits, strict=True)
            kept = [(number, terminal) for number, terminal, fit in both if fit]
            self._store_all(reading, kept, rows[fits])
        for number in alone:
            reading.lines[number].read(reading.wires[number], reading.received_at[number])

    def _store_all(
        self, reading: _Reading, kept: Sequence[tuple[int, KnownTerminal]], rows: NDArray[np.int64]
    ) -> None:
        """Plain ones, each the newest of its terminal: stored first, then known to everybody."""
        reports, intake = reading.reports, self._intake
        received, serials = reading.received[rows], reports.serial[rows].tolist()
        fixes = np.empty(len(kept), FIX)
        fixes["terminal_id"] = [terminal.id for _, terminal in kept]
        fixes["fixed_us"] = reports.time[rows].astype(np.int64) * 1_000_000 - EPOCH_2000_US
        received_us = np.rint(received * 1_000_000).astype(np.int64)
        fixes["received_us"] = received_us - EPOCH_2000_US
        for name in ("lat", "lon", "speed_kmh", "course", "alt_m"):
            fixes[name] = getattr(reports, name)[rows]
        fixes["flags"], fixes["is_live"] = 0, True
        lines = [reading.lines[number] for number, _ in kept]
        self._store.add_all(fixes, lambda: _answer(zip(lines, serials, strict=True)))
        meters.messages[COUNTED] += len(kept)
        meters.fixes[ACCEPTED] += len(kept)
        moments = zip(
            reading.at[rows].tolist(),
            reports.lat[rows].tolist(),
            reports.lon[rows].tolist(),
            strict=True,
        )
        heard, seen, tell = intake.fleet.heard, intake.presence.fix, intake.pipeline.tell
        speeds = reports.speed_kmh[rows].tolist()
        for (number, terminal), moment, heard_at, speed in zip(
            kept, moments, received.tolist(), speeds, strict=True
        ):
            reading.lines[number].believed()
            terminal.newest = moment
            heard(terminal, reading.received_at[number])
            seen(terminal.id, moment, heard_at)
            tell(terminal.id, moment, speed)


def _read_alone(waiting: Iterable[tuple[Reporter, bytes, datetime]]) -> None:
    """Each by itself: whatever is wrong with one costs its own line only."""
    for line, wire, received_at in waiting:
        if not line.is_closed:
            line.read(wire, received_at)


def _turns(lines: Sequence[Reporter]) -> Iterable[Iterable[int]]:
    """Numbers of reports such that each line has one in each turn, in the order of its own."""
    if len(set(lines)) == len(lines):
        return [range(len(lines))]
    turns, seen = list[list[int]](), defaultdict[Reporter, int](int)
    for number, line in enumerate(lines):
        before = seen[line]
        seen[line] = before + 1
        if before == len(turns):
            turns.append([])
        turns[before].append(number)
    return turns


def _answer(answers: Iterable[tuple[Reporter, int]]) -> None:
    """A line that fails holds up no other."""
    for line, serial in answers:
        try:
            line.stored(serial)
        except Exception:
            log.exception("stored_but_not_told")
