"""The one function through which every status of an assignment goes, whoever says it, however."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from dispatch.alarms.service import AlarmService
from dispatch.delivery.service import DeliveryService
from dispatch.escalation import course
from dispatch.escalation.models import ANSWERED
from dispatch.news import tell_timeline
from dispatch.orders import lifecycle, proposals, queries
from dispatch.orders.lifecycle import Step
from dispatch.orders.models import Assignment, Order, StatusReport
from dispatch.orders.progress import Progress
from dispatch.orders.timers import Timers
from kernel.audit import record
from kernel.clock import now
from kernel.errors import IllegalTransition


@dataclass(frozen=True, slots=True)
class Report:
    """What is said of an assignment: by whom, by which way (`app`, `sms`, `voice`, `desk`,
    `gps`), with what proof.

    `proof` names what was seen (a message's id), not what it said. `device_time` is the phone's.
    `proposal_id` is the proposal that a person confirms with it, by way of `gps`. What has a `key`
    was said on a phone, perhaps long ago without network: it counts once, and where it can move
    nothing any more it is kept as a note.
    """

    state: str
    via: str
    actor: str
    actor_id: int | None = None
    reason: str = ""
    text: str = ""
    result_code: str | None = None
    device_time: datetime | None = None
    proof: dict[str, Any] = field(default_factory=dict)
    proposal_id: int | None = None
    key: UUID | None = None


class StatusService:
    """Takes reports; who may report is decided before, by whoever knows the way they came."""

    def __init__(
        self, progress: Progress, timers: Timers, deliveries: DeliveryService, alarms: AlarmService
    ):
        self.progress, self.timers = progress, timers
        self.deliveries, self.alarms = deliveries, alarms

    def report(self, session: Session, assignment_id: int, said: Report) -> Assignment:
        """Move an assignment by what was said; a repeated or late word moves nothing.

        Raises NotFound, BadInput, Forbidden; IllegalTransition for what has no key.
        """
        lifecycle.check_report(
            said.state, said.via, reason=said.reason, text=said.text, result_code=said.result_code
        )
        order = queries.lock(session, queries.assignment(session, assignment_id).order_id)
        assignment = next(one for one in order.assignments if one.id == assignment_id)
        if queries.said(session, assignment.id, said.key):
            return assignment
        if assignment.is_copy and said.state != lifecycle.ACKED:
            raise IllegalTransition("copy", assignment.state, said.state)
        before = assignment.state
        acknowledged = assignment.acknowledged_at is not None
        try:
            step = lifecycle.step(before, said.state, acknowledged=acknowledged)
        except IllegalTransition:
            if said.key is None:
                raise
            return _note(session, order, assignment, said)
        if said.proposal_id is not None:
            proof = proposals.confirmed(session, assignment, said.proposal_id)
            said = replace(said, proof={**said.proof, **proof})
        self._apply(session, order, assignment, said, step)
        _write_down(session, assignment, before, said)
        record(
            session, "assignment.reported", "order", order.id,
            assignment_id=assignment.id, report=said.state, state=assignment.state, via=said.via,
        )  # fmt: skip
        if step.moved or step.asks_help:
            _tell(session, order, assignment, said)
            self.progress.settle(session, order)
        return assignment

    def note(self, session: Session, assignment_id: int, said: Report) -> Assignment:
        """Keep what was said by one who is no longer at it; raises NotFound, BadInput."""
        lifecycle.check_report(
            said.state, said.via, reason=said.reason, text=said.text, result_code=said.result_code
        )
        order = queries.lock(session, queries.assignment(session, assignment_id).order_id)
        assignment = next(one for one in order.assignments if one.id == assignment_id)
        if queries.said(session, assignment.id, said.key):
            return assignment
        return _note(session, order, assignment, said)

    def _apply(
        self, session: Session, order: Order, assignment: Assignment, said: Report, step: Step
    ) -> None:
        if step.acknowledges:
            self._acknowledge(session, assignment, said)
        _note_words(assignment, said)
        if step.moved:
            self.progress.move(session, assignment, step.state)
            self.timers.reached(session, assignment)
            if step.state not in lifecycle.BEFORE_SCENE:
                proposals.overtaken(session, assignment.id)
        if step.asks_help:
            self._ring(session, order, assignment, "help_needed", said.reason or said.text)
        if step.moved and step.state == lifecycle.CANNOT:
            self._ring(session, order, assignment, "order_declined", said.reason)
        if step.closes:
            self.deliveries.stop(session, assignment.id, "closed")
            self.alarms.settle(session, "help_needed", ("assignment", assignment.id))

    def _acknowledge(self, session: Session, assignment: Assignment, said: Report) -> None:
        """A person has it: this assignment's own timers and waiting messages end."""
        assignment.acknowledged_at = now(session)
        assignment.acknowledged_by, assignment.acknowledged_via = said.actor, said.via
        course.end(session, assignment.id, ANSWERED)
        self.alarms.settle(session, "ack_overdue", ("assignment", assignment.id))
        self.deliveries.stop(session, assignment.id, "acknowledged")

    def _ring(
        self, session: Session, order: Order, assignment: Assignment, kind: str, why: str
    ) -> None:
        self.alarms.raise_alarm(
            session,
            kind,
            ("assignment", assignment.id),
            organisation_path=order.organisation_path,
            level=max(order.urgency, 1),
            params={
                "order_id": order.id,
                "order_no": order.order_no,
                "case_id": order.case_id,
                "name": assignment.target_name,
                "reason": why,
            },
        )


def _note_words(assignment: Assignment, said: Report) -> None:
    if said.state == lifecycle.CANNOT:
        assignment.cannot_reason = said.reason or said.text
    if said.state == lifecycle.FED_BACK:
        said_before = assignment.feedback or ""
        assignment.feedback = "\n".join(part for part in (said_before, said.text) if part)
        assignment.result_code = said.result_code or assignment.result_code


def _note(session: Session, order: Order, assignment: Assignment, said: Report) -> Assignment:
    _write_down(session, assignment, assignment.state, said, noted=True)
    record(
        session, "assignment.noted", "order", order.id,
        assignment_id=assignment.id, report=said.state, state=assignment.state, via=said.via,
    )  # fmt: skip
    _tell(session, order, assignment, said, noted=True)
    return assignment


def _write_down(
    session: Session, assignment: Assignment, before: str, said: Report, *, noted: bool = False
) -> None:
    session.add(
        StatusReport(
            assignment_id=assignment.id,
            at=now(session),
            device_time=said.device_time,
            report=said.state,
            state_before=before,
            state_after=assignment.state,
            via=said.via,
            actor_id=said.actor_id,
            actor=said.actor,
            proof=said.proof,
            reason=said.reason,
            words=said.text,
            result_code=said.result_code,
            key=said.key,
            noted=noted,
        )
    )


def _tell(
    session: Session, order: Order, assignment: Assignment, said: Report, *, noted: bool = False
) -> None:
    more = {"report": said.state, "device_time": _iso(said.device_time)} if noted else {}
    tell_timeline(
        session,
        order.case_id,
        "status_noted" if noted else f"status_{said.state.lower()}",
        order_id=order.id,
        actor=said.actor,
        target=assignment.target_name,
        via=said.via,
        reason=said.reason,
        text=said.text,
        result_code=said.result_code,
        **more,
    )


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
