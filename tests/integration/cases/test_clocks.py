"""Pauses and extensions of a case's clock, with who answers for them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import actions, clocks, present
from command_center.cases.models import Case, TimelineEntry
from command_center.cases.office import Office
from kernel.access import Principal
from kernel.audit import AuditEntry
from kernel.clock import FixedClock
from kernel.errors import AppError, BadInput, Conflict, Forbidden, IllegalTransition
from tests.factories.bureau import Bureau, acting, complaint, report
from tests.integration.cases.conftest import Doer, Opener, basis, running

TESTING = {
    "reason_code": "testing",
    "paused_from": date(2026, 6, 8),
    "paused_to": date(2026, 6, 17),
    "evidence": "检测委托书 2026-15 号",
}
MONDAY = datetime(2026, 6, 1, 2, tzinfo=UTC)


@pytest.fixture
def unit(bureau: Bureau) -> Principal:
    return bureau.person("UNIT")


@pytest.fixture
def head(bureau: Bureau) -> Principal:
    return bureau.person("LEAD")


@pytest.fixture(autouse=True)
def monday(clock: FixedClock) -> None:
    clock.at = MONDAY


@pytest.fixture
def accepted(
    open_case: Opener, do: Doer, bureau: Bureau, agent: Principal, unit: Principal
) -> Case:
    case = do(open_case(complaint()), agent, "route", organisation_id=bureau.branch.id)
    return do(case, unit, "accept")


def due(session: Session, office: Office, case: Case, rule: str) -> date:
    return office.day(running(session, case, rule).due_at)


def told(session: Session, case: Case, kind: str) -> dict[str, Any]:
    """The last entry of this kind."""
    statement = select(TimelineEntry).where(
        TimelineEntry.case_id == case.id, TimelineEntry.kind == kind
    )
    return session.scalars(statement.order_by(TimelineEntry.id)).all()[-1].params


def test_testing_is_out_of_the_sixty_days(
    session: Session, office: Office, do: Doer, accepted: Case, unit: Principal
) -> None:
    assert due(session, office, accepted, "L121.mediate") == date(2026, 7, 31)
    do(accepted, unit, "pause_clock", **TESTING)
    assert due(session, office, accepted, "L121.mediate") == date(2026, 8, 10)
    assert office.day(accepted.due_at) == date(2026, 8, 10)  # type: ignore[arg-type]
    row = running(session, accepted, "L121.mediate")
    assert "暂停：2026-06-08至2026-06-17（鉴定检测），首尾两日均不计" in basis(row)
    [kept] = row.pauses
    assert (kept["evidence"], kept["name"]) == (TESTING["evidence"], unit.name)
    entry = session.scalars(
        select(TimelineEntry).where(
            TimelineEntry.case_id == accepted.id, TimelineEntry.kind == "pause_clock"
        )
    ).one()
    assert entry.params["paused_to"] == "2026-06-17"


def test_the_page_shows_who_paused_and_on_what(
    session: Session, office: Office, do: Doer, accepted: Case, unit: Principal
) -> None:
    do(accepted, unit, "pause_clock", **TESTING)
    with acting(session, unit):
        page = present.detail(session, office, accepted).model_dump(mode="json")
    shown = next(one for one in page["deadlines"] if one["rule"] == "L121.mediate")
    assert shown["unit"] == "d"
    assert shown["steps"][2] == {
        "zh": "暂停：2026-06-08至2026-06-17（鉴定检测），首尾两日均不计",
        "en": "paused: 2026-06-08 to 2026-06-17 (testing or appraisal), both ends included",
    }
    assert shown["pauses"] == [
        {
            "first": "2026-06-08", "last": "2026-06-17", "ground": "testing",
            "evidence": TESTING["evidence"], "name": unit.name, "at": "2026-06-01T02:00:00.000Z",
            "moved": [], "taken_back": None,
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "field", "why"),
    [
        ({"reason_code": "hearing"}, "reason_code", "ground_not_of_clock"),
        ({"reason_code": "holiday"}, "reason_code", "unknown_code"),
        ({"paused_to": date(2026, 6, 7)}, "paused_to", "empty_period"),
        ({"paused_to": date(9999, 12, 31)}, "paused_to", "pause_too_long"),
    ],
)
def test_a_pause_needs_a_ground_of_its_clock_and_days(
    do: Doer, accepted: Case, unit: Principal, wrong: dict[str, Any], field: str, why: str
) -> None:
    with pytest.raises(BadInput) as refused:
        do(accepted, unit, "pause_clock", **{**TESTING, **wrong})
    assert (refused.value.field, refused.value.code) == (field, why)


def test_a_pause_without_evidence_is_none(do: Doer, accepted: Case, unit: Principal) -> None:
    with pytest.raises(AppError):
        do(accepted, unit, "pause_clock", **{**TESTING, "evidence": ""})


def test_a_pause_entered_wrongly_is_taken_back_and_says_so(
    session: Session, office: Office, do: Doer, accepted: Case, unit: Principal, clock: FixedClock
) -> None:
    do(accepted, unit, "pause_clock", **TESTING)
    clock.advance(days=1)
    do(accepted, unit, "take_back_pause", pause=1, reason="登记到了别的案件")
    assert due(session, office, accepted, "L121.mediate") == date(2026, 7, 31)
    assert office.day(accepted.due_at) == date(2026, 7, 31)  # type: ignore[arg-type]
    row = running(session, accepted, "L121.mediate")
    assert "暂停2026-06-08至2026-06-17（鉴定检测）已撤销，照常计入" in basis(row)
    [kept] = row.pauses
    assert kept["taken_back"] == {
        "reason": "登记到了别的案件", "name": unit.name, "at": "2026-06-02T02:00:00.000Z",
    }  # fmt: skip
    assert told(session, accepted, "take_back_pause") == {
        "reason": "登记到了别的案件", "reason_code": "testing",
        "paused_from": "2026-06-08", "paused_to": "2026-06-17",
    }  # fmt: skip
    noted = select(AuditEntry.action).where(AuditEntry.action == "case.take_back_pause")
    assert len(session.scalars(noted).all()) == 1
    with pytest.raises(IllegalTransition):  # none is left
        do(accepted, unit, "take_back_pause", pause=1, reason="再撤销一次")
    do(accepted, unit, "pause_clock", **TESTING)  # what is recorded anew counts
    assert due(session, office, accepted, "L121.mediate") == date(2026, 8, 10)


def test_a_pause_that_ended_on_another_day(
    session: Session, office: Office, do: Doer, accepted: Case, unit: Principal
) -> None:
    do(accepted, unit, "pause_clock", **TESTING)
    do(accepted, unit, "move_pause_end", pause=1, paused_to=date(2026, 6, 12), evidence="报告 7 号")
    # 8 to 12 June are five days: 31 July and five.
    assert due(session, office, accepted, "L121.mediate") == date(2026, 8, 5)
    do(accepted, unit, "move_pause_end", pause=1, paused_to=date(2026, 6, 20), evidence="复检 8 号")
    # Thirteen days.
    assert due(session, office, accepted, "L121.mediate") == date(2026, 8, 13)
    [kept] = running(session, accepted, "L121.mediate").pauses
    assert [(end["last"], end["evidence"]) for end in kept["moved"]] == [
        ("2026-06-17", "报告 7 号"), ("2026-06-12", "复检 8 号"),
    ]  # fmt: skip
    assert told(session, accepted, "move_pause_end")["paused_before"] == "2026-06-12"


@pytest.mark.parametrize(
    ("wrong", "field", "why"),
    [
        ({"pause": 2}, "pause", "unknown_pause"),
        ({"paused_to": date(2026, 6, 17)}, "paused_to", "same_day"),
        ({"paused_to": date(2026, 6, 7)}, "paused_to", "empty_period"),
        ({"paused_to": date(2027, 7, 1)}, "paused_to", "pause_too_long"),
    ],
)
def test_what_a_moved_end_must_be(
    do: Doer, accepted: Case, unit: Principal, wrong: dict[str, Any], field: str, why: str
) -> None:
    do(accepted, unit, "pause_clock", **TESTING)
    with pytest.raises(BadInput) as refused:
        given = {"pause": 1, "paused_to": date(2026, 6, 12), "evidence": "报告 7 号", **wrong}
        do(accepted, unit, "move_pause_end", **given)
    assert (refused.value.field, refused.value.code) == (field, why)


def test_whoever_may_pause_a_report_sets_its_pauses_right(
    session: Session, office: Office, do: Doer, verifying: Case, unit: Principal, head: Principal
) -> None:
    do(verifying, head, "pause_clock", **TESTING)
    with acting(session, unit):
        offered = {step.action for step in actions.available(session, verifying)}
    assert not offered & {"pause_clock", "move_pause_end", "take_back_pause"}
    for step, given in (
        ("take_back_pause", {"reason": "误录"}),
        ("move_pause_end", {"paused_to": date(2026, 6, 12), "evidence": "报告 7 号"}),
    ):
        with pytest.raises(Forbidden):
            do(verifying, unit, step, pause=1, **given)
    do(verifying, head, "take_back_pause", pause=1, reason="误录")
    assert due(session, office, verifying, "LAP.verify") == date(2026, 6, 23)


def test_days_told_with_another_step_change_nothing(
    session: Session, office: Office, do: Doer, accepted: Case, unit: Principal
) -> None:
    do(accepted, unit, "mediate", mode="phone", paused_from=date(2026, 6, 8))
    assert due(session, office, accepted, "L121.mediate") == date(2026, 7, 31)


def test_the_head_alone_gives_a_report_more_time_and_once(
    session: Session,
    office: Office,
    do: Doer,
    verifying: Case,
    unit: Principal,
    head: Principal,
    clock: FixedClock,
) -> None:
    assert due(session, office, verifying, "LAP.verify") == date(2026, 6, 23)
    for step, given in (("extend_clock", {"reason": "案情复杂"}), ("pause_clock", TESTING)):
        with pytest.raises(Forbidden):
            do(verifying, unit, step, **given)
    clock.advance(days=7)
    do(verifying, head, "extend_clock", reason="案情复杂")
    assert due(session, office, verifying, "LAP.verify") == date(2026, 7, 14)
    [granted] = running(session, verifying, "LAP.verify").extensions
    assert (granted["amount"], granted["by"], granted["name"]) == (15, "head", head.name)
    assert granted["before"].startswith("2026-06-23")
    with pytest.raises(Conflict, match="no_more_time"):
        do(verifying, head, "extend_clock", reason="案情复杂")
    do(verifying, head, "pause_clock", **TESTING)
    # 8 to 17 June are eight working days; the extension stays.
    assert due(session, office, verifying, "LAP.verify") == date(2026, 7, 24)


def test_what_is_late_is_not_extended(
    do: Doer, verifying: Case, head: Principal, clock: FixedClock
) -> None:
    clock.advance(days=40)
    with pytest.raises(Conflict, match="clock_ended"):
        do(verifying, head, "extend_clock", reason="案情复杂")


def test_the_decision_starts_a_clock_of_its_own(
    session: Session, office: Office, do: Doer, verifying: Case, head: Principal, clock: FixedClock
) -> None:
    clock.advance(days=2)
    do(verifying, head, "file", cause="经营超过保质期的食品")
    assert due(session, office, verifying, "LAP.decide") == date(2026, 9, 1)
    do(verifying, head, "extend_clock", reason="案情复杂")
    # 120 days end on 1 October: rolled once, over National Day.
    assert due(session, office, verifying, "LAP.decide") == date(2026, 10, 8)
    with pytest.raises(Conflict, match="no_more_time"):  # a collective decision sets the term
        do(verifying, head, "extend_clock", reason="案情复杂")


def test_after_the_head_a_collective_decision_sets_the_term(
    session: Session,
    office: Office,
    do: Doer,
    verifying: Case,
    unit: Principal,
    head: Principal,
    clock: FixedClock,
) -> None:
    decided = {"days": 45, "reason": "案情特别复杂", "evidence": "集体讨论记录〔2026〕3 号"}
    clock.advance(days=2)
    do(verifying, head, "file", cause="经营超过保质期的食品")
    with pytest.raises(IllegalTransition):  # the head first
        do(verifying, head, "extend_collectively", **decided)
    do(verifying, head, "extend_clock", reason="案情复杂")
    with pytest.raises(Forbidden):
        do(verifying, unit, "extend_collectively", **decided)
    with pytest.raises(IllegalTransition):
        do(verifying, head, "extend_collectively", **{**decided, "evidence": ""})
    do(verifying, head, "extend_collectively", **decided)
    # 165 days after 3 June end on Sunday 15 November.
    assert due(session, office, verifying, "LAP.decide") == date(2026, 11, 16)
    row = running(session, verifying, "LAP.decide")
    assert "延长75日，共165日；其中45日由集体讨论决定" in basis(row)
    granted = row.extensions[-1]
    assert (granted["amount"], granted["by"], granted["name"]) == (45, "collective", head.name)
    assert granted["evidence"] == decided["evidence"]
    assert granted["before"].startswith("2026-10-08")
    assert told(session, verifying, "extend_collectively") == {**decided, "due_on": "2026-11-16"}
    with acting(session, head):
        page = present.detail(session, office, verifying).model_dump(mode="json")
    assert page["deadlines"][-1]["extensions"][-1]["evidence"] == decided["evidence"]
    with pytest.raises(IllegalTransition):  # once
        do(verifying, head, "extend_collectively", **decided)


def test_a_collective_decision_comes_in_time_too(
    do: Doer, verifying: Case, head: Principal, clock: FixedClock
) -> None:
    do(verifying, head, "file", cause="经营超过保质期的食品")
    do(verifying, head, "extend_clock", reason="案情复杂")
    clock.advance(days=200)
    with pytest.raises(Conflict, match="clock_ended"):
        do(verifying, head, "extend_collectively", days=45, reason="案情特别复杂", evidence="记录")


def test_a_merged_report_restarts_the_clock_and_keeps_its_pause(
    session: Session,
    office: Office,
    do: Doer,
    bureau: Bureau,
    open_case: Opener,
    agent: Principal,
    verifying: Case,
    unit: Principal,
    head: Principal,
    clock: FixedClock,
) -> None:
    do(verifying, head, "pause_clock", **TESTING)
    clock.advance(days=9)
    newer = do(open_case(report()), agent, "route", organisation_id=bureau.branch.id)
    do(newer, unit, "merge", into_case_no=verifying.case_no)
    # From Wednesday 10 June: 11, 12 and 15-17 are out, Friday 19 is Dragon Boat.
    assert due(session, office, verifying, "LAP.verify") == date(2026, 7, 9)


def test_merging_what_came_earlier_takes_no_time_away(
    session: Session,
    office: Office,
    do: Doer,
    bureau: Bureau,
    open_case: Opener,
    agent: Principal,
    verifying: Case,
    unit: Principal,
    clock: FixedClock,
) -> None:
    clock.advance(days=9)
    newer = do(open_case(report()), agent, "route", organisation_id=bureau.branch.id)
    before = due(session, office, newer, "LAP.verify")
    do(verifying, unit, "merge", into_case_no=newer.case_no)
    session.refresh(newer)
    assert due(session, office, newer, "LAP.verify") == before


def test_weekends_roll_as_the_bureau_has_set(
    session: Session, office: Office, do: Doer, accepted: Case, unit: Principal
) -> None:
    do(accepted, unit, "pause_clock", **{**TESTING, "paused_to": TESTING["paused_from"]})
    assert due(session, office, accepted, "L121.mediate") == date(2026, 8, 3)
    row = running(session, accepted, "L121.mediate")
    clocks.recount(replace(office, roll_weekends=False), row, clocks.calendar(session))
    assert due(session, office, accepted, "L121.mediate") == date(2026, 8, 1)
