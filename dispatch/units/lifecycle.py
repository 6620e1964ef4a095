"""The states of a unit and who moves it. Pure.

A unit's state follows two things: whether its crew may be sent, and what its order is doing.
People set by hand only what neither of them says.
"""

from kernel.errors import IllegalTransition

OFF_DUTY = "OFF_DUTY"
FREE = "FREE"
ASSIGNED = "ASSIGNED"
EN_ROUTE = "EN_ROUTE"
ON_SCENE = "ON_SCENE"
HANDLING = "HANDLING"
RETURNING = "RETURNING"
OUT_OF_SERVICE = "OUT_OF_SERVICE"
STATES = (
    OFF_DUTY, FREE, ASSIGNED, EN_ROUTE, ON_SCENE, HANDLING, RETURNING, OUT_OF_SERVICE,
)  # fmt: skip

ENGAGED = frozenset({ASSIGNED, EN_ROUTE, ON_SCENE, HANDLING})
"""An order holds the unit: only that order's statuses move it."""
SENDABLE = frozenset({FREE, RETURNING})
MIN_CERTIFIED = 2
"""Officers with a certificate that an inspection needs (行政处罚程序规定: two or more)."""

OF_ASSIGNMENT = {
    "PENDING": ASSIGNED,
    "ISSUED": ASSIGNED,
    "ACKED": ASSIGNED,
    "EN_ROUTE": EN_ROUTE,
    "ON_SCENE": ON_SCENE,
    "HANDLING": HANDLING,
    "FED_BACK": RETURNING,
}
"""What the state of its assignment makes of the unit; any other sets it free."""


def is_complete(certified: int) -> bool:
    """Whether a crew with so many certified officers may be sent."""
    return certified >= MIN_CERTIFIED


def at_rest(certified: int) -> str:
    """The state of a unit that has no order."""
    return FREE if is_complete(certified) else OFF_DUTY


def after_crew_change(state: str, certified: int) -> str:
    """The state once officers have come or gone.

    Raises IllegalTransition when the order in hand would lose its crew.
    """
    if state in ENGAGED:
        if not is_complete(certified):
            raise IllegalTransition("unit", state, "sign_off")
        return state
    if state == OUT_OF_SERVICE or (state == RETURNING and is_complete(certified)):
        return state
    return at_rest(certified)


def after_assignment(state: str, assignment_state: str, certified: int) -> str:
    """The state that follows its assignment; a unit out of service stays so until released."""
    if state == OUT_OF_SERVICE:
        return state
    return OF_ASSIGNMENT.get(assignment_state) or at_rest(certified)


def by_hand(state: str, wanted: str, certified: int) -> str:
    """The state after a dispatcher's word; raises IllegalTransition.

    A unit under order obeys its order's statuses; back in service it is what its crew makes it.
    """
    if state in ENGAGED:
        raise IllegalTransition("unit", state, wanted)
    if wanted == OUT_OF_SERVICE:
        return OUT_OF_SERVICE
    if wanted == OFF_DUTY and state in (FREE, RETURNING, OUT_OF_SERVICE):
        return OFF_DUTY
    if wanted == FREE and is_complete(certified):
        return FREE
    if wanted == RETURNING and state == FREE:
        return RETURNING
    raise IllegalTransition("unit", state, wanted, certified=certified)
