"""Complaint, report and consultation walked on a real database: who, in which order, until when."""

import subprocess
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import actions, identity, papers, queries
from command_center.cases.models import Approval, Case, Deadline, Document, TimelineEntry
from command_center.cases.office import Office
from command_center.cases.sending import CaseGate
from kernel.access import Principal
from kernel.clock import FixedClock
from kernel.errors import AppError, BadInput, Conflict, Forbidden, IllegalTransition, NotFound
from kernel.jobs import Job
from tests.factories.bureau import Bureau, acting, complaint, consultation, report
from tests.integration.cases.conftest import Doer, Opener


@pytest.fixture
def unit(bureau: Bureau) -> Principal:
    return bureau.person("UNIT")


@pytest.fixture
def commander(bureau: Bureau) -> Principal:
    return bureau.person("CMD")


@pytest.fixture
def head(bureau: Bureau) -> Principal:
    return bureau.person("LEAD")


@pytest.fixture
def routed(open_case: Opener, do: Doer, bureau: Bureau, agent: Principal) -> Any:
    """A case at the branch: `routed(complaint())`."""
    return lambda told: do(open_case(told), agent, "route", organisation_id=bureau.branch.id)


def clocks(session: Session, case: Case) -> dict[str, str]:
    """Rule -> open, met or void, of the latest clock of each rule."""
    found = session.scalars(
        select(Deadline).where(Deadline.case_id == case.id).order_by(Deadline.id)
    )
    return {c.rule: "met" if c.met_at else "void" if c.void_at else "open" for c in found}


def kinds(session: Session, case: Case) -> Sequence[str]:
    found = select(TimelineEntry.kind).where(TimelineEntry.case_id == case.id)
    return session.scalars(found.order_by(TimelineEntry.id)).all()


def approval(session: Session, case: Case) -> int:
    (found,) = queries.pending_approvals(session, case.id)
    return int(found.id)


def test_a_complaint_from_routing_to_closure(
    session: Session,
    do: Doer,
    routed: Any,
    unit: Principal,
    commander: Principal,
    clock: FixedClock,
) -> None:
    case = routed(complaint())
    assert (case.state, case.organisation_path) == ("ROUTED", unit.organisation_path)
    clock.advance(days=1)
    do(case, unit, "accept")
    assert (case.state, case.handler_id) == ("ACCEPTED", unit.id)
    assert clocks(session, case) == {
        "CENTRE.route": "met", "L121.accept": "met", "L121.mediate": "open",
    }  # fmt: skip
    # 60 days from 23 September end on Sunday 22 November and roll to Monday.
    assert case.due_at == datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC)
    do(case, unit, "mediate", mode="phone")
    do(case, unit, "agree", result="退还货款", amount_recovered=268.5)
    assert (case.disposition, case.outcome["amount_recovered"]) == ("AGREED", 268.5)
    assert case.due_at is None
    do(case, unit, "request_closure", result="调解成功", text="已退款，双方无异议")
    do(case, commander, "approve_closure", approval_id=approval(session, case))
    assert (case.state, case.disposition, case.map_status) == ("CLOSED", "AGREED", "closed")
    assert case.closed_at is not None
    assert kinds(session, case) == [
        "registered", "route", "accept", "mediate", "agree", "request_closure", "approve_closure",
    ]  # fmt: skip


def test_termination_must_be_told_before_the_case_may_close(
    session: Session, do: Doer, routed: Any, unit: Principal
) -> None:
    case = routed(complaint())
    do(case, unit, "accept")
    do(case, unit, "mediate", mode="onsite")
    do(case, unit, "terminate", reason_code="T3", text="双方差距过大")
    assert clocks(session, case)["L121.notify"] == "open"
    with pytest.raises(IllegalTransition):
        do(case, unit, "request_closure", result="终止", text="未告知")
    do(case, unit, "notify", channel="sms")
    assert (case.state, case.disposition) == ("NOTIFIED", "TERMINATED")
    assert clocks(session, case)["L121.notify"] == "met"
    do(case, unit, "request_closure", result="终止调解", text="已告知")


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("reject", {"reason_code": "T1", "remedies": ["法院起诉"], "text": "x"}),
        ("reject", {"reason_code": "N9", "remedies": ["法院起诉"], "text": "x"}),
        ("return", {"reason_code": "N1", "text": "x"}),
    ],
)
def test_a_reason_comes_from_its_own_table(
    do: Doer, routed: Any, unit: Principal, action: str, given: dict[str, Any]
) -> None:
    with pytest.raises(BadInput) as refused:
        do(routed(complaint()), unit, action, **given)
    assert (refused.value.field, refused.value.code) == ("reason_code", "unknown_code")


