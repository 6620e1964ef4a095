"""What falls due soon, counted and listed for whoever asks; what will probably be late."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from command_center.cases import outlook, queries
from command_center.cases.models import Case, Deadline, Duration
from command_center.cases.office import Office
from command_center.cases.outlook import chance
from command_center.cases.queries import Filter
from kernel.access import Principal
from kernel.clock import FixedClock
from tests.factories.bureau import Bureau, acting, complaint
from tests.integration.cases.conftest import Doer, Opener

WEDNESDAY = datetime(2026, 9, 9, 2, tzinfo=UTC)
"""10 o'clock in Beijing."""
DAYS = {"late": -1, "today": 0, "tomorrow": 1, "friday": 2, "sunday": 4, "monday": 5}
EVENING = timedelta(hours=13, minutes=59)
"""From ten to one minute before midnight."""


@pytest.fixture(autouse=True)
def wednesday(clock: FixedClock) -> None:
    clock.at = WEDNESDAY


@pytest.fixture
def unit(bureau: Bureau) -> Principal:
    return bureau.person("UNIT")


@pytest.fixture
def cases(
    session: Session, open_case: Opener, do: Doer, bureau: Bureau, agent: Principal
) -> dict[str, Case]:
    """One case for each of `DAYS`, at the branch."""
    found = {}
    for name, days in DAYS.items():
        case = do(open_case(complaint()), agent, "route", organisation_id=bureau.branch.id)
        case.due_at = WEDNESDAY + EVENING + timedelta(days=days)
        of_case = update(Deadline).where(Deadline.case_id == case.id)
        session.execute(of_case.values(due_at=case.due_at))
        found[name] = case
    session.flush()
    return found


def listed(session: Session, office: Office, due: outlook.Due) -> set[int]:
    wanted = Filter(besides=outlook.condition(session, office, due))
    return {row.case.id for row in queries.find(session, wanted)}


def test_each_day_is_counted_and_listed(
    session: Session, office: Office, cases: dict[str, Case], unit: Principal
) -> None:
    with acting(session, unit):
        found = outlook.outlook(session, office)
        assert (found.late, found.today, found.tomorrow, found.week) == (1, 1, 1, 4)
        for due in ("late", "today", "tomorrow"):
            assert listed(session, office, due) == {cases[due].id}
        week = {cases[name].id for name in ("today", "tomorrow", "friday", "sunday")}
        assert listed(session, office, "week") == week


def test_what_others_see_is_not_counted(
    session: Session, office: Office, cases: dict[str, Case], bureau: Bureau
) -> None:
    with acting(session, bureau.person("UNIT", at=bureau.other)):
        assert outlook.outlook(session, office) == outlook.Outlook(0, 0, 0, 0, 0)


def test_on_sunday_tomorrow_is_counted_too(
    session: Session, office: Office, cases: dict[str, Case], unit: Principal, clock: FixedClock
) -> None:
    clock.at = WEDNESDAY + timedelta(days=4)
    with acting(session, unit):
        found = outlook.outlook(session, office)
    assert (found.today, found.tomorrow, found.week) == (1, 1, 1)


def test_a_clock_like_those_that_were_missed_will_probably_be_missed(
    session: Session, office: Office, cases: dict[str, Case], open_case: Opener, do: Doer,
    bureau: Bureau, agent: Principal, unit: Principal,
) -> None:  # fmt: skip
    with acting(session, unit):
        assert outlook.outlook(session, office).likely == 0  # nothing to tell it from
    past = WEDNESDAY - timedelta(days=30)
    for _ in range(outlook.FEWEST):
        case = do(open_case(complaint()), agent, "route", organisation_id=bureau.branch.id)
        met = {"started_at": past, "due_at": past + timedelta(days=1)}
        of_case = update(Deadline).where(Deadline.case_id == case.id)
        session.execute(of_case.values(**met, met_at=past + timedelta(days=3)))
        case.due_at = None
    session.flush()
    outlook.measure(session)
    with acting(session, unit):
        found = outlook.outlook(session, office)
        assert listed(session, office, "likely") == {
            cases[name].id for name in ("today", "tomorrow", "friday")
        }
    assert found.likely == 3


@pytest.mark.parametrize(
    ("age", "limit", "expected"),
    [(0, 5, 0.75), (0, 20, 0.0), (10, 15, 0.5), (10, 12, 0.8), (12, 15, 0.0)],
)
def test_the_chance_is_that_of_those_that_ran_as_long(
    age: int, limit: int, expected: float
) -> None:
    taken = Duration(rule="", known=20, seconds=[float(n) for n in range(1, 21)])
    day = timedelta(seconds=1)
    assert chance(taken, age * day, limit * day) == pytest.approx(expected)


def test_quantiles_of_many_stand_for_all() -> None:
    taken = Duration(rule="", known=1000, seconds=[float(n) for n in range(100)])
    assert chance(taken, timedelta(seconds=97), timedelta(seconds=98)) == 0.5
