"""What crews answer: delivered is not acknowledged, and an answer concerns its own assignment."""

import threading
from collections.abc import Callable
from functools import partial

import pytest

from dispatch.delivery.events import DeliveryChanged
from kernel.errors import AppError, IllegalTransition
from telephony import receipts
from telephony.gateways.base import OutcomeUnknown
from telephony.lifecycle import Kind
from telephony.receipts import Heard
from tests.integration.dispatch.conftest import (
    COMMANDER,
    COMPLAINT,
    EAST,
    GRAVE,
    WEST,
    WORKER,
    Desk,
)

APP = {"channels": ("app",)}


def say_delivered(desk: Desk, message_id: int, parts: int, kind: Kind = Kind.DELIVERED) -> None:
    for part in range(1, parts + 1):
        heard = Heard(f"e{message_id}-{part}-{kind}", message_id, 1, part, kind, desk.clock.now())
        desk.do(lambda s, h=heard: receipts.record(s, h), WORKER)
    desk.work()


def test_delivered_to_every_phone_is_still_not_acknowledged(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), channels=("sms",))
    desk.work(seconds=1)
    for delivery in desk.deliveries(order_id):
        assert delivery.message_id
        say_delivered(desk, delivery.message_id, delivery.pages or 1)
    assert {d.state for d in desk.deliveries(order_id)} == {"DELIVERED"}
    assert all(d.delivered_at for d in desk.deliveries(order_id))
    assignment = desk.assignment(order_id)
    assert (assignment.state, assignment.acknowledged_at) == ("ISSUED", None)
    desk.work(minutes=6)
    assert len(desk.alarms("ack_overdue")) == 1


def test_the_desks_are_told_once_of_all_that_came_back_of_an_order(desk: Desk) -> None:
    orders = [desk.issue(desk.unit(plate), channels=("sms",)) for plate in ("京A0001", "京A0002")]
    desk.work(seconds=1)
    heard: list[DeliveryChanged] = []
    desk.database.events.subscribe(DeliveryChanged, heard.append)
    for delivery in (one for order_id in orders for one in desk.deliveries(order_id)):
        for part in range(1, (delivery.pages or 1) + 1):
            said = Heard(f"{delivery.message_id}-{part}", delivery.message_id or 0, 1, part,
                         Kind.DELIVERED, desk.clock.now())  # fmt: skip
            desk.do(lambda s, said=said: receipts.take(s, said), WORKER)
    desk.work(seconds=1)
    for order_id in orders:
        assert {one.state for one in desk.deliveries(order_id)} == {"DELIVERED"}
        assert len(desk.deliveries(order_id)) > 1
    assert sorted(one.order_id for one in heard) == orders


def test_the_timeline_names_the_person_and_nobody_for_what_happens_by_itself(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,), channels=("sms",))
    desk.work(seconds=1)
    delivery = desk.deliveries(order_id)[0]
    say_delivered(desk, delivery.message_id or 0, delivery.pages or 1)
    desk.report(desk.assignment(order_id).id, "ACKED", actor="张三")
    desk.work()
    actors = {entry["kind"]: entry["actor"] for entry in desk.timeline}
    assert actors == {"order_issued": "李文涛", "delivery_delivered": "", "status_acked": "张三"}
    assert {entry["case_id"] for entry in desk.timeline} == {COMPLAINT.case_id}


