"""What must happen in time: acknowledgement of an assignment, confirmation of an oral approval."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from dispatch.alarms.service import AlarmService
from dispatch.news import tell_timeline
from dispatch.orders import authority, queries
from dispatch.orders.models import Assignment, Order
from kernel import jobs
from kernel.clock import now
from kernel.settings import Settings

ACK_DUE = "dispatch.ack_due"
ORAL_DUE = "dispatch.oral_due"


class Timers:
    """Durable timers, one job each.

    A timer that has lost its cause is not removed: it fires, finds nothing and rings nobody. To
    remove it would mean to wait for a worker that waits for us.
    """

    def __init__(self, settings: Settings, alarms: AlarmService):
        self.alarms = alarms
        self.ack_urgent = timedelta(seconds=settings.ack_seconds_urgent)
        self.ack_normal = timedelta(seconds=settings.ack_seconds_normal)
        self.oral = timedelta(minutes=settings.oral_confirm_minutes)

    def ack_time(self, urgency: int) -> timedelta:
        return self.ack_urgent if authority.needs_approval(urgency) else self.ack_normal

    def await_ack(self, session: Session, assignment: Assignment) -> None:
        due = now(session) + self.ack_time(assignment.order.urgency)
        assignment.ack_due_at = due
        jobs.enqueue(session, ACK_DUE, {"assignment_id": assignment.id}, run_at=due)

    def ack_settled(self, session: Session, assignment: Assignment) -> None:
        """Acknowledged or taken back: its own alarm ends, no other's."""
        self.alarms.settle(session, "ack_overdue", ("assignment", assignment.id))

    def ack_overdue(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler: nobody has acknowledged in time."""
        ident = payload["assignment_id"]
        order = queries.lock(session, queries.assignment(session, ident).order_id)
        assignment = next(one for one in order.assignments if one.id == ident)
        if not assignment.awaits_ack or not assignment.ack_due_at:
            return
        self._ring(session, order, "ack_overdue", ("assignment", ident), assignment.target_name)

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
            who = order.approver_name or ""
            self._ring(session, order, "oral_unconfirmed", ("order", order.id), who)

    def _ring(
        self, session: Session, order: Order, kind: str, reference: tuple[str, int], whom: str
    ) -> None:
        params = {
            "order_id": order.id,
            "order_no": order.order_no,
            "case_id": order.case_id,
            "name": whom,
        }
        self.alarms.raise_alarm(
            session,
            kind,
            reference,
            organisation_path=order.organisation_path,
            level=max(order.urgency, 1),
            params=params,
        )
        tell_timeline(session, order.case_id, kind, order_id=order.id, to=whom)
