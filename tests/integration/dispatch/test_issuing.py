"""Issuing orders: one gesture, and nothing half-written."""

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from dispatch.orders.service import OralApproval
from kernel.access import Principal
from kernel.errors import AppError, BadInput, Conflict, Forbidden, IllegalTransition, NotFound
from tests.integration.dispatch.conftest import (
    COLLEAGUE,
    COMMANDER,
    COMPLAINT,
    DISPATCHER,
    EAST,
    GRAVE,
    REPORT,
    STATION,
    STRANGER,
    WEST,
    Desk,
    person,
)


def test_an_order_reaches_crew_and_branch_and_holds_the_case(desk: Desk) -> None:
    car = desk.unit("京A0001")
    order_id = desk.issue(car, branch_ids=(EAST.id,))
    desk.work()
    order = desk.order(order_id)
    assert order.order_no == "DD202609220001"
    assert order.state == "ISSUED"
    assert [(d.channel, d.name, d.state) for d in desk.deliveries(order_id)] == [
        ("sms", "警员100", "SENT"),
        ("sms", "警员101", "SENT"),
        ("app", "京A0001", "SENT"),
        ("sms", "东华市监所", "SENT"),
        ("fax", "东华市监所", "SENT"),
    ]
    unit = desk.unit_now(car)
    assert unit.state == "ASSIGNED"
    assert unit.engagement == {
        "id": order.assignments[0].id,
        "order_id": order_id,
        "order_no": order.order_no,
        "state": "ISSUED",
    }
    assert desk.gate.holds == {(COMPLAINT.case_id, order_id)}
    assert "order_issued" in desk.told()


def test_the_branchs_paper_is_a_copy_when_a_unit_acts(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), branch_ids=(EAST.id,))
    acting, copy = desk.order(order_id).assignments
    assert (acting.is_copy, copy.is_copy) == (False, True)
    assert acting.ack_due_at and copy.ack_due_at is None
    alone = desk.order(desk.issue(branch_ids=(EAST.id,)))
    assert not alone.assignments[0].is_copy


def test_numbers_count_within_the_bureaus_day(desk: Desk) -> None:
    first = desk.issue(branch_ids=(EAST.id,))
    second = desk.issue(branch_ids=(EAST.id,))
    desk.clock.advance(hours=15)  # 00:00 in Shanghai
    third = desk.issue(branch_ids=(EAST.id,))
    numbers = [desk.order(one).order_no for one in (first, second, third)]
    assert numbers == ["DD202609220001", "DD202609220002", "DD202609230001"]


def test_codes_are_four_digits_and_differ_among_open_orders(desk: Desk) -> None:
    orders = [desk.issue(branch_ids=(EAST.id, WEST.id)) for _ in range(5)]
    codes = [a.code for one in orders for a in desk.order(one).assignments]
    assert len(set(codes)) == 10
    assert all(len(code) == 4 and code.isdigit() for code in codes)


def test_the_preview_shows_every_text_and_writes_nothing(desk: Desk) -> None:
    car = desk.unit("京A0001")
    request = desk.request(unit_ids=(car,), branch_ids=(EAST.id,), note="带快检箱")

    def look(session):  # type: ignore[no-untyped-def]
        plan = desk.room.orders.preview(session, request)
        return plan, desk.room.orders.outgoings.preview(session, plan)

    plan, lines = desk.do(look)
    assert not plan.needs_approval
    assert [(one.address.channel, one.pages) for one in lines] == [
        ("sms", 2), ("sms", 2), ("app", None), ("sms", 2), ("fax", None),
    ]  # fmt: skip
    order_id = desk.issue(car, branch_ids=(EAST.id,), note="带快检箱")
    order = desk.order(order_id)
    really = desk.deliveries(order_id)[0].text
    shown = lines[0].text.replace("DD············", order.order_no)
    assert shown.replace("····", order.assignments[0].code) == really
    assert desk.count("dispatch.orders") == 1


