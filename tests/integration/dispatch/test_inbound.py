"""Replies by SMS: they count from the crew's own numbers, and nothing else moves anything."""

import pytest

from dispatch.inbound import queries
from dispatch.units import service as units
from kernel.errors import Conflict, NotFound
from tests.integration.dispatch.conftest import (
    DISPATCHER,
    EAST,
    GRAVE,
    SETUP,
    STRANGER,
    WORKER,
    Desk,
)

SMS = {"channels": ("sms",)}
CREW_OF_1, CREW_OF_2 = "+99913800000100", "+99913800000200"


def waiting(desk: Desk) -> list[tuple[str, str]]:
    found = desk.do(lambda s: queries.listed(s, DISPATCHER, only_open=True))
    return [(one.inbound.text, one.why) for one in found]


def test_a_crew_answers_step_by_step(desk: Desk) -> None:
    car = desk.unit("京A0001")
    order_id = desk.issue(car, **SMS)
    code = desk.assignment(order_id).code
    for words, state in (("1", "ACKED"), (f"{code} 2", "EN_ROUTE"), ("３", "ON_SCENE")):
        desk.text_in(CREW_OF_1, words)
        assert desk.assignment(order_id).state == state
    desk.text_in(CREW_OF_1, f"5 {code} 已查封羊肉20公斤")
    assignment = desk.assignment(order_id)
    assert (assignment.state, assignment.feedback) == ("FED_BACK", "已查封羊肉20公斤")
    assert (assignment.acknowledged_by, assignment.acknowledged_via) == ("警员100", "sms")
    assert desk.unit_now(car).state == "RETURNING"
    assert not desk.alarms()


def test_a_branch_answers_from_its_own_phone(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,), **SMS)
    desk.text_in(EAST.phone, "收到")
    assignment = desk.assignment(order_id)
    assert (assignment.state, assignment.acknowledged_by) == ("ACKED", "东华市监所")


@pytest.mark.parametrize(
    ("sender", "words", "why"),
    [
        ("+99913899999999", "1", "no_open_assignment"),
        ("+99913899999999", "{code} 1", "no_open_assignment"),
        (CREW_OF_2, "{code} 1", "no_open_assignment"),
        (CREW_OF_1, "9999 1", "code_not_theirs"),
        (CREW_OF_1, "好的", "not_understood"),
        (CREW_OF_1, "3人受伤", "not_understood"),
    ],
)
def test_what_does_not_count_goes_to_a_person_and_moves_nothing(
    desk: Desk, sender: str, words: str, why: str
) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **SMS)
    desk.unit("京A0002")
    words = words.format(code=desk.assignment(order_id).code)
    desk.text_in(sender, words)
    assignment = desk.assignment(order_id)
    assert (assignment.state, assignment.acknowledged_at) == ("ISSUED", None)
    assert waiting(desk) == [(words, why)]
    assert len(desk.alarms("reply_unmatched")) == 1


def test_a_crew_with_two_assignments_must_name_the_code(desk: Desk) -> None:
    car = desk.unit("京A0001")
    desk.directory.by_id[EAST.id] = EAST.__class__(
        EAST.id, EAST.name, EAST.kind, EAST.path, CREW_OF_1, EAST.fax
    )
    first = desk.issue(car, **SMS)
    second = desk.issue(branch_ids=(EAST.id,), **SMS)
    desk.text_in(CREW_OF_1, "1")
    assert waiting(desk) == [("1", "code_needed")]
    desk.text_in(CREW_OF_1, f"1 {desk.assignment(second).code}")
    assert desk.assignment(first).state == "ISSUED"
    assert desk.assignment(second).state == "ACKED"


def test_an_officer_who_has_signed_off_no_longer_speaks_for_the_unit(desk: Desk) -> None:
    car = desk.unit("京A0001", crew=3)
    order_id = desk.issue(car, **SMS)
    desk.do(lambda s: units.sign_off(s, 100), SETUP)
    desk.text_in(CREW_OF_1, "1")
    assert desk.assignment(order_id).state == "ISSUED"
    desk.text_in("+99913800000101", "1")
    assert desk.assignment(order_id).state == "ACKED"


def test_a_reply_to_an_order_that_still_waits_for_approval_moves_nothing(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), case=GRAVE, **SMS)
    desk.text_in(CREW_OF_1, f"1 {desk.assignment(order_id).code}")
    assert desk.assignment(order_id).state == "PENDING"


def test_the_same_text_twice_counts_once(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **SMS)
    ident = desk.text_in(CREW_OF_1, "1")
    desk.do(lambda s: desk.room.inbound.received(s, {"inbound_id": ident}), WORKER)
    assert desk.count("dispatch.status_reports") == 1
    assert desk.assignment(order_id).state == "ACKED"


def test_a_flood_from_one_number_is_one_alarm(desk: Desk) -> None:
    idents = [desk.text_in("+99913899999999", f"垃圾短信{n}") for n in range(5)]
    assert len(desk.alarms("reply_unmatched")) == 1
    assert len(waiting(desk)) == 5
    for ident in idents:
        assert desk.alarms("reply_unmatched")
        desk.do(lambda s, i=ident: desk.room.inbound.settle(s, i, None, None, "广告"))
    assert not desk.alarms("reply_unmatched")
    with pytest.raises(Conflict, match="already_settled"):
        desk.do(lambda s: desk.room.inbound.settle(s, idents[0], None, None, ""))


def test_a_person_may_say_whose_reply_it_was(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **SMS)
    ident = desk.text_in("+99913899999999", "我们到了，用同事手机发的")
    assignment_id = desk.assignment(order_id).id
    desk.do(lambda s: desk.room.inbound.settle(s, ident, assignment_id, "ON_SCENE", "电话核实"))
    assignment = desk.assignment(order_id)
    assert (assignment.state, assignment.acknowledged_by) == ("ON_SCENE", DISPATCHER.name)
    assert assignment.acknowledged_via == "desk"
    assert not desk.alarms("reply_unmatched")
    assert not waiting(desk)


def test_a_stranger_to_the_jurisdiction_never_sees_the_text(desk: Desk) -> None:
    desk.issue(desk.unit("京A0001"), **SMS)
    ident = desk.text_in(CREW_OF_1, "好的")
    assert not desk.do(lambda s: queries.listed(s, STRANGER, only_open=True))
    with pytest.raises(NotFound):
        desk.do(lambda s: desk.room.inbound.settle(s, ident, None, None, ""), STRANGER)
