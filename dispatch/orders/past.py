"""Orders as they stood at a past moment, of what the ledger and the times on them say."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dispatch.delivery.models import Delivery
from dispatch.orders import lifecycle
from dispatch.orders.models import Assignment, Order, StatusReport
from dispatch.orders.queries import LIST_LIMIT, concern
from kernel.access import Principal

OLDEST = timedelta(days=30)
"""An order that was still open so long after it was drawn up is not looked for."""
MESSAGES_FROM = timedelta(hours=12)
MESSAGES_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class PastAssignment:
    assignment: Assignment
    state: str


@dataclass(frozen=True, slots=True)
class PastOrder:
    order: Order
    state: str
    assignments: Sequence[PastAssignment]


@dataclass(frozen=True, slots=True)
class Message:
    """What went out, or what came back, by then. `state` of a message out: how far it had come."""

    at: datetime
    order_id: int
    order_no: str
    case_id: int
    outward: bool
    channel: str
    who: str
    state: str


def state_of(
    issued_at: datetime | None,
    closed_at: datetime | None,
    cancelled_at: datetime | None,
    reports: Sequence[tuple[datetime, str]],
    at: datetime,
) -> str:
    """The state of an assignment at `at`. Pure; `reports` are (time, state after), oldest first."""
    state = lifecycle.PENDING if issued_at is None or issued_at > at else lifecycle.ISSUED
    for told_at, after in reports:
        if told_at <= at:
            state = after
    taken_back = cancelled_at is not None and cancelled_at <= at and closed_at is not None
    if taken_back and state not in lifecycle.CLOSED:
        return lifecycle.CANCELLED
    return state


def open_at(session: Session, principal: Principal, at: datetime) -> list[PastOrder]:
    """Orders that concern the principal and were open then, the newest first."""
    wanted = (
        select(Order)
        .where(
            Order.created_at <= at,
            Order.created_at > at - OLDEST,
            or_(Order.finished_at.is_(None), Order.finished_at > at),
            concern(principal),
        )
        .order_by(Order.id.desc())
        .limit(LIST_LIMIT)
    )
    orders = session.scalars(wanted).all()
    reports = _reports(session, [part.id for order in orders for part in order.assignments])
    return [_past(order, reports, at) for order in orders]


def messages(session: Session, principal: Principal, at: datetime) -> list[Message]:
    """What went out and came back in the hours before, the newest first."""
    since = at - MESSAGES_FROM
    out = (
        select(Delivery)
        .join(Order, Order.id == Delivery.order_id)
        .where(Delivery.created_at.between(since, at), concern(principal))
        .order_by(Delivery.created_at.desc())
        .limit(MESSAGES_AT_MOST)
    )
    back = (
        select(StatusReport, Assignment.target_name, Order.id, Order.order_no, Order.case_id)
        .join(Assignment, Assignment.id == StatusReport.assignment_id)
        .join(Order, Order.id == Assignment.order_id)
        .where(StatusReport.at.between(since, at), concern(principal))
        .order_by(StatusReport.at.desc())
        .limit(MESSAGES_AT_MOST)
    )
    found = [_sent(one, at) for one in session.scalars(out)]
    found += [
        Message(one.at, order_id, order_no, case_id, False, one.via, name, one.report)
        for one, name, order_id, order_no, case_id in session.execute(back)
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)[:MESSAGES_AT_MOST]


def _past(
    order: Order, reports: Mapping[int, Sequence[tuple[datetime, str]]], at: datetime
) -> PastOrder:
    parts = [
        PastAssignment(
            part,
            state_of(
                order.issued_at, part.closed_at, order.cancelled_at, reports.get(part.id, ()), at
            ),
        )
        for part in order.assignments
    ]
    state = lifecycle.order_state(
        [part.state for part in parts if not part.assignment.is_copy],
        pending=order.issued_at is None or order.issued_at > at,
        cancelled=order.cancelled_at is not None and order.cancelled_at <= at,
    )
    return PastOrder(order, state, parts)


def _reports(
    session: Session, assignment_ids: Collection[int]
) -> dict[int, list[tuple[datetime, str]]]:
    wanted = (
        select(StatusReport.assignment_id, StatusReport.at, StatusReport.state_after)
        .where(StatusReport.assignment_id.in_(assignment_ids), ~StatusReport.noted)
        .order_by(StatusReport.id)
    )
    found: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    for assignment_id, at, after in session.execute(wanted):
        found[assignment_id].append((at, after))
    return found


def _sent(one: Delivery, at: datetime) -> Message:
    steps = (
        (one.delivered_at, "DELIVERED"),
        (one.sent_at, "SENT"),
        (one.queued_at, "QUEUED"),
    )
    state = next((name for moment, name in steps if moment and moment <= at), "HELD")
    return Message(
        one.created_at, one.order_id, one.order_no, one.case_id, True, one.channel, one.name, state
    )
