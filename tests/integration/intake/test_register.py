"""A submission becomes a case, whichever way it came, or is refused without a trace."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from command_center.cases import identity, sending
from command_center.cases.identity import store
from command_center.cases.models import (
    Case,
    Complainant,
    Deadline,
    ReporterIdentity,
    ReporterPrint,
    Subject,
    TimelineEntry,
)
from command_center.cases.office import Office
from command_center.intake.schemas import Submission
from command_center.intake.service import Intake, Origin
from dispatch.alarms.models import Alarm
from kernel.clock import FixedClock
from kernel.errors import BadInput, Conflict
from maps.geocoding.candidates import Candidate
from maps.models import AnswerCount, Correction
from tests.factories.bureau import (
    CANARY,
    SHOP,
    Bureau,
    acting,
    complaint,
    consultation,
    mixed,
    report,
)


def registered(session: Session, intake: Intake, told: Submission, **origin: Any) -> Case:
    (opened,) = intake.register(session, told, Origin(**origin))
    session.flush()
    return opened.case


def rows(session: Session, model: type[Any], case: Case) -> list[Any]:
    return list(session.scalars(select(model).where(model.case_id == case.id)))


def test_a_complaint_becomes_a_case_with_all_it_needs(
    session: Session, intake: Intake, bureau: Bureau
) -> None:
    agent = bureau.person("AGENT")
    with acting(session, agent):
        case = registered(session, intake, complaint())
    assert case.case_no == "TS1100002026092200001"
    assert (case.kind, case.state, case.urgency) == ("TS", "REGISTERED", 0)
    assert (case.organisation_id, case.centre_id) == (bureau.root.id, bureau.root.id)
    assert (case.registered_by, case.first_handler) == (agent.id, agent.name)
    assert case.received_at == datetime(2026, 9, 22, 1, tzinfo=UTC)
    assert {d.rule for d in rows(session, Deadline, case)} == {"CENTRE.route", "L121.accept"}
    assert case.due_at == datetime(2026, 9, 23, 15, 59, 59, tzinfo=UTC), "the next clock shows"
    (entry,) = rows(session, TimelineEntry, case)
    assert (entry.kind, entry.actor) == ("registered", agent.name)


def test_a_place_that_was_put_right_is_remembered_once_and_never_of_a_report(
    session: Session, intake: Intake, bureau: Bureau
) -> None:
    pin = {"lat": 39.92, "lon": 116.43, "confirmed": True, "corrected": True}
    with acting(session, bureau.person("AGENT")):
        registered(session, intake, complaint(place=pin | {"asked": "老槐树边的烧烤"}))
        registered(session, intake, report(place=pin | {"asked": "水塔边的作坊"}))
    assert session.scalars(select(Correction.key)).all() == ["老槐树边的烧烤"]
    assert session.scalars(select(AnswerCount.corrected)).all() == [1]


def test_the_subject_is_found_by_its_credit_code_and_gives_the_place(
    session: Session, intake: Intake, bureau: Bureau
) -> None:
    case = registered(session, intake, complaint())
    assert case.subject and case.subject.business_id == bureau.business.id
    assert case.subject.legal_representative == "王建国"
    point = session.execute(
        select(func.ST_X(Case.place), func.ST_Y(Case.place)).where(Case.id == case.id)
    ).one()
    assert point == SHOP
    assert (case.place_level, case.place_evidence) == ("door", ["registry"])
    assert case.place_confirmed_at is None, "no person has looked at the pin"
    assert (case.region_code, case.cell is not None) == ("110101", True)


def test_two_cases_of_one_business_share_its_description(
    session: Session, intake: Intake, bureau: Bureau
) -> None:
    first = registered(session, intake, complaint())
    second = registered(session, intake, report())
    assert first.subject_id == second.subject_id
    assert session.scalar(select(func.count()).select_from(Subject)) == 1


def test_a_confirmed_pin_carries_who_confirmed_it(
    session: Session, intake: Intake, bureau: Bureau
) -> None:
    pin = {"lat": 39.91, "lon": 116.35, "level": "door", "confidence": 0.93,
           "evidence": ["name", "street"], "text": "西区某街1号", "confirmed": True}  # fmt: skip
    with acting(session, agent := bureau.person("AGENT")):
        case = registered(session, intake, complaint(place=pin))
    assert case.place_confirmed_by == agent.id
    assert (case.region_code, case.place_text) == ("110102", "西区某街1号")


def test_what_nobody_pointed_at_is_guessed_only_when_sure_enough(
    session: Session, office: Office, bureau: Bureau
) -> None:
    def told() -> Submission:
        return complaint(subject={"name": "小李面馆", "address": "西区某街2号"})

    def intake(confidence: float) -> Intake:
        guess = Candidate(None, "西区某街", 39.92, 116.36, "street", confidence, ("street",), "t")
        return Intake(office, lambda _, text: [guess])

    placed = registered(session, intake(0.8), told())
    assert (placed.place_level, placed.place_confidence) == ("street", 0.8)
    unplaced = registered(session, intake(0.3), told())
    assert (unplaced.place_level, unplaced.region_code, unplaced.cell) == ("unknown", "", None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"person": {**CANARY, "name": ""}}, "person.name"),
        ({"person": {**CANARY, "phone": " "}}, "person.phone"),
        ({"person": {**CANARY, "address": ""}}, "person.address"),
        ({"subject": {"address": "东区"}}, "subject.name"),
        ({"subject": {"name": "无名小店"}}, "subject.address"),
        ({"demands": []}, "demands"),
        ({"dispatch_facts": "", "sealed_narrative": ""}, "dispatch_facts"),
        ({"person": {**CANARY, "anonymous": True}}, "person.anonymous"),
        ({"subject": {"name": "x", "credit_code": "91110000802100433C"}}, "subject.credit_code"),
        ({"subject": {"name": "x", "business_id": 99999999}}, "subject.business_id"),
        ({"demands": ["天价赔偿"]}, "demands"),
        ({"details": {"problem_code": "nonsense"}}, "details.problem_code"),
        ({"triggers": ["NONSENSE"]}, "triggers"),
        ({"urgency": 2}, "urgency_reason"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(
    session: Session, intake: Intake, bureau: Bureau, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        intake.register(session, complaint(**change))
    assert refused.value.field == field
    assert session.scalar(select(func.count()).select_from(Case)) == 0


def test_all_gaps_are_told_at_once(session: Session, intake: Intake, bureau: Bureau) -> None:
    with pytest.raises(BadInput) as refused:
        intake.register(session, complaint(person={}, demands=[]))
    assert refused.value.params["missing"] == [
        "person.name", "person.phone", "person.address", "demands",
    ]  # fmt: skip


def test_a_report_needs_no_identity(
    session: Session, intake: Intake, office: Office, bureau: Bureau
) -> None:
    case = registered(session, intake, report(person={}, caller_number=""))
    assert (case.informant_given, case.is_real_name) == (False, False)
    assert store.what_is_told(session, office.vault, case).fields == ["narrative"]


def test_an_anonymous_report_keeps_nothing_of_whoever_typed_something(
    session: Session, intake: Intake, office: Office, bureau: Bureau
) -> None:
    case = registered(
        session, intake, report(person={**CANARY, "anonymous": True}), remote_address="192.0.2.9"
    )
    assert store.what_is_told(session, office.vault, case).fields == ["narrative"]
    assert session.scalars(select(ReporterIdentity.sealed)).all() == [None]
    assert session.scalar(select(func.count()).select_from(ReporterPrint)) == 0


def test_an_informant_lies_sealed_and_the_facts_too(
    session: Session, intake: Intake, office: Office, bureau: Bureau
) -> None:
    case = registered(session, intake, report())
    assert (case.informant_given, case.is_real_name, case.dispatch_facts) == (True, True, None)
    person = identity.person_of(session, office.vault, case)
    assert person and (person.name, person.caller_number) == (CANARY["name"], "01064001234")
    assert sending.facts_of(office, case).startswith("该店使用超过保质期")
    assert session.scalar(select(func.count()).select_from(Complainant)) == 0


def test_particulars_of_a_report_that_lead_to_the_buyer_join_the_sealed_narrative(
    session: Session, intake: Intake, office: Office, bureau: Bureau
) -> None:
    details = {"goods": "羊肉", "order_no_external": "MT2026", "amount": 268.5}
    case = registered(session, intake, report(details=details))
    assert case.details == {"goods": "羊肉", "wants_reward": False}
    assert case.sealed_narrative is None
    narrative = store.what_is_told(session, office.vault, case).narrative
    assert "order_no_external：MT2026" in narrative
    assert "amount：268.5" in narrative


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"dispatch_facts": "举报人诸葛青禾称店家使用过期肉"}, "dispatch_facts"),
        ({"dispatch_facts": "请致电13900007788核实"}, "dispatch_facts"),
        ({"dispatch_facts": "住和平里七区十八号楼3单元501"}, "dispatch_facts"),
        ({"dispatch_facts": "证号110101198808081234"}, "dispatch_facts"),
        ({"dispatch_facts": "店长电话13612345678"}, "dispatch_facts"),
        ({"urgency": 1, "urgency_reason": "诸葛青禾很着急"}, "urgency_reason"),
        ({"details": {"goods": "诸葛青禾买的肉"}}, "details.goods"),
        ({"subject": {"name": "老王饭店", "contact": "诸葛青禾"}}, "subject.contact"),
        (
            {"place": {"lat": 39.9, "lon": 116.4, "text": "和平里七区十八号楼3单元501楼下"}},
            "place.text",
        ),
    ],
)
def test_open_words_of_a_report_may_not_name_its_informant(
    session: Session, intake: Intake, bureau: Bureau, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        intake.register(session, report(**change))
    assert (refused.value.code, refused.value.field) == ("facts_contain_identity", field)
    assert session.scalar(select(func.count()).select_from(Case)) == 0


def test_a_complainant_lies_sealed_and_can_be_found_by_phone(
    session: Session, intake: Intake, office: Office, bureau: Bureau
) -> None:
    case = registered(session, intake, complaint())
    by_phone = office.vault.print(store.COMPLAINANT_PHONE, "13900007788")
    found = session.scalar(select(Complainant).where(Complainant.phone_print == by_phone))
    assert found and found.case_id == case.id
    person = identity.complainant(session, office.vault, case)
    assert person and person.address == CANARY["address"]


def test_the_same_key_gives_the_same_answer_and_opens_nothing_new(
    session: Session, intake: Intake, bureau: Bureau
) -> None:
    told = mixed()
    first = intake.register(session, told)
    session.flush()
    again = intake.register(session, told)
    assert [(o.case.id, o.query_code) for o in first] == [(o.case.id, o.query_code) for o in again]
    assert session.scalar(select(func.count()).select_from(Case)) == 2


def test_one_persons_key_is_not_anothers(session: Session, intake: Intake, bureau: Bureau) -> None:
    told = complaint()
    for _ in range(2):
        with acting(session, bureau.person("AGENT")):
            registered(session, intake, told)
    assert session.scalar(select(func.count()).select_from(Case)) == 2


def test_a_key_cannot_be_used_again_for_more_kinds(
    session: Session, intake: Intake, bureau: Bureau
) -> None:
    told = complaint()
    registered(session, intake, told)
    with pytest.raises(Conflict) as refused:
        intake.register(session, mixed(idempotency_key=str(told.idempotency_key)))
    assert refused.value.code == "idempotency_key_used"


def test_numbers_count_per_kind_and_day(
    session: Session, intake: Intake, bureau: Bureau, clock: FixedClock
) -> None:
    numbers = [registered(session, intake, make()).case_no for make in (complaint, report)]
    clock.advance(days=1)
    numbers.append(registered(session, intake, complaint()).case_no)
    numbers.append(registered(session, intake, complaint()).case_no)
    assert [number[-13:] for number in numbers] == [
        "2026092200001", "2026092200001", "2026092300001", "2026092300002",
    ]  # fmt: skip


def test_proposed_urgency_rings_the_dispatchers_unless_a_person_says_otherwise(
    session: Session, intake: Intake, bureau: Bureau
) -> None:
    told = complaint(dispatch_facts="就餐后三人上吐下泻", persons_affected=3)
    case = registered(session, intake, told)
    assert case.urgency == 2
    assert {"POISONING", "MASS"} <= set(case.triggers)
    assert "上吐下泻" in case.urgency_reason
    alarm = session.scalars(select(Alarm)).one()
    assert (alarm.kind, alarm.reference_id, alarm.level) == ("case_escalated", case.id, 2)

    calm = registered(
        session, intake,
        complaint(dispatch_facts="店内电梯困人", urgency=0, urgency_reason="已恢复，无人受伤"),
    )  # fmt: skip
    assert (calm.urgency, calm.urgency_reason) == (0, "已恢复，无人受伤")


def test_the_reason_for_a_reports_level_quotes_nothing_that_was_told(
    session: Session, intake: Intake, bureau: Bureau
) -> None:
    told = report(sealed_narrative="我们三号线装配组十几个人都吃坏了肚子", persons_affected=12)
    case = registered(session, intake, told)
    assert case.urgency >= 2
    assert case.urgency_reason
    assert not {"装配", "三号"} & {case.urgency_reason[i : i + 2] for i in range(400)}


@pytest.mark.parametrize(
    ("own", "code"),
    [(None, "required"), ("该店使用超过保质期的肉类加工菜品；冰柜在后厨左侧", "same_words")],
)
def test_the_halves_of_a_mixed_call_need_words_of_their_own(
    session: Session, intake: Intake, bureau: Bureau, own: str | None, code: str
) -> None:
    with pytest.raises(BadInput) as refused:
        intake.register(session, mixed(report_facts=own))
    assert (refused.value.field, refused.value.code) == ("report_facts", code)


def test_each_half_of_a_mixed_call_has_its_own_words(
    session: Session, intake: Intake, office: Office, bureau: Bureau
) -> None:
    opened = {one.case.kind: one.case for one in intake.register(session, mixed())}
    facts = {kind: sending.facts_of(office, case) for kind, case in opened.items()}
    assert facts["TS"].startswith("该店") and facts["JB"].startswith("后厨冰柜")


def test_the_third_person_within_a_day_makes_a_mass_case(
    session: Session, intake: Intake, bureau: Bureau
) -> None:
    levels = [registered(session, intake, complaint()).urgency for _ in range(3)]
    assert levels == [0, 0, 2]


def test_the_public_cannot_confirm_a_pin_nor_set_an_urgency(
    session: Session, intake: Intake, bureau: Bureau
) -> None:
    pin = {"lat": 39.92, "lon": 116.43, "confirmed": True}
    told = complaint(place=pin, urgency=3, urgency_reason="快")
    case = registered(session, intake, told, public=True, remote_address="192.0.2.9")
    assert (case.place_confirmed_at, case.urgency, case.registered_by) == (None, 0, None)
    assert case.organisation_id == bureau.root.id


def test_a_walk_in_at_a_branch_is_received_for_the_centre_above_it(
    session: Session, intake: Intake, bureau: Bureau
) -> None:
    with acting(session, bureau.person("UNIT")):
        case = registered(session, intake, complaint(channel="visit"))
    assert case.organisation_id == bureau.sub.id


def test_a_consultation_answered_at_once_waits_for_nothing(
    session: Session, intake: Intake, bureau: Bureau
) -> None:
    told = consultation(person={}, answered=True, answer="自签收次日起计算。")
    case = registered(session, intake, told)
    assert (case.state, case.answer, case.due_at) == ("ANSWERED", "自签收次日起计算。", None)
    waiting = registered(session, intake, consultation(person={}))
    assert (waiting.state, waiting.due_at is not None) == ("OPEN", True)


def test_every_kind_of_a_call_becomes_its_own_case(
    session: Session, intake: Intake, bureau: Bureau
) -> None:
    opened = intake.register(session, mixed())
    assert [one.case.kind for one in opened] == ["TS", "JB"]
    complaint_half, report_half = (one.case for one in opened)
    assert complaint_half.details["order_no_external"] == "MT20260921000123"
    assert "MT20260921000123" not in json.dumps(report_half.details)
