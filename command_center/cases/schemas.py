"""Shapes of the cases API. Requests are strict: unknown fields and wrong types are refused."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel, StringConstraints

from command_center.cases.likeness import Reason
from command_center.cases.outlook import Due
from dispatch.moments import Utc
from dispatch.orders.schemas import OrderSummaryOut
from kernel.schemas import Ident, Storable


def _text(longest: int) -> Any:
    return StringConstraints(strip_whitespace=True, max_length=longest)


Word = Annotated[Storable, _text(60)]
Line = Annotated[Storable, _text(400)]
Words = Annotated[Storable, _text(10_000)]
Asked = Annotated[Storable, _text(200)]
Day = Annotated[date, Field(strict=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Money = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
PlaceLevel = Literal[
    "door", "point", "crossing", "landmark", "near", "street", "district", "unknown"
]


class Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


# -- requests ---------------------------------------------------------------------------------


class PlaceIn(Request):
    lat: Latitude
    lon: Longitude
    level: PlaceLevel = "unknown"
    confidence: float | None = Field(default=None, ge=0, le=1)
    evidence: list[Line] = Field(default_factory=list, max_length=20)
    text: Line = ""
    asked: Asked = ""
    """What was asked for, where the place was looked up."""
    corrected: bool = False
    """Whether the first answer was another."""
    business_id: Ident | None = None


class UrgencyIn(Request):
    level: int = Field(ge=0, le=3)
    reason: Annotated[Line, Field(min_length=1)]


class EscalateIn(UrgencyIn):
    level: int = Field(ge=1, le=3)


class RouteIn(Request):
    organisation_id: Ident
    note: Line = ""


class FactsIn(Request):
    dispatch_facts: Annotated[Words, Field(min_length=1)]


class RevealIn(Request):
    reason_code: Word
    note: Line = ""


class HearIn(Request):
    reason_code: Word = ""


class SearchIn(Request):
    number: Annotated[Word, Field(min_length=1)]
    reason_code: Word
    note: Line = ""


class ClearanceIn(Request):
    """Null takes an earlier clearance back."""

    purpose: Word | None
    nothing_identifies: bool = False
    metadata_accepted: bool = False


class ActionIn(Request):
    """The data of any step; which of them a step needs is said by `actions` of the case."""

    version: int
    organisation_id: Ident | None = None
    approval_id: Ident | None = None
    reason_code: Word | None = None
    reason: Words | None = None
    remedies: list[Line] | Line | None = None
    text: Words | None = None
    mode: Word | None = None
    result: Line | None = None
    amount_recovered: Money | None = None
    channel: Word | None = None
    statement: Words | None = None
    cause: Line | None = None
    ground: Line | None = None
    into_case_no: Word | None = None
    agency: Word | None = None
    legal_basis: Line | None = None
    materials: list[Line] | Words | None = None
    phone: Word | None = None
    name: Word | None = None
    due: Day | None = None
    happened_at: Annotated[AwareDatetime, Field(strict=False)] | None = None
    paused_from: Day | None = None
    paused_to: Day | None = None
    evidence: Line | None = None
    days: Annotated[int, Field(ge=1, le=366)] | None = None
    """The term that was decided together; the law says "reasonable"."""
    pause: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Which of the running clock's pauses, from 1, in the order of recording."""
    note: Line | None = None


class QueryCode(Request):
    """What the holder of a case knows of it."""

    case_no: Annotated[Word, Field(min_length=1)]
    query_code: Annotated[Word, Field(min_length=1)]


class ListQuery(BaseModel):
    view: Literal["queue", "mine", "all"] = "queue"
    kind: Literal["TS", "JB", "ZX"] | None = None
    state: Word | None = None
    q: Word = ""
    unplaced: bool = False
    due: Due | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: int = Field(default=0, ge=0, le=1_000_000)


class DueOut(BaseModel):
    """How many open cases fall due; `week` ends on Sunday, `likely` are probably missed in it."""

    model_config = ConfigDict(from_attributes=True)

    late: int
    today: int
    tomorrow: int
    week: int
    likely: int


class SimilarQuery(BaseModel):
    business_id: Ident | None = None
    name: Line = ""
    credit_code: Word = ""
    lat: Latitude | None = None
    lon: Longitude | None = None
    place_level: PlaceLevel = "unknown"
    object_code: Word = ""
    problem_code: Word = ""
    violation_code: Word = ""


class MapQuery(BaseModel):
    bbox: Annotated[str, Field(max_length=100, description="west,south,east,north in degrees")]


# -- responses --------------------------------------------------------------------------------


class CodeOut(BaseModel):
    code: str
    zh: str
    en: str
    level: int | None = None


class CodesOut(BaseModel):
    reject_reasons: list[CodeOut]
    terminate_reasons: list[CodeOut]
    return_reasons: list[CodeOut]
    urgency_triggers: list[CodeOut]
    channels: list[CodeOut]
    demands: list[CodeOut]
    problems: list[CodeOut]
    violations: list[CodeOut]
    results: list[CodeOut]
    objects: list[CodeOut]
    reveal_reasons: list[CodeOut]
    track_reasons: list[CodeOut]
    transfer_agencies: list[CodeOut]
    equipment: list[CodeOut]
    pause_grounds: list[CodeOut]
    emergency_grades: list[CodeOut]
    limits: list[CodeOut]


class SubjectOut(BaseModel):
    id: int
    business_id: int | None
    name: str
    address: str
    credit_code: str
    phone: str


class OrganisationRef(BaseModel):
    id: int
    name: str


