"""What must happen in time: the stages of an assignment, confirmation of an oral approval."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from dispatch.alarms.service import AlarmService
from dispatch.escalation.late import Late
from dispatch.escalation.policy import RING, Policy
from dispatch.news import tell_timeline
from dispatch.orders import queries
from dispatch.orders.models import Assignment, Order
from kernel import jobs
from kernel.clock import now
from kernel.settings import Settings

LIMIT_DUE = "dispatch.limit_due"
"""Job: {assignment_id, limit}."""
ORAL_DUE = "dispatch.oral_due"
STAGES = {"depart": "en_route_at", "arrive": "on_scene_at", "feedback": "fed_back_at"}
"""Limit -> when an assignment reached it. The acknowledgement is the policy's own matter."""


class Timers:
    """Durable timers, one job each.

    A timer that has lost its cause is not removed: it fires, finds nothing and rings nobody. To
    remove it would mean to wait for a worker that waits for us.
    """

    def __init__(self, settings: Settings, alarms: AlarmService, late: Late):
        self.alarms, self.late = alarms, late
        self.oral = timedelta(minutes=settings.oral_confirm_minutes)

    def begin(self, session: Session, assignment: Assignment, policy: Policy) -> None:
        """The assignment's limits run from now on."""
        for limit, seconds in policy.limits.items():
            due = now(session) + timedelta(seconds=seconds)
            setattr(assignment, f"{limit}_due_at", due)
            if limit in STAGES:
                payload = {"assignment_id": assignment.id, "limit": limit}
                jobs.enqueue(session, LIMIT_DUE, payload, run_at=due)

    def reached(self, session: Session, assignment: Assignment) -> None:
        """The alarms of the stages that are behind it end; of a closed one, all."""
        for limit in STAGES:
            if assignment.closed_at or not is_missed(assignment, limit):
                self.alarms.settle(session, f"{limit}_overdue", ("assignment", assignment.id))

    def limit_overdue(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler: a stage was not reached in time."""
        ident, limit = payload["assignment_id"], payload["limit"]
        order = queries.lock(session, queries.assignment(session, ident).order_id)
        assignment = next(one for one in order.assignments if one.id == ident)
        due = getattr(assignment, f"{limit}_due_at")
        if due is None or not is_missed(assignment, limit):
            return
        if assignment.awaits_ack and any(step.act == RING for step in order.followed.steps):
            return  # one alarm for one silence: that of the acknowledgement climbs already
        if self.late.is_late(session, due):
            self.late.note(session, order)
        else:
            about = ("assignment", ident)
            ring(self.alarms, session, order, f"{limit}_overdue", about, assignment.target_name)

    def await_confirmation(self, session: Session, order: Order) -> None:
        order.confirm_due_at = now(session) + self.oral
        payload = {"order_id": order.id}
        jobs.enqueue(session, ORAL_DUE, payload, run_at=order.confirm_due_at)

    def confirmed(self, session: Session, order: Order) -> None:
        self.alarms.settle(session, "oral_unconfirmed", ("order", order.id))

    def oral_overdue(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler: the commander named by the dispatcher has not confirmed on line."""
        order = queries.lock(session, payload["order_id"])
        if order.confirmed_at is None and order.confirm_due_at is not None:
            whom = order.approver_name or ""
            ring(self.alarms, session, order, "oral_unconfirmed", ("order", order.id), whom)


def is_missed(assignment: Assignment, limit: str) -> bool:
    """Whether it still has to reach that stage; a later one reached is as good."""
    stages = list(STAGES.values())
    later = stages[stages.index(STAGES[limit]) :]
    return assignment.closed_at is None and all(getattr(assignment, at) is None for at in later)


def ring(
    alarms: AlarmService,
    session: Session,
    order: Order,
    kind: str,
    reference: tuple[str, int],
    whom: str,
    *,
    rung: str | None = None,
    **more: Any,
) -> bool:
    """Tell the desk what was not done in time, and the case's timeline; False when somebody has
    the alarm in hand already.
    """
    params = {
        "order_id": order.id,
        "order_no": order.order_no,
        "case_id": order.case_id,
        "name": whom,
        **more,
    }
    alarm = alarms.raise_alarm(
        session,
        kind,
        reference,
        organisation_path=order.organisation_path,
        level=max(order.urgency, 1),
        params=params,
        rung=rung,
    )
    if alarm.taken_at is not None:
        return False
    tell_timeline(session, order.case_id, kind, order_id=order.id, to=whom)
    return True
