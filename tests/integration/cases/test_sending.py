"""What dispatch may know of a case, and what comes back from it."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import timeline
from command_center.cases.models import TimelineEntry
from command_center.cases.office import Office
from command_center.cases.sending import CaseGate
from dispatch.orders.ports import CaseGate as Port
from kernel.errors import NotFound
from tests.factories.bureau import CANARY, SHOP, Bureau, acting, complaint, report
from tests.integration.cases.conftest import Opener


@pytest.fixture
def gate(office: Office) -> Port:
    return CaseGate(office)


def test_the_brief_carries_the_subject_and_the_facts_and_nobody_behind_them(
    session: Session, gate: Port, open_case: Opener, bureau: Bureau
) -> None:
    case = open_case(report())
    session.expire_all()
    with acting(session, bureau.person("DISP")):
        brief = gate.brief(session, case.id)
    assert (brief.case_no, brief.case_kind, brief.confidential) == (case.case_no, "JB", True)
    assert (brief.subject_name, brief.subject_phone) == ("老王饭店", "01065881234")
    assert brief.subject_legal_representative == "王建国"
    assert brief.dispatch_facts.startswith("该店使用超过保质期")
    assert brief.demand == "食品安全"
    assert (brief.lon, brief.lat) == SHOP
    words = str(brief.as_json())
    for name in ("name", "phone", "address", "id_number"):
        assert str(CANARY[name]) not in words


def test_the_demands_of_a_complaint_go_in_words(
    session: Session, gate: Port, open_case: Opener, bureau: Bureau
) -> None:
    case = open_case(complaint(demands=["refund", "compensate"]))
    session.expire_all()
    with acting(session, bureau.person("DISP")):
        brief = gate.brief(session, case.id)
    assert (brief.demand, brief.confidential) == ("退还货款、费用、赔偿损失", False)


def test_a_dispatcher_elsewhere_gets_no_brief(
    session: Session, gate: Port, open_case: Opener, bureau: Bureau
) -> None:
    case = open_case(complaint())
    with acting(session, bureau.person("DISP", at=bureau.other)), pytest.raises(NotFound):
        gate.brief(session, case.id)


def told(case_id: int, kind: str, minute: int, **params: Any) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "at": f"2026-09-22T02:{minute:02}:00+00:00",
        "kind": kind,
        "actor": "执法07",
        "order_id": 31,
        "params": params,
    }


def test_what_dispatch_tells_stands_in_the_timeline_and_moves_the_symbol(
    session: Session, open_case: Opener
) -> None:
    case = open_case(complaint())
    seen = []
    for minute, kind in enumerate(
        ["order_issued", "status_acked", "status_on_scene", "status_en_route", "status_fed_back"]
    ):
        timeline.from_dispatch(session, told(case.id, kind, minute, target="执法07"))
        seen.append(case.map_status)
    assert seen == ["sent", "acked", "on_scene", "on_scene", "fed_back"]
    entries = session.scalars(select(TimelineEntry).where(TimelineEntry.order_id == 31)).all()
    assert [entry.actor for entry in entries] == ["执法07"] * 5
    assert case.state == "REGISTERED", "feedback never moves the case itself"


def test_a_second_order_starts_the_symbol_anew_and_an_ended_case_keeps_its_own(
    session: Session, open_case: Opener
) -> None:
    case = open_case(complaint())
    timeline.from_dispatch(session, told(case.id, "status_fed_back", 1))
    timeline.from_dispatch(session, told(case.id, "order_issued", 2))
    assert case.map_status == "sent"
    case.map_status = "closed"
    timeline.from_dispatch(session, told(case.id, "status_on_scene", 3))
    assert case.map_status == "closed"


def test_news_of_a_case_that_is_gone_is_dropped(session: Session, bureau: Bureau) -> None:
    timeline.from_dispatch(session, told(987654321, "order_issued", 1))
