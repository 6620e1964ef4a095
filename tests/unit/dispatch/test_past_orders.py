"""The state of an assignment at a past moment."""

from datetime import UTC, datetime, timedelta

import pytest

from dispatch.orders.past import state_of

NOON = datetime(2026, 9, 22, 12, 0, tzinfo=UTC)


def minute(n: float) -> datetime:
    return NOON + timedelta(minutes=n)


REPORTS = [(minute(12), "ACKED"), (minute(14), "EN_ROUTE"), (minute(30), "ON_SCENE")]


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (9, "PENDING"),
        (10, "ISSUED"),
        (11.9, "ISSUED"),
        (12, "ACKED"),
        (29, "EN_ROUTE"),
        (90, "ON_SCENE"),
    ],
)
def test_it_is_what_had_been_reported_by_then(at: float, state: str) -> None:
    assert state_of(minute(10), None, None, REPORTS, minute(at)) == state


def test_what_was_taken_back_is_cancelled_from_then_on() -> None:
    def state(at: float) -> str:
        return state_of(minute(10), minute(40), minute(40), REPORTS, minute(at))

    assert (state(39), state(41)) == ("ON_SCENE", "CANCELLED")


def test_what_was_done_before_the_order_was_taken_back_stays_done() -> None:
    done = [*REPORTS, (minute(35), "FED_BACK")]
    assert state_of(minute(10), minute(35), minute(40), done, minute(50)) == "FED_BACK"
