"""What a case's timeline says of a past moment."""

from datetime import UTC, datetime, timedelta

import pytest

from command_center.cases.models import TimelineEntry
from command_center.cases.past import status_at, urgency_at

NOON = datetime(2026, 9, 22, 12, 0, tzinfo=UTC)


def told(n: int, kind: str, **params: int) -> TimelineEntry:
    return TimelineEntry(at=NOON + timedelta(minutes=n), kind=kind, params=params, actor="")


STORY = [
    told(1, "escalated", before=0, level=1),
    told(2, "order_issued"),
    told(3, "status_acked"),
    told(5, "status_on_scene"),
    told(6, "status_en_route"),
    told(9, "urgency_changed", before=1, level=2),
    told(20, "order_issued"),
]


@pytest.mark.parametrize(
    ("at", "status", "urgency"),
    [(0, "new", 0), (1, "new", 1), (2, "sent", 1), (4, "acked", 1), (7, "on_scene", 1),
     (10, "on_scene", 2), (30, "sent", 2)],
)  # fmt: skip
def test_the_symbol_and_the_level_then(at: int, status: str, urgency: int) -> None:
    moment = NOON + timedelta(minutes=at)
    assert status_at(STORY, moment) == status
    assert urgency_at(3, STORY, moment) == urgency


def test_a_level_that_never_changed_is_that_of_today() -> None:
    assert urgency_at(2, [], NOON) == 2
