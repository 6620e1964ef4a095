"""Limits in hours as clocks of a case: they run from the very moment of what happened."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import actions, clocks, outlook, present
from command_center.cases.models import Case
from command_center.cases.office import Office
from command_center.cases.supervision import watch
from command_center.cases.supervision.models import Supervision
from kernel.access import Principal
from kernel.clock import FixedClock
from kernel.db import acting as as_system
from kernel.errors import BadInput, Forbidden, IllegalTransition
from tests.factories.bureau import Bureau, acting, complaint
from tests.integration.cases.conftest import Doer, Opener, basis, running

FRIDAY = datetime(2026, 9, 11, 6, tzinfo=UTC)
"""14 o'clock in Beijing, before a weekend: hours do not mind."""
POISONED = {"reason_code": "III", "text": "就餐者三十二人腹泻送医"}


@pytest.fixture(autouse=True)
def friday(clock: FixedClock) -> None:
    clock.at = FRIDAY


@pytest.fixture
def unit(bureau: Bureau) -> Principal:
    return bureau.person("UNIT")


@pytest.fixture
def dispatcher(bureau: Bureau) -> Principal:
    return bureau.person("DISP")


def offered(session: Session, case: Case, who: Principal) -> set[str]:
    with acting(session, who):
        return {step.action for step in actions.available(session, case)}


def test_a_measure_on_the_spot_is_reported_within_a_day(
    session: Session, office: Office, do: Doer, verifying: Case, unit: Principal, clock: FixedClock
) -> None:
    taken = FRIDAY - timedelta(minutes=90)
    assert "report_measure" not in offered(session, verifying, unit)
    do(verifying, unit, "take_measure", happened_at=taken, text="查封冷库一间")
    row = running(session, verifying, "LAP.emergency")
    # 12:30 on Friday and 24 hours; yellow at 40 % left (9.6 h), red at a fifth (4.8 h).
    assert row.due_at == datetime(2026, 9, 12, 4, 30, tzinfo=UTC)
    assert row.yellow_at == row.due_at - timedelta(hours=9, minutes=36)
    assert row.red_at == row.due_at - timedelta(hours=4, minutes=48)
    assert verifying.due_at == row.due_at
    assert "2026-09-11 12:30:00+08:00起算，按时钟连续计算" in basis(row)
    assert "至2026-09-12 12:30:00+08:00届满，不顺延" in basis(row)
    assert not clocks.is_stale(office, row, clocks.calendar(session))
    with acting(session, unit):
        page = present.detail(session, office, verifying).model_dump(mode="json")
    shown = next(one for one in page["deadlines"] if one["rule"] == "LAP.emergency")
    assert (shown["unit"], shown["light"]) == ("h", "green")
    assert {"report_measure"} == offered(session, verifying, unit) & {
        "take_measure", "report_measure",
    }  # fmt: skip
    clock.at = FRIDAY + timedelta(hours=3)
    do(verifying, unit, "report_measure", text="已向负责人报告，补办批准手续")
    assert running(session, verifying, "LAP.emergency").met_at == clock.at
    assert verifying.due_at > clock.at + timedelta(days=5)
    assert "take_measure" in offered(session, verifying, unit)


@pytest.mark.parametrize(
    ("grade", "rule", "hours"),
    [("I", "EMERGENCY.grave", 1), ("II", "EMERGENCY.grave", 1),
     ("III", "EMERGENCY.general", 2), ("IV", "EMERGENCY.general", 2)],
)  # fmt: skip
def test_an_emergency_is_reported_by_its_grade(
    session: Session,
    do: Doer,
    open_case: Opener,
    dispatcher: Principal,
    grade: str,
    rule: str,
    hours: int,
) -> None:
    case = open_case(complaint())
    told = {**POISONED, "reason_code": grade, "happened_at": FRIDAY}
    do(case, dispatcher, "declare_emergency", **told)
    assert running(session, case, rule).due_at == FRIDAY + timedelta(hours=hours)
    with pytest.raises(IllegalTransition):  # it runs already
        do(case, dispatcher, "declare_emergency", **told)


def test_what_is_due_today_counts_by_the_hour(
    session: Session,
    office: Office,
    do: Doer,
    open_case: Opener,
    bureau: Bureau,
    dispatcher: Principal,
    clock: FixedClock,
) -> None:
    case = open_case(complaint())
    do(case, dispatcher, "declare_emergency", happened_at=FRIDAY, **POISONED)

    def seen() -> tuple[int, int]:
        with acting(session, dispatcher):
            found = outlook.outlook(session, office)
            light = present.detail(session, office, case).light
        lights.append(light)
        return found.today, found.late

    lights: list[str] = []
    assert seen() == (1, 0)
    for minutes in (71, 97, 120):
        clock.at = FRIDAY + timedelta(minutes=minutes)
        assert seen() == (1, 0)
    clock.at = FRIDAY + timedelta(minutes=121)
    assert seen() == (0, 1)
    assert lights == ["green", "green", "red", "red", "black"]
    with as_system(session, watch.HOUSE):
        watch.of_cases(office, session)
    [draft] = session.scalars(select(Supervision).where(Supervision.case_id == case.id)).all()
    assert "2026年09月11日16时00分届满，尚未登记报告" in draft.problem
    do(case, dispatcher, "report_emergency", text="已电话报市局值班室")
    assert seen() == (0, 0)


def test_an_emergency_outlives_the_case_and_an_open_request(
    session: Session,
    do: Doer,
    verifying: Case,
    unit: Principal,
    dispatcher: Principal,
) -> None:
    do(verifying, dispatcher, "declare_emergency", happened_at=FRIDAY, **POISONED)
    do(
        verifying, unit, "request_transfer", agency="police", reason="涉嫌犯罪",
        legal_basis="行政处罚法第二十七条", materials=["现场笔录"],
    )  # fmt: skip
    do(verifying, dispatcher, "report_emergency", text="已报市局")
    assert running(session, verifying, "EMERGENCY.general").met_at == FRIDAY


@pytest.mark.parametrize(
    ("when", "why"),
    [
        (FRIDAY + timedelta(minutes=1), "in_the_future"),
        (FRIDAY - timedelta(days=31), "too_long_ago"),
    ],
)
def test_what_happened_lies_in_the_past(
    do: Doer, verifying: Case, unit: Principal, when: datetime, why: str
) -> None:
    with pytest.raises(BadInput) as refused:
        do(verifying, unit, "take_measure", happened_at=when, text="查封冷库一间")
    assert (refused.value.field, refused.value.code) == ("happened_at", why)


def test_who_takes_and_who_declares(
    do: Doer, verifying: Case, unit: Principal, dispatcher: Principal
) -> None:
    wrong: list[tuple[Principal, str, dict[str, Any]]] = [
        (unit, "declare_emergency", POISONED),
        (dispatcher, "take_measure", {"text": "查封冷库一间"}),
    ]
    for who, action, given in wrong:
        with pytest.raises(Forbidden):
            do(verifying, who, action, happened_at=FRIDAY, **given)
