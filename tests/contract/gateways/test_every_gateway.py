"""What holds for every gateway, the one in memory and those with a real engine alike."""

from uuid import uuid4

from telephony.lifecycle import Channel
from tests.contract.gateways.conftest import Rig
from tests.integration.telephony.conftest import LONG, Desk


def queue(desk: Desk, rig: Rig, to: str | None = None, text: str = LONG) -> int:
    """One message of the gateway's channel, unlike all others."""
    mark = uuid4().hex[:8]
    if rig.gateway.channel == Channel.FAX:
        return desk.queue_fax(to or rig.address, pages=2, subject=f"DD{mark}")
    if rig.gateway.channel == Channel.VOICE:
        return desk.queue_call(f"核查{mark}。", to or rig.address)
    return desk.queue(f"{text} {mark}", to or rig.address)


def test_a_message_arrives_unchanged_and_its_receipt_delivers_it(desk: Desk, rig: Rig) -> None:
    ident = queue(desk, rig)
    desk.work()
    rig.settle(desk, ident, "DELIVERED")
    message = desk.message(ident)
    assert rig.arrived(desk, message) == 1
    assert message.parts_confirmed == message.parts_total
    assert message.parts_total > 1 or message.channel == Channel.VOICE, "a call is one part"
    assert message.provider_id is not None
    assert (message.gateway, message.problem) == (rig.gateway.name, None)


def test_a_message_that_is_not_received_fails_and_says_so(desk: Desk, rig: Rig) -> None:
    ident = queue(desk, rig, rig.failing)
    desk.work()
    rig.settle(desk, ident, "FAILED", "QUEUED")
    while desk.state(ident) == "QUEUED":  # a machine that was busy is dialled again
        desk.work(seconds=60)
        rig.settle(desk, ident, "FAILED", "QUEUED")
    message = desk.message(ident)
    assert message.problem in ("failed", "busy")
    assert rig.arrived(desk, message) == 0 or message.channel == Channel.SMS


def test_a_receipt_that_comes_twice_counts_once(desk: Desk, rig: Rig) -> None:
    ident = queue(desk, rig)
    desk.work()
    rig.settle(desk, ident, "DELIVERED")
    desk.work()
    before, told = desk.message(ident), len(desk.told)
    rig.repeat_receipts(desk)
    desk.work()
    after = desk.message(ident)
    assert (after.version, len(after.receipts)) == (before.version, len(before.receipts))
    assert len(desk.told) == told


def test_an_engine_that_is_down_gets_the_message_once_when_it_is_back(desk: Desk, rig: Rig) -> None:
    rig.stop()
    assert rig.gateway.health().ok is False
    ident = queue(desk, rig)
    desk.work()
    message = desk.message(ident)
    assert (message.state, message.problem) == ("QUEUED", "engine_unreachable")
    rig.start()
    assert rig.gateway.health().ok is True
    desk.work(seconds=2)
    rig.settle(desk, ident, "DELIVERED")
    assert rig.arrived(desk, desk.message(ident)) == 1


def test_an_answer_that_never_came_is_unknown_until_a_late_receipt_settles_it(
    desk: Desk, rig: Rig
) -> None:
    with rig.frozen():
        ident = queue(desk, rig, text="核查")
        desk.work()
        assert (desk.state(ident), desk.message(ident).problem) == ("UNKNOWN", "outcome_unknown")
        desk.work(hours=1)
        assert desk.state(ident) == "UNKNOWN"
    rig.settle(desk, ident, "DELIVERED")
    message = desk.message(ident)
    assert rig.arrived(desk, message) == 1
    assert [attempt.outcome for attempt in message.attempts] == ["unknown"]


def test_no_gateway_of_the_demo_reaches_people(rig: Rig) -> None:
    assert rig.gateway.real is False
    assert rig.gateway.health().detail["simulator"] is True
