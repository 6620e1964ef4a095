import threading
from typing import Any

import pytest
from sqlalchemy import Integer, cast, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from kernel.access import Principal
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.jobs import LEASE, MAX_ATTEMPTS, Claimed, Handlers, Job, Retry, Worker, cancel, enqueue
from kernel.numbering import next_number


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.fixture
def worker(database: Database, handlers: Handlers, principal: Principal) -> Worker:
    return Worker(database, handlers, principal, size=2)


def put(database: Database, principal: Principal, kind: str, n: int = 1, **more: Any) -> None:
    with database.unit_of_work(principal) as session:
        enqueue(session, kind, {"n": n}, **more)


def pending(database: Database, principal: Principal) -> list[Job]:
    with database.unit_of_work(principal) as session:
        return list(session.scalars(select(Job)))


def test_a_job_of_a_rolled_back_transaction_never_was(
    database: Database, principal: Principal, worker: Worker
) -> None:
    with pytest.raises(RuntimeError), database.unit_of_work(principal) as session:
        enqueue(session, "room.verb", {})
        raise RuntimeError
    assert worker.run_due() == 0


def test_a_transactional_job_and_its_effects_commit_together(
    database: Database, principal: Principal, worker: Worker, handlers: Handlers
) -> None:
    def count(session: Session, _: dict[str, Any]) -> None:
        next_number(session, "effects", session.info["clock"].now().date())
        if len(seen) < 1:
            seen.append(1)
            raise RuntimeError("first time fails")

    seen: list[int] = []
    handlers.transactional("room.count", count)
    put(database, principal, "room.count")
    worker.run_due()
    assert [job.attempt for job in pending(database, principal)] == [1]
    database.clock.advance(seconds=3)  # type: ignore[attr-defined]
    worker.run_due()
    assert pending(database, principal) == []
    with database.unit_of_work(principal) as session:
        assert session.scalar(text("select last from kernel.counters")) == 1


def test_a_job_of_a_killed_worker_comes_back_when_its_lease_ends(
    database: Database, principal: Principal, worker: Worker, clock: FixedClock
) -> None:
    put(database, principal, "room.verb")
    assert len(worker.claim(1)) == 1
    assert worker.claim(1) == []
    clock.advance(seconds=LEASE.total_seconds() + 1)
    assert [job.attempt for job in worker.claim(1)] == [2]


def test_a_worker_that_lost_its_lease_changes_nothing(
    database: Database,
    principal: Principal,
    worker: Worker,
    handlers: Handlers,
    clock: FixedClock,
) -> None:
    done: list[str] = []
    handlers.transactional("room.verb", lambda _session, _payload: done.append("effect"))
    put(database, principal, "room.verb")
    slow = worker.claim(1)[0]
    clock.advance(seconds=LEASE.total_seconds() + 1)
    quick = worker.claim(1)[0]
    worker.run_one(slow)
    assert done == []
    worker.run_one(quick)
    assert done == ["effect"]


def test_two_workers_never_hold_one_job(
    database: Database, principal: Principal, handlers: Handlers
) -> None:
    for _ in range(4):
        put(database, principal, "room.verb")
    one, two = (Worker(database, handlers, principal) for _ in range(2))
    held = [job.id for job in one.claim(2) + two.claim(4)]
    assert len(held) == len(set(held)) == 4


def test_a_key_replaces_the_pending_job_and_can_be_cancelled(
    database: Database, principal: Principal
) -> None:
    put(database, principal, "room.timer", key="order:1")
    put(database, principal, "room.timer", key="order:1")
    assert len(pending(database, principal)) == 1
    with database.unit_of_work(principal) as session:
        cancel(session, "room.timer", "order:1")
    assert pending(database, principal) == []


def test_a_job_that_never_succeeds_dies_visibly_and_is_kept(
    database: Database,
    principal: Principal,
    worker: Worker,
    handlers: Handlers,
    clock: FixedClock,
) -> None:
    def never(_: Claimed) -> None:
        raise Retry(1, "the engine is away")

    handlers.manual("room.send", never)
    put(database, principal, "room.send")
    for _ in range(MAX_ATTEMPTS):
        worker.run_due()
        clock.advance(seconds=2)
    (job,) = pending(database, principal)
    assert (job.dead_at is not None, job.last_error) == (True, "the engine is away")


