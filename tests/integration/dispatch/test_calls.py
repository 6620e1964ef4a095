"""Orders by telephone: who is called, what a key means, and what stops the ringing."""

import pytest
from sqlalchemy import select

from dispatch.delivery.channels.voice import VoiceChannel
from dispatch.delivery.models import Delivery
from dispatch.orders.models import StatusReport
from telephony import receipts
from telephony.lifecycle import Kind
from telephony.models import Message
from telephony.receipts import Heard
from tests.integration.dispatch.conftest import (
    COMMANDER,
    COMPLAINT,
    EAST,
    REPORT,
    SETUP,
    Desk,
)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk with an engine that calls people."""
    served = desk.room.deliveries.channels
    assert isinstance(served, dict) and "voice" not in served
    served["voice"] = VoiceChannel()
    return desk


@pytest.fixture(autouse=True)
def a_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is spoken does not matter here."""
    monkeypatch.setattr("telephony.speech.to_wav", lambda text, wav: wav.write_bytes(b"RIFF"))


@pytest.fixture
def car(desk: Desk) -> int:
    return desk.unit("京A1234")


def issue(desk: Desk, car: int, channels: tuple[str, ...] = ("voice",), **more: object) -> int:
    made = desk.issue(car, channels=channels, **more)
    desk.work()
    return made


def calls(desk: Desk, order: int) -> list[Delivery]:
    return [one for one in desk.deliveries(order) if one.channel == "voice"]


def told(desk: Desk, delivery: Delivery, kind: Kind, part: int = 0, **raw: str) -> None:
    """As the exchange reports it."""
    message_id = delivery.message_id or 0
    attempt = desk.do(lambda s: s.get_one(Message, message_id), SETUP).attempts_made
    heard = Heard(
        f"test:{message_id}:{attempt}:{part}:{kind}", message_id, attempt, part, kind,
        desk.clock.now(), raw=raw,
    )  # fmt: skip
    desk.do(lambda s: receipts.record(s, heard), SETUP)
    desk.work()


def press(desk: Desk, delivery: Delivery, key: str, part: int = 1) -> None:
    told(desk, delivery, Kind.KEY, part, key=key)


def reports(desk: Desk) -> list[StatusReport]:
    wanted = select(StatusReport).order_by(StatusReport.id)
    return list(desk.do(lambda s: s.scalars(wanted).all(), SETUP))


def test_the_crew_is_called_one_after_the_other_with_words_to_be_spoken(
    desk: Desk, car: int
) -> None:
    order = issue(desk, car)
    first, second = calls(desk, order)
    assert (first.state, second.state) == ("SENT", "QUEUED")
    assert [out.to for out in desk.voice.sent] == [first.address]
    assert first.text.startswith("执法调度，紧急查处指令，编号二零")
    assert COMPLAINT.subject_name in first.text and COMPLAINT.dispatch_facts not in first.text
    told(desk, first, Kind.DELIVERED)
    assert [one.state for one in calls(desk, order)] == ["DELIVERED", "SENT"]
    assert desk.assignment(order).state == "ISSUED"  # delivered is not acknowledged


def test_1_takes_the_order_and_proves_the_number_not_the_person(desk: Desk, car: int) -> None:
    order = issue(desk, car, ("sms", "voice"))
    first = calls(desk, order)[0]
    press(desk, first, "1")
    assignment = desk.assignment(order)
    assert (assignment.state, assignment.acknowledged_via) == ("ACKED", "voice")
    assert assignment.acknowledged_by == assignment.target_name != first.name
    (said,) = reports(desk)
    assert said.proof["message_id"] == first.message_id
    assert (said.proof["key"], said.proof["number"]) == ("1", f"…{first.address[-4:]}")
    assert first.address not in str(said.proof)
    assert [one.state for one in calls(desk, order)] == ["SENT", "CANCELLED"]
    (entry,) = [one for one in desk.timeline if one["kind"] == "key_pressed"]
    assert entry["params"]["phone"] == f"…{first.address[-4:]}"
    told(desk, first, Kind.DELIVERED)
    assert [one.state for one in calls(desk, order)] == ["DELIVERED", "CANCELLED"]
    assert len(desk.voice.sent) == 1


def test_0_says_that_it_cannot_be_done_and_why_that_is_known(desk: Desk, car: int) -> None:
    order = issue(desk, car)
    press(desk, calls(desk, order)[0], "0")
    assignment = desk.assignment(order)
    assert (assignment.state, assignment.cannot_reason) == ("CANNOT", "电话按0")
    assert desk.alarms("order_declined")
    assert calls(desk, order)[1].state == "CANCELLED"


def test_9_rings_at_the_desk_until_the_order_is_over(desk: Desk, car: int) -> None:
    order = issue(desk, car)
    first = calls(desk, order)[0]
    press(desk, first, "9")
    (alarm,) = desk.alarms("desk_wanted")
    assert (alarm.reference_kind, alarm.params["name"]) == ("assignment", first.name)
    assert desk.assignment(order).state == "ISSUED"
    press(desk, first, "1", part=2)
    assert desk.alarms("desk_wanted"), "whoever asked for the desk still waits"
    desk.do(lambda s: desk.room.orders.cancel(s, order, "已处理"))
    assert not desk.alarms("desk_wanted")


