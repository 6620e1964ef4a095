"""An informant's identity: opened for a reason, one case, one session, ten minutes; watched."""

from dataclasses import replace
from typing import Any

import pytest
from flask import g
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import identity_views, service, views
from command_center.cases.identity import alerts
from command_center.cases.models import Case, IdentitySearch, ReporterPrint, Reveal
from command_center.cases.office import Office
from dispatch.alarms import ladder
from dispatch.alarms import queries as alarms
from dispatch.alarms.models import Alarm
from kernel.access import Principal
from kernel.audit import AuditEntry
from kernel.clock import FixedClock
from kernel.errors import BadInput, Conflict, NotFound
from kernel.jobs import Job
from kernel.settings import Settings
from tests.factories.bureau import CANARY, Bureau, acting, complaint, report
from tests.factories.desk import Desk, OneTransaction
from tests.integration.cases.conftest import Doer, Opener

WHY = {"reason_code": "verify", "note": "核实现场情况"}
PHONE = str(CANARY["phone"])


@pytest.fixture
def desk(session: Session, settings: Settings, office: Office) -> Desk:
    return Desk(OneTransaction(session), settings, [views.create_blueprint(office)])


def opened(desk: Desk, who: Principal, case: Case, sitting: str = "one") -> Any:
    return desk.send(
        "POST", replace(who, session_id=sitting), f"/cases/{case.id}/identity", json=WHY
    )


def read(desk: Desk, who: Principal, case: Case, sitting: str = "one") -> Any:
    return desk.send("GET", replace(who, session_id=sitting), f"/cases/{case.id}/identity")


def entries(session: Session, action: str) -> list[AuditEntry]:
    statement = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
    return list(session.scalars(statement))


def rung(session: Session, office: Office) -> list[Alarm]:
    """The alarms after the worker has done what waits."""
    for job in session.scalars(select(Job).where(Job.kind == alerts.RING).order_by(Job.id)):
        alerts.ring(office.alarms, session, job.payload)
        session.delete(job)
    session.flush()
    about_staff = select(Alarm).where(Alarm.kind.in_(ladder.CONFIDENTIAL))
    return list(session.scalars(about_staff.order_by(Alarm.id)))


def test_an_opened_identity_is_read_again_for_ten_minutes_and_each_time_logged(
    session: Session, desk: Desk, open_case: Opener, bureau: Bureau, clock: FixedClock
) -> None:
    case, commander = open_case(report()), bureau.person("CMD")
    first = opened(desk, commander, case).get_json()
    assert first["name"] == CANARY["name"]
    clock.advance(minutes=9, seconds=59)
    again = read(desk, commander, case)
    assert again.get_json() == first
    assert again.headers.get("Cache-Control") in (None, "no-store")
    clock.advance(seconds=1)
    over = read(desk, commander, case)
    assert (over.status_code, over.get_json()["code"]) == (403, "reveal_needed")
    assert len(entries(session, "identity.revealed")) == 1
    (reading,) = entries(session, "identity.read")
    assert (reading.actor_id, reading.object_id) == (commander.id, str(case.id))


def test_a_reveal_opens_nothing_for_another_person_session_or_case(
    desk: Desk, open_case: Opener, bureau: Bureau
) -> None:
    case, other = open_case(report()), open_case(report())
    commander = bureau.person("CMD")
    opened(desk, commander, case)
    for who, which, sitting in (
        (commander, case, "another browser"),
        (commander, other, "one"),
        (bureau.person("CMD"), case, "one"),
    ):
        answer = read(desk, who, which, sitting)
        assert (answer.status_code, sitting) == (403, sitting), answer.text


def test_a_handler_who_hands_the_case_on_reads_no_more(
    desk: Desk, open_case: Opener, do: Doer, bureau: Bureau, agent: Principal
) -> None:
    unit = bureau.person("UNIT")
    case = do(open_case(report()), agent, "route", organisation_id=bureau.branch.id)
    case = do(case, unit, "verify")
    assert opened(desk, unit, case).status_code == 200
    case.handler_id = bureau.person("UNIT").id
    desk.app.extensions["database"].session.flush()
    assert read(desk, unit, case).get_json()["code"] == "not_the_handler"


def test_a_registrar_opens_their_own_report_until_it_is_sent_on(
    session: Session, desk: Desk, open_case: Opener, do: Doer, bureau: Bureau, agent: Principal
) -> None:
    case = open_case(report())
    stranger = opened(desk, bureau.person("AGENT"), case)
    assert (stranger.status_code, stranger.get_json()["code"]) == (403, "sent_on")
    assert opened(desk, agent, case).get_json()["phone"] == PHONE
    do(case, agent, "route", organisation_id=bureau.branch.id)
    for answer in (opened(desk, agent, case), read(desk, agent, case)):
        assert (answer.status_code, answer.get_json()["code"]) == (403, "sent_on")
    assert all(reveal.within_chain for reveal in session.scalars(select(Reveal)))


