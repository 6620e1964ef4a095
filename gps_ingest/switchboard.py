"""Which terminal hangs on which line, and the messages that wait for it.

Lines are sessions of this process; `siblings` tells of those of the others. The database is asked
on one greenlet; lines are never made to wait. A message is marked as sent, and committed so, before
its first byte leaves: after a crash it goes once more and says that it is a repeat.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import gevent
import psycopg
from gevent.event import Event
from sqlalchemy import ColumnElement, and_, case, func, or_, select, true
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from gps_ingest import downlink, meters, terminals
from gps_ingest.downlink import (
    ACKNOWLEDGED,
    ANSWERED,
    EXPIRED,
    FAILED,
    POSITION,
    QUESTION,
    QUEUED,
    READ_PARAMETERS,
    SENT,
    SPOKEN,
)
from gps_ingest.ending import end
from gps_ingest.listeners.limits import Dismissed
from gps_ingest.models import Downlink, Terminal
from gps_ingest.pipeline import KnownTerminal
from kernel import pause
from kernel.access import Principal
from kernel.clock import now
from kernel.db import Database, among
from kernel.log import get_logger

log = get_logger(__name__)
LOOK_SECONDS = 5.0
"""Between two looks at the queue without a notice; notices may be lost."""
BATCH = 500
SWAPS, SWAP_SECONDS = 6, 60.0
"""Takeovers of one terminal's line within a minute; more is two devices of one name, or a thief."""
UNSUPPORTED = 3
PROBLEMS = {1: "refused", 2: "bad_message", 3: "unsupported"}
"""Results of a terminal's general response."""


class Line(Protocol):
    """A session that takes messages."""

    address: str

    @property
    def is_free(self) -> bool:
        """Whether it takes another message now."""
        ...

    def prepare(self, waiting: Downlink) -> tuple[int, list[bytes]]:
        """Serial and frames of a message; raises ValueError for what the protocol cannot carry."""
        ...

    def transmit(self, downlink_id: int, serial: int, frames: list[bytes]) -> None: ...

    def replaced(self) -> None:
        """The terminal has come anew: this line is dead."""
        ...


