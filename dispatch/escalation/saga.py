"""Climbs until a person has taken the order: each step of its policy, when its time has come.

Every step is one transaction under the order's lock: it happens once, whatever is killed when. An
acknowledgement ends the course of its own assignment, no other's.
"""

from typing import Any

from sqlalchemy.orm import Session

from dispatch.alarms.service import AlarmService
from dispatch.delivery import lifecycle as deliveries
from dispatch.delivery import queries as sent
from dispatch.delivery.models import Delivery
from dispatch.delivery.service import DeliveryService
from dispatch.escalation import course
from dispatch.escalation.late import Late
from dispatch.escalation.models import (
    DONE,
    LATE,
    MISSED,
    NOBODY,
    NOTHING_LEFT,
    PAUSED,
    PROPOSED,
    REFUSED,
    RUNNING,
    SENT_UNIT,
    STOPPED,
    TAKEN,
    Escalation,
)
from dispatch.escalation.policy import NEXT, RING, SEND, UNIT, Policy, Step
from dispatch.news import tell_timeline
from dispatch.orders import queries
from dispatch.orders.brief import OrderBrief
from dispatch.orders.models import Assignment, Order
from dispatch.orders.outgoing import Outgoings
from dispatch.orders.progress import tell_desks
from dispatch.orders.service import OrderService
from dispatch.orders.timers import ring
from dispatch.recommendation.rank import Ranked
from kernel import jobs, pause
from kernel.access import Principal
from kernel.audit import record
from kernel.clock import now
from kernel.errors import AppError, Conflict
from kernel.gate.gate import NotCleared

HURRY = "dispatch.hurry"
"""Job: {assignment_id}: a message of it has failed."""


