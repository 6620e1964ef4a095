"""One message to one recipient: what a person may still do with it."""

from functools import partial

import pytest

from dispatch.delivery import lifecycle
from dispatch.delivery.lifecycle import STATES
from kernel.errors import IllegalTransition

ALLOWED = {
    "release": {"HELD"},
    "resend": {"SENT", "DELIVERED", "FAILED", "UNKNOWN", "CANCELLED"},
    "cancel": {"HELD", "QUEUED", "SENDING"},
    "cancel a call": {"HELD", "QUEUED", "SENDING", "SENT"},
    "cancel a fax": {"HELD", "QUEUED", "SENDING", "SENT"},
}
VERBS = {
    "release": lifecycle.release,
    "resend": lifecycle.check_resend,
    "cancel": partial(lifecycle.check_cancel, channel="sms"),
    "cancel a call": partial(lifecycle.check_cancel, channel="voice"),
    "cancel a fax": partial(lifecycle.check_cancel, channel="fax"),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("verb", VERBS)
def test_what_a_person_may_do_in_each_state(verb: str, state: str) -> None:
    try:
        VERBS[verb](state)
        allowed = True
    except IllegalTransition:
        allowed = False
    assert allowed is (state in ALLOWED[verb])


def test_a_fax_that_its_engine_has_is_stopped_by_a_person_alone() -> None:
    assert [lifecycle.may_be_stopped("SENT", one) for one in ("sms", "fax", "voice")] == [
        False, False, True,
    ]  # fmt: skip


def test_words_of_an_engine_that_overtake_each_other_are_sorted_by_their_version() -> None:
    assert lifecycle.is_news(1, 2)
    assert not lifecycle.is_news(2, 2)
    assert not lifecycle.is_news(3, 2)