Apply = Callable[[Session, Downlink], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message: one that is known by id, else by terminal and serial."""

    apply: Apply
    downlink_id: int | None = None
    terminal_id: int = 0
    serial: int | None = None
    kind: str = ""


class Switchboard:
    """The lines of this process and the messages for them."""

    def __init__(self, database: Database, principal: Principal):
        self._database, self._principal = database, principal
        self._lines: dict[int, Line] = {}
        self._swaps: dict[int, deque[float]] = {}
        self._sent: dict[int, int] = {}
        self.on_plug: Callable[[int], None] = lambda terminal_id: None
        """Called with the terminal whose line this process has from now on."""
        self._fresh: set[int] = set()
        self._outcomes: deque[Outcome] = deque()
        self._wake = Event()
        self._look_at = 0.0
        self._greenlets: list[gevent.Greenlet[[], None]] = []

    # -- the side of the sessions ---------------------------------------------------------

    def plug(self, terminal: KnownTerminal, line: Line) -> None:
        """This line is the terminal's from now on; raises Dismissed when it changes too often."""
        before = self._lines.get(terminal.id)
        if before is line:
            return
        self._refuse_swapping(terminal.id)
        if before is not None:
            self._count_swap(terminal.id, before.address, line.address)
        self._lines[terminal.id] = line
        if before is not None:
            before.replaced()
        self._fresh.add(terminal.id)
        self.on_plug(terminal.id)
        self._look_soon()

    def taken_over(self, terminal_id: int, process: str) -> None:
        """The terminal has come anew to another process."""
        line = self._lines.get(terminal_id)
        if line is not None:
            self._count_swap(terminal_id, line.address, process)
            line.replaced()

    def unplug(self, terminal: KnownTerminal, line: Line, unanswered: Iterable[int]) -> None:
        """The line is closed; what it did not answer waits for the next one."""
        if self._lines.get(terminal.id) is line:
            del self._lines[terminal.id]
            self._fresh.discard(terminal.id)
        for downlink_id in unanswered:
            self._of_this_sending(downlink_id, _requeue)

    def settled(self, downlink_id: int) -> None:
        """The terminal has answered it, in whatever way: it goes out no more."""
        self._sent.pop(downlink_id, None)

    def acknowledged(self, downlink_id: int, result: int) -> None:
        """The terminal's general response."""
        self._come(Outcome(lambda s, found: _acknowledge(s, found, result), downlink_id))

    def unanswered(self, downlink_id: int) -> None:
        """Sent as often as the standard says, and never answered."""
        self._of_this_sending(downlink_id, lambda s, found: _fail(s, found, "no_answer"))

    def answered(self, terminal_id: int, serial: int, answer: int) -> None:
        """The driver chose an answer; the question may have been asked on an earlier line."""
        apply = lambda s, found: _answer(s, found, answer)  # noqa: E731
        self._come(Outcome(apply, terminal_id=terminal_id, serial=serial, kind=QUESTION))

    def told(self, terminal_id: int, serial: int, parameters: dict[str, str]) -> None:
        """The terminal's parameters, raw in hex by id."""

        def apply(session: Session, found: Downlink) -> None:
            found.content = {**found.content, "told": parameters}
            _answer(session, found, None)

        self._come(Outcome(apply, terminal_id=terminal_id, serial=serial, kind=READ_PARAMETERS))

    def placed(self, terminal_id: int, serial: int | None) -> None:
        """The terminal said where it is; that of 2011 does not say which question it answers."""
        apply = lambda s, found: _answer(s, found, None)  # noqa: E731
        self._come(Outcome(apply, terminal_id=terminal_id, serial=serial, kind=POSITION))

    def _of_this_sending(self, downlink_id: int, apply: Apply) -> None:
        """Unless another line, of whatever process, has sent it once more by then."""
        attempts = self._sent.pop(downlink_id, None)

        def unless_sent_again(session: Session, found: Downlink) -> None:
            if found.attempts == attempts:
                apply(session, found)

        self._come(Outcome(unless_sent_again, downlink_id))

    def _count_swap(self, terminal_id: int, was: str, by: str) -> None:
        log.warning("line_taken_over", terminal=terminal_id, was=was, by=by)
        self._swaps.setdefault(terminal_id, deque(maxlen=SWAPS)).append(time.monotonic())

    def _refuse_swapping(self, terminal_id: int) -> None:
        swaps = self._swaps.get(terminal_id)
        if swaps and len(swaps) == SWAPS and time.monotonic() - swaps[0] < SWAP_SECONDS:
            raise Dismissed("swapping", offence=True)

    def _come(self, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        self._wake.set()

    def _look_soon(self) -> None:
        self._look_at = 0.0
        self._wake.set()

    # -- the side of the database ---------------------------------------------------------

    def start(self) -> None:
        self._greenlets = [gevent.spawn(self._run), gevent.spawn(self._listen)]

    def stop(self) -> None:
        """Write down what is known; what was sent and not answered goes out again."""
        end(self._greenlets)
        try:
            self._write_outcomes()
        except SQLAlchemyError as error:
            log.warning("downlinks_not_written", error=type(error).__name__)

    def _run(self) -> None:
        while True:
            self._wake.wait(LOOK_SECONDS)
            self._wake.clear()
            try:
                self._write_outcomes()
                if time.monotonic() >= self._look_at:
                    self._look_at = time.monotonic() + LOOK_SECONDS
                    self._expire()
                    while self._send_waiting():
                        pass
            except SQLAlchemyError as error:
                log.warning("downlinks_wait_for_the_database", error=type(error).__name__)
                gevent.sleep(1)
                self._look_soon()
            except Exception:
                log.exception("switchboard_failed")
                gevent.sleep(1)

    def _listen(self) -> None:
        url = self._database.engine.url.render_as_string(hide_password=False)
        while True:
            try:
                with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
                    connection.execute(f"listen {downlink.CHANNEL}")
                    for notice in connection.notifies():
                        if int(notice.payload or 0) in self._lines:
                            self._look_soon()
            except psycopg.Error:
                gevent.sleep(1)

    def _write_outcomes(self) -> None:
        """All that have come, in their order; kept when the database does not take them."""
        while self._outcomes:
            try:
                self._write_outcome(self._outcomes[0])
            except SQLAlchemyError:
                raise
            except Exception:  # no later one waits for it
                log.exception("downlink_outcome_lost")
            self._outcomes.popleft()

    def _write_outcome(self, outcome: Outcome) -> None:
        with self._database.unit_of_work(self._principal) as session:
            found = session.scalar(_meant(outcome))
            if found is not None:
                outcome.apply(session, found)
                meters.downlinks.labels(found.kind, found.state).inc()

    def _send_waiting(self) -> bool:
        """Mark and commit, then send; gives whether more may be waiting."""
        lines, fresh = dict(self._lines), set(self._fresh)
        if not lines:
            return False
        prepared: list[tuple[Line, int, int, list[bytes]]] = []
        with self._database.unit_of_work(self._principal) as session:
            found = session.scalars(_waiting(session, list(lines), list(fresh))).all()
            for one in found:
                line = lines[one.terminal_id]
                if not line.is_free:
                    continue
                try:
                    serial, frames = line.prepare(one)
                except Exception as error:  # this row's fault: the others do not wait for it
                    log.warning("downlink_not_sendable", downlink=one.id, error=str(error)[:80])
                    _fail(session, one, "unsendable")
                    continue
                _mark_sent(session, one, serial)
                prepared.append((line, one.id, serial, frames))
                self._sent[one.id] = one.attempts
        self._fresh -= fresh
        for line, downlink_id, serial, frames in prepared:
            line.transmit(downlink_id, serial, frames)
        return len(prepared) == BATCH

    def _expire(self) -> None:
        with self._database.unit_of_work(self._principal) as session:
            over = (
                select(Downlink)
                .where(
                    Downlink.ended_at.is_(None),
                    Downlink.expires_at <= now(session),
                    _lasts_until() <= now(session),
                )
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            )
            for found in session.scalars(over):
                if found.state == ACKNOWLEDGED:  # it was heard: nobody chose an answer
                    found.problem, found.ended_at = "no_answer", now(session)
                    downlink.told_upward(session, found)
                else:
                    _end(session, found, EXPIRED)
                meters.downlinks.labels(found.kind, EXPIRED).inc()


def _waiting(session: Session, connected: list[int], fresh: list[int]) -> Any:
    """What waits for these terminals; of those freshly plugged also what their last line lost."""
    lost = and_(Downlink.state == SENT, among(Downlink.terminal_id, fresh))
    kinds = Downlink.kind.not_in(SPOKEN) if pause.is_on(session) else true()
    return (
        select(Downlink)
        .where(
            among(Downlink.terminal_id, connected),
            Downlink.ended_at.is_(None),
            _lasts_until() > now(session),
            kinds,
            or_(Downlink.state == QUEUED, lost),
        )
        .order_by(Downlink.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )


def _lasts_until() -> ColumnElement[datetime]:
    """Time in which no words could leave does not count against them."""
    lost = case((Downlink.kind.in_(SPOKEN), pause.in_sql(Downlink.created_at)), else_=timedelta(0))
    return Downlink.expires_at + lost


def _meant(outcome: Outcome) -> Any:
    query = select(Downlink).with_for_update()
    if outcome.downlink_id is not None:
        return query.where(Downlink.id == outcome.downlink_id)
    if outcome.serial is not None:
        query = query.where(Downlink.serial == outcome.serial)
    return (
        query.where(
            Downlink.terminal_id == outcome.terminal_id,
            Downlink.kind == outcome.kind,
            Downlink.state.in_((SENT, ACKNOWLEDGED, EXPIRED)),
        )
        .order_by(Downlink.id.desc())
        .limit(1)
    )


def _mark_sent(session: Session, found: Downlink, serial: int) -> None:
    found.state, found.serial, found.attempts = SENT, serial, found.attempts + 1
    found.sent_at = now(session)
    downlink.told_upward(session, found)
    meters.downlinks.labels(found.kind, SENT).inc()


def _requeue(session: Session, found: Downlink) -> None:
    if found.state == SENT:
        found.state = QUEUED
        session.execute(select(func.pg_notify(downlink.CHANNEL, str(found.terminal_id))))


def _acknowledge(session: Session, found: Downlink, result: int) -> None:
    """A late response counts as well: it was heard after all."""
    if found.state in (ACKNOWLEDGED, ANSWERED):
        return
    if result == UNSUPPORTED and found.kind == QUESTION and not found.as_text:
        _ask_no_more(session, found)
    elif result:
        _fail(session, found, PROBLEMS.get(result, f"result_{result}"))
    else:
        found.acknowledged_at, found.problem = now(session), ""
        found.state = ACKNOWLEDGED
        awaits = found.kind in (QUESTION, READ_PARAMETERS) and not found.as_text
        found.ended_at = None if awaits else now(session)
        downlink.told_upward(session, found)


def _ask_no_more(session: Session, found: Downlink) -> None:
    """This terminal cannot ask: the question goes as a text, and so will every other."""
    found.as_text, found.state = True, QUEUED
    terminal = session.get(Terminal, found.terminal_id, with_for_update=True)
    if terminal is not None:
        terminal.settings = {**terminal.settings, "asks": False}
        session.execute(select(func.pg_notify(terminals.CHANNEL, "")))
    session.execute(select(func.pg_notify(downlink.CHANNEL, str(found.terminal_id))))


def _answer(session: Session, found: Downlink, answer: int | None) -> None:
    found.answer, found.answered_at = answer, now(session)
    found.acknowledged_at = found.acknowledged_at or found.answered_at
    _end(session, found, ANSWERED)


def _fail(session: Session, found: Downlink, problem: str) -> None:
    if found.state in (QUEUED, SENT):
        found.problem = problem
        _end(session, found, FAILED)


def _end(session: Session, found: Downlink, state: str) -> None:
    found.state, found.ended_at = state, now(session)
    downlink.told_upward(session, found)
