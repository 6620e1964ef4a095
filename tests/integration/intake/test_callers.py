"""Screen pop: what the desk may know of whoever calls."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import actions
from command_center.cases.office import Office
from command_center.intake import views
from command_center.intake.callers import Limits
from command_center.intake.service import Intake, Opened
from kernel.access import Principal
from kernel.audit import AuditEntry
from kernel.limiter import Limiter
from kernel.settings import Settings
from tests.factories.bureau import CANARY, Bureau, acting, complaint, consultation, mixed, report
from tests.factories.desk import Desk, OneTransaction

PHONE = str(CANARY["phone"])


@pytest.fixture
def desk(session: Session, settings: Settings, intake: Intake, bureau: Bureau) -> Desk:
    limits = Limits(Limiter(20, 600), Limiter(3, 3600))
    return Desk(OneTransaction(session), settings, [views.create_blueprint(intake, limits)])


@pytest.fixture
def agent(bureau: Bureau) -> Principal:
    return bureau.person("AGENT")


def told(session: Session, intake: Intake, who: Principal, what: Any) -> list[Opened]:
    with acting(session, who):
        opened = intake.register(session, what)
    session.flush()
    return opened


def pop(desk: Desk, who: Principal, number: str = PHONE) -> list[dict[str, Any]]:
    answer = desk.post(who, "/callers", {"number": number})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.get_json()["cases"]
    return found


def test_a_call_shows_complaints_and_consultations_and_of_reports_nothing_at_all(
    session: Session, desk: Desk, intake: Intake, agent: Principal
) -> None:
    person = {"name": "诸葛青禾", "phone": PHONE}
    assert pop(desk, agent) == []
    told(session, intake, agent, report())
    assert pop(desk, agent) == [], "a report alone leaves the pop empty"
    (first,) = told(session, intake, agent, complaint())
    (asked,) = told(session, intake, agent, consultation(person=person))
    both = told(session, intake, agent, mixed())
    found = pop(desk, agent, "+86 139 0000 7788")
    expected = {one.case.case_no for one in (first, asked, both[0])}
    assert {one["case_no"] for one in found} == expected
    assert {one["kind"] for one in found} == {"TS", "ZX"}
    assert pop(desk, agent, "01064001234")[0]["kind"] == "TS", "by the number that called, too"


def test_the_pop_is_masked_for_who_did_not_register_it_and_ends_at_the_jurisdiction(
    session: Session, desk: Desk, office: Office, intake: Intake, bureau: Bureau, agent: Principal
) -> None:
    (opened,) = told(session, intake, agent, complaint())
    assert pop(desk, agent)[0]["name"] == CANARY["name"]
    assert pop(desk, bureau.person("AGENT"))[0]["name"] == "诸**"
    assert pop(desk, bureau.person("SHIFT"))[0]["name"] == CANARY["name"]
    with acting(session, agent):
        actions.act(session, office, opened.case.id, "route", {"organisation_id": bureau.branch.id})
    assert len(pop(desk, bureau.person("UNIT"))) == 1
    assert pop(desk, bureau.person("UNIT", at=bureau.other)) == []


def test_the_log_of_a_pop_ties_no_number_and_no_case_to_who_called(
    session: Session, desk: Desk, intake: Intake, agent: Principal
) -> None:
    told(session, intake, agent, complaint())
    pop(desk, agent)
    shown = select(AuditEntry).where(AuditEntry.action == "caller.shown")
    entry = session.scalars(shown).one()
    assert (entry.actor_id, entry.object_id, entry.detail) == (agent.id, "", {"found": 1})


def test_an_earlier_report_shows_its_state_to_number_and_code_alone(
    session: Session, desk: Desk, intake: Intake, agent: Principal
) -> None:
    (opened,) = told(session, intake, agent, report())
    pair = {"case_no": opened.case.case_no.lower(), "query_code": opened.query_code}
    shown = desk.post(agent, "/callers/report", pair).get_json()
    assert shown.keys() == {"case_no", "kind", "state", "received_at", "due_at", "last_change_at"}
    wrong = {**pair, "query_code": "000000"}
    assert [desk.post(agent, "/callers/report", wrong).status_code for _ in range(4)] == [
        404, 404, 404, 429,
    ]  # fmt: skip


@pytest.mark.parametrize("role", ["DISP", "CMD", "LEAD", "OFFICER", "STAT", "ADMIN", "AUDIT"])
def test_only_who_takes_calls_sees_callers(desk: Desk, bureau: Bureau, role: str) -> None:
    who = bureau.person(role)
    assert desk.post(who, "/callers", {"number": PHONE}).status_code == 403
    pair = {"case_no": "JB1", "query_code": "000000"}
    assert desk.post(who, "/callers/report", pair).status_code == 403


def test_looking_up_callers_has_a_limit(desk: Desk, agent: Principal) -> None:
    for _ in range(20):
        pop(desk, agent)
    assert desk.post(agent, "/callers", {"number": PHONE}).status_code == 429