def test_a_unit_returns_a_case_to_the_centre_which_routes_it_anew(
    session: Session, do: Doer, routed: Any, bureau: Bureau, unit: Principal, agent: Principal
) -> None:
    case = routed(complaint())
    do(case, unit, "return", reason_code="R8", text="经营地址在西区")
    assert (case.state, case.organisation_id) == ("RETURNED", bureau.root.id)
    assert clocks(session, case) == {"CENTRE.route": "open", "L121.accept": "void"}
    with pytest.raises(NotFound):
        do(case, unit, "accept")
    do(case, agent, "route", organisation_id=bureau.other.id)
    assert case.organisation_id == bureau.other.id
    assert clocks(session, case) == {"CENTRE.route": "met", "L121.accept": "open"}


def test_nothing_is_ever_routed_to_a_service_station(
    do: Doer, open_case: Opener, bureau: Bureau, agent: Principal
) -> None:
    with pytest.raises(BadInput) as refused:
        do(open_case(complaint()), agent, "route", organisation_id=bureau.station.id)
    assert refused.value.code == "not_a_unit"


def test_a_clerk_routes_only_what_they_registered(
    do: Doer, open_case: Opener, bureau: Bureau
) -> None:
    with pytest.raises(Forbidden) as refused:
        do(
            open_case(complaint()), bureau.person("AGENT"), "route",
            organisation_id=bureau.branch.id,
        )  # fmt: skip
    assert refused.value.code == "not_your_case"


def test_people_elsewhere_do_not_even_learn_that_the_case_exists(
    do: Doer, routed: Any, bureau: Bureau
) -> None:
    case = routed(complaint())
    with pytest.raises(NotFound):
        do(case, bureau.person("UNIT", at=bureau.other), "accept")


def test_an_open_order_keeps_its_case_from_closing(
    session: Session, office: Office, do: Doer, routed: Any, unit: Principal, commander: Principal
) -> None:
    gate = CaseGate(office)
    case = routed(complaint())
    do(case, unit, "accept")
    do(case, unit, "mediate", mode="phone")
    do(case, unit, "agree", result="换货", amount_recovered=0)
    do(case, unit, "request_closure", result="调解成功", text="已换货")
    gate.place_hold(session, case.id, 501)
    with pytest.raises(IllegalTransition) as refused:
        do(case, commander, "approve_closure", approval_id=approval(session, case))
    assert refused.value.params["open_orders"] == 1
    gate.release_hold(session, case.id, 501)
    gate.release_hold(session, case.id, 501)
    do(case, commander, "approve_closure", approval_id=approval(session, case))
    with pytest.raises(Conflict) as too_late:
        gate.place_hold(session, case.id, 502)
    assert too_late.value.code == "case_closed"


def test_whoever_asks_for_closure_does_not_grant_it(
    session: Session, do: Doer, routed: Any, unit: Principal, bureau: Bureau
) -> None:
    both = bureau.person("UNIT", "CMD", at=bureau.branch)
    case = routed(complaint())
    do(case, unit, "reject", reason_code="N1", remedies=["向住建部门反映"], text="物业纠纷")
    do(case, both, "request_closure", result="不予受理", text="已告知")
    with pytest.raises(Forbidden) as refused:
        do(case, both, "approve_closure", approval_id=approval(session, case))
    assert refused.value.code == "own_request"
    other = bureau.person("CMD")
    do(case, other, "refuse_closure", approval_id=approval(session, case), reason="缺送达证明")
    assert case.state == "REJECTED"
    decided = session.scalars(select(Approval).where(Approval.case_id == case.id)).one()
    assert (decided.verdict, decided.reason) == ("refused", "缺送达证明")


