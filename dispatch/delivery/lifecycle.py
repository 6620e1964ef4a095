"""The states of a delivery: one message to one recipient over one channel. Pure.

    HELD → QUEUED → SENDING → SENT → DELIVERED
                        ├── FAILED      (a late receipt may still say DELIVERED)
                        └── UNKNOWN     (nobody knows whether it left; never resent blindly)
    CANCELLED from HELD or QUEUED, or when the engine agrees that it has not left.

Delivered is what the carrier says. That a person has taken the order is another field, elsewhere.
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

WAITING = frozenset({HELD, QUEUED})
MAY_STILL_LEAVE = frozenset({HELD, QUEUED, SENDING})
ENDED_BADLY = frozenset({FAILED, UNKNOWN})

_NEWS = {
    QUEUED: {QUEUED, SENDING, SENT, DELIVERED, FAILED, UNKNOWN, CANCELLED},
    SENDING: {QUEUED, SENDING, SENT, DELIVERED, FAILED, UNKNOWN, CANCELLED},
    SENT: {SENT, DELIVERED, FAILED},
    UNKNOWN: {SENT, DELIVERED, FAILED},
    FAILED: {DELIVERED},
    CANCELLED: {SENT, DELIVERED},
    DELIVERED: set[str](),
    HELD: set[str](),
}
"""What an engine may say in each state. After CANCELLED it may own that it had already left."""


def after_news(state: str, said: str) -> str:
    """The state after an engine's word; what comes too late or twice changes nothing."""
    return said if said in _NEWS[state] else state


def release(state: str) -> str:
    """A held one may go; raises IllegalTransition."""
    if state != HELD:
        raise IllegalTransition("delivery", state, "release")
    return QUEUED


def check_resend(state: str) -> None:
    """Pass when a person may send it once more; raises IllegalTransition while it may still go."""
    if state in MAY_STILL_LEAVE:
        raise IllegalTransition("delivery", state, "resend")


def check_cancel(state: str) -> None:
    """Pass when there is something to stop; raises IllegalTransition."""
    if state not in MAY_STILL_LEAVE:
        raise IllegalTransition("delivery", state, "cancel")
