"""What is open in a jurisdiction: numbers, subjects and states, never words of a case or people
behind it. A report (举报) is a number alone.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from command_center.cases import queries as cases
from command_center.cases.models import Approval, Case
from dispatch.alarms import queries as alarms
from dispatch.alarms.ladder import NOT_FOR_ALL
from dispatch.delivery.lifecycle import UNKNOWN
from dispatch.delivery.models import Delivery
from dispatch.moments import iso
from dispatch.orders import queries as orders
from dispatch.orders.lifecycle import PENDING_APPROVAL
from dispatch.orders.models import Order
from dispatch.orders.timers import STAGES, is_missed
from dispatch.scope import within
from dispatch.units.lifecycle import OUT_OF_SERVICE
from dispatch.units.models import Unit
from kernel.access import Principal
from kernel.clock import now
from kernel.db import principal_of

AT_MOST = 200
"""Lines of a section; `total` is of all."""


@dataclass(frozen=True, slots=True)
class Line:
    """`number` of a case, order or unit; `at` is since when, or when it is or was due."""

    number: str
    about: str
    state: str
    at: datetime | None
    who: str = ""

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": iso(self.at) if self.at else None}


def standing(session: Session) -> dict[str, Any]:
    """Section -> {total, lines}: what the principal answers for and leaves open."""
    principal, moment = principal_of(session), now(session)
    return {name: _section(find(session, principal, moment)) for name, find in SECTIONS.items()}


def _section(found: Iterable[Line]) -> dict[str, Any]:
    lines = list(found)
    return {"total": len(lines), "lines": [one.as_json() for one in lines[:AT_MOST]]}


def _alarms(session: Session, principal: Principal, moment: datetime) -> Iterator[Line]:
    """Those about the staff, or citizens' words, are not for everybody who reads the report."""
    for one in alarms.open_alarms(session, principal):
        if one.kind in NOT_FOR_ALL or one.about_user_id is not None:
            continue
        told = (one.params.get(name) for name in ("order_no", "case_no", "unit"))
        number = next((text for text in told if isinstance(text, str)), "")
        yield Line(number, one.kind, one.rung, one.raised_at, one.taken_by_name or "")


def _unacknowledged(session: Session, principal: Principal, moment: datetime) -> Iterator[Line]:
    for order in _own_orders(session, principal):
        for part in order.assignments:
            if part.awaits_ack and order.issued_at:
                yield Line(order.order_no, part.target_name, part.state, part.ack_due_at)


def _overdue(session: Session, principal: Principal, moment: datetime) -> Iterator[Line]:
    for order in _own_orders(session, principal):
        for part in order.assignments:
            for limit in STAGES:
                due = getattr(part, f"{limit}_due_at")
                if due is not None and due < moment and is_missed(part, limit):
                    yield Line(order.order_no, part.target_name, f"{limit}_overdue", due)
                    break  # what follows is late with it


def _own_orders(session: Session, principal: Principal) -> Iterator[Order]:
    for order in orders.listed(session, principal, only_open=True):
        if principal.covers(order.organisation_path):
            yield order


def _unknown(session: Session, principal: Principal, moment: datetime) -> Iterator[Line]:
    wanted = (
        select(Delivery)
        .join(Order, Order.id == Delivery.order_id)
        .where(
            Delivery.state == UNKNOWN,
            Delivery.stopped_at.is_(None),
            Order.finished_at.is_(None),
            within(Delivery.organisation_path, principal),
        )
        .order_by(Delivery.id)
    )
    for one in session.scalars(wanted):
        yield Line(one.order_no, one.name, one.channel, one.sent_at or one.queued_at)


def _approvals(session: Session, principal: Principal, moment: datetime) -> Iterator[Line]:
    wanted = (
        select(Approval, Case)
        .join(Case, Case.id == Approval.case_id)
        .where(Approval.decided_at.is_(None), *_own_cases(principal))
        .options(selectinload(Case.subject))
        .order_by(Approval.requested_at)
    )
    for asked, case in session.execute(wanted):
        yield Line(
            case.case_no, _subject(case), asked.kind, asked.requested_at, asked.requested_by_name
        )
    for order in _own_orders(session, principal):
        if order.state == PENDING_APPROVAL:
            yield Line(order.order_no, "", "order", order.created_at, order.created_by_name)


def _due(session: Session, principal: Principal, moment: datetime) -> Iterator[Line]:
    """Red or black by their deadline."""
    wanted = (
        select(Case)
        .where(
            Case.closed_at.is_(None),
            or_(Case.red_at <= moment, Case.due_at <= moment),
            *_own_cases(principal),
        )
        .options(selectinload(Case.subject))
        .order_by(Case.due_at, Case.id)
    )
    for case in session.scalars(wanted):
        yield Line(case.case_no, _subject(case), case.state, case.due_at)


def _own_cases(principal: Principal) -> tuple[Any, ...]:
    """Conduct matters are the discipline office's alone, whoever writes the report."""
    return cases.visible(principal), within(Case.organisation_path, principal), Case.kind != "HF"


def _subject(case: Case) -> str:
    return case.subject.name if case.subject and case.kind != "JB" else ""


def _units(session: Session, principal: Principal, moment: datetime) -> Iterator[Line]:
    wanted = select(Unit).where(
        Unit.state == OUT_OF_SERVICE, within(Unit.organisation_path, principal)
    )
    for unit in session.scalars(wanted.order_by(Unit.name, Unit.id)):
        yield Line(unit.name, unit.organisation_name, unit.state, unit.state_since)


Find = Callable[[Session, Principal, datetime], Iterator[Line]]
SECTIONS: dict[str, Find] = {
    "alarms": _alarms,
    "unacknowledged": _unacknowledged,
    "overdue": _overdue,
    "unknown": _unknown,
    "approvals": _approvals,
    "due": _due,
    "units": _units,
}
"""In the order in which they are read."""
