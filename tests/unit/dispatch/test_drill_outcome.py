"""What a drill learns of a number from the fate of its message."""

import pytest

from dispatch.drill.outcome import outcome
from dispatch.drill.words import MARK, WORDS


@pytest.mark.parametrize(
    ("state", "problem", "found"),
    [
        ("QUEUED", None, "waiting"),
        ("QUEUED", "busy", "waiting"),
        ("SENDING", None, "waiting"),
        ("SENT", None, "waiting"),
        ("DELIVERED", None, "ok"),
        ("FAILED", "busy", "busy"),
        ("FAILED", "no_answer", "no_answer"),
        ("FAILED", "rejected", "dead"),
        ("FAILED", "dropped", "dead"),
        ("FAILED", "engine_unreachable", "unknown"),
        ("FAILED", "no_gateway", "unknown"),
        ("UNKNOWN", "worker_died", "unknown"),
        ("CANCELLED", None, "stopped"),
    ],
)
def test_the_fate_of_a_message_says_what_the_number_is(
    state: str, problem: str | None, found: str
) -> None:
    assert outcome(state, problem) == found


@pytest.mark.parametrize("channel", WORDS)
def test_every_text_begins_by_saying_that_it_is_a_drill(channel: str) -> None:
    words = WORDS[channel]({"minute": "09-22 09:00"})
    assert words.startswith(MARK) and "不是指令" in words
