"""The log's own jobs, on a database of their own: chain, anchor and check by the worker."""

from pathlib import Path

import pytest

from command_center.accounts import service as accounts
from command_center.audit import queries
from command_center.audit import service as audit
from command_center.audit.service import Auditing
from kernel.access import Principal
from kernel.audit import record
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.jobs import Handlers, Worker
from kernel.settings import Settings


@pytest.fixture
def auditing(database: Database, settings: Settings, tmp_path: Path) -> Auditing:
    return Auditing(settings.model_copy(update={"var_dir": tmp_path}), database)


@pytest.fixture
def worker(database: Database, auditing: Auditing, principal: Principal) -> Worker:
    handlers = Handlers()
    for kind, seconds, sweep in auditing.jobs_every():
        handlers.every(kind, seconds, sweep)
    handlers.manual(audit.CHECK, auditing.run)
    with database.unit_of_work(principal) as session:
        accounts.create_organisation(
            session, parent=None, code="b", kind="bureau", name="演示市局", region_code="110000"
        )
    return Worker(database, handlers, principal)


def work(worker: Worker, clock: FixedClock, *, hours: float = 0, minutes: float = 0) -> None:
    clock.advance(hours=hours, minutes=minutes)
    worker._ensure_periodic()
    worker.run_due()


def test_each_day_has_an_anchor_and_a_check(
    worker: Worker, auditing: Auditing, database: Database, principal: Principal, clock: FixedClock
) -> None:
    work(worker, clock)
    work(worker, clock, minutes=31)
    work(worker, clock, minutes=31)
    (first,) = auditing.anchors.all()
    assert (first.day, first.bureau, first.genuine) == ("2026-09-22", "110000 演示市局", True)
    with database.unit_of_work(principal) as session:
        checked = queries.last_check(session)
    assert checked is not None
    assert checked.result is not None
    assert checked.result["ok"] is True
    work(worker, clock, hours=24)
    assert [anchor.day for anchor in auditing.anchors.all()] == ["2026-09-22", "2026-09-23"]


def test_a_broken_chain_is_kept_as_the_result_and_rings_on_the_auditors_desk(
    worker: Worker, auditing: Auditing, database: Database, principal: Principal, clock: FixedClock
) -> None:
    work(worker, clock)
    auditing.anchors.folder.mkdir(parents=True, exist_ok=True)
    (auditing.anchors.folder / "2026-09-20.json").write_text("{}", "utf-8")
    with database.unit_of_work(principal) as session:
        auditing.ask(session)
    worker.run_due()
    with database.unit_of_work(principal) as session:
        checked = queries.last_check(session)
        alerts = session.scalars(queries.search(principal, queries.Wanted(group="alerts"))).all()
    assert checked is not None
    assert checked.result is not None
    assert checked.result["broken"]["what"] == "forged_anchor"
    assert [alert.action for alert in alerts] == ["audit.checked"]


def test_entries_recorded_by_the_jobs_are_chained_in_their_turn(
    worker: Worker, auditing: Auditing, database: Database, principal: Principal, clock: FixedClock
) -> None:
    with database.unit_of_work(principal) as session:
        record(session, "case.read", "case", 1)
    work(worker, clock)
    work(worker, clock, hours=1)
    work(worker, clock, minutes=1)
    with database.unit_of_work(principal) as session:
        proof = auditing.prove(session)
    assert (proof.ok, proof.tail.length) == (True, 0)
