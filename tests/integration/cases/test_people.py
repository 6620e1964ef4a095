"""Who sees whom: masking, reveals, and the list of what may be known."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import attachments, identity, present, sending, service
from command_center.cases.identity import Seat
from command_center.cases.models import Case
from command_center.cases.office import Office
from command_center.cases.schemas import CaseDetail
from kernel.access import Principal
from kernel.audit import AuditEntry
from kernel.clock import FixedClock
from kernel.errors import BadInput, Conflict, Forbidden, NotFound
from tests.factories.bureau import CANARY, Bureau, acting, complaint, report
from tests.factories.pictures import picture
from tests.integration.cases.conftest import Doer, Opener


@pytest.fixture
def unit(bureau: Bureau) -> Principal:
    return bureau.person("UNIT")


@pytest.fixture
def at_the_branch(open_case: Opener, do: Doer, bureau: Bureau, agent: Principal) -> Any:
    return lambda told: do(open_case(told), agent, "route", organisation_id=bureau.branch.id)


def seen_by(session: Session, office: Office, case: Case, who: Principal) -> CaseDetail:
    session.flush()
    session.expire_all()
    with acting(session, who):
        return present.detail(session, office, present.queries.get(session, case.id))


def reveal(session: Session, office: Office, case: Case, who: Principal) -> dict[str, Any]:
    with acting(session, who):
        found = identity.reveal(session, office.vault, case, Seat(), "verify", "")
    session.flush()
    return found


@pytest.mark.parametrize(("role", "full"), [("SHIFT", True), ("CMD", True), ("DISP", False)])
def test_a_complainant_is_masked_for_those_who_only_dispatch(
    session: Session, office: Office, open_case: Opener, bureau: Bureau, role: str, full: bool
) -> None:
    shown = seen_by(session, office, open_case(complaint()), bureau.person(role))
    assert shown.complainant
    if full:
        assert shown.complainant.phone == CANARY["phone"]
        assert shown.sealed_narrative and "诸葛青禾" in shown.sealed_narrative
    else:
        assert shown.complainant.model_dump() == {
            "name": "诸**", "phone": "139****7788", "address": "北京市东城区**", "masked": True,
        }  # fmt: skip
        assert shown.sealed_narrative is None


def test_an_agent_sees_the_complainant_of_their_own_case_only(
    session: Session, office: Office, open_case: Opener, bureau: Bureau, agent: Principal
) -> None:
    case = open_case(complaint())
    mine = seen_by(session, office, case, agent).complainant
    others = seen_by(session, office, case, bureau.person("AGENT")).complainant
    assert mine and others and (mine.masked, others.masked) == (False, True)


@pytest.mark.parametrize("role", ["AGENT", "SHIFT", "DISP", "CMD", "LEAD", "UNIT"])
def test_nobody_reads_an_informant_or_the_narrative_on_the_case_page(
    session: Session, office: Office, at_the_branch: Any, bureau: Bureau, role: str
) -> None:
    shown = seen_by(session, office, at_the_branch(report()), bureau.person(role))
    assert shown.complainant is None
    assert shown.informant and (shown.informant.given, shown.informant.real_name) == (True, True)
    page = shown.model_dump_json()
    for name in ("name", "phone", "address", "id_number"):
        assert str(CANARY[name]) not in page
    assert "我叫" not in page


def test_the_named_handler_reveals_an_informant_with_a_reason_and_it_is_logged(
    session: Session, office: Office, at_the_branch: Any, do: Doer, unit: Principal
) -> None:
    case = do(at_the_branch(report()), unit, "verify")
    found = reveal(session, office, case, unit)
    assert (found["name"], found["phone"]) == (CANARY["name"], CANARY["phone"])
    assert "过期的肉" in found["narrative"]
    logged = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "identity.revealed")
    ).one()
    assert (logged.actor_id, logged.object_id) == (unit.id, str(case.id))
    assert logged.reason_code == "verify"
    assert str(CANARY["name"]) not in str(logged.detail)


def test_a_colleague_of_the_handler_reveals_nothing(
    session: Session, office: Office, at_the_branch: Any, do: Doer, unit: Principal, bureau: Bureau
) -> None:
    case = do(at_the_branch(report()), unit, "verify")
    with pytest.raises(Forbidden) as refused:
        reveal(session, office, case, bureau.person("UNIT"))
    assert refused.value.code == "not_the_handler"


@pytest.mark.parametrize("role", ["AGENT", "SHIFT", "DISP", "LEAD", "ADMIN", "STAT", "AUDIT"])
def test_roles_without_the_permission_reveal_nothing(
    session: Session, office: Office, open_case: Opener, bureau: Bureau, role: str
) -> None:
    case = open_case(report())
    with pytest.raises(Forbidden):
        reveal(session, office, case, bureau.person(role))


def test_a_commander_elsewhere_reveals_nothing(
    session: Session, office: Office, at_the_branch: Any, bureau: Bureau
) -> None:
    with pytest.raises(Forbidden) as refused:
        reveal(session, office, at_the_branch(report()), bureau.person("CMD", at=bureau.other))
    assert refused.value.code == "outside_jurisdiction"


@pytest.mark.parametrize(
    ("reason", "note", "field"),
    [("curiosity", "", "reason_code"), ("verify", "回拨诸葛青禾", "note")],
)
def test_a_reveal_needs_a_known_reason_and_a_note_that_names_nobody(
    session: Session, office: Office, open_case: Opener, bureau: Bureau,
    reason: str, note: str, field: str,
) -> None:  # fmt: skip
    case = open_case(report())
    with acting(session, bureau.person("CMD")), pytest.raises(BadInput) as refused:
        identity.reveal(session, office.vault, case, Seat(), reason, note)
    assert refused.value.field == field
    assert not session.scalars(
        select(AuditEntry).where(AuditEntry.action == "identity.revealed")
    ).all()


def test_an_anonymous_report_has_only_its_narrative_to_reveal(
    session: Session, office: Office, open_case: Opener, bureau: Bureau
) -> None:
    told = report(person={"anonymous": True}, sealed_narrative="夜里听见机器声")
    found = reveal(session, office, open_case(told), bureau.person("CMD"))
    assert found.keys() == {"narrative", "expires_at"}
    assert found["narrative"] == "夜里听见机器声"
    empty = open_case(report(person={"anonymous": True}, sealed_narrative="", details={}))
    with pytest.raises(NotFound):
        reveal(session, office, empty, bureau.person("CMD"))


def test_the_sixth_reveal_within_an_hour_is_marked(
    session: Session, office: Office, open_case: Opener, bureau: Bureau, clock: FixedClock
) -> None:
    case, commander = open_case(report()), bureau.person("CMD")
    for minutes in (1, 1, 1, 1, 1, 1, 61):
        reveal(session, office, case, commander)
        clock.advance(minutes=minutes)
    reveal(session, office, case, commander)
    marks = session.scalars(
        select(AuditEntry.detail)
        .where(AuditEntry.action == "identity.revealed")
        .order_by(AuditEntry.id)
    ).all()
    assert [mark["above_rate"] for mark in marks] == [False] * 5 + [True, True, False]


def refusals(session: Session) -> int:
    found = session.scalars(select(AuditEntry).where(AuditEntry.action == "identity.matched"))
    return len(found.all())


def guess(session: Session, office: Office, case: Case, who: Principal, words: str) -> str:
    """Write facts as somebody; gives the refusal's code, or "" when they were taken."""
    with acting(session, who):
        try:
            service.set_facts(session, office, case.id, words)
        except (BadInput, Conflict) as refused:
            assert "found" not in refused.params
            return refused.code
    return ""


