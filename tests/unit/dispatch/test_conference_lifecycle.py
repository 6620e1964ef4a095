"""Who may be called into a conference when, as a table; what the exchange's news mean."""

from dataclasses import dataclass

import pytest

from dispatch.conference import lifecycle
from dispatch.conference.lifecycle import News, Part, State

W, R, J, L, F = State.WAITING, State.RINGING, State.JOINED, State.LEFT, State.FAILED


@dataclass
class One:
    part: Part
    state: State


def parties(desk: State, leader: State, caller: State | None = None) -> list[One]:
    found = [One(Part.DESK, desk), One(Part.LEADER, leader)]
    return found if caller is None else [*found, One(Part.CALLER, caller)]


@pytest.mark.parametrize(
    ("desk", "leader", "caller", "apart", "ring"),
    [
        (W, W, W, False, [Part.DESK]),
        (R, W, W, False, []),
        (J, W, W, False, [Part.LEADER, Part.CALLER]),
        (J, W, None, False, [Part.LEADER]),
        (L, W, W, False, []),
        (F, W, None, False, []),
        # An informant is heard by the desk alone: the leader is called when their line is down.
        (J, W, W, True, [Part.CALLER]),
        (J, W, R, True, []),
        (J, W, J, True, []),
        (J, W, L, True, [Part.LEADER]),
        (J, W, F, True, [Part.LEADER]),
        (J, R, W, True, []),
        (J, J, W, True, []),
        (J, L, W, True, [Part.CALLER]),
        (J, W, J, False, [Part.LEADER]),
    ],
)
def test_who_is_called_now(
    desk: State, leader: State, caller: State | None, apart: bool, ring: list[Part]
) -> None:
    there = parties(desk, leader, caller)
    found = [one.part for one in there if lifecycle.may_ring(one, there, apart=apart)]
    assert found == ring


@pytest.mark.parametrize(
    ("desk", "leaders", "wanted"),
    [
        (J, [F], True),
        (J, [F, F], True),
        (J, [L, F], True),
        (L, [F], False),  # nobody waits for them
        (J, [R], False),
        (J, [J], False),
        (J, [L], False),  # they were there, or the desk took them off
        (J, [F, L], False),
        (J, [F, W], False),
        (J, [J, F], False),
        (J, [R, F], False),
        (J, [], False),
    ],
)
def test_when_the_next_leader_is_called_by_itself(
    desk: State, leaders: list[State], wanted: bool
) -> None:
    there = [One(Part.DESK, desk), *(One(Part.LEADER, one) for one in leaders)]
    assert lifecycle.wants_leader(there) is wanted


@pytest.mark.parametrize(
    ("state", "news", "hung_up", "after"),
    [
        (R, News.JOINED, False, J),
        (R, News.BUSY, False, F),
        (R, News.NO_ANSWER, False, F),
        (R, News.NO_ANSWER, True, L),
        (R, News.LEFT, False, L),
        (R, News.LOST, False, F),
        (J, News.LEFT, False, L),
        (J, News.LOST, False, L),
        (J, News.JOINED, False, J),
        # Told late or twice.
        (L, News.JOINED, False, L),
        (F, News.JOINED, False, F),
        (W, News.JOINED, False, W),
        (L, News.BUSY, False, L),
    ],
)
def test_what_the_exchange_says(state: State, news: News, hung_up: bool, after: State) -> None:
    assert lifecycle.hear(state, news, hung_up=hung_up) == after


def test_when_it_is_over() -> None:
    assert lifecycle.is_over(parties(L, F))
    assert not lifecycle.is_over(parties(L, J))
    assert lifecycle.is_alone(parties(J, F))
    assert not lifecycle.is_alone(parties(J, W))
    assert not lifecycle.is_alone(parties(L, F))
    assert lifecycle.is_deserted(parties(F, W, W))
    assert not lifecycle.is_deserted(parties(R, W, W))
