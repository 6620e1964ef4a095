"""Units and branches become part of an order, and are sent."""

import secrets
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.escalation import course
from dispatch.orders import lifecycle
from dispatch.orders.models import Assignment, Order
from dispatch.orders.outgoing import Outgoings
from dispatch.orders.progress import Progress, follow
from dispatch.orders.recipients import Target
from dispatch.orders.timers import Timers
from dispatch.units import service as units
from dispatch.units.lifecycle import ENGAGED, SENDABLE
from kernel.errors import Conflict


def take_units(session: Session, unit_ids: Sequence[int]) -> None:
    """Lock the units; whoever comes second finds them taken, by which order.

    Raises Conflict `unit_taken` or `unit_not_available`.
    """
    for unit in units.lock(session, unit_ids):
        if unit.state in ENGAGED:
            order_no = (unit.engagement or {}).get("order_no")
            raise Conflict("unit_taken", name=unit.name, order_no=order_no)
        if unit.state not in SENDABLE:
            raise Conflict("unit_not_available", name=unit.name, state=unit.state)


def enlist(session: Session, order: Order, targets: Sequence[Target]) -> list[Assignment]:
    """An assignment for each target, not sent yet; its unit is engaged from now on."""
    codes = _free_codes(session, len(targets))
    made = [_assignment(target, code) for target, code in zip(targets, codes, strict=True)]
    order.assignments += made
    session.add(order)
    session.flush()
    for assignment in made:
        if assignment.unit_id is not None:
            follow(session, assignment, assignment.unit_id)
    return made


class Release:
    """Sends what was enlisted: deliveries, units, limits and escalation in one transaction."""

    def __init__(self, outgoings: Outgoings, progress: Progress, timers: Timers):
        self.outgoings, self.progress, self.timers = outgoings, progress, timers

    def let_go(self, session: Session, order: Order, assignments: Sequence[Assignment]) -> None:
        """They wait for this order's policy, which the order has by now."""
        policy = order.followed
        for assignment in assignments:
            self.progress.move(session, assignment, lifecycle.issue(assignment.state))
            if not assignment.is_copy:
                self.timers.begin(session, assignment, policy)
                course.begin(session, order.id, assignment.id, policy)
        self.outgoings.send(session, order, assignments)


def _assignment(target: Target, code: str) -> Assignment:
    return Assignment(
        target_kind=target.kind,
        target_id=target.id,
        target_name=target.name,
        target_path=target.path,
        unit_id=target.id if target.kind == "unit" else None,
        is_copy=target.is_copy,
        reply_number=target.reply_number,
        code=code,
        state=lifecycle.PENDING,
        predicted_seconds=target.predicted_seconds,
        predicted_by=target.predicted_by,
    )


def _free_codes(session: Session, count: int) -> list[str]:
    """Codes of four digits that no open assignment has.

    The order number's row lock, taken before, keeps two issuers from choosing the same; the unique
    index answers for a unit that joins later.
    """
    taken = set(session.scalars(select(Assignment.code).where(Assignment.closed_at.is_(None))))
    free = [code for code in map(str, range(1000, 10_000)) if code not in taken]
    if len(free) < count:
        raise Conflict("no_code_free")
    return secrets.SystemRandom().sample(free, count)
