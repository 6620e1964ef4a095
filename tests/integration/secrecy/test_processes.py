"""The processes' own work with the rights that they really have, not with the owner's."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from command_center import wiring
from command_center.cases.archive.models import DestroyedItem, Destruction
from kernel.access import Role, system
from kernel.audit import AuditEntry
from kernel.audit_chain import Link
from kernel.db import Database
from kernel.jobs import Job, Worker, enqueue
from kernel.settings import Settings

OWNER = system("set-up")


@pytest.fixture
def house(make_database: Callable[[], str], settings: Settings) -> Iterator[wiring.House]:
    """The real wiring on a database of its own."""
    url = make_database().replace("+psycopg", "", 1)
    house = wiring.build(settings.model_copy(update={"database_url": url}))
    with house.database.unit_of_work(OWNER) as session:
        session.execute(
            text(
                "insert into accounts.organisations (code, kind, name, path,"
                " region_code) values ('b', 'bureau', '局', '/1/', '110000')"
            )
        )
    yield house
    house.database.close()


def worked(house: wiring.House) -> list[tuple[str, str | None]]:
    """Do all that is due; gives the jobs that failed."""
    Worker(house.database, house.handlers, wiring.WORKER).run_due()
    with house.database.unit_of_work(OWNER) as session:
        jobs = session.scalars(select(Job).where(Job.last_error.is_not(None))).all()
        return [(job.kind, job.last_error) for job in jobs]


def test_everything_that_is_done_again_and_again_runs_as_the_worker(house: wiring.House) -> None:
    with house.database.unit_of_work(wiring.WORKER) as session:
        session.add(AuditEntry(at=house.database.clock.now(), actor_id=0, actor="", action="x.y",
                               object_kind="x", object_id="1", detail={}))  # fmt: skip
        for kind in house.handlers.periodic:
            enqueue(session, kind, {}, key=kind)
    assert worked(house) == []
    with house.database.unit_of_work(OWNER) as session:
        assert session.scalars(select(Link.entry_id)).all(), "the chain has grown"


def test_a_day_of_positions_is_destroyed_as_the_worker(house: wiring.House) -> None:
    with house.database.unit_of_work(OWNER) as session:
        session.execute(text("select gps.ensure_partitions('2026-01-01', '2026-01-01')"))
        listed = Destruction(
            target="gps", state="APPROVED", rule={"code": "M6", "days": 183, "basis": "x"},
            proposed_at=house.database.clock.now(),
            items=[DestroyedItem(reference="fixes_20260101")],
        )  # fmt: skip
        session.add(listed)
        session.flush()
        enqueue(session, "archive.destroy", {"destruction_id": listed.id})
    assert worked(house) == []
    with house.database.unit_of_work(OWNER) as session:
        assert session.scalar(text("select to_regclass('gps.fixes_20260101')")) is None


def test_who_listens_to_vehicles_may_not_even_ask_for_a_case(database: Database) -> None:
    for role in (Role.INGEST, Role.ENGINES, Role.DOOR, Role.CONSOLE):
        with database.unit_of_work(replace(OWNER, database_role=role)) as session:
            allowed = text(
                "select has_any_column_privilege('cases.cases', 'select')"
                " or has_any_column_privilege('cases.reporter_identity', 'select')"
            )
            assert not session.scalar(allowed), role


def test_only_screening_the_archive_and_a_running_reveal_read_an_informants_row(
    database: Database,
) -> None:
    allowed = text("select has_any_column_privilege('cases.reporter_identity', 'select')")
    readers = set()
    for role in Role:
        if role is not Role.LOGIN:
            with database.unit_of_work(replace(OWNER, database_role=role)) as session:
                if session.scalar(allowed):
                    readers.add(role)
    assert readers == {Role.PERSON, Role.SCREENING, Role.ARCHIVE}