def test_a_refusal_tells_nothing_is_remembered_and_guessing_ends(
    session: Session, office: Office, open_case: Opener, bureau: Bureau
) -> None:
    case, dispatcher = open_case(report()), bureau.person("DISP")
    assert guess(session, office, case, dispatcher, "店员张三丰在场") == ""
    pattern = guess(session, office, case, dispatcher, "可联系 13512345678")
    assert refusals(session) == 0, "a stranger's number is nobody's secret"
    own = guess(session, office, case, dispatcher, f"员工：张三丰、{CANARY['name']}")
    assert own == pattern == "facts_contain_identity"
    guess(session, office, case, dispatcher, str(CANARY["phone"]))
    guess(session, office, case, dispatcher, str(CANARY["id_number"]))
    assert refusals(session) == 3
    assert guess(session, office, case, dispatcher, "店员李四在场") == "words_locked"
    with acting(session, dispatcher):
        sending.CaseGate(office).refuse_person(session, case.id, {"note": ""})
    assert guess(session, office, case, bureau.person("CMD"), "店员李四在场") == ""
    assert guess(session, office, open_case(report()), dispatcher, "店员李四在场") == ""


def test_who_took_a_report_is_known_to_those_who_may_know_the_caller(
    session: Session, office: Office, open_case: Opener, bureau: Bureau
) -> None:
    case = open_case(report())
    for role, known in (("DISP", False), ("SHIFT", False), ("CMD", True)):
        shown = seen_by(session, office, case, bureau.person(role))
        assert (bool(shown.first_handler), bool(shown.timeline[0].actor)) == (known, known)


def test_a_file_of_a_report_loses_the_name_it_came_with(
    session: Session, office: Office, open_case: Opener, tmp_path: Path
) -> None:
    office = replace(office, attachments=tmp_path)
    png = picture()
    kept = attachments.add(session, office, open_case(report()), f"{CANARY['name']}.png", png)
    assert str(CANARY["name"]) not in kept.name
    assert kept.name.endswith(".png")


@pytest.mark.parametrize(
    ("sent", "kept"), [("a\0b\n.png", "ab.png"), ("../../x.png", "x.png"), ("\0", "")]
)
def test_a_files_name_holds_no_control_characters_and_no_folder(
    session: Session, office: Office, open_case: Opener, tmp_path: Path, sent: str, kept: str
) -> None:
    office = replace(office, attachments=tmp_path)
    png = picture()
    found = attachments.add(session, office, open_case(complaint()), sent, png)
    session.flush()
    assert found.name == (kept or found.sha256[:12])