def test_an_approval_names_the_very_request_it_answers(
    session: Session, do: Doer, routed: Any, unit: Principal, commander: Principal
) -> None:
    case = routed(complaint())
    do(case, unit, "withdraw", statement="已与商家和解")
    do(case, unit, "request_closure", result="撤回", text="投诉人书面撤回")
    with pytest.raises(BadInput) as refused:
        do(case, commander, "approve_closure", approval_id=approval(session, case) + 1)
    assert refused.value.field == "approval_id"


def test_a_report_is_verified_and_filed_and_stays_open(
    session: Session, do: Doer, routed: Any, unit: Principal, head: Principal
) -> None:
    case = routed(report())
    do(case, unit, "verify")
    assert clocks(session, case) == {"CENTRE.route": "met", "LAP.verify": "open"}
    with pytest.raises(Forbidden):
        do(case, unit, "file", cause="经营超过保质期的食品")
    do(case, head, "file", cause="经营超过保质期的食品")
    assert (case.state, case.disposition, case.closed_at) == ("FILED", "FILED", None)
    assert clocks(session, case)["LAP.decide"] == "open"
    with pytest.raises(IllegalTransition):
        do(case, unit, "request_closure", result="已立案", text="…")


def test_a_report_not_filed_closes_with_approval(
    session: Session, do: Doer, routed: Any, unit: Principal, head: Principal, commander: Principal
) -> None:
    case = routed(report())
    do(case, unit, "verify")
    do(case, head, "not_file", ground="首次轻微违法并及时改正", text="已责令改正")
    do(case, unit, "request_closure", result="不予立案", text="已责令改正")
    do(case, commander, "approve_closure", approval_id=approval(session, case))
    assert (case.state, case.disposition) == ("CLOSED", "NOT_FILED")


TRANSFER = {
    "agency": "police",
    "reason": "涉嫌生产、销售有毒、有害食品罪",
    "legal_basis": "《行政执法机关移送涉嫌犯罪案件的规定》第三条",
    "materials": ["现场笔录", "抽样检验报告"],
}


def test_a_transfer_needs_the_head_and_makes_a_letter_whose_reply_is_recorded(
    session: Session,
    office: Office,
    do: Doer,
    routed: Any,
    unit: Principal,
    commander: Principal,
    head: Principal,
) -> None:
    case = routed(report())
    do(case, unit, "verify")
    do(case, unit, "request_transfer", **TRANSFER)
    with pytest.raises(Forbidden):
        do(case, commander, "approve_transfer", approval_id=approval(session, case))
    do(case, head, "approve_transfer", approval_id=approval(session, case))
    assert (case.state, case.disposition, case.map_status) == ("REFERRED", "REFERRED", "referred")
    paper = session.scalars(select(Document).where(Document.case_id == case.id)).one()
    assert (paper.kind, paper.number) == ("referral_letter", "京市监移〔2026〕第1号")
    assert paper.data["agency"] == "公安机关"
    assert session.scalars(select(Job).where(Job.kind == papers.RENDER)).one().payload == {
        "document_id": paper.id
    }
    do(case, unit, "record_reply", text="已受案，案号2026-118")
    assert (paper.reply, paper.replied_at is not None) == ("已受案，案号2026-118", True)
    do(case, unit, "request_closure", result="移送", text="公安机关已受案")
    do(case, commander, "approve_closure", approval_id=approval(session, case))
    assert (case.state, case.map_status) == ("CLOSED", "referred")


def test_the_letter_reads_as_it_was_drawn_up_and_names_no_informant(
    session: Session, office: Office, do: Doer, routed: Any, unit: Principal, head: Principal
) -> None:
    case = routed(report())
    do(case, unit, "verify")
    do(case, unit, "request_transfer", **TRANSFER)
    do(case, head, "approve_transfer", approval_id=approval(session, case))
    paper = session.scalars(select(Document).where(Document.case_id == case.id)).one()
    with acting(session, head):
        _, pdf = papers.pdf(session, paper.id)
        _, again = papers.pdf(session, paper.id)
    assert pdf.startswith(b"%PDF-")
    assert again == pdf, "kept, not made anew"
    words = _text_of(pdf)
    for needed in ("案件移送函", "京市监移〔2026〕第1号", "公安机关", "老王饭店", case.case_no,
                   "抽样检验报告", "送达回执", "该店使用超过保质期的肉类"):  # fmt: skip
        assert needed in words
    for secret in ("诸葛青禾", "13900007788", "和平里七区"):
        assert secret not in words


