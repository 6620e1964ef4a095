"""Shapes of the intake API: one submission, whichever way it came."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from command_center.cases.schemas import (
    Line,
    PlaceIn,
    Request,
    Word,
    Words,
)
from dispatch.moments import Utc
from kernel.schemas import MAX_IDENT, Ident

Kind = Literal["TS", "JB", "ZX"]
Whole = Annotated[int, Field(ge=-MAX_IDENT, le=MAX_IDENT)]
Detail = Line | bool | Whole | Annotated[float, Field(allow_inf_nan=False)] | None


def _distinct(kinds: list[Kind]) -> list[Kind]:
    if len(set(kinds)) != len(kinds):
        raise ValueError("a kind stands twice")
    return kinds


Kinds = Annotated[list[Kind], Field(min_length=1, max_length=3), AfterValidator(_distinct)]
DetailName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class PersonIn(Request):
    name: Word = ""
    phone: Word = ""
    address: Line = ""
    id_kind: Word = ""
    id_number: Word = ""
    anonymous: bool = False


class SubjectIn(Request):
    business_id: Ident | None = None
    name: Annotated[Line, Field(max_length=200)] = ""
    credit_code: Word = ""
    address: Line = ""
    phone: Word = ""
    contact: Word = ""


class SubmittedPlace(PlaceIn):
    confirmed: bool = False


class Told(Request):
    """What anybody may submit."""

    idempotency_key: Annotated[UUID, Field(strict=False)]
    channel: Literal["phone", "fax", "letter", "sms", "web", "visit"] = "web"
    hotline: Annotated[Word, Field(max_length=10)] | None = None
    kinds: Kinds
    person: PersonIn = Field(default_factory=PersonIn)
    caller_number: Word | None = None
    subject: SubjectIn | None = None
    place: SubmittedPlace | None = None
    sealed_narrative: Words | None = None
    dispatch_facts: Words | None = None
    report_facts: Words | None = None
    """The report's own facts where one call is complaint and report: equal words would tie them."""
    demands: list[Word] = Field(default_factory=list, max_length=10)
    details: dict[DetailName, Detail] = Field(default_factory=dict, max_length=40)
    question: Words | None = None
    answer: Words | None = None
    answered: bool = False
    persons_affected: int | None = Field(default=None, ge=0, le=1_000_000)
    consent_public: bool = False
    consent_delegate: bool = False
    wants_reward: bool = False


class Submission(Told):
    """What staff submit: with the urgency they see."""

    triggers: list[Word] = Field(default_factory=list, max_length=20)
    urgency: int | None = Field(default=None, ge=0, le=3)
    urgency_reason: Line | None = None


class CallerIn(Request):
    number: Annotated[Word, Field(min_length=1)]


class CallerCase(BaseModel):
    id: int
    case_no: str
    kind: str
    state: str
    subject: str
    organisation: str
    received_at: Utc
    closed: bool
    name: str
    """Masked for those who may not know who complains."""


class CallerOut(BaseModel):
    """A caller's complaints and consultations; of reports nothing, not even whether there are."""

    cases: list[CallerCase]


class SubmittedCase(BaseModel):
    id: int
    case_no: str
    kind: str
    state: str
    query_code: str


class Submitted(BaseModel):
    cases: list[SubmittedCase]


class AskedSubject(Request):
    business_id: Ident | None = None
    name: Line = ""


class UrgencyQuestion(Request):
    text: Words = ""
    persons_affected: int | None = Field(default=None, ge=0, le=1_000_000)
    triggers: list[Word] = Field(default_factory=list, max_length=20)
    amount: float | None = Field(default=None, ge=0, le=1e12, allow_inf_nan=False)
    subject: AskedSubject | None = None


class ProposedTrigger(BaseModel):
    code: str
    level: int
    why: str


class ProposalOut(BaseModel):
    level: int
    triggers: list[ProposedTrigger]
