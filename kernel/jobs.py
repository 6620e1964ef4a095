"""Durable jobs: rows written in the caller's transaction, claimed with a lease.

`run_at` doubles as the lease: a claimed row is due again when its lease ends, so a killed worker
loses nothing. A job of kind `transactional` or `together` happens exactly once (its row goes in the
same transaction as its effects); a `manual` one at least once.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import (
    ColumnElement,
    Index,
    Integer,
    String,
    Text,
    bindparam,
    delete,
    false,
    func,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel.access import Principal
from kernel.clock import now
from kernel.db import Base, Database, Json, Key, Timestamp, among
from kernel.log import correlation_id, get_logger
from kernel.metrics import Counter

log = get_logger(__name__)
CHANNEL = "kernel_jobs"
LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 12
BACKOFF_CAP_SECONDS = 300
TOGETHER = 200
"""At most so many jobs end in one transaction."""
SLOT_SECONDS = 1
"""While every slot is busy the worker still beats and hears that it shall stop."""

done_total = Counter("cc_jobs_total", "Jobs finished", ["kind", "outcome"])


class Job(Base):
    __tablename__ = "jobs"
    __table_args__ = (
        Index(
            "uq_jobs_kind_key", "kind", "key", unique=True, postgresql_where=text("dead_at is null")
        ),
        Index("ix_jobs_run_at", "run_at", postgresql_where=text("dead_at is null")),
        {"schema": "kernel"},
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(60))
    key: Mapped[str | None] = mapped_column(String(120))
    payload: Mapped[Json]
    run_at: Mapped[Timestamp]
    created_at: Mapped[Timestamp]
    attempt: Mapped[int] = mapped_column(Integer, server_default="0")
    correlation_id: Mapped[str] = mapped_column(String(60), server_default="")
    last_error: Mapped[str | None] = mapped_column(Text)
    dead_at: Mapped[Timestamp | None]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job under this worker's lease."""

    id: int
    kind: str
    payload: dict[str, Any]
    attempt: int
    correlation_id: str


class Retry(Exception):
    """Raised by a handler: not now, again after `seconds`. It counts as an attempt, unless nothing
    was attempted.
    """

    def __init__(self, seconds: float, why: str = "", *, counts: bool = True):
        self.seconds, self.counts = seconds, counts
        super().__init__(why)


class _LeaseLost(Exception):
    """Another worker has the row now; this one's effects are rolled back."""


def enqueue(
    session: Session,
    kind: str,
    payload: dict[str, Any],
    *,
    run_at: datetime | None = None,
    key: str | None = None,
) -> None:
    """Write a job in this transaction. A pending job of the same kind and key is replaced."""
    moment = now(session)
    # Through the database's own function: whoever leaves a job sees none.
    session.execute(
        _ENQUEUE,
        {
            "kind": kind,
            "key": key,
            "payload": payload,
            "run_at": run_at or moment,
            "moment": moment,
            "correlation": correlation_id.get(),
        },
    )


_ENQUEUE = text(
    "select kernel.enqueue(:kind, :key, :payload, :run_at, :moment, :correlation)"
).bindparams(bindparam("payload", type_=JSONB))


def cancel(session: Session, kind: str, key: str) -> None:
    """Remove the pending job of that kind and key, if there is one."""
    session.query(Job).filter_by(kind=kind, key=key, dead_at=None).delete()


def absorb(session: Session, job: Claimed) -> None:
    """Remove the jobs that wait to do the same as this one; waits for nobody."""
    same = (
        select(Job.id)
        .where(Job.kind == job.kind, Job.payload == job.payload, Job.id != job.id)
        .where(Job.attempt == 0, Job.dead_at.is_(None))
        .with_for_update(skip_locked=True)
    )
    for ident in session.scalars(same).all():
        session.query(Job).filter_by(id=ident).delete()


def untried(session: Session, kind: str, which: ColumnElement[bool], limit: int) -> Sequence[Job]:
    """Due jobs of this kind that nobody has tried yet, the urgent first, under their locks; waits
    for nobody. A `manual` handler that does several in one go leases what it takes (`lease`).
    """
    due = (Job.kind == kind, Job.run_at <= now(session), Job.attempt == 0, Job.dead_at.is_(None))
    wanted = select(Job).where(*due, which).order_by(Job.run_at, Job.id).limit(limit)
    return session.scalars(wanted.with_for_update(skip_locked=True)).all()


def lease(job: Job, moment: datetime) -> Claimed:
    """Have it for LEASE, with this transaction."""
    job.run_at, job.attempt = moment + LEASE, job.attempt + 1
    return Claimed(job.id, job.kind, job.payload, job.attempt, job.correlation_id)


