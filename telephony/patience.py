"""How often and how long we try before a person must look. Pure; times in seconds."""

from datetime import timedelta

from telephony.lifecycle import Channel

GIVE_UP_AFTER = {
    Channel.SMS: timedelta(minutes=30),
    Channel.FAX: timedelta(minutes=60),
    Channel.VOICE: timedelta(minutes=30),
}
DIALS = {Channel.FAX: 3, Channel.VOICE: 2}
"""A fax is dialled three times (SPEC §5 step 7), a person twice: the next number comes first."""
LONGEST_PAUSE = 60


def pause_after_refusal(attempt: int) -> timedelta:
    """The engine would not take it: 2, 4, 8 … 60 s, as often as the time allows."""
    return timedelta(seconds=min(2**attempt, LONGEST_PAUSE))


def pause_after_call(channel: Channel, dial: int) -> timedelta | None:
    """Busy, no answer or a dropped line: 30 s, then 60 s, then None: enough."""
    return timedelta(seconds=30 * dial) if dial < DIALS[channel] else None


def outcome_due(channel: Channel, pages: int, *, heard: bool = False) -> timedelta | None:
    """How long an accepted message may stay without an outcome before it counts as unknown.

    A fax machine answers while we are on the line: 2 minutes a page is more than T.30 ever takes.
    A call rings for half a minute and speaks for four; once a key was pressed (`heard`) it may go
    on for as long as the exchange lets somebody talk to the desk. A phone may be switched off for
    a day: an SMS without a receipt stays "sent".
    """
    if channel is Channel.VOICE:
        return timedelta(minutes=32 if heard else 6)
    return timedelta(minutes=3 + 2 * pages) if channel is Channel.FAX else None