class Saga:
    """The steps. What they need of orders and deliveries they ask of their services."""

    def __init__(
        self,
        orders: OrderService,
        outgoings: Outgoings,
        delivering: DeliveryService,
        alarms: AlarmService,
        late: Late,
    ):
        self.orders, self.outgoings, self.delivering = orders, outgoings, delivering
        self.alarms, self.late = alarms, late

    # -- jobs -----------------------------------------------------------------------------

    def due(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler: the next step of an assignment, unless it has lost its cause."""
        order, assignment, found = _at(session, payload["assignment_id"])
        if found is None or found.state != RUNNING or found.position != payload["position"]:
            return
        if found.due_at is None or found.due_at > now(session):
            return  # put off meanwhile: another job waits for that
        if self.late.is_late(session, found.due_at):
            self._miss(session, order, found)
        else:
            self._take(session, order, assignment, found)

    def hurry(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler: where nothing sent so far can arrive any more, the next sending is due now.

        An unknown outcome is no failure: a person decides about it (and time goes on).
        """
        order, assignment, found = _at(session, payload["assignment_id"])
        if found is None or found.state != RUNNING:
            return
        policy = order.followed
        step = policy.steps[found.position]
        if step.act == SEND and _has_failed(sent.by_assignment(session, [order.id])[assignment.id]):
            course.bring_forward(session, found, step)
            self._take(session, order, assignment, found)

    # -- what a person does ---------------------------------------------------------------

    def resume(self, session: Session, principal: Principal, order_id: int) -> Order:
        """Take up the steps that were missed in an outage; those behind them follow in their time.

        Raises NotFound, Conflict `nothing_late`.
        """
        order = queries.locked(session, principal, order_id)
        late = [
            (assignment, found)
            for assignment in order.assignments
            if (found := course.of(session, assignment.id)) and found.state == LATE
        ]
        if not late:
            raise Conflict("nothing_late")
        for assignment, found in late:
            course.bring_forward(session, found, order.followed.steps[found.position])
            self._take(session, order, assignment, found)
        record(session, "escalation.resumed", "order", order.id)
        return order

    def halt(self, session: Session, principal: Principal, order_id: int, reason: str) -> Order:
        """A person has it in hand: no more steps for what is not acknowledged yet.

        Raises NotFound.
        """
        order = queries.locked(session, principal, order_id)
        for assignment in order.assignments:
            course.end(session, assignment.id, STOPPED)
        record(session, "escalation.halted", "order", order.id)
        tell_timeline(session, order.case_id, "escalation_halted", order_id=order.id, reason=reason)
        tell_desks(session, order)
        return order

    # -- the steps ------------------------------------------------------------------------

    def _miss(self, session: Session, order: Order, found: Escalation) -> None:
        step, due = order.followed.steps[found.position], found.due_at or now(session)
        course.write_down(session, found, step, MISSED, due)
        found.state = LATE
        self.late.note(session, order)
        tell_desks(session, order)

    def _take(
        self, session: Session, order: Order, assignment: Assignment, found: Escalation
    ) -> None:
        """Carry the step out, write it down, and wait for the one behind it."""
        policy, due = order.followed, found.due_at or now(session)
        step = policy.steps[found.position]
        repeat, details = 0, dict[str, Any]()
        if step.act == SEND:
            outcome, details, repeat = self._send(session, order, assignment, step)
        elif step.act == RING:
            outcome, details = self._ring(session, order, assignment, step)
        elif step.act == UNIT:
            outcome, details = self._unit(session, order, policy)
        else:
            self.delivering.stop(session, assignment.id, "given_up")
            outcome = DONE
        course.write_down(session, found, step, outcome, due, **details)
        if not repeat:
            found.position += 1
        course.wait(session, found, policy, repeat=repeat)
        tell_desks(session, order)

    def _send(
        self, session: Session, order: Order, assignment: Assignment, step: Step
    ) -> tuple[str, dict[str, Any], int]:
        """Outcome, details, and the seconds until the same step goes on with the next address."""
        untried = self.outgoings.untried(session, order, assignment, step.channels)
        chosen = untried[:1] if step.reach == NEXT else untried
        if not chosen:
            return NOTHING_LEFT, {}, 0
        if pause.is_on(session) and _waits(session, order, assignment):
            return PAUSED, {"channels": list(step.channels)}, 0
        try:
            with session.begin_nested():
                self.outgoings.send_to(session, order, assignment, chosen)
        except NotCleared:
            return REFUSED, {"channels": list(step.channels)}, 0
        to = [{"channel": one.channel, "name": one.name} for one in chosen]
        tell_timeline(
            session, order.case_id, "order_escalated", order_id=order.id,
            target=assignment.target_name, to=[one["name"] for one in to],
            channels=list(dict.fromkeys(one["channel"] for one in to)),
        )  # fmt: skip
        return DONE, {"to": to}, step.every if len(untried) > len(chosen) else 0

    def _ring(
        self, session: Session, order: Order, assignment: Assignment, step: Step
    ) -> tuple[str, dict[str, Any]]:
        rung = ring(
            self.alarms, session, order, "ack_overdue", ("assignment", assignment.id),
            assignment.target_name, rung=step.rung,
        )  # fmt: skip
        return (DONE if rung else TAKEN), {"rung": step.rung}

    def _unit(self, session: Session, order: Order, policy: Policy) -> tuple[str, dict[str, Any]]:
        """The best unit that is not part of the order: proposed, or sent by a signed policy."""
        best = self._next_unit(session, order)
        if best is None:
            return NOBODY, {}
        details = {
            "unit_id": best.facts.unit_id,
            "name": best.facts.name,
            "travel_seconds": best.facts.travel_seconds,
        }
        if not policy.signed:
            return PROPOSED, details
        if pause.is_on(session):  # it would not hear of it
            return PROPOSED, {**details, "refused": "outbound_paused"}
        try:
            with session.begin_nested():
                targets = self.orders.joining(session, order, [best.facts.unit_id])
                self.orders.join(session, order, targets, f"policy {policy.id}")
        except AppError as refused:  # taken in this very moment, or out of reach: a person chooses
            return PROPOSED, {**details, "refused": refused.code}
        return SENT_UNIT, details

    def _next_unit(self, session: Session, order: Order) -> Ranked | None:
        here = {one.unit_id for one in order.assignments}
        ranking = self.orders.planner.ranking(session, OrderBrief.from_json(order.brief))
        free = (one for one in ranking if one.eligible and one.facts.unit_id not in here)
        return next(free, None)


def message_failed(session: Session, delivery: Delivery) -> None:
    """Something that was sent for an assignment will not arrive: look whether to go on at once.

    As a job: whoever brings the news holds the delivery, and the saga begins with the order.
    """
    jobs.enqueue(session, HURRY, {"assignment_id": delivery.assignment_id})


def _at(session: Session, assignment_id: int) -> tuple[Order, Assignment, Escalation | None]:
    """The order under its lock, the assignment, and where it stands."""
    order = queries.lock(session, queries.assignment(session, assignment_id).order_id)
    assignment = next(one for one in order.assignments if one.id == assignment_id)
    return order, assignment, course.of(session, assignment_id)


def _waits(session: Session, order: Order, assignment: Assignment) -> bool:
    """Whether a message of the assignment has not left yet."""
    messages = sent.by_assignment(session, [order.id])[assignment.id]
    return any(one.state == deliveries.QUEUED for one in messages)


def _has_failed(messages: list[Delivery]) -> bool:
    """Whether none of them can arrive any more, for all that is known."""
    ended = [one for one in messages if one.state != deliveries.CANCELLED]
    return bool(ended) and all(one.state == deliveries.FAILED for one in ended)