def test_the_log_says_who_why_what_and_where_and_nothing_of_the_informant(
    session: Session, desk: Desk, open_case: Opener, bureau: Bureau
) -> None:
    commander = bureau.person("CMD")
    opened(desk, commander, open_case(report()))
    (entry,) = entries(session, "identity.revealed")
    assert (entry.roles, entry.reason_code) == (["CMD"], "verify")
    assert {"name", "phone", "narrative"} <= set(entry.detail["fields"])
    assert not any(str(value) in str(entry.detail) for value in CANARY.values() if value)


def test_a_commander_without_a_part_in_the_case_is_told_of(
    session: Session, desk: Desk, office: Office, open_case: Opener, do: Doer, bureau: Bureau,
    agent: Principal,
) -> None:  # fmt: skip
    case = do(open_case(report()), agent, "route", organisation_id=bureau.branch.id)
    curious, colleague = bureau.person("CMD"), bureau.person("CMD")
    opened(desk, curious, case)
    (alarm,) = rung(session, office)
    assert (alarm.kind, alarm.rung) == ("identity_outside_chain", "CMD")
    about = {"case_no": case.case_no, "case_id": case.id}
    assert alarm.params == {"name": curious.name, **about}
    assert len(entries(session, "identity.alert.outside_chain")) == 1
    assert alarms.open_alarms(session, curious) == []
    for act in (office.alarms.take, lambda s, i: office.alarms.resolve(s, i, "")):
        with acting(session, curious), pytest.raises(NotFound):
            act(session, alarm.id)
    for below in (bureau.person("DISP"), bureau.person("SHIFT")):
        assert alarms.open_alarms(session, below) == []
    with acting(session, colleague):
        assert office.alarms.take(session, alarm.id).taken_by == colleague.id


def test_a_commander_who_approved_something_of_the_case_handles_it(
    session: Session, desk: Desk, office: Office, open_case: Opener, do: Doer, bureau: Bureau,
    agent: Principal,
) -> None:  # fmt: skip
    unit, commander = bureau.person("UNIT"), bureau.person("CMD")
    case = do(open_case(report()), agent, "route", organisation_id=bureau.branch.id)
    case = do(case, unit, "verify")
    case = do(case, bureau.person("LEAD"), "not_file", ground="查无实据", text="查无实据")
    case = do(case, unit, "request_closure", result="已核查", text="查无实据")
    approval = desk.get(commander, f"/cases/{case.id}").get_json()["approvals"][0]["id"]
    do(case, commander, "approve_closure", approval_id=approval)
    opened(desk, commander, case)
    assert rung(session, office) == []


def test_more_than_five_within_an_hour_ring_once_for_another_commander(
    session: Session, desk: Desk, office: Office, open_case: Opener, bureau: Bureau
) -> None:
    case, busy, other = open_case(report()), bureau.person("CMD"), bureau.person("CMD")
    for _ in range(5):
        opened(desk, busy, case)
    assert rung(session, office) == []
    for _ in range(2):
        opened(desk, busy, case)
    (alarm,) = rung(session, office)
    assert (alarm.kind, alarm.params) == ("identity_rate", {"name": busy.name, "count": 6})
    assert len(entries(session, "identity.alert.rate")) == 2
    assert alarms.open_alarms(session, busy) == []
    assert [one.id for one in alarms.open_alarms(session, other)] == [alarm.id]


def test_words_that_name_the_informant_ring_though_they_are_refused(
    session: Session, office: Office, open_case: Opener, bureau: Bureau
) -> None:
    case, dispatcher = open_case(report()), bureau.person("DISP")
    refusals = []
    for _ in range(4):
        with acting(session, dispatcher), pytest.raises((BadInput, Conflict)) as refused:
            service.set_facts(session, office, case.id, f"联系{CANARY['name']}")
        refusals.append(refused.value.code)
    assert refusals == ["facts_contain_identity"] * 3 + ["words_locked"]
    (alarm,) = rung(session, office)
    assert (alarm.kind, alarm.level) == ("identity_words", 2)
    about = {"case_no": case.case_no, "case_id": case.id}
    assert alarm.params == {"name": dispatcher.name, **about}
    assert len(entries(session, "identity.alert.words")) == 4


# -- search by phone ------------------------------------------------------------------------------


def look_for(desk: Desk, who: Principal, number: str = PHONE, **changes: str) -> Any:
    return desk.post(who, "/identity/search", {"number": number, **WHY, **changes})


