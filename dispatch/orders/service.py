"""Composing, issuing, approving and taking back orders. Nothing here commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.alarms.service import AlarmService
from dispatch.conference import queries as conferences
from dispatch.conference.models import Conference
from dispatch.escalation import course, policies
from dispatch.escalation.models import STOPPED
from dispatch.news import tell_timeline
from dispatch.orders import authority, lifecycle, proposals, queries
from dispatch.orders.authority import Approver, Oral, Verdict
from dispatch.orders.brief import OrderBrief
from dispatch.orders.enlisting import Release, enlist, take_units
from dispatch.orders.models import Assignment, Order
from dispatch.orders.outgoing import Outgoings, Preview, recall_hits
from dispatch.orders.plan import (
    Plan,
    Planner,
    Request,
    Typed,
    hits,
    refuse_if_blocked,
    words_typed,
)
from dispatch.orders.ports import CaseGate, Directory
from dispatch.orders.progress import Progress
from dispatch.orders.recipients import Target
from dispatch.orders.timers import Timers
from dispatch.units import service as units
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import BadInput, Conflict, IllegalTransition, NotFound
from kernel.gate import gate
from kernel.gate.gate import Found, Word
from kernel.numbering import next_number
from kernel.settings import Settings


@dataclass(frozen=True, slots=True)
class OralApproval:
    """Who a dispatcher says approved by voice, and when (UTC)."""

    approver_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ByCall:
    """The conference in which a leader approved."""

    conference_id: int


class OrderService:
    """The desk's verbs. Everything outside this room comes in through its ports."""

    def __init__(
        self,
        settings: Settings,
        directory: Directory,
        gate: CaseGate,
        alarms: AlarmService,
        outgoings: Outgoings,
        progress: Progress,
        timers: Timers,
    ):
        self.settings, self.directory, self.gate, self.alarms = settings, directory, gate, alarms
        self.outgoings, self.progress, self.timers = outgoings, progress, timers
        self.release = Release(outgoings, progress, timers)
        self.planner = Planner(directory, gate, outgoings.engines)

    def preview(self, session: Session, request: Request) -> Plan:
        """What would go to whom, and what the desk should know; writes nothing.

        Raises NotFound, BadInput.
        """
        return self.planner.plan(session, request)

    def issue(
        self,
        session: Session,
        request: Request,
        *,
        idempotency_key: UUID,
        override_reason: str = "",
        approval: OralApproval | ByCall | None = None,
        confirmed: Sequence[Word] = (),
    ) -> Order:
        """Send the order, or lay it before a commander; the same key gives the same order.

        Raises NotFound, BadInput (`recipient_is_station`, `crew_short`, `override_reason` …),
        Forbidden, Conflict `unit_taken` naming the order that has the unit, NeedsConfirmation for
        words that seem to lead to a person.
        """
        if known := self._already(session, idempotency_key):
            return known
        plan = self.planner.plan(session, request)
        refuse_if_blocked(plan)
        said = {"note": request.note, "override_reason": override_reason}
        self.gate.refuse_person(session, request.case_id, said)
        gate.check(plan.hits, confirmed)
        if plan.needs_reason and not override_reason.strip():
            raise BadInput("override_reason", "required")
        conference = self._approved_in(session, plan, approval)
        verdict, spoken = self._decide(session, plan, approval, conference)
        take_units(session, request.unit_ids)
        order = self._write(session, plan, idempotency_key, override_reason)
        _confirm(session, order, plan.hits, confirmed)
        self.gate.place_hold(session, order.case_id, order.id)
        self.alarms.take_for(session, "case_escalated", ("case", order.case_id))
        if verdict is Verdict.WAIT:
            self._lay_before_commander(session, order)
            return order
        if conference is not None:
            _approve_by_call(order, conference)
        elif spoken is not None:
            order.approval_mode, order.approved_at = "oral", spoken.at
            order.approver_id, order.approver_name = spoken.approver.id, spoken.approver.name
            self.timers.await_confirmation(session, order)
        self._let_go(session, order)
        return order

    def waiting(self, session: Session, order: Order) -> list[Preview]:
        """The exact words of an order that waits for approval; raises IllegalTransition."""
        if order.state != lifecycle.PENDING_APPROVAL:
            raise IllegalTransition("order", order.state, "approve")
        return self.outgoings.waiting(session, order)

    def words(self, order: Order) -> list[Typed]:
        """What people typed into the order, and what in it leads to somebody."""
        return words_typed(OrderBrief.from_json(order.brief), order.note)

    def approve(
        self,
        session: Session,
        order_id: int,
        confirmed: Sequence[Word] = (),
        *,
        conference: Conference | None = None,
    ) -> Order:
        """A commander lets a waiting order go, and with it every hit in its words; on line, or by
        what they decided in a conference.

        Raises NotFound, Forbidden, IllegalTransition, NeedsConfirmation.
        """
        order, approver = self._judged(session, order_id, "approve", conference)
        if conference is not None:  # by voice: whoever wrote the order has looked at its words
            _approve_by_call(order, conference)
        else:
            found = hits(OrderBrief.from_json(order.brief), order.note)
            _confirm(session, order, found, confirmed)
            order.approval_mode, order.approved_at = "online", now(session)
            order.approver_id, order.approver_name = approver.id, approver.name
        record(session, "order.approved", "order", order.id)
        self._tell(session, order, "order_approved")
        self._let_go(session, order)
        return order

    def refuse(
        self,
        session: Session,
        order_id: int,
        reason: str,
        *,
        conference: Conference | None = None,
    ) -> Order:
        """A commander stops a waiting order; raises NotFound, Forbidden, IllegalTransition."""
        order, approver = self._judged(session, order_id, "refuse", conference)
        order.conference_id = conference.id if conference else None
        self.gate.refuse_person(session, order.case_id, {"reason": reason})
        order.refused_at, order.end_reason = now(session), reason
        order.approver_id, order.approver_name = approver.id, approver.name
        record(session, "order.refused", "order", order.id)
        self._tell(session, order, "order_refused", reason=reason)
        self._end(session, order)
        return order

    def confirm_oral(self, session: Session, order_id: int) -> Order:
        """The commander named by the dispatcher confirms on line.

        Raises NotFound, Forbidden, Conflict `nothing_to_confirm`.
        """
        order = queries.locked(session, principal_of(session), order_id)
        named = order.approver_id if order.approval_mode == "oral" else None
        authority.check_confirmer(principal_of(session).id, named)
        if order.confirmed_at is None:
            order.confirmed_at = now(session)
            self.timers.confirmed(session, order)
            record(session, "order.oral_confirmed", "order", order.id)
            self._tell(session, order, "order_confirmed")
            self.progress.settle(session, order)
        return order

    def call_confirmed(self, session: Session, conference_id: int) -> None:
        """The leader stands by what they decided in a conference: its orders are confirmed."""
        for found in queries.of_conference(session, conference_id):
            order = queries.lock(session, found.id)
            order.confirmed_at = now(session)
            self.progress.settle(session, order)

    def cancel(
        self, session: Session, order_id: int, reason: str, confirmed: Sequence[Word] = ()
    ) -> Order:
        """Take back what is still open, and tell everyone whom it may have reached.

        Raises NotFound, IllegalTransition for a finished order.
        """
        order = queries.locked(session, principal_of(session), order_id)
        if order.finished_at is not None:
            raise IllegalTransition("order", order.state, "cancel")
        self.gate.refuse_person(session, order.case_id, {"reason": reason})
        _confirm(session, order, recall_hits(order, reason), confirmed)
        order.cancelled_at, order.end_reason = now(session), reason
        record(session, "order.cancelled", "order", order.id)
        self._tell(session, order, "order_cancelled", reason=reason)
        self._end(session, order)
        return order

    def reinforce(
        self, session: Session, order_id: int, unit_ids: Sequence[int], reason: str
    ) -> Order:
        """Send more units after an order that is under way, with its words and its policy.

        Raises NotFound, BadInput, Conflict, IllegalTransition for an order that is not under way.
        """
        order = queries.locked(session, principal_of(session), order_id)
        targets = self.joining(session, order, unit_ids)
        self.gate.refuse_person(session, order.case_id, {"reason": reason})
        self.join(session, order, targets, reason)
        return order

    def reassign(self, session: Session, assignment_id: int, unit_id: int, reason: str) -> Order:
        """Take an assignment back and send another unit instead, both or neither.

        Raises what `reinforce` raises, and IllegalTransition for one that is over.
        """
        principal = principal_of(session)
        found = queries.answerable_for(session, principal, assignment_id)
        order = queries.locked(session, principal, found.order_id)
        targets = self.joining(session, order, [unit_id])
        given_up = next(one for one in order.assignments if one.id == assignment_id)
        if given_up.is_copy or not lifecycle.can_cancel(given_up.state):
            raise IllegalTransition("assignment", given_up.state, "reassign")
        self.gate.refuse_person(session, order.case_id, {"reason": reason})
        gate.check(recall_hits(order, reason), ())
        taken = [one.unit_id for one in order.assignments if one.unit_id is not None]
        units.lock(session, [*taken, unit_id])
        self._take_back(session, order, given_up, reason)
        self.join(session, order, targets, reason)
        return order

    def join(
        self, session: Session, order: Order, targets: Sequence[Target], reason: str
    ) -> list[Assignment]:
        """The targets become part of an order under way; whoever calls has the order's lock.

        Raises Conflict `unit_taken`, `unit_not_available`.
        """
        take_units(session, [one.id for one in targets])
        joined = enlist(session, order, targets)
        self.release.let_go(session, order, joined)
        record(session, "order.reinforced", "order", order.id, unit_ids=[one.id for one in targets])
        tell_timeline(
            session, order.case_id, "order_reinforced", order_id=order.id,
            order_no=order.order_no, targets=[one.name for one in targets], reason=reason,
        )  # fmt: skip
        self.progress.settle(session, order)
        return joined

    def joining(self, session: Session, order: Order, unit_ids: Sequence[int]) -> list[Target]:
        """These units as they would join the order; raises what forbids it, as `reinforce`."""
        if order.issued_at is None or order.finished_at is not None:
            raise IllegalTransition("order", order.state, "reinforce")
        request = Request(
            order.case_id, tuple(unit_ids), (), tuple(order.channels), order.kind, order.closed
        )
        plan = self.planner.plan(session, request)
        refuse_if_blocked(plan)
        return list(plan.targets)

    # -- the parts of issuing -------------------------------------------------------------

    def _already(self, session: Session, key: UUID) -> Order | None:
        """The order of an earlier request with this key; a twin request waits for its end."""
        session.execute(select(func.pg_advisory_xact_lock(key.int & 0x7FFF_FFFF_FFFF_FFFF)))
        found = session.scalar(select(Order).where(Order.idempotency_key == key))
        if found is not None and found.created_by != principal_of(session).id:
            raise Conflict("idempotency_key_used")
        return found

    @staticmethod
    def _approved_in(
        session: Session, plan: Plan, approval: OralApproval | ByCall | None
    ) -> Conference | None:
        """The conference about this case in which the order was approved; raises BadInput."""
        if not isinstance(approval, ByCall) or not plan.needs_approval:
            return None
        found = conferences.visible(session, principal_of(session), approval.conference_id)
        if found.case_id != plan.brief.case_id or found.decision != "approve":
            raise BadInput("approval.conference_id", "not_approved")
        return found

    def _decide(
        self,
        session: Session,
        plan: Plan,
        approval: OralApproval | ByCall | None,
        conference: Conference | None,
    ) -> tuple[Verdict, Oral | None]:
        named = None
        if conference is not None and conference.decided_by and conference.decided_at:
            approver = self.directory.approver(session, conference.decided_by)
            named = Oral(approver, conference.decided_at)
        elif isinstance(approval, OralApproval) and plan.needs_approval:
            named = Oral(self.directory.approver(session, approval.approver_id), approval.at)
        issuer, path = principal_of(session).id, plan.brief.organisation_path
        return authority.decide(plan.brief.urgency, issuer, path, named, now(session)), named

    def _write(self, session: Session, plan: Plan, key: UUID, override_reason: str) -> Order:
        principal, request, brief = principal_of(session), plan.request, plan.brief
        order = Order(
            order_no=self._number(session),
            idempotency_key=key,
            case_id=brief.case_id,
            brief=brief.as_json(),
            organisation_path=brief.organisation_path,
            kind=request.kind,
            urgency=brief.urgency,
            closed=plan.closed,
            note=request.note,
            channels=list(request.channels),
            override_reason=override_reason if plan.needs_reason else "",
            state=lifecycle.PENDING_APPROVAL,
            created_at=now(session),
            created_by=principal.id,
            created_by_name=principal.name,
        )
        enlist(session, order, plan.targets)
        record(
            session, "order.created", "order", order.id,
            order_no=order.order_no, case_id=order.case_id,
        )  # fmt: skip
        return order

    def _number(self, session: Session) -> str:
        day = now(session).astimezone(self.settings.zone).date()
        return f"DD{day:%Y%m%d}{next_number(session, 'order', day):04}"

    def _lay_before_commander(self, session: Session, order: Order) -> None:
        self._tell(session, order, "order_requested")
        self.alarms.raise_alarm(
            session,
            "approval_pending",
            ("order", order.id),
            organisation_path=order.organisation_path,
            level=order.urgency,
            params={
                "order_id": order.id,
                "order_no": order.order_no,
                "case_id": order.case_id,
                "name": order.created_by_name,
            },
        )
        self.progress.settle(session, order)

    def _let_go(self, session: Session, order: Order) -> None:
        """Issue every assignment: deliveries, units and timers in this one transaction."""
        _lock_units(session, order)
        order.issued_at = now(session)
        record(session, "order.issued", "order", order.id, order_no=order.order_no)
        policy = policies.effective(session, order.organisation_path, order.urgency)
        order.policy = policy.as_json()
        self.release.let_go(session, order, order.assignments)
        self.alarms.settle(session, "approval_pending", ("order", order.id))
        self.alarms.settle(session, "case_escalated", ("case", order.case_id))
        self._tell(session, order, "order_issued")
        self.progress.settle(session, order)

    def _judged(
        self, session: Session, order_id: int, action: str, conference: Conference | None
    ) -> tuple[Order, Approver]:
        """The waiting order and the commander who judges it: who asks, or who decided by voice."""
        principal = principal_of(session)
        order = queries.locked(session, principal, order_id)
        approver = Approver(
            principal.id, principal.name, principal.roles, principal.organisation_path
        )
        if conference is not None:
            if conference.case_id != order.case_id or conference.decided_by is None:
                raise NotFound("order", order_id)
            approver = self.directory.approver(session, conference.decided_by)
        authority.check_approver(approver, order.created_by, order.organisation_path)
        if order.state != lifecycle.PENDING_APPROVAL:
            raise IllegalTransition("order", order.state, action)
        return order, approver

    def _end(self, session: Session, order: Order) -> None:
        _lock_units(session, order)
        for assignment in order.assignments:
            if lifecycle.can_cancel(assignment.state):
                self._take_back(session, order, assignment, order.end_reason)
        self.alarms.settle(session, "approval_pending", ("order", order.id))
        self.progress.settle(session, order)

    def _take_back(
        self, session: Session, order: Order, assignment: Assignment, reason: str
    ) -> None:
        course.end(session, assignment.id, STOPPED)
        self.outgoings.recall(session, order, assignment, reason)
        self.progress.move(session, assignment, lifecycle.CANCELLED)
        proposals.overtaken(session, assignment.id)
        self.timers.reached(session, assignment)
        for kind in ("ack_overdue", "help_needed"):
            self.alarms.settle(session, kind, ("assignment", assignment.id))

    def _tell(self, session: Session, order: Order, kind: str, reason: str = "") -> None:
        tell_timeline(
            session,
            order.case_id,
            kind,
            order_id=order.id,
            order_no=order.order_no,
            targets=[one.target_name for one in order.assignments],
            approver=order.approver_name,
            reason=reason,
        )


def _confirm(session: Session, order: Order, found: Sequence[Found], said: Sequence[Word]) -> None:
    """Keep with the order who lets these hits leave; raises BadInput, NeedsConfirmation."""
    kept = gate.confirm(session, found, said, "order", order.id)
    order.confirmed = [*(order.confirmed or []), *(one.as_json() for one in kept)]


def _approve_by_call(order: Order, conference: Conference) -> None:
    """The conference keeps the clock of its confirmation."""
    order.approval_mode, order.conference_id = "call", conference.id
    order.approver_id, order.approver_name = conference.decided_by, conference.decided_by_name
    order.approved_at = conference.decided_at
    order.confirm_due_at, order.confirmed_at = conference.confirm_due_at, conference.confirmed_at


def _lock_units(session: Session, order: Order) -> None:
    """All at once, in the order of their ids: two orders never wait for each other in a circle."""
    if taken := [one.unit_id for one in order.assignments if one.unit_id is not None]:
        units.lock(session, taken)
