"""Past cases went by the same table of steps as living ones."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from command_center.cases import holidays, lifecycle
from command_center.demo.past_paths import PATHS, Past

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


@pytest.fixture
def past() -> Past:
    return Past(Random(7), holidays.published(), ZoneInfo("Asia/Shanghai"), NOW)


@pytest.mark.parametrize("kind", PATHS)
def test_every_path_is_a_chain_of_legal_steps_to_the_end(kind: str) -> None:
    for _, legs in PATHS[kind]:
        state = lifecycle.INITIAL[kind]
        for action, _ in legs:
            step = lifecycle.find(kind, action)
            assert step is not None
            # A filed report of the demo simply ends: what follows has no steps of its own yet.
            assert state in step.sources or (state, action) == ("FILED", "approve_closure")
            state = step.target or state
        assert state in lifecycle.ENDED


@pytest.mark.parametrize("kind", PATHS)
def test_a_past_case_ended_before_now_with_all_its_clocks_stopped(past: Past, kind: str) -> None:
    for days in (1, 3, 30, 300):
        for _ in range(20):
            history = past.walk(kind, NOW - timedelta(days=days))
            assert history.closed_at is not None and history.closed_at < NOW
            moments = [one.at for one in history.taken]
            assert moments == sorted(moments)
            assert not [clock for clock in history.clocks if clock.is_open]


@pytest.mark.parametrize("kind", PATHS)
def test_an_open_case_stands_before_its_closure(past: Past, kind: str) -> None:
    for steps in range(4):
        history = past.walk(kind, NOW - timedelta(days=5), open_after=steps)
        assert history.closed_at is None
        assert "request_closure" not in [one.action for one in history.taken]


def test_the_same_seed_gives_the_same_past(past: Past) -> None:
    again = Past(Random(7), past.calendar, past.zone, NOW)
    received = NOW - timedelta(days=50)
    assert [past.walk("TS", received).taken for _ in range(5)] == [
        again.walk("TS", received).taken for _ in range(5)
    ]
