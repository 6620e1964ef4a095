"""Shapes of the order API."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, RootModel

from dispatch.delivery.schemas import DeliveryOut
from dispatch.escalation.schemas import CourseOut, PolicyOut
from dispatch.moments import Utc
from dispatch.orders.recipients import Channel
from kernel.schemas import Ident

Kind = Literal["inspect", "verify", "mediate", "assist"]
Reported = Literal[
    "ACKED", "EN_ROUTE", "ON_SCENE", "HANDLING", "NEED_HELP", "FED_BACK", "CLEARED", "CANNOT"
]


class Draft(BaseModel):
    case_id: Ident
    unit_ids: list[Ident] = Field(default=[], max_length=50)
    branch_ids: list[Ident] = Field(default=[], max_length=50)
    channels: list[Channel]
    kind: Kind
    closed: bool | None = None
    note: str = Field(default="", max_length=1000)


class ConfirmedIn(BaseModel):
    """One hit that the sender has looked at and lets leave."""

    field: str = Field(min_length=1, max_length=40)
    kind: str = Field(min_length=1, max_length=20)
    digest: str = Field(pattern="^[0-9a-f]{64}$")


class Approve(BaseModel):
    confirmed: list[ConfirmedIn] = Field(default=[], max_length=200)


class OralIn(BaseModel):
    mode: Literal["oral"]
    approver_id: Ident
    at: AwareDatetime


class ByCallIn(BaseModel):
    """The approval that a leader gave in this conference."""

    mode: Literal["call"]
    conference_id: Ident


class Issue(Draft):
    confirmed: list[ConfirmedIn] = Field(default=[], max_length=200)
    idempotency_key: UUID
    override_reason: str | None = Field(default=None, max_length=400)
    approval: Annotated[OralIn | ByCallIn, Field(discriminator="mode")] | None = None


class Why(BaseModel):
    reason: str = Field(min_length=1, max_length=400)


class Reinforce(Why):
    unit_ids: list[Ident] = Field(min_length=1, max_length=20)


class Reassign(Why):
    unit_id: Ident


class Cancel(Why):
    confirmed: list[ConfirmedIn] = Field(default=[], max_length=200)


class Status(BaseModel):
    state: Reported
    reason: str = Field(default="", max_length=400)
    text: str = Field(default="", max_length=4000)
    result_code: str | None = Field(default=None, max_length=40)
    proposal_id: Ident | None = None
    """What the track proposes, when a person says that it is so."""


class OrderQuery(BaseModel):
    open: bool = False
    case_id: Ident | None = None


class ReasonOut(BaseModel):
    code: str
    params: dict[str, Any]


class TargetOut(BaseModel):
    kind: str
    id: int
    name: str


class PreviewRecipient(BaseModel):
    target: TargetOut
    channel: str
    name: str
    address: str
    text: str
    pages: int | None
    blocked: str | None
    held: str | None


class Texts(RootModel[list[PreviewRecipient]]):
    """The words of an order that waits, as they would go now."""


class HitOut(BaseModel):
    """What leads to somebody, by its place in the text, counted in characters."""

    field: str
    kind: str
    start: int
    end: int
    digest: str
    refused: bool
    """It may not leave, whoever says so: the words must change."""


class TypedOut(BaseModel):
    """One field that people typed, in which something leads to somebody."""

    field: str
    text: str
    hits: list[HitOut]


class OrderWords(RootModel[list[TypedOut]]):
    pass


class PreviewOut(BaseModel):
    needs_approval: bool
    closed: bool
    recipients: list[PreviewRecipient]
    warnings: list[ReasonOut]
    words: list[TypedOut]
    policy: PolicyOut
    """What follows while nobody has taken it."""


class RecommendedUnit(BaseModel):
    unit_id: int
    name: str
    rank: int
    travel_seconds: float | None
    distance_m: float | None
    uncertainty_m: float | None
    """Radius of where it may be by now."""
    engine: str
    eligible: bool
    reasons: list[ReasonOut]


class OnDutyOut(BaseModel):
    name: str
    phone: str


class RecommendedBranch(BaseModel):
    organisation_id: int
    name: str
    phone: str
    fax: str
    distance_m: float | None
    own_jurisdiction: bool
    on_duty: list[OnDutyOut]
    """Who stands there now; empty where the roster names nobody or is not theirs to read."""


class RecommendationOut(BaseModel):
    engine: str
    channels: list[str]
    """What the policy has an order leave by at once."""
    items: list[RecommendedUnit]
    branches: list[RecommendedBranch]


class Joint(BaseModel):
    case_ids: list[Ident] = Field(min_length=1, max_length=50)


class PairOut(BaseModel):
    case_id: int
    unit_id: int
    name: str
    seconds: float


class JointOut(BaseModel):
    """All cases thought of together, and each one's nearest in turn."""

    joint: list[PairOut]
    greedy: list[PairOut]
    gain_seconds: float


