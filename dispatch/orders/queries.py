"""Reads: orders by case, by jurisdiction, by whoever answers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from dispatch.delivery.models import Delivery
from dispatch.numbers import sender
from dispatch.orders.lifecycle import CANCELLED, FED_BACK, PENDING
from dispatch.orders.models import Assignment, Order, StatusReport
from dispatch.scope import within
from dispatch.units.models import CrewMember
from kernel.access import Principal, Role
from kernel.db import carried_out_by
from kernel.errors import Conflict, NotFound

LIST_LIMIT = 500


def visible(session: Session, principal: Principal, order_id: int) -> Order:
    """An order of the principal's jurisdiction, or one that names a recipient in it.

    Raises NotFound.
    """
    order = session.get(Order, order_id)
    if order is None or not _concerns(principal, order):
        raise NotFound("order", order_id)
    return order


def of_crew(session: Session, principal: Principal, order_id: int) -> Order | None:
    """The order, where it was sent to the crew that the principal is signed on to."""
    crew = CrewMember.user_id == principal.id, CrewMember.signed_off_at.is_(None)
    sent = Assignment.unit_id.in_(select(CrewMember.unit_id).where(*crew))
    return session.scalar(select(Order).where(Order.id == order_id, Order.assignments.any(sent)))


def locked(session: Session, principal: Principal, order_id: int) -> Order:
    """The order under a row lock, for whoever is answerable for its case; raises NotFound."""
    order = lock(session, order_id)
    if not principal.covers(order.organisation_path):
        raise NotFound("order", order_id)
    return order


def lock(session: Session, order_id: int) -> Order:
    """The order and its assignments as they are now, under a row lock; raises NotFound."""
    order = session.scalar(
        select(Order)
        .where(Order.id == order_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if order is None:
        raise NotFound("order", order_id)
    return order


def listed(
    session: Session,
    principal: Principal,
    *,
    case_id: int | None = None,
    only_open: bool = False,
) -> Sequence[Order]:
    """Orders that concern the principal, the newest first."""
    candidates = func.dispatch.concerning_me(only_open, case_id, LIST_LIMIT)
    wanted = select(Order).where(Order.id.in_(select(candidates)), concern(principal))
    if case_id is not None:
        wanted = wanted.where(Order.case_id == case_id)
    if only_open:
        wanted = wanted.where(Order.finished_at.is_(None))
    return session.scalars(wanted.order_by(Order.id.desc()).limit(LIST_LIMIT)).all()


@carried_out_by(Role.HOUSE)
def of_case(session: Session, case_id: int) -> Sequence[Order]:
    """All orders of a case, for whoever may see the case: the caller has asked."""
    return session.scalars(select(Order).where(Order.case_id == case_id).order_by(Order.id)).all()


def of_conference(session: Session, conference_id: int) -> Sequence[Order]:
    """Orders that were approved in it."""
    wanted = select(Order).where(
        Order.conference_id == conference_id, Order.approved_at.is_not(None)
    )
    return session.scalars(wanted.order_by(Order.id)).all()


def open_orders_of(session: Session, case_id: int) -> Sequence[Order]:
    return session.scalars(
        select(Order).where(Order.case_id == case_id, Order.finished_at.is_(None))
    ).all()


def answerable(session: Session, number: str) -> Sequence[Assignment]:
    """The open assignments that a reply from this number can speak for.

    `number` as `dispatch.numbers.sender` gives it: of the crew signed on now, or the branch's own.
    Nobody speaks without a number, though some crews and branches have none.
    """
    if not number:
        return []
    crews = select(CrewMember.unit_id).where(
        CrewMember.number == number, CrewMember.signed_off_at.is_(None)
    )
    return session.scalars(
        select(Assignment)
        .where(
            Assignment.closed_at.is_(None),
            Assignment.state != PENDING,
            or_(Assignment.unit_id.in_(crews), Assignment.reply_number == number),
        )
        .order_by(Assignment.id)
    ).all()


def told_by_text(session: Session, assignment: Assignment) -> datetime:
    """When the last text of this assignment left; before any did, when its order was issued."""
    texts = Delivery.assignment_id == assignment.id, Delivery.channel == "sms"
    last = session.scalar(select(func.max(Delivery.sent_at)).where(*texts))
    return last or assignment.order.issued_at or assignment.order.created_at


def faxed(session: Session, number: str) -> Sequence[Assignment]:
    """The open assignments that were told by fax at this number, as `dispatch.numbers.sender`
    gives it: whose machine it is may answer them.
    """
    told = (
        select(Assignment, Delivery.address)
        .join(Delivery, Delivery.assignment_id == Assignment.id)
        .where(Assignment.closed_at.is_(None), Delivery.channel == "fax")
        .order_by(Assignment.id)
    )
    theirs = {one.id: one for one, to in session.execute(told) if number and sender(to) == number}
    return list(theirs.values())


def assignments_of_unit(
    session: Session, unit_id: int, recalled_since: datetime
) -> Sequence[Assignment]:
    """What the crew of a unit has to do, to close, or to know: the newest first.

    Fed back but not cleared, and taken back since a moment, besides what is open.
    """
    taken_back = (
        (Assignment.state == CANCELLED)
        & Assignment.ack_due_at.is_not(None)
        & (Assignment.closed_at >= recalled_since)
    )
    wanted = or_(Assignment.closed_at.is_(None), Assignment.state == FED_BACK, taken_back)
    return session.scalars(
        select(Assignment)
        .where(Assignment.unit_id == unit_id, Assignment.state != PENDING, wanted)
        .order_by(Assignment.closed_at.is_not(None), Assignment.id.desc())
    ).all()


def assignment(session: Session, assignment_id: int) -> Assignment:
    """Raises NotFound."""
    found = session.get(Assignment, assignment_id)
    if found is None:
        raise NotFound("assignment", assignment_id)
    return found


def said(session: Session, assignment_id: int, key: UUID | None) -> StatusReport | None:
    """What a phone has said under this key; raises Conflict where it said it of something else."""
    if key is None:
        return None
    found = session.scalar(select(StatusReport).where(StatusReport.key == key))
    if found is not None and found.assignment_id != assignment_id:
        raise Conflict("idempotency_key_used")
    return found


def answerable_for(session: Session, principal: Principal, assignment_id: int) -> Assignment:
    """An assignment whose order's case the principal answers for; raises NotFound."""
    found = assignment(session, assignment_id)
    if not principal.covers(found.order.organisation_path):
        raise NotFound("assignment", assignment_id)
    return found


def _concerns(principal: Principal, order: Order) -> bool:
    return principal.covers(order.organisation_path) or any(
        principal.covers(one.target_path) for one in order.assignments
    )


def concern(principal: Principal) -> ColumnElement[bool]:
    """Orders of the principal's jurisdiction, and those that name a recipient in it."""
    return or_(
        within(Order.organisation_path, principal),
        Order.assignments.any(within(Assignment.target_path, principal)),
    )
