"""Calls between whoever asks for them and the exchange: keys, ends, and calls that are to stop."""

import pytest

from kernel.errors import BadInput
from telephony import outbound, sending
from telephony.gateways.base import OutcomeUnknown, Refused
from telephony.lifecycle import Kind
from tests.integration.telephony.conftest import CREW, Desk

OTHER = "+99913800000002"


@pytest.fixture(autouse=True)
def a_voice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is spoken does not matter here."""
    monkeypatch.setattr("telephony.speech.to_wav", lambda text, wav: wav.write_bytes(b"RIFF"))


def cancel(desk: Desk, ident: int) -> bool:
    return desk.do(lambda s: outbound.cancel(s, ident))


def test_a_key_is_told_upward_once_and_the_call_goes_on(desk: Desk) -> None:
    ident = desk.queue_call()
    desk.work()
    assert desk.hear(ident, Kind.KEY, key="1") is True
    assert desk.hear(ident, Kind.KEY, key="1") is False, "reported again"
    desk.work()
    assert [(told["message_id"], told["key"]) for told in desk.keys] == [(ident, "1")]
    message = desk.message(ident)
    assert (message.state, message.parts_confirmed) == ("SENT", 1)
    desk.hear(ident, Kind.DELIVERED)
    assert desk.state(ident) == "DELIVERED"


def test_a_key_that_is_reported_late_is_told_all_the_same(desk: Desk) -> None:
    ident = desk.queue_call()
    desk.work()
    desk.hear(ident, Kind.DELIVERED)
    desk.hear(ident, Kind.KEY, key="0")
    desk.work()
    assert [told["key"] for told in desk.keys] == ["0"]
    assert desk.state(ident) == "DELIVERED"


def test_the_next_number_is_called_when_a_call_has_ended_however_it_did(desk: Desk) -> None:
    first, second = (
        desk.queue_call(to=to, list_key="call:1", position=n) for n, to in enumerate((CREW, OTHER))
    )
    desk.work()
    assert [out.to for out in desk.voice.sent] == [CREW]
    desk.hear(first, Kind.KEY, key="9")
    desk.work()
    assert len(desk.voice.sent) == 1, "they talk to the desk"
    desk.hear(first, Kind.DELIVERED)
    desk.work()
    assert [out.to for out in desk.voice.sent] == [CREW, OTHER]
    desk.hear(second, Kind.NO_ANSWER)
    assert desk.state(second) == "QUEUED"


def test_nobody_is_called_more_than_twice(desk: Desk) -> None:
    ident = desk.queue_call()
    desk.work()
    for attempt in (1, 2):
        desk.hear(ident, Kind.NO_ANSWER, attempt=attempt)
        desk.work(seconds=60)
    message = desk.message(ident)
    assert (message.state, message.problem, message.attempts_made) == ("FAILED", "no_answer", 2)


def test_a_call_that_has_not_begun_is_cancelled(desk: Desk) -> None:
    ident = desk.queue_call()
    assert cancel(desk, ident) is True
    desk.work()
    assert (desk.state(ident), desk.voice.sent, desk.voice.hung_up) == ("CANCELLED", [], [])


def test_a_call_that_rings_is_hung_up_and_then_cancelled_not_tried_again(desk: Desk) -> None:
    ident = desk.queue_call()
    desk.work()
    assert cancel(desk, ident) is False, "somebody may just have answered"
    assert cancel(desk, ident) is False
    desk.work()
    assert set(desk.voice.hung_up) == {(ident, 1)}
    desk.hear(ident, Kind.NO_ANSWER)
    desk.work(hours=1)
    message = desk.message(ident)
    assert (message.state, message.attempts_made) == ("CANCELLED", 1)
    assert desk.states_told(ident)[-1] == "CANCELLED"


def test_a_call_that_was_answered_ends_by_itself_though_it_was_to_stop(desk: Desk) -> None:
    ident = desk.queue_call()
    desk.work()
    cancel(desk, ident)
    desk.work()
    desk.hear(ident, Kind.KEY, key="1")
    desk.hear(ident, Kind.DELIVERED)
    desk.work()
    assert (desk.state(ident), [told["key"] for told in desk.keys]) == ("DELIVERED", ["1"])


def test_a_call_is_hung_up_when_the_exchange_answers_again(desk: Desk) -> None:
    ident = desk.queue_call()
    desk.work()
    desk.voice.running = False
    cancel(desk, ident)
    desk.work()
    assert desk.voice.hung_up == []
    desk.voice.running = True
    desk.work(seconds=3)
    assert desk.voice.hung_up == [(ident, 1)]


def test_a_call_that_waits_for_a_free_line_and_is_to_stop_is_not_made(desk: Desk) -> None:
    desk.voice.script.append(Refused("lines_busy", again=True))
    ident = desk.queue_call()
    desk.work()
    assert cancel(desk, ident) is True
    desk.work(minutes=2)
    assert (desk.state(ident), desk.voice.sent) == ("CANCELLED", [])


def test_a_line_that_becomes_free_is_the_next_calls_at_once(desk: Desk) -> None:
    first = desk.queue_call()
    desk.work()
    desk.voice.script.append(Refused("lines_busy", again=True))
    second = desk.queue_call(to=OTHER)
    desk.work()
    assert desk.message(second).problem == "lines_busy"
    desk.hear(first, Kind.DELIVERED)
    desk.work()
    assert desk.state(second) == "SENT"


def test_a_call_without_an_end_is_unknown_and_one_that_was_heard_is_delivered(desk: Desk) -> None:
    silent, heard = desk.queue_call(), desk.queue_call(to=OTHER)
    desk.work()
    desk.hear(heard, Kind.KEY, key="1")
    for minutes, states in ((5, ["SENT", "SENT"]), (1, ["UNKNOWN", "SENT"]),
                            (26, ["UNKNOWN", "DELIVERED"])):  # fmt: skip
        desk.work(minutes=minutes)
        desk.do(sending.sweep)
        assert [desk.state(ident) for ident in (silent, heard)] == states
    assert desk.message(silent).problem == "no_outcome"
    desk.hear(silent, Kind.DELIVERED)
    assert desk.state(silent) == "DELIVERED"


def test_the_second_call_has_as_much_time_as_the_first(desk: Desk) -> None:
    ident = desk.queue_call()
    desk.work()
    desk.work(minutes=5)
    desk.hear(ident, Kind.BUSY)
    desk.work(minutes=2)
    assert desk.message(ident).attempts_made == 2
    desk.do(sending.sweep)
    assert desk.state(ident) == "SENT"


def test_a_broken_line_to_the_exchange_leaves_the_call_unknown(desk: Desk) -> None:
    desk.voice.script.append(OutcomeUnknown("broken"))
    ident = desk.queue_call()
    desk.work()
    desk.work(hours=1)
    assert (desk.state(ident), len(desk.voice.sent)) == ("UNKNOWN", 1)


def test_words_that_cannot_be_spoken_fail_without_a_call(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mute(text: str, wav: object) -> None:
        raise sending.Unspeakable("espeak-ng is not installed")

    monkeypatch.setattr("telephony.speech.to_wav", mute)
    ident = desk.queue_call()
    desk.work()
    message = desk.message(ident)
    assert (message.state, message.problem) == ("FAILED", "words_unspeakable")
    assert (message.attempts_made, desk.voice.sent) == (0, [])


def test_a_repeat_says_so(desk: Desk) -> None:
    ident = desk.queue_call("有一件指令。")
    desk.work()
    desk.hear(ident, Kind.DELIVERED)
    again = desk.do(lambda s: outbound.resend(s, ident, reason="演练"))
    message = desk.message(again)
    assert (message.text, message.parts_total) == ("【重发】有一件指令。", 1)


@pytest.mark.parametrize(("words", "code"), [("", "required"), ("查" * 201, "too_long")])
def test_what_nobody_would_listen_to_is_refused(desk: Desk, words: str, code: str) -> None:
    with pytest.raises(BadInput) as refusal:
        desk.queue_call(words)
    assert (refusal.value.field, refusal.value.code) == ("text", code)
