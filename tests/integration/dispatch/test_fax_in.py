"""Faxes that come in: a branch's are filed with its order, a stranger's are a citizen's."""

import pytest
from sqlalchemy import text

from dispatch.inbound import queries
from dispatch.inbound.models import Reply
from dispatch.inbound.strangers import KEPT
from dispatch.orders import ledger
from dispatch.orders import queries as orders
from kernel.access import Principal
from kernel.errors import NotFound
from tests.integration.dispatch.conftest import DISPATCHER, EAST, WEST, WORKER, Desk, person

FAX = {"channels": ("fax",)}
CITIZEN = "+99913899999999"
AGENT = person(21, "AGENT", name="坐席")
PAGES = b"%PDF-1.7 a page"


def waiting(desk: Desk, who: Principal = DISPATCHER, *, strangers: bool = False) -> list[Reply]:
    return list(desk.do(lambda s: queries.listed(s, who, strangers=strangers, only_open=True), who))


def read(desk: Desk, ident: int, who: Principal = DISPATCHER, *, strangers: bool = False) -> bytes:
    return desk.do(
        lambda s: desk.room.inbound.pages.read(
            s, queries.visible(s, who, ident, strangers=strangers)
        ),
        who,
    )


def settle(desk: Desk, ident: int, assignment_id: int | None, state: str | None) -> Reply:
    return desk.do(lambda s: desk.room.inbound.settle(s, ident, assignment_id, state, "签字回传"))


def test_the_fax_of_a_branch_with_one_order_is_filed_there_and_waits_for_a_person(
    desk: Desk,
) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,), **FAX)
    desk.fax_in(EAST.fax)
    [reply] = waiting(desk)
    assert (reply.why, reply.assignment_id) == ("fax", desk.assignment(order_id).id)
    [kept] = desk.evidence.kept
    assert (kept["order_id"], kept["data"]) == (order_id, PAGES)
    assert reply.attachment_id == 1
    assert desk.assignment(order_id).state == "ISSUED", "a page says nothing by itself"
    assert len(desk.alarms("reply_unmatched")) == 1


def test_the_desk_records_it_as_the_acknowledgement_with_the_page_as_proof(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,), **FAX)
    ident = desk.fax_in(EAST.fax)
    settle(desk, ident, desk.assignment(order_id).id, "ACKED")
    assignment = desk.assignment(order_id)
    assert (assignment.state, assignment.acknowledged_via) == ("ACKED", "fax")
    assert assignment.acknowledged_by == DISPATCHER.name
    found = desk.do(lambda s: ledger.lines(s, orders.lock(s, order_id)))
    [line] = [one for one in found if one.proof]
    assert line.channel == "fax"
    assert line.proof is not None
    assert line.proof.details == {"inbound_id": ident, "attachment_id": 1}
    assert waiting(desk) == []
    assert desk.alarms("reply_unmatched") == []


def test_of_a_branch_with_two_orders_a_person_says_which_one_it_answers(desk: Desk) -> None:
    desk.issue(branch_ids=(EAST.id,), **FAX)
    second = desk.issue(branch_ids=(EAST.id,), **FAX)
    ident = desk.fax_in(EAST.fax)
    assert desk.evidence.kept == []
    assert read(desk, ident) == PAGES
    settle(desk, ident, desk.assignment(second).id, "ACKED")
    assert [one["order_id"] for one in desk.evidence.kept] == [second]
    with pytest.raises(NotFound):
        read(desk, ident)


def test_pages_that_were_filed_with_the_wrong_order_are_the_proof_in_the_right_one(
    desk: Desk,
) -> None:
    guessed = desk.issue(branch_ids=(EAST.id,), **FAX)
    ident = desk.fax_in(EAST.fax)
    meant = desk.issue(branch_ids=(EAST.id,), **FAX)
    reply = settle(desk, ident, desk.assignment(meant).id, "ACKED")
    assert [one["order_id"] for one in desk.evidence.kept] == [guessed, meant]
    assert reply.attachment_id == 2
    assert desk.assignment(guessed).state == "ISSUED"


