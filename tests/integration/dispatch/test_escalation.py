"""The saga: it climbs until a person has taken the order, and no further."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from dispatch.escalation import course, policies
from dispatch.escalation.models import Escalation, EscalationStep
from dispatch.escalation.policy import HOUSE, NEXT, RING, SEND, STOP, UNIT, Policy, Step
from dispatch.recommendation import regret
from kernel.errors import BadInput, Conflict, Forbidden, IllegalTransition, NotFound
from telephony.gateways.base import OutcomeUnknown, Refused
from tests.integration.dispatch.conftest import (
    COMMANDER,
    COMPLAINT,
    DISPATCHER,
    EAST,
    GRAVE,
    SETUP,
    STRANGER,
    Desk,
    person,
)

CHIEF = person(10, "CMD", name="王局")
APP = {"channels": ("app",)}
RING_AT_5 = Step(300, RING, rung="DISP")


def follow(desk: Desk, *steps: Step, path: str = "/1/", signed: bool = False) -> Policy:
    """Let the orders of COMPLAINT's urgency follow these steps."""
    wanted = replace(HOUSE[COMPLAINT.urgency], steps=steps)
    made = desk.do(lambda s: policies.write(s, path, wanted, based_on=0), COMMANDER)
    if signed:
        desk.do(lambda s: policies.sign(s, made.id), CHIEF)
    return desk.do(lambda s: policies.effective(s, EAST.path, COMPLAINT.urgency))


def courses(desk: Desk, order_id: int) -> list[Escalation]:
    wanted = select(Escalation).where(Escalation.order_id == order_id).order_by(Escalation.id)
    return list(desk.do(lambda s: s.scalars(wanted).all(), SETUP))


def taken(desk: Desk, order_id: int, index: int = 0) -> list[EscalationStep]:
    """What was written down of an assignment's steps."""
    wanted = select(EscalationStep).order_by(EscalationStep.id)
    ident = courses(desk, order_id)[index].id
    return list(desk.do(lambda s: s.scalars(wanted.filter_by(escalation_id=ident)).all(), SETUP))


def ways(desk: Desk, order_id: int) -> list[str]:
    return [f"{one.channel} {one.name}" for one in desk.deliveries(order_id)]


# ------------------------------------------------------------------- steps in their time


