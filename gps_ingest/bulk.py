"""Reports that are read together: ten thousand vehicles a second say nearly always the same.

What one batch of the store brings of plain JT/T 808 locations is decoded, judged, stored and
answered in columns. Anything else among it is read by itself, in the order of its link: which way
a report takes changes what it costs, never what becomes of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gps_ingest import meters, plain
from gps_ingest.fixes import EPOCH_2000_US, FIX
from gps_ingest.intake import ACCEPTED, Intake
from gps_ingest.pipeline import KnownTerminal, Moment
from gps_ingest.protocols.jt808.columns import Columns, columns, receipts
from gps_ingest.sessions.base import Correspondent
from kernel.log import get_logger

log = get_logger(__name__)
NEVER: Moment = (-np.inf, 0.0, 0.0)
NOBODY = KnownTerminal(0, "", "", enabled=False)
COUNTED = ("jt808", "Location")
Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]


class Reporter(Protocol):
    """A line whose reports wait here."""

    is_unread: bool
    """Whether some of its reports wait."""
    is_closed: bool
    """What came behind the reason for that is not taken any more."""
    terminal: KnownTerminal | None
    """Whose line it is."""
    key: bytes
    """How that terminal wrote itself last: `Peer.key`."""
    serial: int
    """Of the next message to it."""

    @property
    def peer(self) -> Correspondent:
        """Its other side."""
        ...

    def read(self, wire: bytes, received_at: datetime) -> None:
        """Take the frame by itself; never raises."""
        ...


@dataclass(slots=True)
class _Waiting:
    """What waits unread, in the order of its coming."""

    lines: list[Reporter] = field(default_factory=list)
    wires: list[bytes] = field(default_factory=list)
    received_at: list[datetime] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines)

    def of(self, line: Reporter) -> "_Waiting":
        """What waits of that line."""
        return self._taken(number for number, one in enumerate(self.lines) if one is line)

    def but(self, line: Reporter) -> "_Waiting":
        """What waits of all others."""
        return self._taken(number for number, one in enumerate(self.lines) if one is not line)

    def _taken(self, numbers: Iterable[int]) -> "_Waiting":
        found = _Waiting()
        for number in numbers:
            found.lines.append(self.lines[number])
            found.wires.append(self.wires[number])
            found.received_at.append(self.received_at[number])
        return found

    def read(self, number: int) -> None:
        """That one by itself: whatever is wrong with it costs its own line only."""
        line = self.lines[number]
        if not line.is_closed:
            line.read(self.wires[number], self.received_at[number])


@dataclass(slots=True)
class _Reading:
    """What waited, decoded; `row` is the place of each in the columns, or -1."""

    waiting: _Waiting
    row: Numbers
    reports: Columns
    received: NDArray[np.float64]
    """Epoch seconds of those in the columns, as `at`."""
    at: NDArray[np.float64]
    is_plain: Mask

    def lines(self, numbers: Numbers) -> list[Reporter]:
        lines = self.waiting.lines
        return [lines[number] for number in numbers.tolist()]


class Bulk:
    """The source of the store: frames wait unread, and are read when the next batch begins."""

    def __init__(self, intake: Intake):
        self._intake, self._store = intake, intake.store
        self._waiting = _Waiting()
        self._clock, self._enough = intake.clock, self._store.limits.enough
        self._store.source = self

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, line: Reporter, wire: bytes) -> None:
        """What stood between two flags and claims to be a location."""
        line.is_unread = True
        lines = self._waiting.lines
        lines.append(line)
        self._waiting.wires.append(wire)
        self._waiting.received_at.append(self._clock.now())
        if len(lines) == 1 or len(lines) >= self._enough:
            self._store.came()

    def read(self) -> None:
        waiting, self._waiting = self._waiting, _Waiting()
        if not waiting:
            return
        for line in waiting.lines:
            line.is_unread = False
        try:
            reading = self._decode(waiting)
        except Exception:
            log.exception("not_read_together")
            _read_alone(waiting, range(len(waiting)))
            return
        for turn in map(list, _turns(waiting.lines)):
            try:
                self._take(reading, turn)
            except Exception:
                log.exception("not_read_together")
                # What was stored before the fault is stored once all the same.
                _read_alone(waiting, turn)

    def catch_up(self, line: Reporter) -> None:
        """Read what waits of this line, by itself: it has something else to say, or is gone.

        The others wait on: a line that changes its mind with every word costs its own time only.
        """
        own, self._waiting = self._waiting.of(line), self._waiting.but(line)
        line.is_unread = False
        _read_alone(own, range(len(own)))

    def _decode(self, waiting: _Waiting) -> _Reading:
        reports = columns(waiting.wires)
        row = np.full(len(waiting), -1)
        row[reports.frame] = np.arange(len(reports))
        received = np.array([at.timestamp() for at in waiting.received_at])[reports.frame]
        at = reports.time.astype(np.int64).astype(np.float64)
        is_plain = plain.in_itself(reports, at, received, self._intake.rules)
        return _Reading(waiting, row, reports, received, at, is_plain)

    def _take(self, reading: _Reading, turn: Sequence[int]) -> None:
        """One report of each line: the plain ones together, the others by themselves."""
        numbers = np.array([n for n in turn if not reading.waiting.lines[n].is_closed], np.int64)
        together = reading.row[numbers] >= 0
        together[together] = self._are_plain(reading, numbers[together])
        if together.any():
            self._store_all(reading, numbers[together])
        _read_alone(reading.waiting, numbers[~together].tolist())

    def _are_plain(self, reading: _Reading, numbers: Numbers) -> Mask:
        """Which of them their lines and terminals would let pass as they are."""
        reports, lines, rows = reading.reports, reading.lines(numbers), reading.row[numbers]
        terminals = [line.terminal or NOBODY for line in lines]
        alarms = reports.alarm[rows].tolist()
        able = [
            one.enabled and one.alarms == alarm and not one.doubted
            for one, alarm in zip(terminals, alarms, strict=True)
        ]
        before = np.array([one.newest or NEVER for one in terminals]).reshape(-1, 3)
        lat, lon = reports.lat[rows], reports.lon[rows]
        fit = plain.after(reading.at[rows], lat, lon, before, self._intake.rules)
        peers = reports.peer[rows]
        keys = np.frombuffer(b"".join([line.key for line in lines]), np.uint8)
        fit &= (peers == keys.reshape(peers.shape)).all(axis=1)
        fit &= reading.is_plain[rows] & np.array(able, bool)
        return fit

    def _store_all(self, reading: _Reading, numbers: Numbers) -> None:
        """Plain ones, each the newest of its terminal: stored first, then known to everybody."""
        reports, lines, rows = reading.reports, reading.lines(numbers), reading.row[numbers]
        terminals = [line.terminal or NOBODY for line in lines]
        fixes, peers, serials = np.empty(len(lines), FIX), reports.peer[rows], reports.serial[rows]
        fixes["terminal_id"] = [terminal.id for terminal in terminals]
        fixes["fixed_us"] = reports.time[rows].astype(np.int64) * 1_000_000 - EPOCH_2000_US
        received_us = np.rint(reading.received[rows] * 1_000_000).astype(np.int64)
        fixes["received_us"] = received_us - EPOCH_2000_US
        for name in ("lat", "lon", "speed_kmh", "course", "alt_m"):
            fixes[name] = getattr(reports, name)[rows]
        fixes["flags"], fixes["is_live"] = 0, True
        self._store.add_all(fixes, lambda: _answer(lines, peers, serials))
        meters.messages[COUNTED] += len(lines)
        meters.fixes[ACCEPTED] += len(lines)
        told = (reading.at[rows], reports.lat[rows], reports.lon[rows])
        moments = zip(*(column.tolist() for column in told), strict=True)
        for line, terminal, moment in zip(lines, terminals, moments, strict=True):
            terminal.newest = moment
            line.peer.made_sense(identified=True)


def _read_alone(waiting: _Waiting, numbers: Iterable[int]) -> None:
    for number in numbers:
        waiting.read(number)


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


def _answer(
    lines: Sequence[Reporter], peers: NDArray[np.uint8], serials: NDArray[np.uint16]
) -> None:
    """Their reports are stored. A line that fails holds up no other."""
    answers = receipts(peers, np.array([line.serial for line in lines], np.uint16), serials)
    for line, answer in zip(lines, answers, strict=True):
        try:
            line.serial = line.serial + 1 & 0xFFFF
            line.peer.send(answer)
        except Exception:
            log.exception("stored_but_not_told")