def finish(session: Session, job: Claimed) -> bool:
    """End it with this transaction; False when another worker has it by now."""
    return session.query(Job).filter_by(id=job.id, attempt=job.attempt).delete() == 1


def _taken_along(session: Session, kind: str, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    """The payloads of jobs that end with this transaction."""
    found = sorted(untried(session, kind, which, TOGETHER - 1), key=lambda job: job.id)
    session.execute(delete(Job).where(among(Job.id, [job.id for job in found])))
    return [job.payload for job in found]


Which = Callable[[dict[str, Any]], ColumnElement[bool]]
"""A job's payload -> the jobs of its kind that may end in one transaction with it."""


class Handlers:
    """Kind -> what to do. Bound in one place, the wiring."""

    def __init__(self) -> None:
        self.of_many: dict[str, tuple[Callable[[Session, list[dict[str, Any]]], None], Which]] = {}
        self.in_transaction: dict[str, Callable[[Session, dict[str, Any]], None]] = {}
        self.own: dict[str, Callable[[Claimed], None]] = {}
        self.periodic: dict[str, float] = {}

    def transactional(self, kind: str, handler: Callable[[Session, dict[str, Any]], None]) -> None:
        """The handler's changes and the end of the job commit together: exactly once."""
        self.in_transaction[kind] = handler

    def together(
        self,
        kind: str,
        handler: Callable[[Session, list[dict[str, Any]]], None],
        which: Which = lambda _: true(),
    ) -> None:
        """As `transactional`, with as many of those that wait as there are: what comes in crowds
        is cheaper in one transaction. One that failed is tried again alone.
        """
        self.of_many[kind] = handler, which

    def manual(self, kind: str, handler: Callable[[Claimed], None]) -> None:
        """The handler opens its own units of work: at least once."""
        self.own[kind] = handler

    def every(self, kind: str, seconds: float, sweep: Callable[[Session], None]) -> None:
        """Run a sweep again and again, one at a time over all workers."""
        self.periodic[kind] = seconds

        def run(session: Session, _: dict[str, Any]) -> None:
            sweep(session)
            enqueue(session, kind, {}, key=kind, run_at=now(session) + timedelta(seconds=seconds))

        self.transactional(kind, run)

    def every_apart(
        self, kind: str, seconds: float, sweep: Callable[[], None], *, wanted: bool = True
    ) -> None:
        """As `every`, outside of a transaction: for a sweep that waits for a stranger. One that is
        not `wanted` here any more ends with its next turn.
        """
        if wanted:
            self.periodic[kind] = seconds

        def run(_: Claimed) -> None:
            if wanted:
                sweep()
                raise Retry(seconds, counts=False)

        self.manual(kind, run)


def _finish(session: Session, job: Claimed) -> None:
    if not finish(session, job):
        raise _LeaseLost


class Worker:
    """Claims due jobs and runs them, `size` at a time, woken by NOTIFY or the next due time."""

    def __init__(
        self, database: Database, handlers: Handlers, principal: Principal, *, size: int = 16
    ):
        self.database, self.handlers, self.principal, self.size = (
            database,
            handlers,
            principal,
            size,
        )
        self.wake = threading.Event()
        self.stopping = threading.Event()
        self._slots = threading.Semaphore(size)

    # -- one step -------------------------------------------------------------------------

    def claim(self, limit: int) -> list[Claimed]:
        """Take up to `limit` due jobs under a lease."""
        moment = self.database.clock.now()
        due = (
            select(Job.id)
            .where(Job.run_at <= moment, Job.dead_at.is_(None))
            .order_by(Job.run_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with self.database.unit_of_work(self.principal) as session:
            wanted = select(Job).where(Job.id.in_(due.scalar_subquery())).order_by(Job.run_at)
            rows = session.scalars(wanted).all()
            return [lease(row, moment) for row in rows]

    def run_one(self, job: Claimed) -> None:
        """Run one claimed job to its end, its retry or its death."""
        correlation_id.set(job.correlation_id)
        try:
            self._perform(job)
        except _LeaseLost:
            log.warning("job_lease_lost", job=job.id, kind=job.kind)
        except Retry as retry:
            self._put_back(job, str(retry), retry.seconds, counts=retry.counts)
        except Exception as error:
            log.exception("job_failed", job=job.id, kind=job.kind, attempt=job.attempt)
            backoff = min(2.0**job.attempt, BACKOFF_CAP_SECONDS)
            self._put_back(job, f"{type(error).__name__}: {error}"[:500], backoff)
        else:
            done_total.labels(job.kind, "done").inc()

    def run_due(self, limit: int = 1000) -> int:
        """Run all jobs that are due now, one after the other; gives how many (tests, shutdown)."""
        count = 0
        while count < limit and (jobs := self.claim(1)):
            self.run_one(jobs[0])
            count += 1
        return count

    def _perform(self, job: Claimed) -> None:
        if handler := self.handlers.in_transaction.get(job.kind):
            with self.database.unit_of_work(self.principal) as session:
                _finish(session, job)
                handler(session, job.payload)
        elif of_many := self.handlers.of_many.get(job.kind):
            handle, which = of_many
            with self.database.unit_of_work(self.principal) as session:
                _finish(session, job)
                same = which(job.payload) if job.attempt == 1 else false()
                along = _taken_along(session, job.kind, same)
                handle(session, [job.payload, *along])
            done_total.labels(job.kind, "done").inc(len(along))
        elif own := self.handlers.own.get(job.kind):
            own(job)
            with self.database.unit_of_work(self.principal) as session:
                _finish(session, job)
        else:
            raise LookupError(f"no handler for job kind {job.kind}")

    def _put_back(self, job: Claimed, error: str, seconds: float, *, counts: bool = True) -> None:
        moment = self.database.clock.now()
        with self.database.unit_of_work(self.principal) as session:
            row = session.get(Job, job.id)
            if row is None or row.attempt != job.attempt:
                return
            row.last_error, row.run_at = error, moment + timedelta(seconds=seconds)
            if not counts:
                row.attempt -= 1
            elif job.attempt >= MAX_ATTEMPTS and job.kind not in self.handlers.periodic:
                row.dead_at = moment
                done_total.labels(job.kind, "dead").inc()
                log.error("job_dead", job=job.id, kind=job.kind)

    # -- the loop -------------------------------------------------------------------------

    def run(self, beat: Callable[[], None] = lambda: None) -> None:
        """Work until `stop()`. `beat` is called at least every five seconds."""
        threading.Thread(target=self._listen, daemon=True).start()
        with ThreadPoolExecutor(self.size) as pool:
            while not self.stopping.is_set():
                try:
                    self._ensure_periodic()
                    self._loop(pool, beat)
                except Exception:
                    log.exception("worker_waits_for_the_database")
                    self.stopping.wait(1)

    def stop(self) -> None:
        """Finish what runs, claim nothing new."""
        self.stopping.set()
        self.wake.set()

    def _loop(self, pool: ThreadPoolExecutor, beat: Callable[[], None]) -> None:
        while not self.stopping.is_set():
            self.wake.clear()
            _beat(beat)
            jobs = self._take()
            for job in jobs:
                pool.submit(self._run_and_release, job)
            if not jobs:
                self.wake.wait(self._seconds_to_next())

    def _take(self) -> list[Claimed]:
        """As many due jobs as have a slot to run in: none when either lacks."""
        if not self._slots.acquire(timeout=SLOT_SECONDS):
            return []
        free = 1
        while free < self.size and self._slots.acquire(blocking=False):
            free += 1
        jobs: list[Claimed] = []
        try:
            jobs = self.claim(free)
        finally:
            for _ in range(free - len(jobs)):
                self._slots.release()
        return jobs

    def _run_and_release(self, job: Claimed) -> None:
        try:
            self.run_one(job)
        except Exception:
            log.exception("job_result_not_stored", job=job.id)
        finally:
            self._slots.release()

    def _seconds_to_next(self) -> float:
        with self.database.unit_of_work(self.principal) as session:
            due = session.scalar(select(func.min(Job.run_at)).where(Job.dead_at.is_(None)))
        if due is None:
            return 5
        return min(max((due - self.database.clock.now()).total_seconds(), 0.005), 5)

    def _ensure_periodic(self) -> None:
        with self.database.unit_of_work(self.principal) as session:
            for kind in self.handlers.periodic:
                if not session.query(Job).filter_by(kind=kind, key=kind, dead_at=None).count():
                    enqueue(session, kind, {}, key=kind)

    def _listen(self) -> None:
        url = self.database.engine.url.render_as_string(hide_password=False)
        while not self.stopping.is_set():
            try:
                with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
                    connection.execute(f"listen {CHANNEL}")
                    self.wake.set()
                    for _ in connection.notifies():
                        self.wake.set()
            except psycopg.Error:
                self.stopping.wait(1)


def _beat(beat: Callable[[], None]) -> None:
    """Say that the worker lives. That nobody hears it is no reason to stop working."""
    try:
        beat()
    except Exception:
        log.warning("heartbeat_not_heard", exc_info=True)
