"""Supervision orders: proposed by one, issued by another, answered by the unit, judged."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import papers
from command_center.cases.models import Case, Deadline, Document, TimelineEntry
from command_center.cases.office import Office
from command_center.cases.supervision import lifecycle, paper, service, views, watch
from command_center.cases.supervision.models import Supervision
from dispatch.alarms.models import Alarm
from kernel.access import Principal, Role, system
from kernel.clock import FixedClock
from kernel.settings import Settings
from tests.factories.bureau import CANARY, Bureau, acting, complaint, report
from tests.factories.desk import Desk, OneTransaction
from tests.integration.cases.conftest import Doer, Opener

WORKER = system("worker", role=Role.HOUSE)
DRAFT = {
    "level": 1,
    "source": "leader",
    "problem": "受理后一直没有进展。",
    "demand": "三日内办结。",
}


@pytest.fixture
def desk(session: Session, settings: Settings, office: Office) -> Desk:
    return Desk(OneTransaction(session), settings, [views.create_blueprint(office)])


@pytest.fixture
def case(bureau: Bureau, open_case: Opener, do: Doer) -> Case:
    """A complaint that the branch has."""
    return routed(bureau, open_case(complaint()), do)


def routed(bureau: Bureau, case: Case, do: Doer) -> Case:
    return do(case, bureau.person("DISP"), "route", organisation_id=bureau.branch.id)


class Play:
    """One order and who does what with it."""

    def __init__(self, desk: Desk, case: Case, who: Principal, **more: Any):
        self.desk = desk
        body = {"case_id": case.id, "draft": {**DRAFT, **more.pop("draft", {})}, **more}
        made = desk.post(who, "/supervisions", body)
        assert made.status_code == 201, made.text
        self.now = made.get_json()

    def act(self, who: Principal, action: str, text: str = "", **more: Any) -> Any:
        body = {"version": self.now["version"], "text": text, **more}
        path = f"/supervisions/{self.now['id']}/actions/{action}"
        answer = self.desk.post(who, path, body)
        if answer.status_code == 200:
            self.now = answer.get_json()
        return answer


def ringing(session: Session) -> list[str]:
    open_ones = select(Alarm.kind).where(
        Alarm.reference_kind == "supervision", Alarm.resolved_at.is_(None)
    )
    return list(session.scalars(open_ones.order_by(Alarm.kind)))


def test_from_the_proposal_to_the_verdict(
    session: Session, bureau: Bureau, desk: Desk, case: Case
) -> None:
    commander, unit = bureau.person("CMD"), bureau.person("UNIT")
    play = Play(desk, case, bureau.person("DISP"))
    assert (play.now["state"], play.now["number"]) == ("PROPOSED", None)
    assert play.now["actions"] == []
    play.act(commander, "issue", draft={**DRAFT, "level": 2, "demand": "两日内办结。"})
    assert (play.now["state"], play.now["level"], play.now["unit_name"]) == (
        "ISSUED", 2, bureau.branch.name
    )  # fmt: skip
    assert play.now["number"].startswith("DB110000") and play.now["demand"] == "两日内办结。"
    play.act(unit, "sign")
    assert play.now["light"] == "green"
    play.act(unit, "reply", "已约谈经营者。")
    play.act(commander, "send_back", "没有说明何时办结。")
    assert play.now["state"] == "SIGNED"
    play.act(unit, "reply", "已约谈经营者，本周五前办结。")
    play.act(commander, "accept")
    assert (play.now["state"], play.now["reply"], play.now["actions"]) == (
        "ACCEPTED", "已约谈经营者，本周五前办结。", []
    )  # fmt: skip
    assert [one["act"] for one in play.now["entries"]] == [
        "propose", "issue", "sign", "reply", "send_back", "reply", "accept",
    ]  # fmt: skip
    told = session.scalars(
        select(TimelineEntry.kind)
        .where(TimelineEntry.case_id == case.id)
        .order_by(TimelineEntry.id)
    ).all()
    assert [kind for kind in told if kind.startswith("supervision_")] == [
        "supervision_propose", "supervision_issue", "supervision_sign", "supervision_reply",
        "supervision_send_back", "supervision_reply", "supervision_accept",
    ]  # fmt: skip


def test_who_may_do_what(bureau: Bureau, desk: Desk, case: Case) -> None:
    dispatcher, commander, unit = (bureau.person(role) for role in ("DISP", "CMD", "UNIT"))
    body = {"case_id": case.id, "draft": DRAFT}
    assert desk.post(dispatcher, "/supervisions", {**body, "issue": True}).status_code == 403
    assert desk.post(unit, "/supervisions", body).status_code == 403
    play = Play(desk, case, commander, issue=True)
    assert play.act(dispatcher, "escalate", "再催一次").status_code == 403
    assert play.act(commander, "sign").status_code == 403
    assert play.act(bureau.person("UNIT", at=bureau.other), "sign").status_code == 404
    assert play.act(unit, "reply", "先回复").get_json()["code"] == "illegal_transition"
    both = bureau.person("UNIT", "CMD", at=bureau.root)
    play.act(both, "sign")
    play.act(both, "reply", "已办结。")
    assert play.act(both, "accept").get_json()["code"] == "own_reply"


def test_a_case_has_one_at_a_time_and_nobody_acts_on_a_stale_screen(
    bureau: Bureau, desk: Desk, case: Case
) -> None:
    commander = bureau.person("CMD")
    play = Play(desk, case, commander)
    again = desk.post(commander, "/supervisions", {"case_id": case.id, "draft": DRAFT})
    assert (again.status_code, again.get_json()["code"]) == (409, "supervision_open")
    stale = play.now["version"]
    play.act(commander, "issue")
    play.now["version"] = stale
    assert play.act(commander, "withdraw", "写错了").get_json()["code"] == "stale"


def test_escalating_ends_it_and_puts_the_same_demand_one_level_up(
    session: Session, bureau: Bureau, desk: Desk, case: Case
) -> None:
    head = bureau.person("LEAD")
    play = Play(desk, case, head, issue=True)
    below = play.now["id"]
    for level in (2, 3):
        play.act(head, "escalate", "逾期不回复。")
        assert (play.now["level"], play.now["state"]) == (level, "ISSUED")
    assert "escalate" not in play.now["actions"]
    first = session.get_one(Supervision, below)
    assert (first.state, first.closed_at is not None) == ("ESCALATED", True)
    assert desk.get(head, "/supervisions", open="true").get_json()["items"] == [play.now]


def test_lateness_rings_until_the_unit_answers(
    session: Session, bureau: Bureau, office: Office, desk: Desk, case: Case, clock: FixedClock
) -> None:
    play = Play(desk, case, bureau.person("CMD"), issue=True)
    ident = play.now["id"]

    def due(limit: str) -> None:
        with acting(session, WORKER):
            service.overdue(office, session, {"supervision_id": ident, "limit": limit})

    due("sign")
    assert ringing(session) == []
    clock.advance(hours=25)
    due("sign")
    assert ringing(session) == ["supervision_unsigned"]
    unit = bureau.person("UNIT")
    assert desk.get(unit, f"/supervisions/{ident}").get_json()["light"] == "black"
    play.act(unit, "sign")
    assert ringing(session) == []
    clock.advance(days=10)
    due("reply")
    assert ringing(session) == ["supervision_overdue"]
    play.act(unit, "reply", "已办结。")
    assert ringing(session) == []
    due("reply")
    assert ringing(session) == []


def test_the_paper_is_frozen_when_it_goes_out_and_when_it_ends(
    session: Session, bureau: Bureau, desk: Desk, case: Case
) -> None:
    commander, unit = bureau.person("CMD"), bureau.person("UNIT")
    play = Play(desk, case, commander, issue=True)
    play.act(unit, "sign")
    printed = desk.get(unit, f"/supervisions/{play.now['id']}/paper.pdf")
    assert printed.data.startswith(b"%PDF-")
    play.act(unit, "reply", "已约谈，退款二百元。")
    play.act(commander, "accept", "同意。")
    first, last = session.scalars(
        select(Document).where(Document.kind == paper.KIND).order_by(Document.id)
    ).all()
    assert (first.data["reply"], first.data["signed"]) == ("", "")
    assert last.data["reply"] == "已约谈，退款二百元。" and unit.name in last.data["signed"]
    assert last.data["verdict"].startswith("同意办结") and last.data["reason"] == "同意。"
    assert first.number == play.now["number"]


@pytest.mark.parametrize("field", ["problem", "demand"])
@pytest.mark.parametrize("words", [f"是{CANARY['name']}说的", "请打 13812345678"])
def test_no_word_of_it_leads_to_a_person(
    bureau: Bureau, desk: Desk, open_case: Opener, do: Doer, field: str, words: str
) -> None:
    case = routed(bureau, open_case(report()), do)
    body = {"case_id": case.id, "draft": {**DRAFT, field: words}}
    refused = desk.post(bureau.person("CMD"), "/supervisions", body)
    assert refused.status_code == 422 and refused.get_json()["field"] == field


def test_a_reply_leads_to_nobody_either(
    session: Session, bureau: Bureau, desk: Desk, open_case: Opener, do: Doer
) -> None:
    case = routed(bureau, open_case(report()), do)
    play, unit = Play(desk, case, bureau.person("CMD"), issue=True), bureau.person("UNIT")
    play.act(unit, "sign")
    for words in (f"已问过{CANARY['name']}", "电话 13812345678"):
        assert play.act(unit, "reply", words).status_code == 422
    play.act(unit, "reply", "已到现场核查。")
    said = str(desk.get(unit, "/supervisions").get_json())
    made = session.scalars(select(Document).where(Document.kind == paper.KIND)).one()
    said += str(papers.cleared(paper.KIND, made.data).for_way("print"))
    for word in (CANARY["name"], CANARY["phone"], "老王饭店", "冰柜", "过期"):
        assert word not in said


def test_it_may_be_put_to_a_unit_that_has_not_the_case(
    bureau: Bureau, desk: Desk, case: Case
) -> None:
    """Who reads and answers the order still may not open the case."""
    draft = {"organisation_id": bureau.other.id}
    play = Play(desk, case, bureau.person("CMD"), issue=True, draft=draft)
    unit = bureau.person("UNIT", at=bureau.other)
    assert play.act(unit, "sign").status_code == 200
    assert desk.get(unit, f"/supervisions/{play.now['id']}/paper.pdf").status_code == 200
    station = {**DRAFT, "organisation_id": bureau.station.id}
    play.act(bureau.person("CMD"), "withdraw", "改派")
    refused = desk.post(
        bureau.person("CMD"), "/supervisions", {"case_id": case.id, "draft": station}
    )
    assert refused.get_json()["code"] == "not_a_unit"


def test_a_case_past_its_date_is_drafted_once(
    session: Session, bureau: Bureau, office: Office, desk: Desk, case: Case, clock: FixedClock
) -> None:
    def look() -> list[Supervision]:
        with acting(session, WORKER):
            watch.of_cases(office, session)
        return list(session.scalars(select(Supervision).order_by(Supervision.id)))

    assert look() == []
    clock.advance(days=30)
    [made] = look()
    assert (made.state, made.source, made.level) == ("PROPOSED", "overdue", 1)
    assert "受理决定时限已于" in made.problem
    assert look() == [made]
    with acting(session, bureau.person("CMD")):
        service.act(session, office, made.id, "withdraw", made.version, "已另行处理")
    assert look() == [made]
    session.add(
        Deadline(
            case_id=case.id, rule="L121.notify", started_at=clock.now(), provisional=False,
            basis="", yellow_at=clock.now(), red_at=clock.now(),
            due_at=clock.now() - timedelta(days=1),
        )
    )  # fmt: skip
    session.flush()
    _, second = look()
    assert "告知时限" in second.problem
    case.closed_at = clock.now()
    session.flush()
    look()
    assert second.state == "WITHDRAWN"


def test_an_order_without_feedback_is_drafted(
    session: Session, office: Office, case: Case, clock: FixedClock
) -> None:
    told = {
        "case_id": case.id, "kind": "feedback_overdue", "order_id": 7, "actor": "",
        "at": clock.now().isoformat(), "params": {"to": "京A12345"},
    }  # fmt: skip
    for _ in range(2):
        with acting(session, WORKER):
            watch.from_dispatch(office, session, told)
    [made] = session.scalars(select(Supervision)).all()
    assert (made.source, made.cause) == ("order_overdue", "order:7")
    assert "京A12345" in made.problem


def test_the_page_has_words_for_every_code(office: Office) -> None:
    assert paper.SOURCES.keys() == set(lifecycle.SOURCES)
    assert paper.LEVELS.keys() == office.supervision.keys()
    ends = {name for name, step in lifecycle.STEPS.items() if step.target in lifecycle.ENDED}
    assert paper.VERDICTS.keys() == ends
