"""The states of a delivery: one message to one recipient over one channel. Pure.

    HELD → QUEUED → SENDING → SENT → DELIVERED
                        ├── FAILED      (a late receipt may still say DELIVERED)
                        └── UNKNOWN     (nobody knows whether it left; never resent blindly)
    CANCELLED from HELD or QUEUED, while it has not left; of a call also from SENT, while it rings;
    of a fax, by a person.

From QUEUED on an engine tells the state and we believe its newest word. Delivered is what the
carrier says; that a person has taken the order is another field, on the assignment.
"""

from kernel.errors import IllegalTransition

HELD = "HELD"
QUEUED = "QUEUED"
SENDING = "SENDING"
SENT = "SENT"
DELIVERED = "DELIVERED"
FAILED = "FAILED"
UNKNOWN = "UNKNOWN"
CANCELLED = "CANCELLED"
STATES = (HELD, QUEUED, SENDING, SENT, DELIVERED, FAILED, UNKNOWN, CANCELLED)

IN_FLIGHT = frozenset({SENDING, SENT})
UNDER_WAY = IN_FLIGHT | {QUEUED}
MAY_STILL_LEAVE = frozenset({HELD, QUEUED, SENDING})
RINGS = frozenset({"voice"})
"""Channels whose SENT is a call that is being made: it can be stopped until somebody answers."""
HAS_A_LINE = RINGS | {"fax"}
"""Channels whose SENT a person may still end: of a fax, pages wait or are under way."""
ENDED_BADLY = frozenset({FAILED, UNKNOWN})
ENDED = ENDED_BADLY | {DELIVERED}
CLOSED = ENDED | {CANCELLED}


def is_news(known_version: int, told_version: int) -> bool:
    """Whether an engine's word is newer than the last; words may overtake each other."""
    return told_version > known_version


def release(state: str) -> str:
    """A held one may go; raises IllegalTransition."""
    if state != HELD:
        raise IllegalTransition("delivery", state, "release")
    return QUEUED


def check_resend(state: str) -> None:
    """Pass when a person may send it once more; raises IllegalTransition while it may still go."""
    if state in MAY_STILL_LEAVE:
        raise IllegalTransition("delivery", state, "resend")


def may_be_stopped(state: str, channel: str) -> bool:
    """Whether it is stopped by itself when nobody waits for it any more."""
    return state in MAY_STILL_LEAVE or (state == SENT and channel in RINGS)


def check_cancel(state: str, channel: str) -> None:
    """Pass when a person may stop it; raises IllegalTransition."""
    if not may_be_stopped(state, channel) and not (state == SENT and channel in HAS_A_LINE):
        raise IllegalTransition("delivery", state, "cancel")
