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
        except Exception:  # whatever it is: each by itself, so that one costs its own link only
            log.exception("not_read_together")
            for line, wire, received_at in waiting:
                line.read(wire, received_at)
            return
        for turn in _turns(reading.lines):
            self._take(reading, turn)

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
        alone = list[int]()
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
                before.append(terminal.newest or NEVER)
            else:
                alone.append(number)
        if together:
            numbers = np.array(together)
            rows = np.array(reading.place)[numbers]
            reports, rules = reading.reports, self._intake.rules
            fits = plain.after(
                reading.at[rows], reports.lat[rows], reports.lon[rows], np.array(before), rules
            )
            alone += numbers[~fits].tolist()
            self._store_all(reading, numbers[fits], rows[fits])
        for number in alone:
            reading.lines[number].read(reading.wires[number], reading.received_at[number])

    def _store_all(
        self, reading: _Reading, numbers: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> None:
        """Plain ones, each the newest of its terminal."""
        reports, intake = reading.reports, self._intake
        moments = zip(
            reading.at[rows].tolist(),
            reports.lat[rows].tolist(),
            reports.lon[rows].tolist(),
            strict=True,
        )
        received = reading.received[rows]
        speeds, serials = reports.speed_kmh[rows].tolist(), reports.serial[rows].tolist()
        heard, presence, fences = intake.fleet.heard, intake.presence, intake.pipeline.fences
        ids, answers = list[int](), list[tuple[Reporter, int]]()
        for number, moment, heard_at, speed, serial in zip(
            numbers.tolist(), moments, received.tolist(), speeds, serials, strict=True
        ):
            line = reading.lines[number]
            terminal = line.terminal
            if terminal is None:
                raise ValueError("the line of nobody")
            line.believed()
            terminal.newest = moment
            heard(terminal, reading.received_at[number])
            presence.fix(terminal.id, moment, heard_at)
            fences.passed(terminal.id, moment[1], moment[2], moment[0], speed)
            ids.append(terminal.id)
            answers.append((line, serial))
        meters.messages[COUNTED] += len(ids)
        meters.fixes[ACCEPTED] += len(ids)
        fixes = np.empty(len(ids), FIX)
        fixes["terminal_id"] = ids
        fixes["fixed_us"] = reports.time[rows].astype(np.int64) * 1_000_000 - EPOCH_2000_US
        received_us = np.rint(received * 1_000_000).astype(np.int64)
        fixes["received_us"] = received_us - EPOCH_2000_US
        for name in ("lat", "lon", "speed_kmh", "course", "alt_m"):
            fixes[name] = getattr(reports, name)[rows]
        fixes["flags"], fixes["is_live"] = 0, True
        self._store.add_all(fixes, lambda: _answer(answers))


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