def test_a_search_by_phone_finds_informants_alone_and_never_in_silence(
    session: Session, desk: Desk, office: Office, open_case: Opener, bureau: Bureau
) -> None:
    wanted, _ = open_case(report()), open_case(complaint())
    by_caller = open_case(report(person={"name": "欧阳"}, caller_number=PHONE))
    commander = bureau.person("CMD")
    found = look_for(desk, commander, "+86 139-0000-7788").get_json()
    assert found == {
        "cases": [{"id": case.id, "case_no": case.case_no} for case in (wanted, by_caller)]
    }
    assert look_for(desk, commander, "13911112222").get_json() == {"cases": []}
    assert [alarm.kind for alarm in rung(session, office)] == ["identity_search"] * 2
    matched = session.scalars(select(Reveal)).all()
    assert [(one.case_id, one.fields) for one in matched] == [
        (wanted.id, ["phone"]), (by_caller.id, ["phone"]),
    ]  # fmt: skip
    assert len(entries(session, "identity.revealed")) == 2
    assert read(desk, commander, wanted, "").get_json()["code"] == "reveal_needed"
    kept = [*session.scalars(select(IdentitySearch)), *entries(session, "identity.alert.search")]
    assert len(kept) == 4 and not any("7788" in str(vars(row)) for row in kept)


def test_a_search_answers_its_own_jurisdiction_only(
    desk: Desk, open_case: Opener, do: Doer, bureau: Bureau, agent: Principal
) -> None:
    case = do(open_case(report()), agent, "route", organisation_id=bureau.branch.id)
    assert look_for(desk, bureau.person("CMD", at=bureau.other)).get_json() == {"cases": []}
    assert look_for(desk, bureau.person("CMD", at=bureau.sub)).get_json() == {
        "cases": [{"id": case.id, "case_no": case.case_no}]
    }


def test_a_commander_who_handles_cases_finds_those_they_handle_and_leaves_a_trace(
    session: Session, desk: Desk, office: Office, open_case: Opener, bureau: Bureau
) -> None:
    """The database lets them reveal no other: a search that failed there would tell, in silence."""
    other, own = open_case(report()), open_case(report())
    both = bureau.person("CMD", "UNIT", at=bureau.root)
    own.handler_id = both.id
    assert look_for(desk, both).get_json() == {"cases": [{"id": own.id, "case_no": own.case_no}]}
    other.handler_id = own.handler_id = None
    assert look_for(desk, both).get_json() == {"cases": []}
    assert [alarm.kind for alarm in rung(session, office)] == ["identity_search"] * 2
    assert len(session.scalars(select(IdentitySearch)).all()) == 2


@pytest.mark.parametrize("role", ["AGENT", "SHIFT", "DISP", "UNIT", "LEAD", "ADMIN", "AUDIT"])
def test_nobody_else_searches_by_phone(desk: Desk, bureau: Bureau, role: str) -> None:
    assert look_for(desk, bureau.person(role)).status_code == 403


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "12315"}, "number"),
        ({"reason_code": "curiosity"}, "reason_code"),
        ({"note": f"查{PHONE}是谁"}, "note"),
    ],
)
def test_a_search_needs_a_number_a_reason_and_a_note_without_the_number(
    session: Session, desk: Desk, bureau: Bureau, changes: dict[str, str], field: str
) -> None:
    refused = look_for(desk, bureau.person("CMD"), **changes)
    assert (refused.status_code, refused.get_json()["field"]) == (422, field)
    assert session.scalars(select(IdentitySearch)).all() == []


def test_prints_of_informants_and_complainants_never_compare(
    session: Session, open_case: Opener, office: Office
) -> None:
    open_case(report()), open_case(complaint())
    ours = set(session.scalars(select(ReporterPrint.print)))
    assert ours and not ours & {office.vault.print("complainant phone", PHONE)}


def test_only_a_count_says_that_complaints_share_a_phone(
    desk: Desk, open_case: Opener, do: Doer, bureau: Bureau, agent: Principal
) -> None:
    first, second = open_case(complaint()), open_case(complaint())
    reported = open_case(report())
    commander = bureau.person("CMD")
    assert desk.get(commander, f"/cases/{first.id}").get_json()["same_phone"] == 1
    assert desk.get(commander, f"/cases/{reported.id}").get_json()["same_phone"] == 0
    do(first, agent, "route", organisation_id=bureau.branch.id)
    do(second, agent, "route", organisation_id=bureau.other.id)
    unit = bureau.person("UNIT")
    assert desk.get(unit, f"/cases/{first.id}").get_json()["same_phone"] == 0


def test_the_seat_is_a_keyed_print_and_not_the_session(
    office: Office, desk: Desk, bureau: Bureau
) -> None:
    with desk.app.test_request_context():
        g.principal = replace(bureau.person("CMD"), session_id="secret")
        seat = identity_views.seat(office)
    assert b"secret" not in seat.session_print and len(seat.session_print) == 32
