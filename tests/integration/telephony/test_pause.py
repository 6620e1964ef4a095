"""While everything outbound is paused nothing is handed over, and nothing is lost."""

import pytest

from kernel.clock import now
from kernel.pause import Pause
from telephony import outbound, sending
from telephony.gateways.base import Refused
from telephony.lifecycle import Kind
from tests.integration.telephony.conftest import Desk


def pause(desk: Desk) -> int:
    def begin(session):  # type: ignore[no-untyped-def]
        made = Pause(began_at=now(session), began_by=9, began_by_name="赵刚", reason="误发")
        session.add(made)
        session.flush()
        return made.id

    return desk.do(begin)


def resume(desk: Desk, pause_id: int) -> None:
    def end(session):  # type: ignore[no-untyped-def]
        session.get_one(Pause, pause_id).ended_at = now(session)
        outbound.release(session)

    desk.do(end)


def numbers(desk: Desk) -> list[str]:
    return [one.to for one in desk.sms.sent]


def test_what_waits_goes_out_after_the_resume_the_urgent_first(desk: Desk) -> None:
    stopped = pause(desk)
    calm = [desk.queue(to=f"+9991380000000{n}") for n in (1, 2)]
    desk.work(minutes=5)
    urgent = desk.queue(to="+99913800000003", priority=2)
    fax, call = desk.queue_fax(), desk.queue_call()
    desk.work(minutes=40)
    everything = [*calm, urgent, fax, call]
    assert {desk.state(one) for one in everything} == {"QUEUED"}
    assert (desk.sms.sent, desk.fax.sent, desk.voice.sent) == ([], [], [])
    assert desk.do(outbound.waiting) == 5
    resume(desk, stopped)
    desk.work()
    assert {desk.state(one) for one in everything} == {"SENT"}
    assert numbers(desk) == ["+99913800000003", "+99913800000001", "+99913800000002"]


def test_a_pause_longer_than_their_patience_costs_them_nothing(desk: Desk) -> None:
    waits = desk.queue()
    stopped = pause(desk)
    desk.work(hours=5)
    desk.do(sending.sweep)
    assert desk.state(waits) == "QUEUED"
    resume(desk, stopped)
    desk.sms.script.append(Refused("throttled", again=True))
    desk.work()
    assert desk.state(waits) == "QUEUED"
    desk.work(seconds=3)
    assert desk.state(waits) == "SENT"


def test_time_before_and_after_the_pause_counts(desk: Desk) -> None:
    desk.sms.running = False
    waits = desk.queue()
    desk.work(minutes=20)
    stopped = pause(desk)
    desk.work(hours=3)
    resume(desk, stopped)
    desk.clock.advance(minutes=9)
    desk.do(sending.sweep)
    assert desk.state(waits) == "QUEUED"
    desk.clock.advance(minutes=2)
    desk.do(sending.sweep)
    assert desk.state(waits) == "FAILED"


def test_what_an_engine_has_goes_on_and_its_receipts_count(desk: Desk) -> None:
    sent = desk.queue()
    desk.work()
    pause(desk)
    desk.hear(sent, Kind.DELIVERED)
    assert desk.state(sent) == "DELIVERED"


def test_who_was_busy_is_called_again_after_the_resume_and_the_list_keeps_its_order(
    desk: Desk,
) -> None:
    first = desk.queue_fax("+9991000005001", list_key="order:1", position=1)
    second = desk.queue_fax("+9991000005002", list_key="order:1", position=2)
    desk.work()
    stopped = pause(desk)
    desk.hear(first, Kind.BUSY)
    desk.work(minutes=90)
    assert (desk.state(first), desk.state(second)) == ("QUEUED", "QUEUED")
    resume(desk, stopped)
    desk.work()
    assert (desk.state(first), desk.state(second)) == ("QUEUED", "SENT")
    desk.hear(second, Kind.DELIVERED)
    desk.work()
    assert desk.state(first) == "SENT"
    assert [one.to for one in desk.fax.sent] == [
        "+9991000005001", "+9991000005002", "+9991000005001",
    ]  # fmt: skip


def test_a_paused_message_can_still_be_stopped(desk: Desk) -> None:
    stopped = pause(desk)
    unwanted = desk.queue()
    desk.work()
    assert desk.do(lambda s: outbound.cancel(s, unwanted))
    resume(desk, stopped)
    desk.work()
    assert (desk.state(unwanted), desk.sms.sent) == ("CANCELLED", [])


@pytest.mark.parametrize("again", [False, True])
def test_another_worker_keeps_the_pause_and_a_second_one_holds_what_the_first_let_go(
    desk: Desk, again: bool
) -> None:
    stopped = pause(desk)
    waits = desk.queue()
    for _ in range(3):  # each is a worker that was just started
        desk.worker().run_due()
    assert desk.state(waits) == "QUEUED"
    resume(desk, stopped)
    if again:
        stopped = pause(desk)
        desk.work()
        assert desk.sms.sent == []
        resume(desk, stopped)
    desk.work()
    assert desk.state(waits) == "SENT"
