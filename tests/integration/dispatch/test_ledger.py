"""The ledger: who was told over which way, who took it, and by what proof."""

import re
from dataclasses import replace
from datetime import datetime

import pytest

from dispatch.orders import ledger, queries
from dispatch.orders.ledger import Line, Proof
from kernel.clock import FixedClock
from telephony import receipts
from telephony.lifecycle import Kind
from telephony.receipts import Heard
from tests.integration.dispatch.conftest import EAST, WORKER, Desk


@pytest.fixture(autouse=True)
def ticking(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes while something is done, as it does in earnest."""

    def now(clock: FixedClock) -> datetime:
        clock.advance(microseconds=50)
        return clock.at

    monkeypatch.setattr(FixedClock, "now", now)


def lines(desk: Desk, order_id: int) -> list[Line]:
    return desk.do(lambda s: ledger.lines(s, queries.lock(s, order_id)))


def test_the_text_that_was_answered_bears_the_proof(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), branch_ids=(EAST.id,), channels=("sms", "app"))
    desk.work(seconds=1)
    first = desk.deliveries(order_id)[0]
    for part in range(1, (first.pages or 1) + 1):
        heard = Heard(f"e{part}", first.message_id or 0, 1, part, Kind.DELIVERED, desk.clock.now())
        desk.do(lambda s, h=heard: receipts.record(s, h), WORKER)
    desk.work(seconds=30)
    desk.text_in(first.address, "1")
    own = [one for one in lines(desk, order_id) if not one.is_copy]
    assert [(one.channel, one.name, bool(one.proof)) for one in own] == [
        ("sms", "警员100", True), ("sms", "警员101", False), ("app", "京A0001", False),
    ]  # fmt: skip
    answered = own[0]
    assert answered.proof and answered.proof.details.keys() == {"inbound_id"}
    assert answered.acknowledged_at == desk.assignment(order_id).acknowledged_at
    assert answered.sent_at and answered.delivered_at and answered.queued_at


def test_what_a_dispatcher_heard_stands_on_a_line_of_its_own(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), channels=("app",))
    desk.report(desk.assignment(order_id).id, "ON_SCENE", via="desk", actor="李文涛")
    _, said = lines(desk, order_id)
    assert (said.channel, said.name, said.address, said.state) == ("desk", "李文涛", "", "")
    assert said.proof and said.proof.report == "ON_SCENE"


def test_a_proof_is_told_in_words_and_in_the_bureaus_zone(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), channels=("sms",))
    desk.work(seconds=1)
    desk.text_in(desk.deliveries(order_id)[0].address, "1")
    found = [one for one in lines(desk, order_id) if one.proof]
    track = Proof("gps", "李文涛", "ON_SCENE", {"proposal_id": 7, "since": "2026-09-22T01:00:00Z"})
    order, moment = desk.order(order_id), desk.clock.now()
    rows = ledger.cleared(
        order, [*found, replace(found[0], proof=track)], moment, desk.room.zone
    ).for_way("print")["rows"]
    by_text, by_track = (row["proof"] for row in rows)
    assert re.fullmatch(r"短信 警员100，来信 \d+", by_text)
    assert by_track == "轨迹确认 李文涛，到场提示 7，起始 09-22 09:00:00"


def test_later_reports_are_no_acknowledgement(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), channels=("app",))
    ident = desk.assignment(order_id).id
    desk.report(ident, "ACKED")
    desk.work(minutes=1)
    desk.report(ident, "ON_SCENE", via="desk", actor="李文涛")
    [line] = lines(desk, order_id)
    assert line.proof and (line.proof.via, line.proof.report) == ("app", "ACKED")


def test_the_page_is_one_for_an_order_of_usual_size(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001", crew=6), branch_ids=(EAST.id,))
    desk.work(minutes=6)
    found = lines(desk, order_id)
    order = desk.order(order_id)
    told = ledger.cleared(order, found, desk.clock.now(), desk.room.zone)
    page = ledger.render(told)
    assert page.startswith(b"%PDF-") and page.count(b"/Type /Page\n") <= 1
    assert len(found) == 6 + 1 + 2


def test_the_words_of_the_order_are_not_on_it(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), branch_ids=(EAST.id,), note="从后门进")
    told = ledger.cleared(
        desk.order(order_id), lines(desk, order_id), desk.clock.now(), desk.room.zone
    )
    said = str(told.for_way("print"))
    for word in ("后厨", "从后门进", "老王饭店", "退款"):
        assert word not in said