def test_a_paper_of_a_case_elsewhere_is_not_found(
    session: Session, do: Doer, routed: Any, unit: Principal, head: Principal, bureau: Bureau
) -> None:
    case = routed(report())
    do(case, unit, "verify")
    do(case, unit, "request_transfer", **TRANSFER)
    do(case, head, "approve_transfer", approval_id=approval(session, case))
    paper = session.scalars(select(Document).where(Document.case_id == case.id)).one()
    with acting(session, bureau.person("UNIT", at=bureau.other)), pytest.raises(NotFound):
        papers.pdf(session, paper.id)


def test_merging_restarts_the_period_of_the_report_that_goes_on(
    session: Session, do: Doer, routed: Any, unit: Principal, clock: FixedClock, open_case: Opener
) -> None:
    older = routed(report())
    do(older, unit, "verify")
    before = older.due_at
    clock.advance(days=6)
    newer = routed(report())
    do(newer, unit, "merge", into_case_no=older.case_no)
    session.refresh(older)
    assert newer.state == "MERGED"
    assert older.due_at is not None and before is not None and older.due_at > before
    assert "merged_in" in kinds(session, older)


@pytest.mark.parametrize("into", ["itself", "a complaint", "another subject", "nothing"])
def test_a_report_merges_only_into_an_open_report_on_the_same_subject(
    do: Doer, routed: Any, unit: Principal, into: str
) -> None:
    case = routed(report())
    numbers = {
        "itself": case.case_no,
        "a complaint": routed(complaint()).case_no,
        "another subject": routed(report(subject={"name": "小李面馆"})).case_no,
        "nothing": "JB0000",
    }
    with pytest.raises(BadInput) as refused:
        do(case, unit, "merge", into_case_no=numbers[into])
    assert refused.value.field == "into_case_no"


def test_a_report_that_is_not_ours_ends_with_the_words_told(
    session: Session, do: Doer, open_case: Opener, agent: Principal
) -> None:
    case = do(open_case(report()), agent, "not_ours", text="属烟草专卖，已告知拨打12313")
    assert (case.state, case.due_at) == ("NOT_OURS", None)
    assert case.closed_at is not None
    assert set(clocks(session, case).values()) <= {"met", "void"}


def test_a_consultation_called_back_and_closed(
    session: Session, office: Office, do: Doer, open_case: Opener, agent: Principal
) -> None:
    case = open_case(consultation(person={}))
    do(case, agent, "callback", phone="13700001111", name="刘女士", due=date(2026, 9, 24))
    assert case.due_at == datetime(2026, 9, 24, 15, 59, 59, tzinfo=UTC)
    asker = identity.complainant(session, office.vault, case)
    assert asker and asker.phone == "13700001111"
    assert "13700001111" not in str([e.params for e in _entries(session, case)])
    do(case, agent, "answer", text="自签收次日起七日内。")
    do(case, agent, "close")
    assert (case.state, case.disposition, case.due_at) == ("CLOSED", "ANSWERED", None)


def test_nobody_decides_on_a_stale_screen(
    session: Session, office: Office, routed: Any, unit: Principal
) -> None:
    case = routed(complaint())
    seen = case.version
    with acting(session, unit):
        actions.act(session, office, case.id, "accept", {}, seen)
        with pytest.raises(Conflict) as refused:
            actions.act(session, office, case.id, "mediate", {"mode": "phone"}, seen)
    assert (refused.value.code, refused.value.params["version"]) == ("stale", case.version)


def test_a_refused_step_leaves_the_case_as_it_was(
    session: Session, do: Doer, routed: Any, unit: Principal
) -> None:
    case = routed(report())
    version, entries = case.version, len(kinds(session, case))
    for given in ({"into_case_no": "JB0"}, {"into_case_no": "诸葛青禾"}):
        with pytest.raises(AppError):
            do(case, unit, "merge", **given)
    session.refresh(case)
    assert (case.state, case.version) == ("ROUTED", version)
    assert len(kinds(session, case)) == entries


def _entries(session: Session, case: Case) -> Sequence[TimelineEntry]:
    return session.scalars(select(TimelineEntry).where(TimelineEntry.case_id == case.id)).all()


def _text_of(pdf: bytes) -> str:
    made = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True)
    return made.stdout.decode().replace("\n", "")
