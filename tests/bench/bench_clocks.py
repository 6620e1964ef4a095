"""How long every open clock takes to be counted anew after a change of the calendar."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from command_center.accounts.roles import permissions
from command_center.cases import clocks
from command_center.cases.models import Deadline
from command_center.cases.office import Office
from command_center.cases.workdays import service
from command_center.cases.workdays.service import Day
from kernel.access import Principal, Role, system
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.settings import Settings
from tests.factories.bureau import make_office

CASES = int(os.environ.get("BENCH_CASES", "5000"))
RULES = ("L121.accept", "LAP.verify", "L121.mediate")
FRIDAY = datetime(2026, 9, 11, 2, tzinfo=UTC)
STARTS = 60
"""Days on which the clocks started, up to that Friday."""
DAY_OFF = Day(date(2026, 9, 16), False, "临时放假")
ADMIN = Principal(
    900_001, "管理员", frozenset({"ADMIN"}), permissions(frozenset({"ADMIN"})), 1, "/1/"
)
WORKER = system("worker", role=Role.HOUSE)
CASES_OF_ONE_BUREAU = f"""
insert into accounts.organisations (code, kind, name, path, region_code)
  values ('o1', 'bureau', '市局', '/1/', '110101');
insert into cases.cases (case_no, kind, state, organisation_id, organisation_path, centre_id,
    channel, place_text, region_code, received_at, changed_at, urgency)
  select 'TS' || n, 'TS', 'ROUTED', 1, '/1/', 1, 'phone', '建国路' || n || '号', '110101', now(),
    now(), 0
  from generate_series(1, {CASES}) n
"""
SAME_CLOCKS = f"""
insert into cases.deadlines (case_id, rule, started_at, due_at, yellow_at, red_at, provisional,
    steps)
  select c.id, d.rule, d.started_at, d.due_at, d.yellow_at, d.red_at, d.provisional, d.steps
  from cases.cases c join cases.deadlines d
    on d.case_id = 1 + (c.id - 1) % {len(RULES) * STARTS}
  where c.id > {len(RULES) * STARTS}
"""


def show(line: str) -> None:
    print(f"\n{line}", end="")  # noqa: T201 (a benchmark)


@pytest.fixture
def office(settings: Settings) -> Office:
    return make_office(settings)


@pytest.fixture
def filled(make_database: Callable[[], str], office: Office) -> Iterator[Database]:
    """Open cases with one clock each, as the calendar of today counts it."""
    database = Database(make_database(), clock=FixedClock(FRIDAY), pool_size=2)
    with database.unit_of_work(system("bench")) as session:
        for statement in CASES_OF_ONE_BUREAU.split(";\n"):
            session.execute(text(statement))
        days = clocks.calendar(session)
        for number in range(len(RULES) * STARTS):
            started = FRIDAY - timedelta(days=number // len(RULES))
            row = Deadline(case_id=number + 1, rule=RULES[number % len(RULES)], started_at=started)
            row.pauses, row.extensions = [], []
            clocks.recount(office, row, days)
            session.add(row)
        session.flush()
        session.execute(text(SAME_CLOCKS))
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("vacuum analyze"))
    yield database
    database.close()


def counted_anew(database: Database, office: Office) -> None:
    """Do the jobs that were left, one after the other."""
    take = text("delete from kernel.jobs where kind = :kind returning payload")
    while True:
        with database.unit_of_work(system("bench")) as session:
            payload = session.scalar(take, {"kind": service.COUNT})
        if payload is None:
            return
        with database.unit_of_work(WORKER) as session:
            service.count_anew(office, session, payload)


def seconds(what: Callable[[], object]) -> float:
    start = time.perf_counter()
    what()
    return time.perf_counter() - start


def test_every_open_clock_is_counted_anew(filled: Database, office: Office) -> None:
    def touch() -> None:
        with filled.unit_of_work(system("bench")) as session:
            session.execute(text("update cases.deadlines set due_at = due_at"))

    plain = seconds(touch)
    with filled.unit_of_work(ADMIN) as session:
        known = [Day(row.day, row.is_workday, row.note) for row in service.of_year(session, 2026)]
        service.change(session, 2026, [*known, DAY_OFF], "临时通知", None)
    spent = seconds(lambda: counted_anew(filled, office))
    with filled.unit_of_work(ADMIN) as session:
        [made] = service.changes(session)
        assert made.done == CASES
        assert made.ended_at is not None
        assert 0 < made.moved < CASES
        moved = made.moved
    show(
        f"{CASES} open clocks counted anew in {spent:.0f} s, {CASES / spent:.0f} a second, "
        f"{moved} moved; {spent / plain:.1f} × one update of as many rows ({plain:.1f} s)"
    )