def test_two_dispatchers_at_once_cannot_take_one_unit(desk: Desk) -> None:
    car = desk.unit("京A0001")
    start = threading.Barrier(2)
    outcomes: list[int | AppError] = []

    def press(who: Principal) -> None:
        start.wait()
        try:
            outcomes.append(desk.issue(car, who=who))
        except AppError as refusal:
            outcomes.append(refusal)

    threads = [threading.Thread(target=press, args=(who,)) for who in (DISPATCHER, COLLEAGUE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    winner = next(one for one in outcomes if isinstance(one, int))
    loser = next(one for one in outcomes if isinstance(one, AppError))
    assert (loser.code, loser.params["order_no"]) == ("unit_taken", desk.order(winner).order_no)
    assert isinstance(loser, Conflict)
    assert (desk.count("dispatch.orders"), desk.count("dispatch.assignments")) == (1, 1)
    assert desk.count("dispatch.deliveries") == 3


def test_a_second_press_of_the_same_order_gives_the_first(desk: Desk) -> None:
    request, key = desk.request(unit_ids=(desk.unit("京A0001"),)), uuid4()
    issue = desk.room.orders.issue
    first = desk.do(lambda s: issue(s, request, idempotency_key=key).id)
    second = desk.do(lambda s: issue(s, request, idempotency_key=key).id)
    assert first == second
    with pytest.raises(Conflict, match="idempotency_key_used"):
        desk.do(lambda s: issue(s, request, idempotency_key=key), COLLEAGUE)


def test_a_service_station_is_refused_by_preview_and_by_the_order(desk: Desk) -> None:
    request = desk.request(branch_ids=(STATION.id,))
    plan = desk.do(lambda s: desk.room.orders.preview(s, request))
    assert plan.targets[0].blocked is not None
    assert plan.targets[0].blocked.code == "recipient_is_station"
    with pytest.raises(BadInput, match="recipient_is_station"):
        desk.issue(branch_ids=(STATION.id,))
    assert desk.count("dispatch.orders") == 0


@pytest.mark.parametrize(("crew", "code"), [(0, "no_crew"), (1, "crew_short")])
def test_who_is_not_two_certified_officers_is_not_sent(desk: Desk, crew: int, code: str) -> None:
    with pytest.raises(BadInput, match=code):
        desk.issue(desk.unit("京A0001", crew=crew))


def test_passing_over_the_nearer_unit_asks_why_and_keeps_the_answer(desk: Desk) -> None:
    desk.unit("京A0001", lon=116.429)
    far = desk.unit("京A0002", lon=116.33)
    with pytest.raises(BadInput) as refusal:
        desk.issue(far, override_reason=" ")
    assert refusal.value.field == "override_reason"
    assert desk.order(desk.issue(far, override_reason="有快检车")).override_reason == "有快检车"


def test_what_lies_outside_the_jurisdiction_does_not_exist(desk: Desk) -> None:
    car = desk.unit("京A0001")
    order_id = desk.issue(car)
    with pytest.raises(NotFound):
        desk.issue(branch_ids=(WEST.id,), who=STRANGER)
    with pytest.raises(NotFound):
        desk.do(lambda s: desk.room.orders.cancel(s, order_id, "x"), STRANGER)
    east_only = person(70, "DISP", "/1/4/")
    for foreign in ({"branch_ids": (WEST.id,)}, {"unit_ids": (desk.unit("京B", path="/1/5/13/"),)}):
        request = desk.request(**foreign)
        with pytest.raises(NotFound):
            desk.do(lambda s, r=request: desk.room.orders.preview(s, r), east_only)


def test_a_closed_case_takes_no_order(desk: Desk) -> None:
    desk.gate.closed.add(COMPLAINT.case_id)
    with pytest.raises(Conflict, match="case_closed"):
        desk.issue(desk.unit("京A0001"))
    assert desk.count("dispatch.orders") == 0
    assert desk.unit_now(1).state == "FREE"


# -- authority ---------------------------------------------------------------------------------


def test_at_level_two_nothing_leaves_before_the_commander_says_so(desk: Desk) -> None:
    car = desk.unit("京A0001")
    order_id = desk.issue(car, case=GRAVE)
    desk.work(seconds=1)
    assert desk.order(order_id).state == "PENDING_APPROVAL"
    assert not desk.deliveries(order_id)
    assert not desk.sms.sent
    assert desk.unit_now(car).state == "ASSIGNED"
    assert [one.rung for one in desk.alarms("approval_pending")] == ["CMD"]
    desk.do(lambda s: desk.room.orders.approve(s, order_id), COMMANDER)
    desk.work()
    order = desk.order(order_id)
    assert (order.state, order.approval_mode, order.approver_name) == ("ISSUED", "online", "赵刚")
    assert len(desk.sms.sent) > 0
    assert not desk.alarms("approval_pending")
    assert desk.told()[:3] == ["order_requested", "order_approved", "order_issued"]


def test_nobody_approves_an_order_of_their_own(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), case=GRAVE, who=COMMANDER)
    with pytest.raises(Forbidden, match="own_order"):
        desk.do(lambda s: desk.room.orders.approve(s, order_id), COMMANDER)


def test_a_refused_order_sets_the_unit_free_and_sends_nothing(desk: Desk) -> None:
    car = desk.unit("京A0001")
    order_id = desk.issue(car, case=GRAVE)
    desk.do(lambda s: desk.room.orders.refuse(s, order_id, "先核实"), COMMANDER)
    desk.work(hours=1)
    order = desk.order(order_id)
    assert (order.state, order.end_reason) == ("REFUSED", "先核实")
    assert desk.unit_now(car).state == "FREE"
    assert not desk.gate.holds
    assert not desk.sms.sent
    with pytest.raises(IllegalTransition):
        desk.do(lambda s: desk.room.orders.approve(s, order_id), COMMANDER)


def test_no_word_of_an_order_names_the_informant(desk: Desk) -> None:
    desk.gate.informant = "诸葛青禾"
    car = desk.unit("京A0001")
    with pytest.raises(BadInput, match="facts_contain_identity"):
        desk.issue(car, note="请联系诸葛青禾")
    order_id = desk.issue(car, case=GRAVE)
    for verb, who in (("cancel", DISPATCHER), ("refuse", COMMANDER)):
        act = getattr(desk.room.orders, verb)
        with pytest.raises(BadInput, match="facts_contain_identity"):
            desk.do(lambda s, act=act: act(s, order_id, "诸葛青禾撤回"), who)
    desk.work()
    assert not desk.sms.sent


def oral(desk: Desk) -> OralApproval:
    return OralApproval(COMMANDER.id, desk.clock.now() - timedelta(minutes=1))


def test_an_oral_approval_lets_the_order_go_and_is_confirmed_on_line(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), case=GRAVE, oral=oral(desk))
    desk.work(seconds=1)
    assert desk.order(order_id).state == "ISSUED"
    assert desk.sms.sent
    with pytest.raises(Forbidden, match="not_the_approver"):
        desk.do(
            lambda s: desk.room.orders.confirm_oral(s, order_id), person(10, "CMD", name="别人")
        )
    desk.do(lambda s: desk.room.orders.confirm_oral(s, order_id), COMMANDER)
    desk.work(minutes=31)
    assert desk.order(order_id).confirmed_at is not None
    assert not desk.alarms("oral_unconfirmed")


