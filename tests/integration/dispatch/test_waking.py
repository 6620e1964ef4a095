"""Whose browsers are told that there is something, and a branch's read receipt."""

from dispatch.orders import ledger, queries, reading
from kernel.access import Principal
from tests.integration.dispatch.conftest import (
    COMMANDER,
    DISPATCHER,
    EAST,
    GRAVE,
    WEST,
    Desk,
    person,
)

APP = {"channels": ("app",)}


def crew_of(unit_id: int) -> list[int]:
    return [unit_id * 100, unit_id * 100 + 1]


def test_the_crew_of_an_order_over_the_app_is_woken_and_no_other(desk: Desk) -> None:
    car = desk.unit("京A0001")
    desk.unit("京A0002")
    desk.issue(car, **APP)
    assert (desk.woken.crews, desk.woken.branches) == ([crew_of(car)], [])


def test_an_order_by_text_alone_wakes_no_crew(desk: Desk) -> None:
    desk.issue(desk.unit("京A0001"), channels=("sms",))
    assert desk.woken.crews == []


def test_a_branch_is_woken_over_whatever_channel_it_is_told(desk: Desk) -> None:
    desk.issue(branch_ids=(EAST.id, WEST.id), channels=("fax",))
    assert desk.woken.branches == [EAST.id, WEST.id]


def test_nobody_is_woken_before_the_order_is_approved(desk: Desk) -> None:
    car = desk.unit("京A0001")
    order_id = desk.issue(car, case=GRAVE, branch_ids=(EAST.id,))
    assert (desk.woken.crews, desk.woken.branches) == ([], [])
    desk.do(lambda s: desk.room.orders.approve(s, order_id), COMMANDER)
    assert (desk.woken.crews, desk.woken.branches) == ([crew_of(car)], [EAST.id])


def test_an_order_that_is_refused_or_withdrawn_before_it_went_out_wakes_nobody(desk: Desk) -> None:
    order_id = desk.issue(case=GRAVE, branch_ids=(EAST.id,))
    desk.do(lambda s: desk.room.orders.cancel(s, order_id, "误派"))
    assert (desk.woken.crews, desk.woken.branches) == ([], [])


def test_a_recall_wakes_everybody_again(desk: Desk) -> None:
    car = desk.unit("京A0001")
    order_id = desk.issue(car, branch_ids=(EAST.id,))
    desk.do(lambda s: desk.room.orders.cancel(s, order_id, "误派"))
    assert desk.woken.crews == [crew_of(car)] * 2
    assert desk.woken.branches == [EAST.id] * 2


def test_a_reassignment_wakes_those_it_is_taken_from_and_those_it_goes_to(desk: Desk) -> None:
    first, second = desk.unit("京A0001"), desk.unit("京A0002")
    part = desk.assignment(desk.issue(first, **APP))
    desk.do(lambda s: desk.room.orders.reassign(s, part.id, second, "车坏了"))
    assert desk.woken.crews == [crew_of(first), crew_of(first), crew_of(second)]


# -- read receipts --------------------------------------------------------------------------

READER = person(31, "UNIT", EAST.path, "王所长")


def shown(desk: Desk, order_id: int, who: Principal) -> None:
    desk.do(lambda s: reading.shown(s, queries.visible(s, who, order_id)), who)


def test_the_first_of_the_branch_to_see_it_is_kept_once(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id, WEST.id))
    shown(desk, order_id, READER)
    seen = desk.clock.now()
    desk.clock.advance(minutes=3)
    shown(desk, order_id, person(32, "SHIFT", EAST.path, "刘班长"))
    east, west = desk.order(order_id).assignments
    assert (east.read_at, east.read_by, west.read_at) == (seen, "王所长", None)
    assert (east.acknowledged_at, east.state) == (None, "ISSUED")


def test_whoever_may_read_orders_without_changing_them_gives_a_receipt_too(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,))
    shown(desk, order_id, person(32, "SHIFT", EAST.path, "刘班长"))
    assert desk.assignment(order_id).read_by == "刘班长"


def test_neither_the_bureau_nor_a_program_gives_the_branch_s_receipt(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,))
    for who in (DISPATCHER, COMMANDER, person(-3, "DISP", EAST.path, "热线接口")):
        shown(desk, order_id, who)
    assert desk.assignment(order_id).read_at is None


def test_an_order_that_is_not_out_yet_cannot_be_read(desk: Desk) -> None:
    order_id = desk.issue(case=GRAVE, branch_ids=(EAST.id,))
    shown(desk, order_id, READER)
    assert desk.assignment(order_id).read_at is None


def test_the_ledger_names_who_read_it_and_when(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,), channels=("sms",))
    shown(desk, order_id, READER)
    rows = desk.do(lambda s: ledger.lines(s, desk.order(order_id)))
    (read,) = [one for one in rows if one.channel == "page"]
    assert (read.name, read.state, read.delivered_at) == ("王所长", "", desk.clock.now())
    assert (read.acknowledged_at, read.proof, read.address) == (None, None, "")