class AccuracyQuery(BaseModel):
    days: int = Field(default=30, ge=1, le=366)


class AccuracyOut(BaseModel):
    """Of so many arrivals: actual minus predicted, seconds."""

    engine: str
    overridden: bool
    arrivals: int
    median_error: float
    median_absolute_error: float
    p90_absolute_error: float


class Accuracies(RootModel[list[AccuracyOut]]):
    pass


class OrderSummaryOut(BaseModel):
    id: int
    order_no: str
    case_id: int
    case_no: str
    urgency: int
    kind: str
    state: str
    closed: bool
    issued_at: Utc | None
    ack_due_at: Utc | None
    targets: list[str]


class Orders(RootModel[list[OrderSummaryOut]]):
    pass


class OrderApprovalOut(BaseModel):
    mode: str
    conference_id: int | None
    approver: str | None
    at: Utc | None
    confirmed_at: Utc | None
    confirm_due_at: Utc | None


class ProposalOut(BaseModel):
    """What the track shows: the unit stands `metres` from the scene, and has since `since`."""

    id: int
    report: str
    since: Utc
    at: Utc
    metres: float


class AssignmentOut(BaseModel):
    id: int
    target: TargetOut
    code: str
    state: str
    is_copy: bool
    ack_due_at: Utc | None
    depart_due_at: Utc | None
    arrive_due_at: Utc | None
    feedback_due_at: Utc | None
    acknowledged_at: Utc | None
    acknowledged_by: str | None
    acknowledged_via: str | None
    read_at: Utc | None
    read_by: str | None
    en_route_at: Utc | None
    on_scene_at: Utc | None
    fed_back_at: Utc | None
    cannot_reason: str | None
    result_code: str | None
    feedback: str | None
    next: list[str]
    proposal: ProposalOut | None
    course: CourseOut | None
    deliveries: list[DeliveryOut]


class OrderOut(OrderSummaryOut):
    note: str
    issued_by: str
    created_at: Utc
    override_reason: str
    end_reason: str
    approval: OrderApprovalOut | None
    policy: PolicyOut | None
    assignments: list[AssignmentOut]


class NamedOut(BaseModel):
    """One thing that a proof names: `what` it is, and its number, key or moment."""

    what: str
    value: str


class ProofOut(BaseModel):
    """What an acknowledgement rests on; `named` are ids of messages, never their words."""

    via: str
    actor: str
    report: str
    named: list[NamedOut]


class LedgerLine(BaseModel):
    """A message; a page that was read (`page`); or an acknowledgement that answered no message,
    `channel` being its way then.
    """

    target: str
    code: str
    is_copy: bool
    name: str
    address: str
    channel: str
    queued_at: Utc | None
    sent_at: Utc | None
    delivered_at: Utc | None
    state: str
    problem: str | None
    attempts: int
    acknowledged_at: Utc | None
    proof: ProofOut | None


class LedgerOut(BaseModel):
    order_no: str
    case_no: str
    urgency: int
    issued_at: Utc | None
    issued_by: str
    approval: OrderApprovalOut | None
    rows: list[LedgerLine]


class Expected(BaseModel):
    """When a fax or a call should be over."""

    delivery_id: int
    at: Utc


class OutlookOut(BaseModel):
    """Faxes and calls of the order that have not ended; none while outbound is paused."""

    expected: list[Expected]