def test_a_key_that_is_reported_twice_counts_once(desk: Desk, car: int) -> None:
    order = issue(desk, car)
    first = calls(desk, order)[0]
    press(desk, first, "1")
    press(desk, first, "1")
    assert len(reports(desk)) == 1
    assert desk.told().count("key_pressed") == 1


@pytest.mark.parametrize("key", ["*", "5", "#"])
def test_other_keys_are_no_report(desk: Desk, car: int, key: str) -> None:
    order = issue(desk, car)
    press(desk, calls(desk, order)[0], key)
    assert (desk.assignment(order).state, reports(desk), desk.alarms()) == ("ISSUED", [], [])


def test_keys_after_the_end_are_shown_and_change_nothing(desk: Desk, car: int) -> None:
    order = issue(desk, car)
    first = calls(desk, order)[0]
    desk.do(lambda s: desk.room.orders.cancel(s, order, "已处理"))
    desk.work()
    press(desk, first, "1")
    assert (desk.assignment(order).state, reports(desk)) == ("CANCELLED", [])
    assert "key_pressed" in desk.told()


def test_an_acknowledgement_elsewhere_stops_what_rings_and_what_waits(desk: Desk, car: int) -> None:
    order = issue(desk, car, ("sms", "voice"))
    first, second = calls(desk, order)
    desk.text_in(second.address, "1")
    assert desk.assignment(order).state == "ACKED"
    assert desk.voice.hung_up == [(first.message_id, 1)]
    assert [one.state for one in calls(desk, order)] == ["SENT", "CANCELLED"]
    told(desk, first, Kind.NO_ANSWER)
    assert [one.state for one in calls(desk, order)] == ["CANCELLED", "CANCELLED"]
    desk.work(hours=1)
    assert len(desk.voice.sent) == 1
    assert not desk.alarms("delivery_problem")


def test_a_person_stops_a_call_that_rings(desk: Desk, car: int) -> None:
    order = issue(desk, car)
    first = calls(desk, order)[0]
    desk.do(lambda s: desk.room.deliveries.cancel(s, first.id))
    desk.work()
    assert desk.voice.hung_up == [(first.message_id, 1)]
    told(desk, first, Kind.NO_ANSWER)
    assert [one.state for one in calls(desk, order)] == ["CANCELLED", "SENT"]


def test_a_recalled_order_is_taken_back_by_a_short_call_and_its_keys_mean_nothing(
    desk: Desk, car: int
) -> None:
    order = issue(desk, car)
    first = calls(desk, order)[0]
    told(desk, first, Kind.DELIVERED)
    desk.do(lambda s: desk.room.orders.cancel(s, order, "已处理"))
    desk.work()
    told(desk, calls(desk, order)[1], Kind.NO_ANSWER)
    recalls = [one for one in calls(desk, order) if one.is_recall]
    assert [one.address for one in recalls] == [one.address for one in calls(desk, order)[:2]]
    assert "已撤回" in recalls[0].text and "已处理" not in recalls[0].text
    press(desk, recalls[0], "1")
    press(desk, recalls[0], "9", part=2)
    assert (reports(desk), desk.alarms("desk_wanted")) == ([], [])


def test_of_a_report_a_call_says_nothing_but_that_there_is_an_order(desk: Desk, car: int) -> None:
    order = issue(desk, car, case=REPORT, who=COMMANDER)
    (text,) = {one.text for one in calls(desk, order)}
    assert text == "执法调度，紧急，有一件封闭指令，请在手机上查看。"


def test_a_branch_is_called_at_its_own_number(desk: Desk) -> None:
    order = desk.issue(branch_ids=(EAST.id,), channels=("voice",))
    desk.work()
    assert [one.address for one in calls(desk, order)] == [EAST.phone]


def test_a_call_that_nobody_takes_alarms_the_desk(desk: Desk, car: int) -> None:
    order = issue(desk, car)
    for _ in range(2):
        for one in calls(desk, order):
            told(desk, one, Kind.NO_ANSWER)
            desk.work(seconds=60)
    assert {one.state for one in calls(desk, order)} == {"FAILED"}
    assert desk.alarms("delivery_problem")


def test_without_an_engine_nobody_is_called_and_the_preview_says_so(desk: Desk, car: int) -> None:
    del desk.room.deliveries.channels["voice"]  # type: ignore[attr-defined]
    request = desk.request(unit_ids=(car,), channels=("sms", "voice"))

    def look(session):  # type: ignore[no-untyped-def]
        return desk.room.orders.outgoings.preview(
            session, desk.room.orders.preview(session, request)
        )

    shown = desk.do(look)
    assert {one.address.blocked for one in shown if one.address.channel == "voice"} == {"no_engine"}
    order = issue(desk, car, ("sms", "voice"))
    assert {one.channel for one in desk.deliveries(order)} == {"sms"}
