"""The officer's phone: duty, orders, positions, help. Only one's own unit, always."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from dispatch.alarms.models import Alarm
from dispatch.delivery.receipts import Receipts
from dispatch.field import inspection
from dispatch.field.inspection import InspectionIn
from dispatch.field.ports import Evidence, Filed, Inspections, PhoneFix, PositionSink
from dispatch.news import tell_timeline
from dispatch.orders import proposals
from dispatch.orders import queries as orders
from dispatch.orders.lifecycle import CANCELLED, CANNOT, FED_BACK
from dispatch.orders.models import Assignment, Proposal, StatusReport
from dispatch.orders.ports import Directory, Officer
from dispatch.orders.status import Report, StatusService
from dispatch.units import queries as units
from dispatch.units import service as crews
from dispatch.units.distress import Distress
from dispatch.units.lifecycle import OUT_OF_SERVICE
from dispatch.units.queries import Placed
from kernel.access import Role
from kernel.clock import now
from kernel.db import in_role, principal_of
from kernel.errors import NotFound

RECALL_SHOWN = timedelta(minutes=30)
"""So long a cancelled order stays in sight: a crew on its way must not see it merely vanish."""


@dataclass(frozen=True, slots=True)
class Page:
    """All that the phone shows."""

    officer: Officer
    unit: Placed | None
    vehicles: list[Placed]
    assignments: list[Assignment]
    proposals: Mapping[int, Proposal]
    """Assignment id -> what its track shows."""


@dataclass(frozen=True, slots=True)
class Said:
    """An officer's report of an assignment."""

    state: str
    reason: str = ""
    text: str = ""
    result_code: str | None = None
    device_time: datetime | None = None
    proposal_id: int | None = None
    key: UUID | None = None


@dataclass(frozen=True, slots=True)
class Missed:
    """What an officer did without network, and what had happened there meanwhile."""

    said: StatusReport
    """Kept as a note."""
    assignment: Assignment
    why: str
    """Whoever took the order back, or could not carry it out, said so."""
    instead: list[str]
    """Who was sent in its place."""


