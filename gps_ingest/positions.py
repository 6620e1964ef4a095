"""The store: fixes wait here for the next batch, and are acknowledged once it is committed.

Memory is bounded. While the database is slow or away the batches wait in order, the valve closes
when no more fit, and nothing that was acknowledged can be lost, because nothing is acknowledged
before it is stored.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import gevent
import numpy as np
import psycopg
from gevent.event import Event

from gps_ingest import history, meters
from gps_ingest.fixes import Row, Table, table
from gps_ingest.history import Happening, Oddity
from gps_ingest.valve import Valve
from kernel.log import get_logger

log = get_logger(__name__)
Done = Callable[[], None]


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """How long a fix waits for company, and how many may wait.

    A full store closes the valve, and that is also what gives the database its turn: storing a
    batch takes several turns of the event loop, and ten thousand readable links make each a long
    one. So the room is small, and whatever waits goes in one batch.
    """

    flush_seconds: float = 0.05
    """Between the beginnings of two batches: the first one after a rest goes at once."""
    enough: int = 2_000
    """So many wait no longer."""
    max_waiting: int = 10_000
    retry_seconds: tuple[float, float] = (0.1, 2.0)
    """First and longest pause between attempts while the database is away."""


@dataclass(slots=True)
class _Entry:
    """What is to be stored, or nothing at all; `done` is called after the commit."""

    item: Row | Table | Oddity | Happening | None
    done: Done | None
    size: int = 1


class Source(Protocol):
    """What waits unread until the next batch begins."""

    def __len__(self) -> int: ...

    def read(self) -> None:
        """Add everything to the store."""
        ...


class Nothing:
    """No source."""

    def __len__(self) -> int:
        return 0

    def read(self) -> None:
        return None


class PositionStore:
    """Collects fixes and writes them in batches, in the order of their arrival."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        tell: Callable[[Table], None],
        limits: StoreLimits | None = None,
    ):
        self.limits = limits or StoreLimits()
        self.valve = Valve()
        self.is_away = False
        """True from a failed attempt to store until the next success."""
        self._connect, self._tell = connect, tell
        self._connection: psycopg.Connection | None = None
        self.source: Source = Nothing()
        self.watch: Callable[[Table], None] = lambda fixes: None
        """Sees the fixes of a batch before it is stored; what it lets happen is stored with it."""
        self._entries: list[_Entry] = []
        self._size = 0
        """Of all entries."""
        self._some, self._enough = Event(), Event()
        self._stopping = False
        self._greenlet: gevent.Greenlet[[], None] | None = None

    # -- the side of the listeners --------------------------------------------------------

    def add(self, row: Row, done: Done | None = None) -> None:
        """Store the fix with the next batch; then call `done`."""
        self._append(_Entry(row, done))

    def add_all(self, fixes: Table, done: Done) -> None:
        """Store the fixes with the next batch; then call `done`."""
        self._append(_Entry(fixes, done, len(fixes)))

    def quarantine(self, oddity: Oddity, done: Done | None = None) -> None:
        """Store the oddity with the next batch; then call `done`."""
        self._append(_Entry(oddity, done))

    def happen(self, happening: Happening) -> None:
        """Store what happened with the next batch, and tell of it upward."""
        self._append(_Entry(happening, None))

    def after_all_before(self, done: Done) -> None:
        """Call `done` when everything that waits now has been stored."""
        self._append(_Entry(None, done))

    @property
    def waiting(self) -> int:
        return self._size + len(self.source)

    def _append(self, entry: _Entry) -> None:
        self._entries.append(entry)
        self._size += entry.size
        self.came()

    def came(self) -> None:
        """Something more waits, here or at the source."""
        self._some.set()
        waiting = self.waiting
        if waiting >= self.limits.enough:
            self._enough.set()
        if waiting >= self.limits.max_waiting and self.valve.is_open:
            meters.valve_closed.inc()
            self.valve.close()

    # -- the side of the database ---------------------------------------------------------

    def start(self) -> None:
        self._greenlet = gevent.spawn(self._run)

    def stop(self, deadline_seconds: float = 10) -> int:
        """Store what waits and end; gives how many entries the database did not take in time."""
        self._stopping = True
        self._some.set()
        self._enough.set()
        if self._greenlet is not None:
            self._greenlet.join(deadline_seconds)
            self._greenlet.kill(timeout=1)
        self._disconnect()
        return self.waiting

    def _run(self) -> None:
        next_at = 0.0
        while self.waiting or not self._stopping:
            self._some.wait()
            self._enough.wait(0 if self._stopping else max(0.0, next_at - time.monotonic()))
            next_at = time.monotonic() + self.limits.flush_seconds
            _call(self.source.read, "not_read")
            fixes = self._fixes()
            _call(lambda fixes=fixes: self.watch(fixes), "not_watched")  # type: ignore[misc]
            batch = list(self._entries)
            if batch:
                self._store(batch, fixes)
                self._forget(batch)

    def _fixes(self) -> Table:
        rows = [entry.item for entry in self._entries if isinstance(entry.item, Row)]
        tables = [entry.item for entry in self._entries if isinstance(entry.item, np.ndarray)]
        return np.concatenate((table(rows), *tables))

    def _store(self, batch: Sequence[_Entry], fixes: Table) -> None:
        """Write the batch, as often as it takes; then acknowledge, then tell."""
        oddities = [entry.item for entry in batch if isinstance(entry.item, Oddity)]
        happenings = [entry.item for entry in batch if isinstance(entry.item, Happening)]
        moved = history.NOTHING
        if len(fixes) or oddities or happenings:
            moved = self._write(fixes, oddities, happenings)
        for entry in batch:
            if entry.done is not None:
                _call(entry.done)
        if len(moved):
            _call(lambda: self._tell(moved))

    def _write(self, fixes: Table, oddities: list[Oddity], happenings: list[Happening]) -> Table:
        pause, longest = self.limits.retry_seconds
        while True:
            begin = time.perf_counter()
            try:
                if self._connection is None:
                    self._connection = self._connect()
                moved = history.write(self._connection, fixes, oddities, happenings)
            except Exception as error:  # whatever it is, the batch stays first in line
                self._away(error)
                gevent.sleep(pause)
                pause = min(pause * 2, longest)
            else:
                self._back()
                meters.stored_seconds.observe(time.perf_counter() - begin)
                return moved

    def _forget(self, batch: Sequence[_Entry]) -> None:
        del self._entries[: len(batch)]
        self._size -= sum(entry.size for entry in batch)
        waiting = self.waiting
        if waiting < self.limits.enough:
            self._enough.clear()
        if not waiting and not self._stopping:
            self._some.clear()
        if not self.valve.is_open and waiting <= self.limits.max_waiting // 2:
            self.valve.open()

    def _away(self, error: Exception) -> None:
        if not self.is_away:
            known = isinstance(error, psycopg.Error)
            log.error(
                "positions_not_stored",
                waiting=self.waiting,
                error=type(error).__name__,
                exc_info=not known,
            )
        self.is_away = True
        meters.database_away.set(1)
        self._disconnect()

    def _back(self) -> None:
        if self.is_away:
            log.info("positions_stored_again", waiting=self.waiting)
        self.is_away = False
        meters.database_away.set(0)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _call(tell: Done, failure: str = "stored_but_not_told") -> None:
    """A link or a console that is gone must not hold up the others."""
    try:
        tell()
    except Exception:
        log.exception(failure)
