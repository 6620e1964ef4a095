"""The parties of a conference: when each may be called, and what the exchange's news mean. Pure.

    WAITING → RINGING → JOINED → LEFT
                 └────────┴────→ FAILED (busy, no answer, no line), or LEFT where we hung up

The next leader waits until one was not reached, and is called after a while.

An informant and anybody but the desk that took them are kept apart: nobody else is called before
the informant's line is down, unless they consent (SPEC §1.3).
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol


class Part(StrEnum):
    """What somebody is in the conference."""

    DESK = "desk"
    LEADER = "leader"
    COLLEAGUE = "colleague"
    CALLER = "caller"


class State(StrEnum):
    WAITING = "WAITING"
    RINGING = "RINGING"
    JOINED = "JOINED"
    LEFT = "LEFT"
    FAILED = "FAILED"


class News(StrEnum):
    """What the exchange says of a party's line."""

    JOINED = "joined"
    LEFT = "left"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    DROPPED = "dropped"
    LOST = "line_lost"
    """The exchange does not know the line any more, and has not said why."""


ON_LINE = frozenset({State.RINGING, State.JOINED})
LIVE = ON_LINE | {State.WAITING}
HOSTS = frozenset({Part.DESK, Part.COLLEAGUE})
"""Who takes care of a conference: nobody is called into an empty one."""


class Party(Protocol):
    @property
    def part(self) -> str: ...
    @property
    def state(self) -> str: ...


def may_ring(party: Party, parties: Sequence[Party], *, apart: bool) -> bool:
    """Whether this one may be called now; `apart`: an informant without consent is among them."""
    if party.state != State.WAITING:
        return False
    if party.part == Part.DESK:
        return True
    if not has_host(parties):
        return False
    return not apart or not _would_meet(party, parties)


def _would_meet(party: Party, parties: Sequence[Party]) -> bool:
    """Whether an informant and somebody other than the desk would be on the line together."""
    if party.part == Part.CALLER:
        return any(one.part not in (Part.DESK, Part.CALLER) and is_on_line(one) for one in parties)
    return any(one.part == Part.CALLER and one.state in LIVE for one in parties)


def has_host(parties: Sequence[Party]) -> bool:
    return any(one.part in HOSTS and one.state == State.JOINED for one in parties)


def is_on_line(party: Party) -> bool:
    return party.state in ON_LINE


def is_deserted(parties: Sequence[Party]) -> bool:
    """Whether those who wait wait for nothing: whoever should receive them is gone."""
    return not any(one.part in HOSTS and one.state in LIVE for one in parties)


def wants_leader(parties: Sequence[Party]) -> bool:
    """Whether the next leader is to be called by itself: the last one was not reached, no other is
    there or about to be, and somebody waits for them. Who was taken off is not replaced.
    """
    leaders = [one for one in parties if one.part == Part.LEADER]
    was_last_missed = bool(leaders) and leaders[-1].state == State.FAILED
    return was_last_missed and has_host(parties) and not any(one.state in LIVE for one in leaders)


def is_over(parties: Sequence[Party]) -> bool:
    return not any(one.state in LIVE for one in parties)


def is_alone(parties: Sequence[Party]) -> bool:
    """Whether one is left with nobody to talk to, and nobody to come."""
    return sum(one.state in LIVE for one in parties) == 1


def hear(state: str, news: News, *, hung_up: bool) -> State:
    """The state after the news; repeated and late ones change nothing."""
    present = State(state)
    if present not in ON_LINE:
        return present
    if news is News.JOINED:
        return State.JOINED
    if news is News.LEFT or hung_up or present is State.JOINED:
        return State.LEFT
    return State.FAILED