def test_without_an_answer_it_goes_on_by_channels_that_were_not_tried(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    desk.work(seconds=89)
    assert ways(desk, order_id) == ["app 京A0001"]
    desk.work(seconds=1)
    assert ways(desk, order_id) == ["app 京A0001", "sms 警员100", "sms 警员101"]
    desk.work(seconds=1)
    assert len(desk.sms.sent) == 4, "two parts to each of two phones"
    assert "order_escalated" in desk.told()
    [step] = taken(desk, order_id)
    assert (step.act, step.outcome) == ("send", "done")
    assert [one["channel"] for one in step.details["to"]] == ["sms", "sms"]


def test_an_acknowledgement_ends_its_own_course_and_no_other(desk: Desk) -> None:
    cars = desk.unit("京A0001"), desk.unit("京A0002")
    order_id = desk.issue(*cars, branch_ids=(EAST.id,), **APP | {"channels": ("app", "sms")})
    first, second, _ = desk.order(order_id).assignments
    desk.report(first.id, "ACKED")
    desk.work(minutes=6)
    assert [one.state for one in courses(desk, order_id)] == ["ANSWERED", "EXHAUSTED"]
    assert [one.reference_id for one in desk.alarms("ack_overdue")] == [second.id]
    assert not taken(desk, order_id, 0)
    desk.report(second.id, "ACKED")
    assert not desk.alarms("ack_overdue")
    assert courses(desk, order_id)[1].state == "ANSWERED"


def test_numbers_are_tried_one_after_the_other(desk: Desk) -> None:
    follow(desk, Step(30, SEND, ("sms",), NEXT, every=60), RING_AT_5)
    order_id = desk.issue(desk.unit("京A0001", crew=3), **APP)
    desk.work(seconds=30)
    assert ways(desk, order_id)[1:] == ["sms 警员100"]
    desk.work(seconds=60)
    assert ways(desk, order_id)[1:] == ["sms 警员100", "sms 警员101"]
    desk.work(seconds=60)
    assert ways(desk, order_id)[1:] == ["sms 警员100", "sms 警员101", "sms 警员102"]
    desk.work(seconds=149)
    assert not desk.alarms("ack_overdue")
    desk.work(seconds=1)
    assert desk.alarms("ack_overdue")
    assert [one.outcome for one in taken(desk, order_id)] == ["done", "done", "done", "done"]


def test_a_failure_is_not_waited_for(desk: Desk) -> None:
    """The only message so far cannot arrive: the next channel is tried now, not in its time."""
    order_id = desk.issue(desk.unit("京A0001"), channels=("vehicle", "app"))
    assert ways(desk, order_id) == ["app 京A0001"], "this car takes no messages"
    other = desk.issue(branch_ids=(EAST.id,), channels=("fax",))
    desk.fax.script.append(Refused("bad_number", again=False))
    desk.work(seconds=5)
    assert [one.channel for one in desk.deliveries(other)] == ["fax", "sms"]
    assert len(ways(desk, order_id)) == 1


def test_an_unknown_outcome_asks_a_person_and_brings_nothing_forward(desk: Desk) -> None:
    desk.sms.script.append(OutcomeUnknown("cut"))
    order_id = desk.issue(branch_ids=(EAST.id,), channels=("sms",))
    desk.work(seconds=20)
    assert [one.state for one in desk.deliveries(order_id)] == ["UNKNOWN"]
    assert desk.alarms("delivery_problem")
    desk.work(seconds=60)
    assert len(desk.deliveries(order_id)) == 1
    desk.work(seconds=10)
    assert [one.channel for one in desk.deliveries(order_id)] == ["sms", "fax"]


def test_the_policy_may_stop_at_last(desk: Desk) -> None:
    follow(desk, RING_AT_5, Step(400, STOP))
    desk.sms.running = False
    order_id = desk.issue(branch_ids=(EAST.id,), channels=("sms",))
    desk.work(seconds=399)
    assert desk.deliveries(order_id)[0].state == "QUEUED"
    desk.work(seconds=1)
    [delivery] = desk.deliveries(order_id)
    assert (delivery.state, delivery.stopped_why) == ("CANCELLED", "given_up")
    assert desk.alarms("ack_overdue"), "people go on"


def test_who_rings_higher_lifts_the_alarm_that_nobody_took(desk: Desk) -> None:
    follow(desk, Step(60, RING, rung="DISP"), Step(90, RING, rung="CMD"))
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    desk.work(seconds=60)
    [alarm] = desk.alarms("ack_overdue")
    assert alarm.rung == "DISP"
    desk.work(seconds=30)
    assert desk.alarms("ack_overdue")[0].rung == "CMD"
    other = desk.issue(desk.unit("京A0002"), **APP)
    desk.work(seconds=60)
    mine = next(a for a in desk.alarms("ack_overdue") if a.params["order_id"] == other)
    desk.do(lambda s: desk.room.alarms.take(s, mine.id))
    desk.work(seconds=30)
    assert taken(desk, other)[-1].outcome == "taken"
    assert order_id != other


def test_a_cancelled_order_climbs_no_further(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    desk.do(lambda s: desk.room.orders.cancel(s, order_id, "地址有误"))
    desk.work(minutes=10)
    assert [one.state for one in courses(desk, order_id)] == ["STOPPED"]
    assert not desk.alarms() and not taken(desk, order_id)


def test_a_person_who_has_it_in_hand_stops_the_climb(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    with pytest.raises(NotFound):
        desk.do(lambda s: desk.room.saga.halt(s, STRANGER, order_id, "电话已通"), STRANGER)
    desk.do(lambda s: desk.room.saga.halt(s, DISPATCHER, order_id, "电话已通"))
    desk.work(minutes=10)
    assert not desk.alarms("ack_overdue") and len(ways(desk, order_id)) == 1


# ------------------------------------------------------------------------- after an outage


def test_what_came_due_in_an_outage_is_shown_and_not_fired(desk: Desk) -> None:
    orders = [desk.issue(desk.unit(f"京A{n:04}"), **APP) for n in range(5)]
    desk.outage(minutes=20)
    assert not desk.sms.sent and not desk.alarms("ack_overdue")
    [alarm] = desk.alarms("overdue_after_outage")
    assert alarm.params["orders"] == [desk.order(one).order_no for one in orders]
    assert {one.state for order in orders for one in courses(desk, order)} == {"LATE"}
    assert [one.outcome for one in taken(desk, orders[0])] == ["late"]
    desk.work(minutes=10)
    assert not desk.sms.sent, "it waits for a person"


def test_a_person_takes_up_what_was_missed_and_the_rest_follows_in_its_time(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    desk.outage(minutes=20)
    desk.do(lambda s: desk.room.saga.resume(s, DISPATCHER, order_id))
    assert len(ways(desk, order_id)) == 3
    desk.work(seconds=209)
    assert not desk.alarms("ack_overdue")
    desk.work(seconds=1)
    assert desk.alarms("ack_overdue")
    with pytest.raises(Conflict, match="nothing_late"):
        desk.do(lambda s: desk.room.saga.resume(s, DISPATCHER, order_id))


def test_an_answer_in_the_outage_leaves_nothing_to_take_up(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    desk.report(desk.assignment(order_id).id, "ACKED")
    desk.outage(minutes=8)
    assert courses(desk, order_id)[0].state == "ANSWERED"
    assert not desk.alarms()


# -------------------------------------------------------------------------- another unit


def test_another_unit_is_only_proposed(desk: Desk) -> None:
    near, far = desk.unit("京A0001"), desk.unit("京A0002", lon=116.40)
    order_id = desk.issue(near, **APP)
    desk.work(seconds=300)
    proposed = taken(desk, order_id)[-1]
    assert (proposed.outcome, proposed.details["unit_id"]) == ("proposed", far)
    assert len(desk.order(order_id).assignments) == 1
    assert desk.unit_now(far).state == "FREE"


def test_a_signed_policy_sends_it(desk: Desk) -> None:
    follow(desk, Step(60, UNIT), RING_AT_5, signed=True)
    near, far = desk.unit("京A0001"), desk.unit("京A0002", lon=116.40)
    order_id = desk.issue(near, **APP)
    desk.work(seconds=60)
    _, second = desk.order(order_id).assignments
    assert (second.unit_id, second.state) == (far, "ISSUED")
    assert taken(desk, order_id)[0].outcome == "sent_unit"
    assert "app 京A0002" in ways(desk, order_id)
    desk.work(seconds=60)
    assert taken(desk, order_id, 1)[0].outcome == "nobody", "its own course found no third unit"


def test_where_no_unit_is_free_it_says_so(desk: Desk) -> None:
    follow(desk, Step(60, UNIT))
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    desk.work(seconds=60)
    assert [one.outcome for one in taken(desk, order_id)] == ["nobody"]
    assert courses(desk, order_id)[0].state == "EXHAUSTED"


# ------------------------------------------------------------------------------- policies


def test_the_nearest_organisation_has_its_way(desk: Desk) -> None:
    follow(desk, Step(60, RING, rung="SHIFT"))
    follow(desk, Step(60, RING, rung="CMD"), path="/1/4/")
    of = lambda path: desk.do(lambda s: policies.effective(s, path, 1)).steps[0].rung  # noqa: E731
    assert (of("/1/5/13/"), of("/1/4/12/"), of("/1/4/")) == ("SHIFT", "CMD", "CMD")
    assert desk.do(lambda s: policies.effective(s, "/1/4/12/", 2)) == HOUSE[2]


def test_an_order_keeps_the_policy_by_which_it_went_out(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    follow(desk, Step(10, RING, rung="HEAD"))
    desk.work(seconds=60)
    assert not desk.alarms()
    assert desk.order(order_id).followed == HOUSE[1]


def test_two_who_edit_do_not_overwrite_each_other(desk: Desk) -> None:
    follow(desk, RING_AT_5)
    wanted = replace(HOUSE[1], steps=())
    with pytest.raises(Conflict, match="policy_changed"):
        desk.do(lambda s: policies.write(s, "/1/", wanted, based_on=0), COMMANDER)
    second = desk.do(lambda s: policies.write(s, "/1/", wanted, based_on=1), COMMANDER)
    assert second.version == 2 and second.signed_at is None


def test_nobody_signs_what_they_wrote_or_what_is_replaced(desk: Desk) -> None:
    wanted = replace(HOUSE[1], steps=(Step(60, UNIT),))
    made = desk.do(lambda s: policies.write(s, "/1/", wanted, based_on=0), COMMANDER)
    with pytest.raises(Forbidden, match="own_policy"):
        desk.do(lambda s: policies.sign(s, made.id), COMMANDER)
    assert desk.do(lambda s: policies.sign(s, made.id), CHIEF).signed_by == CHIEF.id
    again = desk.do(lambda s: policies.write(s, "/1/", wanted, based_on=1), COMMANDER)
    assert again.signed_at is None, "a new version asks for a new signature"
    with pytest.raises(Conflict, match="policy_changed"):
        desk.do(lambda s: policies.sign(s, made.id), CHIEF)


def test_nobody_writes_for_a_jurisdiction_that_is_not_theirs(desk: Desk) -> None:
    outsider = person(11, "CMD", "/1/5/")
    with pytest.raises(Forbidden, match="outside_jurisdiction"):
        desk.do(lambda s: policies.write(s, "/1/4/", HOUSE[1], based_on=0), outsider)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"channels": ()}, "channels"),
        ({"channels": ("pigeon",)}, "channels"),
        ({"limits": {"ack": 60}}, "limits"),
        ({"limits": {"ack": 600, "depart": 60, "arrive": 700, "feedback": 800}}, "limits"),
        ({"steps": (Step(300, RING, rung="DISP"), Step(60, UNIT))}, "steps"),
        ({"steps": (Step(60, RING, rung="KING"),)}, "steps"),
        ({"steps": (Step(60, SEND),)}, "steps"),
        ({"steps": (Step(60, SEND, ("sms",), NEXT, every=1),)}, "steps"),
        ({"steps": (Step(60, STOP), Step(90, UNIT))}, "steps"),
        ({"steps": (Step(0, UNIT),)}, "steps"),
        ({"steps": tuple(Step(60 + n, UNIT) for n in range(21))}, "steps"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(change: dict[str, object], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        replace(HOUSE[1], **change).check()  # type: ignore[arg-type]
    assert refused.value.field == field


# --------------------------------------------------------------- limits, and more units


def test_each_stage_has_its_limit_and_its_alarm(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    assignment = desk.assignment(order_id)
    desk.report(assignment.id, "ACKED")
    desk.work(minutes=10)
    assert [one.kind for one in desk.alarms()] == ["depart_overdue"]
    desk.report(assignment.id, "EN_ROUTE")
    assert not desk.alarms()
    desk.work(minutes=50)
    assert [one.kind for one in desk.alarms()] == ["arrive_overdue"]
    desk.report(assignment.id, "HANDLING")
    assert not desk.alarms()
    desk.work(minutes=60 * 7)
    assert [one.kind for one in desk.alarms()] == ["feedback_overdue"]
    desk.report(assignment.id, "FED_BACK")
    assert not desk.alarms()


def test_one_silence_rings_once(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    desk.work(minutes=61)
    assert [one.kind for one in desk.alarms()] == ["ack_overdue"]
    follow(desk, Step(90, UNIT))
    quiet = desk.issue(desk.unit("京A0002"), **APP)
    desk.work(minutes=11)
    assert [a.kind for a in desk.alarms() if a.params["order_id"] == quiet] == ["depart_overdue"]
    assert order_id != quiet


def test_reinforcements_get_the_same_words_and_a_course_of_their_own(desk: Desk) -> None:
    first, second = desk.unit("京A0001"), desk.unit("京A0002")
    order_id = desk.issue(first, **APP)
    desk.report(desk.assignment(order_id).id, "ON_SCENE")
    order = desk.do(lambda s: desk.room.orders.reinforce(s, order_id, [second], "人手不足"))
    assert [one.unit_id for one in order.assignments] == [first, second]
    assert desk.unit_now(second).state == "ASSIGNED"
    with pytest.raises((Conflict, BadInput)):
        desk.do(lambda s: desk.room.orders.reinforce(s, order_id, [second], "再来"))
    desk.work(seconds=90)
    texts = {one.text for one in desk.deliveries(order_id) if one.name == "京A0002"}
    assert len(texts) == 1 and "老王饭店" in texts.pop()
    assert [one.state for one in courses(desk, order_id)] == ["ANSWERED", "RUNNING"]
    assert "order_reinforced" in desk.told()


def test_a_reassignment_takes_one_back_and_sends_the_other_or_does_neither(desk: Desk) -> None:
    first, second = desk.unit("京A0001"), desk.unit("京A0002")
    order_id = desk.issue(first, channels=("sms",))
    desk.work(seconds=1)
    given_up = desk.assignment(order_id).id
    busy = desk.unit("京A0003")
    desk.issue(busy, **APP)
    with pytest.raises((Conflict, BadInput)):
        desk.do(lambda s: desk.room.orders.reassign(s, given_up, busy, "更近"))
    assert desk.assignment(order_id).state == "ISSUED"
    order = desk.do(lambda s: desk.room.orders.reassign(s, given_up, second, "更近"))
    assert [one.state for one in order.assignments] == ["CANCELLED", "ISSUED"]
    assert order.finished_at is None
    assert desk.unit_now(first).state == "FREE" and desk.unit_now(second).state == "ASSIGNED"
    desk.work(seconds=1)
    assert any("撤回" in one.text and "更近" in one.text for one in desk.sms.sent)


def test_a_finished_order_takes_nobody_more(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    desk.report(desk.assignment(order_id).id, "CANNOT")
    with pytest.raises(IllegalTransition):
        desk.do(lambda s: desk.room.orders.reinforce(s, order_id, [desk.unit("京A0002")], "再派"))


def test_a_course_that_is_over_stays_over(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    ident = desk.assignment(order_id).id
    desk.report(ident, "ACKED")
    desk.do(lambda s: course.end(s, ident, "STOPPED"), SETUP)
    assert courses(desk, order_id)[0].state == "ANSWERED"
    assert desk.do(lambda s: course.of(s, 10**9), SETUP) is None


# ------------------------------------------------- whom to send: together, and afterwards


def test_two_cases_are_thought_of_together(desk: Desk) -> None:
    near, far = desk.unit("京A0001", lon=116.425), desk.unit("京A0002", lon=116.30)
    plans = desk.do(lambda s: desk.room.orders.planner.jointly(s, [1, 3, 3]))
    assert {pair.case_id for pair in plans.joint} == {1, 3}
    assert {pair.unit_id for pair in plans.joint} == {near, far}
    assert next(p.unit_id for p in plans.joint if p.case_id == 3) == near, "it is the graver one"
    desk.issue(far, **APP)
    plans = desk.do(lambda s: desk.room.orders.planner.jointly(s, [1, 3]))
    assert {pair.case_id for pair in plans.joint} == {3}, "the other has its order"


def test_the_predicted_arrival_is_compared_with_the_actual_one(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    predicted = desk.assignment(order_id).predicted_seconds
    assert predicted and desk.assignment(order_id).predicted_by in ("road", "straight")
    desk.work(minutes=8)
    desk.report(desk.assignment(order_id).id, "ON_SCENE")
    since = desk.clock.now() - timedelta(days=1)
    [found] = desk.do(lambda s: regret.accuracy(s, DISPATCHER, since))
    assert (found.arrivals, found.overridden) == (1, False)
    assert found.median_error == pytest.approx(480 - predicted, abs=1)
    assert not desk.do(lambda s: regret.accuracy(s, STRANGER, since), STRANGER)


def test_an_outage_after_one_that_is_in_hand_rings_anew(desk: Desk) -> None:
    first = desk.issue(desk.unit("京A0001"), **APP)
    desk.outage(minutes=20)
    [alarm] = desk.alarms("overdue_after_outage")
    desk.do(lambda s: desk.room.alarms.take(s, alarm.id))
    second = desk.issue(desk.unit("京A0002"), **APP)
    desk.outage(minutes=20)
    [again] = desk.alarms("overdue_after_outage")
    assert (again.id != alarm.id, again.taken_at) == (True, None)
    assert again.params["orders"] == [desk.order(second).order_no]
    assert first != second


def test_a_graver_order_after_the_outage_forgets_none_of_the_others(desk: Desk) -> None:
    usual = desk.issue(desk.unit("京A0001"), **APP)
    grave = desk.issue(desk.unit("京A0002"), case=GRAVE, **APP)
    desk.clock.advance(seconds=30)
    desk.do(lambda s: desk.room.orders.approve(s, grave), COMMANDER)
    desk.outage(minutes=20)
    [alarm] = desk.alarms("overdue_after_outage")
    assert set(alarm.params["orders"]) == {desk.order(one).order_no for one in (usual, grave)}
    assert alarm.params["count"] >= 2 and alarm.level == 2


def test_a_unit_that_no_channel_reaches_is_not_sent_by_itself(desk: Desk) -> None:
    follow(desk, Step(60, UNIT), signed=True)
    order_id = desk.issue(desk.unit("京A0001", protocol="jt808"), channels=("vehicle",))
    deaf = desk.unit("京A0002", lon=116.40)
    desk.work(seconds=60)
    [step] = taken(desk, order_id)
    assert (step.outcome, step.details["unit_id"]) == ("proposed", deaf)
    assert step.details["refused"] == "no_channel_reaches"
    assert len(desk.order(order_id).assignments) == 1