def test_an_oral_approval_that_nobody_confirms_alarms_and_climbs(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), case=GRAVE, oral=oral(desk))
    desk.work(minutes=29)
    assert not desk.alarms("oral_unconfirmed")
    desk.work(minutes=1)
    assert [one.rung for one in desk.alarms("oral_unconfirmed")] == ["CMD"]
    desk.work(minutes=2)
    assert [one.rung for one in desk.alarms("oral_unconfirmed")] == ["DEPUTY"]
    desk.do(lambda s: desk.room.orders.confirm_oral(s, order_id), COMMANDER)
    assert not desk.alarms("oral_unconfirmed")


def test_the_commander_named_must_be_one(desk: Desk) -> None:
    officer = person(11, "OFFICER")
    desk.directory.approvers[11] = desk.directory.approvers[9].__class__(
        11, officer.name, officer.roles, "/1/"
    )
    with pytest.raises(Forbidden, match="not_an_approver"):
        desk.issue(desk.unit("京A0001"), case=GRAVE, oral=OralApproval(11, desk.clock.now()))
    assert desk.count("dispatch.orders") == 0


def test_issuing_answers_the_alarm_of_the_escalated_case(desk: Desk) -> None:
    desk.do(
        lambda s: desk.room.alarms.raise_alarm(
            s, "case_escalated", ("case", COMPLAINT.case_id), organisation_path="/1/4/12/"
        )
    )
    desk.issue(desk.unit("京A0001"))
    assert not desk.alarms("case_escalated")


