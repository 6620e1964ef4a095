"""The calendar of a year is changed: who may, and what becomes of the clocks that run."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from command_center.cases.models import Case, Deadline, TimelineEntry
from command_center.cases.office import Office
from command_center.cases.workdays import service
from command_center.cases.workdays.models import CalendarChange
from command_center.cases.workdays.service import Day
from kernel.access import Principal
from kernel.clock import FixedClock
from kernel.errors import BadInput, Conflict, NotFound
from tests.factories.bureau import Bureau, acting, complaint, consultation, report
from tests.integration.cases.conftest import Doer, Opener

NOTICE = "国办发明电〔2026〕3号"
EXTRA = Day(date(2026, 6, 22), False, "端午节调休")


@pytest.fixture(autouse=True)
def monday(clock: FixedClock) -> None:
    clock.at = datetime(2026, 6, 1, 2, tzinfo=UTC)


@pytest.fixture
def admin(bureau: Bureau) -> Principal:
    return bureau.person("ADMIN")


@pytest.fixture
def verifying(open_case: Opener, do: Doer, bureau: Bureau, agent: Principal) -> Case:
    """A report whose facts are to be verified until Tuesday 23 June."""
    case = do(open_case(report()), agent, "route", organisation_id=bureau.branch.id)
    return do(case, bureau.person("UNIT"), "verify")


def present(session: Session, year: int = 2026) -> list[Day]:
    return [Day(row.day, row.is_workday, row.note) for row in service.of_year(session, year)]


def change(
    session: Session, who: Principal, days: Sequence[Day], year: int = 2026, **given: Any
) -> CalendarChange:
    last = service.changes(session, 1)
    based_on = given.get("based_on", last[0].id if last else None)
    with acting(session, who):
        return service.change(session, year, days, NOTICE, based_on)


def count(session: Session, office: Office) -> list[int]:
    """Do the jobs that were left, one after the other; how many cases each of them counted."""
    found, take = [], text("delete from kernel.jobs where kind = :kind returning payload")
    while payloads := session.scalars(take, {"kind": service.COUNT}).all():
        for payload in payloads:
            before = session.get_one(CalendarChange, payload["change_id"]).done
            service.count_anew(office, session, payload)
            session.flush()
            found.append(session.get_one(CalendarChange, payload["change_id"]).done - before)
    return found


def clock_of(session: Session, case: Case, rule: str) -> Deadline:
    statement = select(Deadline).where(Deadline.case_id == case.id, Deadline.rule == rule)
    return session.scalars(statement.where(Deadline.void_at.is_(None))).one()


def test_a_day_more_moves_the_clocks_that_run_over_it(
    session: Session, office: Office, admin: Principal, verifying: Case
) -> None:
    clock = clock_of(session, verifying, "LAP.verify")
    assert office.day(clock.due_at) == date(2026, 6, 23)
    made = change(session, admin, [*present(session), EXTRA])
    assert made.days == 1
    count(session, office)
    assert office.day(clock.due_at) == date(2026, 6, 24)
    assert verifying.due_at == clock.due_at
    assert (made.done, made.ended_at) == (made.total, made.made_at)
    assert made.moved >= 1
    told = session.scalars(
        select(TimelineEntry).where(
            TimelineEntry.case_id == verifying.id, TimelineEntry.kind == "clock_moved"
        )
    ).all()
    assert {"rule": "LAP.verify", "due_before": "2026-06-23", "due_after": "2026-06-24"} in [
        one.params for one in told
    ]


def test_what_is_counted_in_days_of_the_year_stays(
    session: Session, office: Office, do: Doer, open_case: Opener, bureau: Bureau,
    agent: Principal, admin: Principal,
) -> None:  # fmt: skip
    case = do(open_case(complaint()), agent, "route", organisation_id=bureau.branch.id)
    do(case, bureau.person("UNIT"), "accept")
    before = clock_of(session, case, "L121.mediate").due_at
    change(session, admin, [*present(session), EXTRA])
    count(session, office)
    assert clock_of(session, case, "L121.mediate").due_at == before


def test_an_end_that_was_promised_stays(
    session: Session, office: Office, do: Doer, open_case: Opener, agent: Principal,
    admin: Principal,
) -> None:  # fmt: skip
    case = open_case(consultation())
    do(case, agent, "callback", phone="13800000001", name="某", due=EXTRA.day)
    change(session, admin, [*present(session), EXTRA])
    count(session, office)
    statement = select(Deadline).where(Deadline.case_id == case.id, Deadline.void_at.is_(None))
    assert office.day(session.scalars(statement).one().due_at) == EXTRA.day


def test_what_the_clock_was_given_is_counted_again(
    session: Session, office: Office, do: Doer, bureau: Bureau, verifying: Case, admin: Principal
) -> None:
    head = bureau.person("LEAD")
    do(verifying, head, "extend_clock", reason="案情复杂")
    clock = clock_of(session, verifying, "LAP.verify")
    assert office.day(clock.due_at) == date(2026, 7, 14)
    change(session, admin, [*present(session), EXTRA])
    count(session, office)
    assert office.day(clock.due_at) == date(2026, 7, 15)


def test_cases_are_counted_in_turns(
    session: Session, office: Office, open_case: Opener, admin: Principal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(service, "AT_ONCE", 2)
    for _ in range(5):
        open_case(complaint())
    made = change(session, admin, [*present(session), EXTRA])
    turns = count(session, office)
    assert turns[-1] == 0
    assert set(turns[:-1]) <= {1, 2}
    assert made.done == made.total == sum(turns)


def test_a_later_change_takes_the_counting_over(
    session: Session, office: Office, open_case: Opener, admin: Principal, verifying: Case
) -> None:
    days = present(session)
    first = change(session, admin, [*days, EXTRA])
    second = change(session, admin, days)
    count(session, office)
    assert (first.done, first.moved) == (0, 0)
    assert first.ended_at is not None
    assert second.done == second.total
    assert office.day(clock_of(session, verifying, "LAP.verify").due_at) == date(2026, 6, 23)


def test_a_year_that_is_published_ends_what_was_provisional(
    session: Session, office: Office, open_case: Opener, do: Doer, bureau: Bureau,
    agent: Principal, admin: Principal, clock: FixedClock,
) -> None:  # fmt: skip
    clock.at = datetime(2026, 12, 28, 2, tzinfo=UTC)
    case = do(open_case(report()), agent, "route", organisation_id=bureau.branch.id)
    do(case, bureau.person("UNIT"), "verify")
    row = clock_of(session, case, "LAP.verify")
    assert row.provisional
    before = office.day(row.due_at)
    change(session, admin, [Day(date(2027, 1, 1), False, "元旦")], year=2027)
    count(session, office)
    assert not row.provisional
    assert office.day(row.due_at) > before


def test_the_calendar_is_the_root_s_alone(
    session: Session, admin: Principal, bureau: Bureau
) -> None:
    below = replace(admin, organisation_id=bureau.branch.id, organisation_path=bureau.branch.path)
    with pytest.raises(NotFound):
        change(session, below, [*present(session), EXTRA])


def test_of_two_who_change_the_same_the_second_reads_first(
    session: Session, admin: Principal
) -> None:
    days = present(session)
    change(session, admin, [*days, EXTRA])
    with pytest.raises(Conflict, match="calendar_changed"):
        change(session, admin, days, based_on=None)
    with pytest.raises(Conflict, match="nothing_to_change"):
        change(session, admin, [*days, EXTRA])


@pytest.mark.parametrize(
    ("days", "why"),
    [
        ([Day(date(2027, 1, 1), False, "")], "not_of_year"),
        ([EXTRA, replace(EXTRA, note="两次")], "day_twice"),
        ([Day(date(2026, 6, 22), True, "")], "worked_anyway"),
    ],
)
def test_days_that_make_no_sense(
    session: Session, admin: Principal, days: list[Day], why: str
) -> None:
    with pytest.raises(BadInput) as refused:
        change(session, admin, days)
    assert (refused.value.field, refused.value.code) == ("days", why)
