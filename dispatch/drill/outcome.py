"""What a drill has learnt of an address, from what became of its message. Pure."""

from dispatch.delivery import lifecycle

WAITING, OK, BUSY, NO_ANSWER, DEAD, UNKNOWN, STOPPED = (
    "waiting", "ok", "busy", "no_answer", "dead", "unknown", "stopped",
)  # fmt: skip
OUTCOMES = (WAITING, OK, BUSY, NO_ANSWER, DEAD, UNKNOWN, STOPPED)
OF_STATE = {
    lifecycle.DELIVERED: OK,
    lifecycle.UNKNOWN: UNKNOWN,
    lifecycle.CANCELLED: STOPPED,
}
OF_PROBLEM = {
    "busy": BUSY,
    "no_answer": NO_ANSWER,
    **dict.fromkeys(("failed", "rejected", "expired", "dropped"), DEAD),
}
"""Why it failed. What is our engines' own fault says nothing about the number."""


def outcome(state: str, problem: str | None) -> str:
    """WAITING while its engine still tries, or waits for a receipt."""
    if state == lifecycle.FAILED:
        return OF_PROBLEM.get(problem or "", UNKNOWN)
    return OF_STATE.get(state, WAITING)