class PlaceOut(BaseModel):
    lat: float
    lon: float
    level: str
    confidence: float | None
    confirmed: bool
    text: str


class ClusterRef(BaseModel):
    """Open cases that one visit may settle, as far as the reader sees them."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    lead_id: int
    """The most pressing of them; `urgency` and `light` are the gravest and the tightest."""
    size: int
    reason: Reason
    urgency: int
    light: str


class CaseSummary(BaseModel):
    id: int
    case_no: str
    kind: str
    state: str
    urgency: int
    urgency_reason: str
    subject: SubjectOut | None
    organisation: OrganisationRef
    place: PlaceOut | None
    region_code: str
    channel: str
    hotline: str
    received_at: Utc
    due_at: Utc | None
    light: str
    map_status: str
    disposition: str
    open_orders: int
    alarm_id: int | None
    version: int
    cluster: ClusterRef | None


class LikeCase(CaseSummary):
    """A case, and why it belongs to the one that was asked about."""

    reasons: list[Reason]


class LikeCases(RootModel[list[LikeCase]]):
    pass


class CasePage(BaseModel):
    items: list[CaseSummary]
    next: str | None


class MapCase(BaseModel):
    id: int
    case_no: str
    kind: str
    state: str
    urgency: int
    lat: float
    lon: float
    status: str
    cluster: ClusterRef | None


class MapCases(RootModel[list[MapCase]]):
    pass


class PublicStatus(BaseModel):
    """What a person may know of their own case; of a report nothing but how far it is."""

    case_no: str
    kind: str
    state: str
    received_at: Utc
    due_at: Utc | None
    last_change_at: Utc


class ComplainantOut(BaseModel):
    name: str
    phone: str
    address: str
    masked: bool


class InformantOut(BaseModel):
    given: bool
    real_name: bool
    may_reveal: bool


class PauseEndOut(BaseModel):
    """An end that a pause had before, and what proved that it was another."""

    last: date
    evidence: str
    name: str
    at: Utc


class TakenBackOut(BaseModel):
    reason: str
    name: str
    at: Utc


class PauseOut(BaseModel):
    """Days that a clock does not count, both ends included, and who put that on record; all of
    them count again once it was taken back."""

    first: date
    last: date
    ground: str
    evidence: str
    name: str
    at: Utc
    moved: list[PauseEndOut] = []
    taken_back: TakenBackOut | None = None


class ExtensionOut(BaseModel):
    """What was granted in the rule's unit, by whom, and the date that held before."""

    amount: int
    by: str
    reason: str
    evidence: str = ""
    name: str
    at: Utc
    before: Utc


class WordsOut(BaseModel):
    """The same in the two languages of the house."""

    zh: str
    en: str


class DeadlineOut(BaseModel):
    rule: str
    started_at: Utc
    due_at: Utc
    met_at: Utc | None
    light: str
    provisional: bool
    steps: list[WordsOut]
    """How it was counted; the first names article and limit."""
    unit: str
    pauses: list[PauseOut]
    extensions: list[ExtensionOut]


class TimelineOut(BaseModel):
    id: int
    at: Utc
    kind: str
    actor: str
    params: dict[str, Any]
    order_id: int | None


class DocumentOut(BaseModel):
    id: int
    kind: str
    number: str
    created_at: Utc
    reply: str
    replied_at: Utc | None


class AttachmentOut(BaseModel):
    id: int
    name: str
    media_type: str
    size: int
    at: Utc
    order_id: int | None
    metadata_kept: bool
    """It may still say where, when and with what it was made."""
    cleared_for: str | None
    """None: it stays in the house."""
    cleared_by_name: str
    cleared_at: Utc | None
    clearable_for: list[str] = []
    """For what the reader may clear it."""
    may_open_original: bool = False
    """What was handed in lies sealed, and the reader may open it."""


class RecordingOut(BaseModel):
    id: int
    kind: str
    media_type: str
    at: Utc
    transcript: str
    """Cleared words; a report's are heard, not read."""
    may_hear: bool
    delivery_id: int | None
    """Of a call that carried an order: which message of the order it was."""


class ApprovalOut(BaseModel):
    id: int
    kind: str
    requested_by: str
    requested_at: Utc
    data: dict[str, Any]
    decided_by: str | None
    decided_at: Utc | None
    verdict: str | None
    reason: str


class ActionOut(BaseModel):
    action: str
    needs: list[str]
    choices: str | None
    target: str | None
    article: str


class CaseDetail(CaseSummary):
    sealed_narrative: str | None
    dispatch_facts: str
    demands: list[str]
    details: dict[str, Any]
    question: str | None
    answer: str | None
    persons_affected: int
    triggers: list[str]
    complainant: ComplainantOut | None
    same_phone: int
    informant: InformantOut | None
    first_handler: str
    registered_by: str | None
    outcome: dict[str, Any]
    suggested_organisation: OrganisationRef | None
    deadlines: list[DeadlineOut]
    timeline: list[TimelineOut]
    orders: list[OrderSummaryOut]
    documents: list[DocumentOut]
    attachments: list[AttachmentOut]
    recordings: list[RecordingOut]
    approvals: list[ApprovalOut]
    actions: list[ActionOut]


class RevealedIdentity(BaseModel):
    name: str = ""
    phone: str = ""
    address: str = ""
    id_kind: str = ""
    id_number: str = ""
    caller_number: str = ""
    remote_address: str = ""
    recording: str = ""
    linked_case_no: str = ""
    narrative: str = ""
    expires_at: Utc


class FoundReport(BaseModel):
    id: int
    case_no: str


class FoundReports(BaseModel):
    cases: list[FoundReport]