class FieldService:
    """Everything is asked of the signed-in officer's own duty."""

    def __init__(
        self,
        directory: Directory,
        statuses: StatusService,
        receipts: Receipts,
        distress: Distress,
        evidence: Evidence,
        positions: PositionSink,
        inspections: Inspections,
    ):
        self.directory, self.statuses, self.receipts = directory, statuses, receipts
        self.distress, self.evidence, self.positions = distress, evidence, positions
        self.inspections = inspections

    def page(self, session: Session) -> Page:
        """Fetching an order is the app's receipt for it."""
        principal = principal_of(session)
        board = units.board(session, principal.organisation_path)
        duty = units.duty_of(session, principal.id)
        mine = units.find(session, duty.unit_id) if duty else None
        assignments = self._assignments(session, mine) if mine else []
        for assignment in assignments:
            self.receipts.seen(session, assignment.id)
        return Page(
            self.directory.officer(session, principal.id),
            mine,
            [placed for placed in board if placed.unit.state != OUT_OF_SERVICE],
            assignments,
            proposals.open_of(session, [one.id for one in assignments]),
        )

    def sign_on(self, session: Session, unit_id: int) -> None:
        """Begin duty on a unit of one's own organisation; the phone becomes its second terminal.

        Raises NotFound, Conflict `already_signed_on`.
        """
        principal = principal_of(session)
        units.visible(session, principal, unit_id)
        officer = self.directory.officer(session, principal.id)
        crews.sign_on(
            session,
            unit_id,
            user_id=officer.id,
            name=officer.name,
            phone=officer.phone,
            certified=officer.certified,
        )
        terminal_id = self.positions.terminal(session, officer.id, officer.name)
        crews.attach_terminal(session, unit_id, terminal_id)

    def sign_off(self, session: Session) -> None:
        """End duty: from now on nobody follows this phone.

        Raises Conflict `not_signed_on`, IllegalTransition while an order needs the crew.
        """
        principal = principal_of(session)
        crews.sign_off(session, principal.id)
        terminal_id = self.positions.terminal(session, principal.id, principal.name)
        crews.detach_terminal(session, terminal_id)

    def report(self, session: Session, assignment_id: int, said: Said) -> Missed | None:
        """Gives what was missed, where the report came too late to count.

        Raises NotFound for another unit's assignment, and what reporting a status raises.
        """
        principal = principal_of(session)
        report = Report(
            state=said.state,
            via="app" if said.proposal_id is None else "gps",
            actor=principal.name,
            actor_id=principal.id,
            reason=said.reason,
            text=said.text,
            result_code=said.result_code,
            device_time=said.device_time,
            proof={"user_id": principal.id},
            proposal_id=said.proposal_id,
            key=said.key,
        )
        if said.key is not None and not self._is_mine(session, assignment_id):
            with in_role(session, Role.HOUSE):  # who has left the crew no longer sees its orders
                _was_mine(session, assignment_id)
                return _missed(session, self.statuses.note(session, assignment_id, report), report)
        assignment = self.mine(session, assignment_id)
        return _missed(session, self.statuses.report(session, assignment.id, report), report)

    def dismiss(self, session: Session, assignment_id: int, proposal_id: int) -> None:
        """The crew is not there, whatever its track shows; raises NotFound."""
        proposals.dismiss(session, self.mine(session, assignment_id), proposal_id)

    def photo(
        self, session: Session, assignment_id: int, name: str, media_type: str, data: bytes
    ) -> int:
        """Put a photo into the case's file; gives its id. Raises NotFound, BadInput."""
        assignment = self.mine(session, assignment_id)
        order = assignment.order
        attachment_id = self.evidence.add(
            session,
            case_id=order.case_id,
            order_id=order.id,
            name=name,
            media_type=media_type,
            data=data,
            user_id=principal_of(session).id,
        )
        tell_timeline(
            session,
            order.case_id,
            "photo_added",
            order_id=order.id,
            target=assignment.target_name,
            attachment_id=attachment_id,
        )
        return attachment_id

    def inspected(self, session: Session, assignment_id: int, told: InspectionIn) -> Filed:
        """File the record of an inspection; sent again it is the one already filed.

        Raises NotFound, BadInput naming the field, Conflict.
        """
        assignment = self.mine(session, assignment_id)
        inspection.check(told, now(session))
        return self.inspections.file(
            session,
            told,
            case_id=assignment.order.case_id,
            order_id=assignment.order_id,
            assignment_id=assignment.id,
        )

    def inspections_of(self, session: Session, assignment_id: int) -> list[Filed]:
        """The records of one's own assignment, the newest first; raises NotFound."""
        return self.inspections.of(session, self.mine(session, assignment_id).id)

    def position(self, session: Session, fix: PhoneFix) -> None:
        """Take a position; raises Conflict `not_signed_on`: off duty nobody is followed."""
        principal = principal_of(session)
        crews.duty(session, principal.id)
        terminal_id = self.positions.terminal(session, principal.id, principal.name)
        self.positions.accept(session, terminal_id, fix)

    def sos(self, session: Session, fix: PhoneFix | None) -> Alarm:
        """An officer is in danger: commanders and dispatchers hear it at once, on duty or not."""
        principal = principal_of(session)
        duty = units.duty_of(session, principal.id)
        unit = units.find(session, duty.unit_id) if duty else None
        path = unit.unit.organisation_path if unit else principal.organisation_path
        with in_role(session, Role.HOUSE):  # who is near is not for the phone, but for the desks
            return self.distress.cry(
                session,
                ("user", principal.id),
                name=principal.name,
                unit=unit.unit if unit else None,
                path=path,
                place=(fix.lat, fix.lon) if fix else None,
            )

    @staticmethod
    def _assignments(session: Session, mine: Placed) -> list[Assignment]:
        """Open ones, the one just fed back until it is cleared, and what was just taken back."""
        engaged = (mine.unit.engagement or {}).get("id")
        recent = now(session) - RECALL_SHOWN
        return [
            one
            for one in orders.assignments_of_unit(session, mine.unit.id, recent)
            if one.state != FED_BACK or one.id == engaged
        ]

    @staticmethod
    def mine(session: Session, assignment_id: int) -> Assignment:
        """The assignment of one's own unit; raises NotFound for any other."""
        duty = units.duty_of(session, principal_of(session).id)
        assignment = orders.assignment(session, assignment_id)
        if duty is None or assignment.unit_id != duty.unit_id:
            raise NotFound("assignment", assignment_id)
        return assignment

    def _is_mine(self, session: Session, assignment_id: int) -> bool:
        try:
            self.mine(session, assignment_id)
        except NotFound:
            return False
        return True


def _was_mine(session: Session, assignment_id: int) -> None:
    """Raises NotFound for an assignment that the officer's crew never had."""
    assignment = orders.assignment(session, assignment_id)
    since, me = assignment.order.issued_at, principal_of(session).id
    if assignment.unit_id is None or since is None:
        raise NotFound("assignment", assignment_id)
    if not units.has_served(session, me, assignment.unit_id, since):
        raise NotFound("assignment", assignment_id)


def _missed(session: Session, assignment: Assignment, said: Report) -> Missed | None:
    kept = orders.said(session, assignment.id, said.key)
    if kept is None or not kept.noted:
        return None
    order = assignment.order
    why = (assignment.cannot_reason or "") if assignment.state == CANNOT else order.end_reason
    instead = [
        one.target_name
        for one in order.assignments
        if one.id > assignment.id and not one.is_copy and one.state != CANCELLED
    ]
    return Missed(kept, assignment, why, instead)
