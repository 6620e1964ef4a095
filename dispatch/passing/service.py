"""Offering an assignment to another crew, and taking it. Nothing here commits."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from dispatch.news import tell_timeline
from dispatch.orders import queries
from dispatch.orders.events import OrderChanged
from dispatch.orders.lifecycle import ACKED, EN_ROUTE, HANDLING, ON_SCENE
from dispatch.orders.models import Assignment, Order
from dispatch.orders.progress import tell_desks
from dispatch.orders.service import OrderService
from dispatch.orders.status import Report, StatusService
from dispatch.passing.models import ACCEPTED, DECLINED, WITHDRAWN, Offer
from dispatch.units import queries as units
from kernel.access import Role, system
from kernel.audit import record
from kernel.clock import now
from kernel.db import acting, in_role, principal_of
from kernel.errors import BadInput, Conflict, IllegalTransition, NotFound
from kernel.events import emit

HOUSE = system("passing", role=Role.HOUSE)
PASSABLE = frozenset({ACKED, EN_ROUTE, ON_SCENE, HANDLING})
"""What a crew has taken and not yet done; before that it declines, after it there is nothing."""
RECALL = "已移交其他车组"
"""What the crew that gave it away is told: nothing of what people typed."""
SHOWN = timedelta(minutes=30)
"""So long a decided or overtaken offer stays in sight."""


class PassingService:
    """Whoever calls `offer` and `withdraw` has shown that the assignment is theirs."""

    def __init__(self, orders: OrderService, statuses: StatusService):
        self.orders, self.statuses = orders, statuses

    def offer(self, session: Session, assignment_id: int, unit_id: int, reason: str) -> Offer:
        """Ask another crew of one's jurisdiction to take it; nothing changes until it accepts.

        Raises NotFound, IllegalTransition, Conflict `offer_open`, BadInput for words that lead to
        a person, and what keeps the unit from joining the order.
        """
        principal = principal_of(session)
        asked = units.visible(session, principal, unit_id)
        order, part = _locked(session, assignment_id)
        if part.unit_id is None or part.is_copy or part.state not in PASSABLE:
            raise IllegalTransition("assignment", part.state, "offer")
        if part.unit_id == unit_id:
            raise BadInput("unit_id", "same_unit")
        if _open_of(session, part.id) is not None:
            raise Conflict("offer_open", order_no=order.order_no)
        with acting(session, HOUSE):  # the crew may not open the case, which has to be looked at
            self.orders.gate.refuse_person(session, order.case_id, {"reason": reason})
            self.orders.joining(session, order, [unit_id])
        made = Offer(
            assignment=part,
            unit_id=unit_id,
            unit_name=asked.name,
            reason=reason,
            offered_at=now(session),
            offered_by=principal.id,
            offered_by_name=principal.name,
        )
        session.add(made)
        session.flush()
        self._tell(session, order, made, "order_offered", asked.organisation_path)
        return made

    def accept(self, session: Session, offer_id: int) -> Offer:
        """The crew asked takes it: the other's assignment ends, its own begins as acknowledged.

        Raises NotFound; Conflict `offer_over` where the order ended meanwhile, saying why, or the
        offer was decided; Conflict `unit_taken`.
        """
        offer = self._asked(session, offer_id)
        principal = principal_of(session)
        with acting(session, HOUSE):
            order, part = _locked(session, offer.assignment_id)
            _refuse_over(session, offer, order, part)
            _decide(offer, ACCEPTED, principal.id, principal.name, session)
            self.orders.reassign(session, part.id, offer.unit_id, RECALL)
            taken = max(order.assignments, key=lambda one: one.id)
            proof = {"offer_id": offer.id}
            self.statuses.report(
                session,
                taken.id,
                Report(ACKED, "app", principal.name, actor_id=principal.id, proof=proof),
            )
        self._tell(session, order, offer, "order_passed")
        return offer

    def decline(self, session: Session, offer_id: int) -> Offer:
        """The crew asked does not take it; raises what `accept` raises."""
        return self._ended(session, self._asked(session, offer_id), DECLINED)

    def withdraw(self, session: Session, offer: Offer) -> Offer:
        """Keep it after all; raises Conflict `offer_over`."""
        return self._ended(session, offer, WITHDRAWN)

    def get(self, session: Session, offer_id: int) -> Offer:
        """One that the principal may know of; raises NotFound."""
        found = session.get(Offer, offer_id)
        if found is None:
            raise NotFound("offer", offer_id)
        return found

    def of_crew(self, session: Session) -> Sequence[Offer]:
        """To and from the officer's unit, the newest first."""
        duty = units.duty_of(session, principal_of(session).id)
        if duty is None:
            return []
        recent = Offer.offered_at >= now(session) - SHOWN
        standing = or_(recent, and_(Offer.decided_at.is_(None), Assignment.closed_at.is_(None)))
        mine = or_(Offer.unit_id == duty.unit_id, Assignment.unit_id == duty.unit_id)
        with in_role(session, Role.HOUSE):  # the other crew's assignment is not theirs to see yet
            wanted = _wanted().join(Offer.assignment).where(mine, standing)
            return session.scalars(wanted.order_by(Offer.id.desc())).all()

    def of_order(self, session: Session, order: Order) -> Sequence[Offer]:
        """All of one order, the newest first; whoever calls may see it."""
        parts = [one.id for one in order.assignments]
        wanted = _wanted().where(Offer.assignment_id.in_(parts)).order_by(Offer.id.desc())
        return session.scalars(wanted).all()

    def _asked(self, session: Session, offer_id: int) -> Offer:
        """An offer to the officer's own unit; raises NotFound."""
        offer = self.get(session, offer_id)
        duty = units.duty_of(session, principal_of(session).id)
        if duty is None or duty.unit_id != offer.unit_id:
            raise NotFound("offer", offer_id)
        return offer

    def _ended(self, session: Session, offer: Offer, outcome: str) -> Offer:
        principal = principal_of(session)
        with in_role(session, Role.HOUSE):
            order, part = _locked(session, offer.assignment_id)
            _refuse_over(session, offer, order, part)
            _decide(offer, outcome, principal.id, principal.name, session)
            self._tell(session, order, offer, f"offer_{outcome}")
        return offer

    def _tell(self, session: Session, order: Order, offer: Offer, kind: str, *paths: str) -> None:
        """Both crews, the desks, the case's timeline and the log."""
        tell_timeline(
            session, order.case_id, kind, order_id=order.id, order_no=order.order_no,
            name=offer.assignment.target_name, to=offer.unit_name, reason=offer.reason,
        )  # fmt: skip
        record(session, f"order.{kind}", "order", order.id, offer_id=offer.id)
        tell_desks(session, order)
        if paths:
            emit(session, OrderChanged(order.id, order.case_id, paths))


def _wanted() -> Any:
    return select(Offer).options(joinedload(Offer.assignment).joinedload(Assignment.order))


def _locked(session: Session, assignment_id: int) -> tuple[Order, Assignment]:
    """The order under its lock, and the part of it; raises NotFound."""
    order = queries.lock(session, queries.assignment(session, assignment_id).order_id)
    return order, next(one for one in order.assignments if one.id == assignment_id)


def _open_of(session: Session, assignment_id: int) -> Offer | None:
    return session.scalar(
        select(Offer).where(Offer.assignment_id == assignment_id, Offer.decided_at.is_(None))
    )


def _refuse_over(session: Session, offer: Offer, order: Order, part: Assignment) -> None:
    session.refresh(offer)
    if offer.decided_at is not None or part.state not in PASSABLE:
        why = order.end_reason if part.closed_at else ""
        raise Conflict("offer_over", order_no=order.order_no, reason=why)


def _decide(offer: Offer, outcome: str, by: int, name: str, session: Session) -> None:
    offer.outcome, offer.decided_at = outcome, now(session)
    offer.decided_by, offer.decided_by_name = by, name
    session.flush()