def test_a_sweep_comes_round_again(
    database: Database,
    principal: Principal,
    worker: Worker,
    handlers: Handlers,
    clock: FixedClock,
) -> None:
    rounds: list[int] = []
    handlers.every("room.sweep", 60, lambda _: rounds.append(1))
    put(database, principal, "room.sweep", key="room.sweep")
    worker.run_due()
    worker.run_due()
    assert len(rounds) == 1
    clock.advance(seconds=61)
    worker.run_due()
    assert len(rounds) == 2


def test_a_sweep_that_waits_for_a_stranger_holds_no_connection(
    database: Database, principal: Principal, worker: Worker, handlers: Handlers, clock: FixedClock
) -> None:
    pool: Any = database.engine.pool
    held: list[int] = []
    handlers.every_apart("room.ask", 5, lambda: held.append(pool.checkedout()))
    worker._ensure_periodic()
    for _ in range(MAX_ATTEMPTS + 1):
        worker.run_due()
        worker.run_due()
        clock.advance(seconds=5)
    assert held == [0] * (MAX_ATTEMPTS + 1)
    handlers.every_apart("room.ask", 5, lambda: held.append(9), wanted=False)
    worker.run_due()
    assert (held[-1], pending(database, principal)) == (0, []), "nobody is asked any more"


def test_what_comes_in_a_crowd_ends_in_one_transaction(
    database: Database, principal: Principal, worker: Worker, handlers: Handlers
) -> None:
    taken: list[list[int]] = []
    handlers.together(
        "room.report",
        lambda _, payloads: taken.append([one["n"] for one in payloads]),
        lambda payload: cast(Job.payload["n"].astext, Integer) % 2 == payload["n"] % 2,
    )
    for number in range(6):
        put(database, principal, "room.report", number)
    worker.run_due()
    assert sorted(taken) == [[0, 2, 4], [1, 3, 5]]
    assert pending(database, principal) == []


def test_one_that_fails_is_tried_again_alone(
    database: Database,
    principal: Principal,
    worker: Worker,
    handlers: Handlers,
    clock: FixedClock,
) -> None:
    done: list[int] = []

    def handle(_: Session, payloads: list[dict[str, Any]]) -> None:
        if any(one["n"] == 1 for one in payloads):
            raise ValueError("not this one")
        done.extend(one["n"] for one in payloads)

    handlers.together("room.report", handle)
    for number in range(3):
        put(database, principal, "room.report", number)
    for _ in range(MAX_ATTEMPTS):
        worker.run_due()
        clock.advance(minutes=10)
    assert sorted(done) == [0, 2]
    (job,) = pending(database, principal)
    assert (job.payload["n"], job.dead_at is not None) == (1, True)


def test_numbers_have_no_gap_after_a_rollback(database: Database, principal: Principal) -> None:
    day = database.clock.now().date()
    with pytest.raises(RuntimeError), database.unit_of_work(principal) as session:
        next_number(session, "DD", day)
        raise RuntimeError
    with database.unit_of_work(principal) as session:
        assert [next_number(session, "DD", day) for _ in range(2)] == [1, 2]


def test_a_worker_outlives_any_number_of_database_failures_and_a_deaf_heartbeat(
    database: Database,
    principal: Principal,
    worker: Worker,
    handlers: Handlers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each failed claim must give its slot back: `size` is 2, and twenty fail."""
    done = threading.Event()
    handlers.manual("room.verb", lambda _: done.set())
    put(database, principal, "room.verb")
    claim, failures = worker.claim, iter(range(20))

    def claim_after_failures(limit: int) -> list[Claimed]:
        if next(failures, None) is not None:
            raise OperationalError("claim", {}, Exception("the database is away"))
        return claim(limit)

    def deaf() -> None:
        raise ConnectionError("the bus is away")

    monkeypatch.setattr(worker, "claim", claim_after_failures)
    monkeypatch.setattr(worker.stopping, "wait", lambda _seconds: None)
    thread = threading.Thread(target=worker.run, args=(deaf,), daemon=True)
    thread.start()
    assert done.wait(20)
    worker.stop()
    thread.join(20)
    assert not thread.is_alive()
