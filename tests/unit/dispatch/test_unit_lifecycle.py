"""Units: what crews, orders and dispatchers make of them."""

import pytest

from dispatch.orders.lifecycle import STATES as ASSIGNMENT_STATES
from dispatch.units import lifecycle
from dispatch.units.lifecycle import STATES
from kernel.errors import IllegalTransition

REFUSED = "refused"


@pytest.mark.parametrize(
    ("state", "certified", "expected"),
    [
        ("OFF_DUTY", 0, "OFF_DUTY"),
        ("OFF_DUTY", 1, "OFF_DUTY"),
        ("OFF_DUTY", 2, "FREE"),
        ("FREE", 3, "FREE"),
        ("FREE", 1, "OFF_DUTY"),
        ("RETURNING", 2, "RETURNING"),
        ("RETURNING", 1, "OFF_DUTY"),
        ("OUT_OF_SERVICE", 2, "OUT_OF_SERVICE"),
        ("OUT_OF_SERVICE", 0, "OUT_OF_SERVICE"),
        ("ASSIGNED", 2, "ASSIGNED"),
        ("ASSIGNED", 1, REFUSED),
        ("HANDLING", 1, REFUSED),
    ],
)
def test_two_certified_officers_make_a_crew(state: str, certified: int, expected: str) -> None:
    try:
        found = lifecycle.after_crew_change(state, certified)
    except IllegalTransition:
        found = REFUSED
    assert found == expected


BY_HAND = """
                FREE      RETURNING  OFF_DUTY  OUT_OF_SERVICE
OFF_DUTY        FREE      refused    refused   OUT_OF_SERVICE
FREE            FREE      RETURNING  OFF_DUTY  OUT_OF_SERVICE
RETURNING       FREE      refused    OFF_DUTY  OUT_OF_SERVICE
OUT_OF_SERVICE  FREE      refused    OFF_DUTY  OUT_OF_SERVICE
ASSIGNED        refused   refused    refused   refused
EN_ROUTE        refused   refused    refused   refused
ON_SCENE        refused   refused    refused   refused
HANDLING        refused   refused    refused   refused
"""
WANTED, *LINES = BY_HAND.strip().splitlines()
ROWS = [
    (cells[0], wanted, expected)
    for cells in (line.split() for line in LINES)
    for wanted, expected in zip(WANTED.split(), cells[1:], strict=True)
]


@pytest.mark.parametrize(("state", "wanted", "expected"), ROWS)
def test_what_a_dispatcher_may_set_by_hand(state: str, wanted: str, expected: str) -> None:
    try:
        found = lifecycle.by_hand(state, wanted, certified=2)
    except IllegalTransition:
        found = REFUSED
    assert found == expected


def test_no_word_makes_a_short_crew_free() -> None:
    with pytest.raises(IllegalTransition):
        lifecycle.by_hand("OUT_OF_SERVICE", "FREE", certified=1)


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("PENDING", "ASSIGNED"),
        ("ISSUED", "ASSIGNED"),
        ("ACKED", "ASSIGNED"),
        ("EN_ROUTE", "EN_ROUTE"),
        ("ON_SCENE", "ON_SCENE"),
        ("HANDLING", "HANDLING"),
        ("FED_BACK", "RETURNING"),
        ("CLEARED", "FREE"),
        ("CANNOT", "FREE"),
        ("CANCELLED", "FREE"),
    ],
)
def test_a_unit_follows_its_assignment(assignment: str, expected: str) -> None:
    assert lifecycle.after_assignment("ASSIGNED", assignment, certified=2) == expected


def test_every_assignment_state_says_what_becomes_of_the_unit() -> None:
    for assignment in ASSIGNMENT_STATES:
        assert lifecycle.after_assignment("ASSIGNED", assignment, certified=2) in STATES


def test_a_unit_out_of_service_stays_so_whatever_its_old_order_does() -> None:
    assert lifecycle.after_assignment("OUT_OF_SERVICE", "CLEARED", 2) == "OUT_OF_SERVICE"