# -- closed orders -----------------------------------------------------------------------------


def test_a_reports_order_is_closed_and_says_nothing_by_sms(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), case=REPORT, branch_ids=(EAST.id,))
    desk.work(seconds=1)
    assert desk.order(order_id).closed
    said = "".join(one.text for one in desk.sms.sent)
    assert "请打开执法APP查看" in said
    for secret in ("老王", "建国路", "羊肉", "JB11", "食品安全"):
        assert secret not in said


def test_a_closed_fax_waits_until_somebody_stands_at_the_machine(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,), case=REPORT, channels=("fax",))
    desk.work(hours=1)
    fax = desk.deliveries(order_id)[0]
    assert (fax.state, fax.held) == ("HELD", "attendance_unconfirmed")
    assert not desk.fax.sent
    desk.do(lambda s: desk.room.deliveries.release(s, fax.id, "东华所 孙所长"))
    desk.work()
    fax = desk.deliveries(order_id)[0]
    assert (fax.state, fax.held, fax.released_with) == ("SENT", None, "东华所 孙所长")
    assert fax.pages == 1
    assert len(desk.fax.sent) == 1
    assert "delivery_released" in desk.told()
    with pytest.raises(IllegalTransition):
        desk.do(lambda s: desk.room.deliveries.release(s, fax.id, "again"))


def test_an_acknowledged_text_leaves_the_held_page_to_the_desk(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,), case=REPORT, channels=("sms", "fax"))
    desk.report(desk.assignment(order_id).id, "ACKED")
    assert [d.state for d in desk.deliveries(order_id)] == ["CANCELLED", "HELD"]
    desk.report(desk.assignment(order_id).id, "FED_BACK")
    assert [d.state for d in desk.deliveries(order_id)] == ["CANCELLED", "CANCELLED"]


def test_a_reports_order_names_nobody_whatever_was_typed(desk: Desk) -> None:
    told = replace(REPORT, dispatch_facts="后厨用过期肉，详情问13812345678")
    desk.gate.briefs[REPORT.case_id] = told
    order_id = desk.issue(desk.unit("京A0001"), case=REPORT, branch_ids=(EAST.id,))
    desk.work(seconds=1)
    everything = str(desk.order(order_id).brief) + str([d.text for d in desk.deliveries(order_id)])
    assert "13812345678" not in everything
    assert "号码已隐去" in everything
    with pytest.raises(BadInput) as refusal:
        desk.issue(branch_ids=(EAST.id,), case=REPORT, note="联系13812345678")
    assert (refusal.value.field, refusal.value.code) == ("note", "personal_data")


def test_a_complaints_order_is_open_unless_the_dispatcher_closes_it(desk: Desk) -> None:
    assert not desk.order(desk.issue(branch_ids=(EAST.id,))).closed
    assert desk.order(desk.issue(branch_ids=(EAST.id,), closed=True)).closed


def test_faxes_go_down_the_list_in_its_order(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(WEST.id, EAST.id), channels=("fax",))
    desk.work(seconds=1)
    assert [one.recipient_name for one in desk.fax.sent] == ["西华市监所"]
    positions = [d.message_id for d in desk.deliveries(order_id)]
    assert positions == sorted(one for one in positions if one)
