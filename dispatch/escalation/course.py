"""How an assignment moves through its order's policy: begun, brought forward, ended.

Under the order's lock, as everything that moves an assignment. A step is a durable job; one that
has lost its cause is left to find nothing (whoever removed it would wait for a worker that waits
for them).
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.escalation.models import (
    EXHAUSTED,
    LATE,
    RUNNING,
    Escalation,
    EscalationStep,
)
from dispatch.escalation.policy import Policy, Step
from kernel import jobs
from kernel.clock import now

ESCALATE = "dispatch.escalate"
"""Job: {assignment_id, position}."""


def begin(session: Session, order_id: int, assignment_id: int, policy: Policy) -> None:
    """The assignment has gone out: its first step waits for its time."""
    course = Escalation(
        assignment_id=assignment_id,
        order_id=order_id,
        state=RUNNING,
        position=0,
        began_at=now(session),
    )
    session.add(course)
    wait(session, course, policy)


def of(session: Session, assignment_id: int) -> Escalation | None:
    return session.scalar(select(Escalation).where(Escalation.assignment_id == assignment_id))


def wait(session: Session, course: Escalation, policy: Policy, *, repeat: int = 0) -> None:
    """For the next step, or for `repeat` seconds to take the same one again."""
    if course.position >= len(policy.steps):
        course.state, course.due_at = EXHAUSTED, None
        return
    if repeat:
        course.due_at = now(session) + timedelta(seconds=repeat)
    else:
        after = timedelta(seconds=policy.steps[course.position].after)
        course.due_at = course.began_at + after
    payload = {"assignment_id": course.assignment_id, "position": course.position}
    jobs.enqueue(session, ESCALATE, payload, run_at=course.due_at)


def bring_forward(session: Session, course: Escalation, step: Step) -> None:
    """Let the step that is next be due now; those behind it keep their distance to it."""
    course.state = RUNNING
    course.began_at = now(session) - timedelta(seconds=step.after)
    course.due_at = now(session)


def end(session: Session, assignment_id: int, state: str) -> None:
    """Nobody waits for an answer any more: it came, or is not wanted."""
    course = of(session, assignment_id)
    if course is not None and course.state in (RUNNING, LATE, EXHAUSTED):
        course.state, course.due_at = state, None


def write_down(
    session: Session, course: Escalation, step: Step, outcome: str, due: datetime, **details: Any
) -> None:
    """A line in the ledger of what was tried."""
    session.add(
        EscalationStep(
            escalation_id=course.id,
            position=course.position,
            act=step.act,
            due_at=due,
            at=now(session),
            outcome=outcome,
            details=details,
        )
    )