def test_a_fax_that_says_nothing_of_a_state_is_filed_all_the_same(desk: Desk) -> None:
    first = desk.issue(branch_ids=(EAST.id,), **FAX)
    desk.issue(branch_ids=(EAST.id,), **FAX)
    ident = desk.fax_in(EAST.fax)
    settle(desk, ident, desk.assignment(first).id, None)
    assert [one["order_id"] for one in desk.evidence.kept] == [first]
    assert desk.assignment(first).state == "ISSUED"
    with pytest.raises(NotFound):
        read(desk, ident)


def test_pages_that_belong_to_no_order_are_destroyed_some_time_after_they_were_settled(
    desk: Desk,
) -> None:
    ident = desk.fax_in(EAST.fax)
    settle(desk, ident, None, None)
    assert read(desk, ident) == PAGES
    desk.clock.advance(days=KEPT.days + 1)
    desk.do(desk.room.inbound.tend, WORKER)
    with pytest.raises(NotFound):
        read(desk, ident)


def test_damaged_pages_say_so_and_hide_no_other(desk: Desk) -> None:
    ident, other = desk.fax_in(EAST.fax), desk.fax_in(WEST.fax)
    damaged = text("update dispatch.replies set sealed_pages = 'x' where inbound_id = :id")
    desk.do(lambda s: s.execute(damaged, {"id": ident}), WORKER)
    with pytest.raises(NotFound):
        read(desk, ident)
    assert read(desk, other) == PAGES


def test_the_fax_of_another_branch_answers_nothing(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,), **FAX)
    desk.fax_in(WEST.fax)
    [reply] = waiting(desk)
    assert (reply.is_stranger, reply.assignment_id) == (False, None)
    assert desk.evidence.kept == []
    assert desk.assignment(order_id).state == "ISSUED"


@pytest.mark.parametrize("number", [CITIZEN, "", "anonymous"])
def test_a_strangers_fax_is_sealed_for_the_intake_room(desk: Desk, number: str) -> None:
    ident = desk.fax_in(number)
    assert waiting(desk) == []
    [reply] = waiting(desk, AGENT, strangers=True)
    assert desk.room.inbound.strangers_words(reply).sender == number
    assert read(desk, ident, AGENT, strangers=True) == PAGES
    for who, strangers in ((DISPATCHER, False), (AGENT, False)):
        with pytest.raises(NotFound):
            read(desk, ident, who, strangers=strangers)
    assert PAGES not in _everything(desk), "sealed, and the number with it"
    assert CITIZEN.encode() not in _everything(desk)
    assert len(desk.alarms("text_from_stranger")) == 1


def test_a_strangers_pages_are_destroyed_with_the_words(desk: Desk) -> None:
    ident = desk.fax_in(CITIZEN)
    desk.do(lambda s: desk.room.inbound.settle_stranger(s, ident, "已登记"), AGENT)
    desk.clock.advance(days=KEPT.days + 1)
    desk.do(desk.room.inbound.tend, WORKER)
    kept = desk.do(
        lambda s: s.execute(text("select sealed, sealed_pages from dispatch.replies")).one(),
        WORKER,
    )
    assert tuple(kept) == (None, None)


def test_a_fax_that_cannot_be_read_is_told_all_the_same(desk: Desk) -> None:
    desk.issue(branch_ids=(EAST.id,), **FAX)
    ident = desk.fax_in(EAST.fax, None)
    [reply] = waiting(desk)
    assert reply.why == "fax_unreadable"
    with pytest.raises(NotFound):
        read(desk, ident)
    assert desk.evidence.kept == []


def _everything(desk: Desk) -> bytes:
    wanted = text(
        "select i::text || r::text from telephony.inbound i"
        " join dispatch.replies r on r.inbound_id = i.id"
    )
    rows = desk.do(lambda s: s.execute(wanted).scalars().all(), WORKER)
    return "".join(rows).encode()