def test_two_parts_of_three_are_not_delivered(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001", crew=2), channels=("sms",))
    desk.work(seconds=1)
    first = desk.deliveries(order_id)[0]
    say_delivered(desk, first.message_id or 0, 1)
    first = desk.deliveries(order_id)[0]
    assert (first.state, first.parts_confirmed, first.parts_total) == ("SENT", 1, 2)


def test_an_acknowledgement_stops_only_its_own_assignment(desk: Desk) -> None:
    desk.sms.running = False
    cars = desk.unit("京A0001"), desk.unit("京A0002")
    order_id = desk.issue(*cars, channels=("sms",), branch_ids=(EAST.id,))
    desk.work(seconds=1)
    mine, other, copy = desk.order(order_id).assignments
    desk.report(mine.id, "ACKED")
    states = {a.id: {d.state for d in desk.deliveries(order_id) if d.assignment_id == a.id}
              for a in (mine, other, copy)}  # fmt: skip
    assert states[mine.id] == {"CANCELLED"}
    assert "CANCELLED" not in states[other.id] | states[copy.id]
    desk.sms.running = True
    desk.work(minutes=6)
    assert {one.to for one in desk.sms.sent} == {
        "+99913800000200", "+99913800000201", EAST.phone,
    }  # fmt: skip
    overdue = desk.alarms("ack_overdue")
    assert [one.reference_id for one in overdue] == [other.id]


@pytest.mark.parametrize(("case", "seconds"), [(COMPLAINT, 300), (GRAVE, 120)])
def test_an_unacknowledged_order_alarms_when_its_time_is_up(
    desk: Desk,
    case,
    seconds: int,  # type: ignore[no-untyped-def]
) -> None:
    order_id = desk.issue(desk.unit("京A0001"), case=case, **APP)
    if case is GRAVE:
        desk.do(lambda s: desk.room.orders.approve(s, order_id), COMMANDER)
    desk.work(seconds=seconds - 1)
    assert not desk.alarms("ack_overdue")
    desk.work(seconds=1)
    alarm = desk.alarms("ack_overdue")[0]
    assert alarm.params["order_no"] == desk.order(order_id).order_no
    assert alarm.params["name"] == "京A0001"
    assert alarm.rung == "DISP"
    assert "ack_overdue" in desk.told()
    desk.report(desk.assignment(order_id).id, "ACKED")
    assert not desk.alarms("ack_overdue")


def test_an_acknowledgement_in_time_keeps_everyone_quiet(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    desk.report(desk.assignment(order_id).id, "ACKED")
    desk.work(minutes=9)
    assert not desk.alarms()
    desk.work(minutes=21)
    assert not desk.alarms("ack_overdue")


def test_an_answer_in_the_very_moment_when_the_timer_rings_blocks_nobody(desk: Desk) -> None:
    orders = [desk.issue(desk.unit(f"京A{n:04}"), **APP) for n in range(4)]
    idents = [desk.assignment(one).id for one in orders]
    desk.clock.advance(minutes=6)
    failures: list[BaseException] = []

    def guarded(step: Callable[[], object]) -> None:
        try:
            step()
        except BaseException as failure:
            failures.append(failure)

    steps = [desk.worker().run_due, *(partial(desk.report, one, "ACKED") for one in idents)]
    threads = [threading.Thread(target=guarded, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failures
    assert {desk.order(one).state for one in orders} == {"ACKED"}
    assert not desk.alarms("ack_overdue")


def test_two_answers_at_once_are_one_acknowledgement(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    ident, start = desk.assignment(order_id).id, threading.Barrier(2)

    def say(who: str) -> None:
        start.wait()
        desk.report(ident, "ACKED", actor=who)

    threads = [threading.Thread(target=say, args=(who,)) for who in ("张三", "李四")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    desk.work()
    assert desk.told().count("status_acked") == 1
    assert desk.count("dispatch.status_reports") == 2


def test_a_whole_run_moves_unit_order_and_case(desk: Desk) -> None:
    car = desk.unit("京A0001")
    order_id = desk.issue(car, **APP)
    ident = desk.assignment(order_id).id
    seen = []
    for state in ("ACKED", "EN_ROUTE", "ON_SCENE", "HANDLING", "FED_BACK", "CLEARED"):
        desk.clock.advance(minutes=5)
        desk.report(ident, state)
        seen.append((desk.order(order_id).state, desk.unit_now(car).state))
    assert seen == [
        ("ACKED", "ASSIGNED"),
        ("EN_ROUTE", "EN_ROUTE"),
        ("ON_SCENE", "ON_SCENE"),
        ("HANDLING", "HANDLING"),
        ("FED_BACK", "RETURNING"),
        ("CLEARED", "FREE"),
    ]
    assert not desk.gate.holds
    assignment = desk.assignment(order_id)
    assert assignment.en_route_at and assignment.on_scene_at and assignment.fed_back_at
    assert (assignment.feedback, assignment.acknowledged_via) == ("已核查", "app")
    assert desk.count("dispatch.status_reports") == 6
    desk.work()
    assert [kind for kind in desk.told() if kind.startswith("status_")] == [
        "status_acked", "status_en_route", "status_on_scene", "status_handling",
        "status_fed_back", "status_cleared",
    ]  # fmt: skip


def test_a_late_word_is_written_down_and_moves_nothing(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    ident = desk.assignment(order_id).id
    desk.report(ident, "ON_SCENE")
    desk.report(ident, "ACKED")
    assert desk.assignment(order_id).state == "ON_SCENE"
    assert desk.count("dispatch.status_reports") == 2


def test_a_unit_on_its_way_home_may_be_sent_again(desk: Desk) -> None:
    car = desk.unit("京A0001")
    first = desk.issue(car, **APP)
    desk.report(desk.assignment(first).id, "FED_BACK")
    second = desk.issue(car, **APP)
    desk.report(desk.assignment(first).id, "CLEARED")
    unit = desk.unit_now(car)
    assert unit.state == "ASSIGNED"
    assert unit.engagement and unit.engagement["order_id"] == second


def test_who_cannot_says_why_and_the_desk_hears_it(desk: Desk) -> None:
    car = desk.unit("京A0001")
    order_id = desk.issue(car, **APP)
    desk.report(desk.assignment(order_id).id, "CANNOT", reason="爆胎")
    order = desk.order(order_id)
    assert (order.state, order.assignments[0].cannot_reason) == ("CANNOT", "爆胎")
    assert desk.unit_now(car).state == "FREE"
    assert not desk.gate.holds
    assert desk.alarms("order_declined")[0].params["reason"] == "爆胎"
    assert not desk.alarms("ack_overdue")


def test_a_call_for_reinforcement_is_an_alarm(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    ident = desk.assignment(order_id).id
    desk.report(ident, "ON_SCENE")
    desk.report(ident, "NEED_HELP", reason="对方人多")
    assert desk.alarms("help_needed")[0].params["reason"] == "对方人多"
    desk.report(ident, "FED_BACK")
    assert not desk.alarms("help_needed")


def test_an_order_with_two_units_is_fed_back_when_both_are(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), desk.unit("京A0002"), **APP)
    first, second = desk.order(order_id).assignments
    desk.report(first.id, "FED_BACK")
    assert desk.order(order_id).state == "HANDLING"
    assert desk.gate.holds
    desk.report(second.id, "FED_BACK")
    assert desk.order(order_id).state == "FED_BACK"
    assert not desk.gate.holds


def test_a_finished_order_gives_back_the_codes_of_its_copies(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), branch_ids=(WEST.id,), channels=("app", "sms"))
    acting, copy = desk.order(order_id).assignments
    desk.report(copy.id, "ACKED")
    with pytest.raises(IllegalTransition):
        desk.report(copy.id, "ON_SCENE")
    desk.report(acting.id, "FED_BACK")
    assert desk.order(order_id).assignments[1].closed_at is not None


# -- taking back ----------------------------------------------------------------------------------


def test_a_cancelled_order_stops_what_waits_and_recalls_what_has_left(desk: Desk) -> None:
    car = desk.unit("京A0001")
    order_id = desk.issue(car, channels=("sms", "app"))
    desk.work(seconds=1)
    desk.do(lambda s: desk.room.orders.cancel(s, order_id, "误派"))
    desk.work()
    desk.work(minutes=30)
    order = desk.order(order_id)
    assert (order.state, order.assignments[0].state) == ("CANCELLED", "CANCELLED")
    assert desk.unit_now(car).state == "FREE"
    assert not desk.gate.holds
    recalled = [one.text for one in desk.sms.sent if "已撤回" in one.text]
    assert recalled == [f"【执法调度】指令{order.order_no}已撤回，请停止执行。误派"] * 2
    assert not desk.alarms("ack_overdue")
    with pytest.raises(IllegalTransition):
        desk.do(lambda s: desk.room.orders.cancel(s, order_id, "again"))


def test_an_order_cancelled_before_it_left_reaches_nobody(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), channels=("sms", "fax"), branch_ids=(EAST.id,))
    desk.do(lambda s: desk.room.orders.cancel(s, order_id, "误派"))
    desk.work(minutes=1)
    assert not desk.sms.sent and not desk.fax.sent
    assert {d.state for d in desk.deliveries(order_id)} == {"CANCELLED"}


def test_what_is_fed_back_stays_fed_back_when_the_rest_is_cancelled(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), desk.unit("京A0002"), **APP)
    first, _ = desk.order(order_id).assignments
    desk.report(first.id, "FED_BACK")
    desk.do(lambda s: desk.room.orders.cancel(s, order_id, "够了"))
    assert [a.state for a in desk.order(order_id).assignments] == ["FED_BACK", "CANCELLED"]


# -- single messages ------------------------------------------------------------------------------


def test_a_message_of_unknown_fate_alarms_and_is_sent_again_only_by_a_person(desk: Desk) -> None:
    desk.sms.script.append(OutcomeUnknown("line broke"))
    order_id = desk.issue(desk.unit("京A0001"), channels=("sms",))
    desk.work(seconds=1)
    lost = desk.deliveries(order_id)[0]
    assert lost.state == "UNKNOWN"
    assert [one.params["state"] for one in desk.alarms("delivery_problem")] == ["UNKNOWN"]
    desk.work(hours=2)
    assert len([one for one in desk.sms.sent if one.to == lost.address and one.part == 1]) == 1
    again = desk.do(lambda s: desk.room.deliveries.resend(s, lost.id, "未收到"))
    desk.work()
    repeat = next(d for d in desk.deliveries(order_id) if d.id == again.id)
    assert (repeat.repeats_id, repeat.state) == (lost.id, "SENT")
    assert desk.sms.sent[-2].text.startswith("【重发】")


def test_a_message_that_may_still_go_is_not_repeated(desk: Desk) -> None:
    desk.sms.running = False
    order_id = desk.issue(desk.unit("京A0001"), channels=("sms",))
    waiting = desk.deliveries(order_id)[0]
    with pytest.raises(IllegalTransition):
        desk.do(lambda s: desk.room.deliveries.resend(s, waiting.id, "?"))
    desk.do(lambda s: desk.room.deliveries.cancel(s, waiting.id))
    assert desk.deliveries(order_id)[0].state == "CANCELLED"


def test_nothing_of_a_cancelled_order_is_repeated(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), channels=("sms",))
    desk.work(seconds=1)
    sent = desk.deliveries(order_id)[0]
    desk.do(lambda s: desk.room.orders.cancel(s, order_id, "误派"))
    with pytest.raises(AppError, match="order_cancelled"):
        desk.do(lambda s: desk.room.deliveries.resend(s, sent.id, "?"))


def test_a_failure_after_the_acknowledgement_disturbs_nobody(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), channels=("sms",))
    desk.work(seconds=1)
    desk.report(desk.assignment(order_id).id, "ACKED")
    say_delivered(desk, desk.deliveries(order_id)[0].message_id or 0, 1, Kind.FAILED)
    assert desk.deliveries(order_id)[0].state == "FAILED"
    assert not desk.alarms("delivery_problem")


def test_a_late_delivered_outweighs_an_earlier_failed(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,), channels=("sms",))
    desk.work(seconds=1)
    delivery = desk.deliveries(order_id)[0]
    say_delivered(desk, delivery.message_id or 0, 1, Kind.FAILED)
    assert desk.alarms("delivery_problem")
    say_delivered(desk, delivery.message_id or 0, delivery.pages or 1)
    assert desk.deliveries(order_id)[0].state == "DELIVERED"


def test_an_older_word_of_the_engine_changes_nothing(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,), channels=("sms",))
    desk.work(seconds=1)
    delivery = desk.deliveries(order_id)[0]
    stale = {
        "message_id": delivery.message_id, "version": delivery.message_version, "state": "FAILED",
        "at": desk.clock.now().isoformat(), "parts_total": 1, "parts_confirmed": 0, "problem": "x",
    }  # fmt: skip
    desk.do(lambda s: desk.room.receipts.message_changed(s, stale), WORKER)
    assert desk.deliveries(order_id)[0].state == "SENT"
