"""Shapes of the field API."""

from typing import Annotated
from uuid import UUID

from apiflask.fields import UploadFile
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from dispatch.field.inspection import Record
from dispatch.field.ports import Filed
from dispatch.field.service import Missed, Page
from dispatch.moments import Utc
from dispatch.orders.brief import OrderBrief
from dispatch.orders.lifecycle import next_reports
from dispatch.orders.models import Assignment, Order, Proposal
from dispatch.orders.presenting import proposal_out
from dispatch.orders.schemas import ProposalOut, Status
from dispatch.units.schemas import CrewOut, UnitOut, crew_out, unit_out
from kernel.schemas import Ident

Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class OfficerOut(BaseModel):
    id: int
    name: str
    certified: bool


class VehicleOut(BaseModel):
    id: int
    name: str
    plate: str
    crew: list[CrewOut]


class FieldOrderOut(BaseModel):
    """The whole brief: this is the place where a closed order may be read."""

    id: int
    order_no: str
    kind: str
    urgency: int
    closed: bool
    note: str
    issued_at: Utc | None
    issued_by: str
    targets: list[str]
    case_no: str
    case_kind: str
    subject_name: str
    subject_address: str
    subject_legal_representative: str
    subject_phone: str
    subject_credit_code: str
    dispatch_facts: str
    demand: str
    lat: float | None
    lon: float | None


class FieldAssignmentOut(BaseModel):
    id: int
    order: FieldOrderOut
    state: str
    code: str
    ack_due_at: Utc | None
    next: list[str]
    feedback: str | None
    proposal: ProposalOut | None


class MissedOut(BaseModel):
    """What was done without network, and what had happened meanwhile; kept as a note."""

    report: str
    device_time: Utc | None
    noted_at: Utc
    order_no: str
    subject_name: str
    state: str
    ended_at: Utc | None
    why: str
    instead: list[str]


class FieldOut(BaseModel):
    officer: OfficerOut
    unit: UnitOut | None
    vehicles: list[VehicleOut]
    assignments: list[FieldAssignmentOut]
    missed: MissedOut | None = None
    """Only in the answer to a report that came too late."""


class SignOn(BaseModel):
    unit_id: Ident


class FieldStatus(Status):
    device_time: AwareDatetime | None = None
    key: UUID | None = None


class PositionIn(BaseModel):
    lat: Latitude
    lon: Longitude
    at: AwareDatetime
    accuracy: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    speed_kmh: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    course: float | None = Field(default=None, ge=0, le=360)


class Sos(BaseModel):
    lat: Latitude | None = None
    lon: Longitude | None = None
    at: AwareDatetime | None = None


class Photo(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    file: UploadFile


class PhotoOut(BaseModel):
    id: int
    name: str
    media_type: str
    size: int
    at: Utc


class InspectionOut(BaseModel):
    """A filed record; the party's ID number is masked."""

    id: int
    number: str
    version: int
    replaces_id: int | None
    digest: str
    filed_at: Utc
    filed_by: str
    record: Record


class InspectionsOut(BaseModel):
    inspections: list[InspectionOut]


def inspection_out(filed: Filed) -> InspectionOut:
    return InspectionOut(**{name: getattr(filed, name) for name in InspectionOut.model_fields})


def field_out(page: Page, missed: MissedOut | None = None) -> FieldOut:
    officer = page.officer
    return FieldOut(
        officer=OfficerOut(id=officer.id, name=officer.name, certified=officer.certified),
        unit=unit_out(page.unit) if page.unit else None,
        vehicles=[
            VehicleOut(
                id=placed.unit.id,
                name=placed.unit.name,
                plate=placed.unit.plate,
                crew=crew_out(placed),
            )
            for placed in page.vehicles
        ],
        assignments=[_assignment_out(one, page.proposals.get(one.id)) for one in page.assignments],
        missed=missed,
    )


def missed_out(missed: Missed | None) -> MissedOut | None:
    if missed is None:
        return None
    said, order = missed.said, missed.assignment.order
    return MissedOut(
        report=said.report,
        device_time=said.device_time,
        noted_at=said.at,
        order_no=order.order_no,
        subject_name=OrderBrief.from_json(order.brief).subject_name,
        state=missed.assignment.state,
        ended_at=missed.assignment.closed_at,
        why=missed.why,
        instead=missed.instead,
    )


def _assignment_out(assignment: Assignment, proposal: Proposal | None) -> FieldAssignmentOut:
    return FieldAssignmentOut(
        id=assignment.id,
        order=_order_out(assignment.order),
        state=assignment.state,
        code=assignment.code,
        ack_due_at=assignment.ack_due_at,
        next=next_reports(assignment.state),
        feedback=assignment.feedback,
        proposal=proposal_out(proposal),
    )


def _order_out(order: Order) -> FieldOrderOut:
    brief = OrderBrief.from_json(order.brief)
    told = {name: getattr(brief, name) for name in FieldOrderOut.model_fields if name in _BRIEF}
    return FieldOrderOut(
        id=order.id,
        order_no=order.order_no,
        kind=order.kind,
        urgency=order.urgency,
        closed=order.closed,
        note=order.note,
        issued_at=order.issued_at,
        issued_by=order.created_by_name,
        targets=[one.target_name for one in order.assignments],
        **told,
    )


_BRIEF = frozenset(OrderBrief.__dataclass_fields__) - {"urgency"}
