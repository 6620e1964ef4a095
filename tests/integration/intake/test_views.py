"""Intake and the public page over HTTP."""

import threading
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from command_center.cases.models import Case, ReporterIdentity
from command_center.cases.office import Office
from command_center.intake import views as intake_views
from command_center.intake.service import Intake
from command_center.portal import views as portal_views
from command_center.portal.views import Limits
from kernel.access import system
from kernel.db import Database
from kernel.limiter import Limiter
from kernel.settings import Settings
from tests.factories.bureau import CANARY, Bureau, complaint, make_bureau, mixed, report
from tests.factories.desk import Desk, OneTransaction


@pytest.fixture
def house(bureau: Bureau) -> Bureau:
    return bureau


@pytest.fixture
def desk(session: Session, settings: Settings, intake: Intake, house: Bureau) -> Desk:
    limits = Limits(Limiter(6, 600), Limiter(20, 600), Limiter(5, 600))
    rooms = [intake_views.create_blueprint(intake), portal_views.create_blueprint(intake, limits)]
    return Desk(OneTransaction(session), settings, rooms)


def body(told: Any, *without: str) -> dict[str, Any]:
    return dict(told.model_dump(mode="json", exclude=set(without), exclude_none=True))


def public(told: Any, **more: Any) -> dict[str, Any]:
    return body(told, "urgency", "urgency_reason", "triggers") | more


def count(session: Session, model: type[Any] = Case) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_staff_submit_and_get_numbers_and_codes(desk: Desk, house: Bureau) -> None:
    answer = desk.post(house.person("AGENT"), "/submissions", body(mixed()))
    assert answer.status_code == 201, answer.text
    first, second = answer.get_json()["cases"]
    assert (first["kind"], second["kind"]) == ("TS", "JB")
    assert len(first["query_code"]) == 6 and first["query_code"] != second["query_code"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kinds": []}, "kinds"),
        ({"kinds": ["TS", "TS"]}, "kinds"),
        ({"kinds": ["XX"]}, "kinds.0"),
        ({"idempotency_key": "none"}, "idempotency_key"),
        ({"persons_affected": "3"}, "persons_affected"),
        ({"unheard_of": 1}, "unheard_of"),
        ({"person": {"name": "a\u0000b"}}, "person.name"),
        ({"details": {"DROP TABLE": 1}}, "details.DROP TABLE.[key]"),
        ({"place": {"lat": 91, "lon": 116}}, "place.lat"),
        ({"dispatch_facts": "x" * 10_001}, "dispatch_facts"),
        ({"dispatch_facts": "致电13612345678"}, "dispatch_facts"),
    ],
)
def test_malformed_and_forbidden_input_names_its_field(
    desk: Desk, house: Bureau, session: Session, change: dict[str, Any], field: str
) -> None:
    answer = desk.post(house.person("AGENT"), "/submissions", body(complaint()) | change)
    assert (answer.status_code, answer.get_json()["field"]) == (422, field)
    assert count(session) == 0


def test_what_is_no_json_is_a_bad_request(desk: Desk, house: Bureau) -> None:
    answer = desk.send(
        "POST", house.person("AGENT"), "/submissions", data=b"{", content_type="application/json"
    )
    assert answer.status_code == 400


def test_submitting_needs_its_permission(desk: Desk, house: Bureau) -> None:
    assert desk.post(house.person("DISP"), "/submissions", body(complaint())).status_code == 403
    assert desk.post(None, "/submissions", body(complaint())).status_code == 401


def test_two_hasty_clicks_open_one_case(database: Database, intake: Intake) -> None:
    with database.unit_of_work(system("set-up")) as session:
        agent = make_bureau(session).person("AGENT")
    told, numbers = complaint(), list[str]()

    def click() -> None:
        with database.unit_of_work(agent) as session:
            numbers.append(intake.register(session, told)[0].case.case_no)

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join(30)
    assert len(numbers) == 4 and len(set(numbers)) == 1
    with database.unit_of_work(agent) as session:
        assert count(session) == 1


