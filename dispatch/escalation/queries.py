"""Reads: how far the assignments of orders have come, and what was tried for them."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.escalation.models import Escalation, EscalationStep


def courses(
    session: Session, order_ids: Iterable[int]
) -> dict[int, tuple[Escalation, list[EscalationStep]]]:
    """Assignment id -> its course and the steps that were taken, the first one first."""
    wanted = select(Escalation).where(Escalation.order_id.in_(list(order_ids)))
    found = session.scalars(wanted).all()
    steps: dict[int, list[EscalationStep]] = defaultdict(list)
    taken = select(EscalationStep).where(
        EscalationStep.escalation_id.in_([one.id for one in found])
    )
    for step in session.scalars(taken.order_by(EscalationStep.id)):
        steps[step.escalation_id].append(step)
    return {one.assignment_id: (one, steps[one.id]) for one in found}
