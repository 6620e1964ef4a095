"""What may become of a message, as tables a dispatcher can read."""

from datetime import timedelta

import pytest

from kernel.errors import IllegalTransition
from telephony.lifecycle import ENDED, Action, Channel, Kind, News, State, act, hear, news_in
from telephony.patience import DIALS, outcome_due, pause_after_call, pause_after_refusal

S = State


@pytest.mark.parametrize("state", [s for s in State if s is not S.QUEUED])
@pytest.mark.parametrize("action", list(Action))
def test_only_what_waits_can_be_claimed_cancelled_or_given_up(state: State, action: Action) -> None:
    with pytest.raises(IllegalTransition):
        act(state, action)


def test_an_unknown_message_is_never_queued_again() -> None:
    assert all(hear(S.UNKNOWN, news) is not S.QUEUED for news in News)


@pytest.mark.parametrize("news", list(News))
def test_a_cancelled_message_stays_cancelled(news: News) -> None:
    assert hear(S.CANCELLED, news) is S.CANCELLED


@pytest.mark.parametrize("news", list(News))
def test_a_delivered_message_stays_delivered(news: News) -> None:
    assert hear(S.DELIVERED, news) is S.DELIVERED


def test_proof_of_delivery_outweighs_an_earlier_failure() -> None:
    assert hear(S.FAILED, News.DELIVERED) is S.DELIVERED


@pytest.mark.parametrize("state", [S.SENDING, S.SENT, S.UNKNOWN])
def test_a_receipt_may_come_before_the_worker_has_stored_its_send(state: State) -> None:
    assert hear(state, News.DELIVERED) is S.DELIVERED
    assert hear(state, News.NOT_DELIVERED) is S.FAILED


def test_once_taken_nothing_but_an_unanswered_call_brings_a_message_back() -> None:
    back = {news for news in News if hear(S.SENT, news) is S.QUEUED}
    assert back == {News.PUT_OFF}
    assert {kind for kind in Kind if news_in(kind, complete=True, again=True) in back} == {
        Kind.BUSY,
        Kind.NO_ANSWER,
        Kind.DROPPED,
    }


def test_every_end_is_an_end() -> None:
    assert ENDED == {s for s in State if s not in (S.QUEUED, S.SENDING, S.SENT)}


@pytest.mark.parametrize(
    ("kind", "complete", "again", "means"),
    [
        (Kind.CARRIED, True, False, News.ACCEPTED),
        (Kind.CARRIED, False, False, None),
        (Kind.DEFERRED, True, False, None),
        (Kind.PAGE, True, False, None),
        (Kind.DELIVERED, False, False, None),
        (Kind.DELIVERED, True, False, News.DELIVERED),
        (Kind.FAILED, False, False, News.NOT_DELIVERED),
        (Kind.EXPIRED, False, False, News.NOT_DELIVERED),
        (Kind.REJECTED, False, False, News.NOT_DELIVERED),
        (Kind.NOT_KNOWN, False, False, News.LOST),
        (Kind.BUSY, False, True, News.PUT_OFF),
        (Kind.BUSY, False, False, News.NOT_DELIVERED),
    ],
)
def test_what_a_receipt_means(kind: Kind, complete: bool, again: bool, means: News | None) -> None:
    assert news_in(kind, complete=complete, again=again) == means


def test_an_engine_that_refuses_is_asked_again_ever_more_slowly() -> None:
    pauses = [pause_after_refusal(attempt).total_seconds() for attempt in range(1, 9)]
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]


def test_a_fax_is_dialled_three_times() -> None:
    fax = [pause_after_call(Channel.FAX, dial) for dial in range(1, DIALS[Channel.FAX] + 1)]
    assert fax == [timedelta(seconds=30), timedelta(seconds=60), None]


def test_a_person_is_called_twice() -> None:
    assert pause_after_call(Channel.VOICE, 1) == timedelta(seconds=30)
    assert pause_after_call(Channel.VOICE, 2) is None


def test_a_call_must_end_but_a_phone_may_be_off() -> None:
    assert outcome_due(Channel.FAX, 2) == timedelta(minutes=7)
    assert outcome_due(Channel.SMS, 2) is None
    assert outcome_due(Channel.VOICE, 1) == timedelta(minutes=6)
    assert outcome_due(Channel.VOICE, 1, heard=True) == timedelta(minutes=32)
