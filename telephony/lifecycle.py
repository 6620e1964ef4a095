"""What may become of a message, and what each receipt means for it. Pure.

QUEUED → SENDING → SENT → DELIVERED | FAILED | UNKNOWN; CANCELLED before it has left; a
call also while it rings. UNKNOWN:
nobody can say whether the engine took it; it is never sent again without a person's word.
"""

from enum import StrEnum

from kernel.errors import IllegalTransition


class Channel(StrEnum):
    SMS = "sms"
    FAX = "fax"
    VOICE = "voice"


class State(StrEnum):
    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    CANCELLED = "CANCELLED"


class Action(StrEnum):
    """What we do; refused from the wrong state."""

    CLAIM = "claim"
    CANCEL = "cancel"
    GIVE_UP = "give_up"


class News(StrEnum):
    """What we are told; changes nothing where it no longer matters."""

    ACCEPTED = "accepted"
    """The engine or the carrier has taken all of it."""
    PUT_OFF = "put_off"
    """It was certainly not taken or not received; another attempt follows."""
    REFUSED = "refused"
    """It was certainly not taken, and never will be."""
    LOST = "lost"
    """Nobody can say what became of it."""
    DELIVERED = "delivered"
    NOT_DELIVERED = "not_delivered"


class Kind(StrEnum):
    """What a receipt says, in the words of all engines alike."""

    CARRIED = "carried"
    DEFERRED = "deferred"
    PAGE_BEGINS = "page_begins"
    """A page is under way: the machine at the other end does not have it yet."""
    PAGE = "page"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    REJECTED = "rejected"
    NOT_KNOWN = "not_known"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    DROPPED = "dropped"
    KEY = "key"
    """A key was pressed while the words were spoken: they were heard on that number."""


S = State
LEGAL: dict[Action, dict[State, State]] = {
    Action.CLAIM: {S.QUEUED: S.SENDING},
    Action.CANCEL: {S.QUEUED: S.CANCELLED},
    Action.GIVE_UP: {S.QUEUED: S.FAILED},
}
HEARD: dict[News, dict[State, State]] = {
    News.ACCEPTED: {S.SENDING: S.SENT, S.UNKNOWN: S.SENT},
    News.PUT_OFF: {S.SENDING: S.QUEUED, S.SENT: S.QUEUED},
    News.REFUSED: {S.QUEUED: S.FAILED, S.SENDING: S.FAILED},
    News.LOST: {S.SENDING: S.UNKNOWN, S.SENT: S.UNKNOWN},
    # Delivered after failed: proof that it is there outweighs a report that it is not. Failed
    # after delivered changes nothing. A cancelled message stays cancelled; its receipts are kept.
    News.DELIVERED: {
        S.QUEUED: S.DELIVERED,
        S.SENDING: S.DELIVERED,
        S.SENT: S.DELIVERED,
        S.UNKNOWN: S.DELIVERED,
        S.FAILED: S.DELIVERED,
    },
    News.NOT_DELIVERED: {S.SENDING: S.FAILED, S.SENT: S.FAILED, S.UNKNOWN: S.FAILED},
}
NOT_REACHED = {Kind.BUSY, Kind.NO_ANSWER, Kind.DROPPED}
"""Ends of a call after which dialling again is right."""
FINAL_FAILURES = {Kind.FAILED, Kind.EXPIRED, Kind.REJECTED}
IN_FLIGHT = {S.SENDING, S.SENT}
ENDED = {S.DELIVERED, S.FAILED, S.UNKNOWN, S.CANCELLED}


def act(state: State, action: Action) -> State:
    """The state after we act; raises IllegalTransition."""
    try:
        return LEGAL[action][state]
    except KeyError:
        raise IllegalTransition("message", state, action) from None


def hear(state: State, news: News) -> State:
    """The state after news; the same state when they come too late to matter."""
    return HEARD[news].get(state, state)


def news_in(kind: Kind, *, complete: bool, again: bool) -> News | None:
    """What a receipt means for the whole message; None when it changes no state.

    `complete`: with this receipt every part has said so. `again`: another attempt is allowed.
    """
    if kind in NOT_REACHED:
        return News.PUT_OFF if again else News.NOT_DELIVERED
    if kind in FINAL_FAILURES:
        return News.NOT_DELIVERED
    if kind is Kind.NOT_KNOWN:
        return News.LOST
    if not complete:
        return None
    return {Kind.CARRIED: News.ACCEPTED, Kind.DELIVERED: News.DELIVERED}.get(kind)