def test_a_level_is_proposed_while_the_agent_types(desk: Desk, house: Bureau) -> None:
    asked = {"text": "三人食物中毒", "persons_affected": 3, "subject": {"name": "老王饭店"}}
    found = desk.post(house.person("AGENT"), "/urgency-proposal", asked).get_json()
    assert found["level"] == 2
    assert {"code", "level", "why"} == found["triggers"][0].keys()


def test_a_proposal_counts_only_what_the_asker_may_know(desk: Desk, house: Bureau) -> None:
    for _ in range(2):
        told = complaint().model_dump(mode="json")
        assert desk.post(house.person("AGENT"), "/submissions", told).status_code == 201
    asked = {"text": "退款", "subject": {"name": "老王饭店"}}
    levels = [
        desk.post(house.person(role), "/urgency-proposal", asked).get_json()["level"]
        for role in ("SHIFT", "UNIT")
    ]
    assert levels == [2, 0]


def test_the_public_files_without_an_account(desk: Desk, session: Session) -> None:
    answer = desk.post(None, "/public/submissions", public(report(), website=""))
    assert answer.status_code == 201, answer.text
    (receipt,) = answer.get_json()["receipts"]
    assert receipt.keys() == {"case_no", "kind", "query_code"}
    assert count(session, ReporterIdentity) == 1


@pytest.mark.parametrize(
    "extra", [{"urgency": 3}, {"triggers": ["DEATH"]}, {"urgency_reason": "x"}]
)
def test_the_public_form_has_no_urgency(desk: Desk, extra: dict[str, Any]) -> None:
    answer = desk.post(None, "/public/submissions", public(complaint(), **extra))
    assert (answer.status_code, answer.get_json()["field"]) == (422, next(iter(extra)))


def test_a_robot_that_fills_in_the_trap_is_thanked_and_dropped(
    desk: Desk, session: Session
) -> None:
    answer = desk.post(None, "/public/submissions", public(complaint(), website="http://x"))
    assert (answer.status_code, answer.get_json()) == (201, {"receipts": []})
    assert count(session) == 0


def test_one_address_files_only_so_often(desk: Desk) -> None:
    answers = [desk.post(None, "/public/submissions", public(complaint())) for _ in range(7)]
    assert [a.status_code for a in answers] == [201] * 6 + [429]


def test_number_and_code_tell_how_far_a_case_is_and_nothing_else(desk: Desk) -> None:
    told = public(report())
    (receipt,) = desk.post(None, "/public/submissions", told).get_json()["receipts"]
    asked = {"case_no": receipt["case_no"].lower(), "query_code": receipt["query_code"]}
    answer = desk.post(None, "/public/query", asked)
    assert answer.get_json().keys() == {
        "case_no", "kind", "state", "received_at", "due_at", "last_change_at",
    }  # fmt: skip
    assert str(CANARY["name"]) not in answer.text


def test_a_wrong_code_and_a_wrong_number_are_answered_alike(desk: Desk) -> None:
    (receipt,) = desk.post(None, "/public/submissions", public(report())).get_json()["receipts"]
    wrong_code = f"{(int(receipt['query_code']) + 1) % 10**6:06}"
    number = receipt["case_no"]
    answers = [
        desk.post(None, "/public/query", {"case_no": n, "query_code": c}).get_json()
        for n, c in ((number, wrong_code), ("JB000000202609220000X", receipt["query_code"]))
    ]
    for answer in answers:
        answer["params"].pop("id")
    assert answers[0] == answers[1]


def test_guessing_the_code_of_one_case_ends_after_a_few_tries(desk: Desk, office: Office) -> None:
    (receipt,) = desk.post(None, "/public/submissions", public(report())).get_json()["receipts"]
    codes = [f"{(int(receipt['query_code']) + n) % 10**6:06}" for n in (1, 2, 3, 4, 5, 0)]
    answers = [
        desk.post(None, "/public/query", {"case_no": receipt["case_no"], "query_code": code})
        for code in codes
    ]
    assert [a.status_code for a in answers] == [404] * 5 + [429]
