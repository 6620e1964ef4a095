"""Shapes of the archive."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, RootModel

from command_center.cases.archive.search import Standing
from command_center.cases.schemas import Line, Request, Word
from dispatch.moments import Utc


class RefuseIn(Request):
    reason: Annotated[Line, Field(min_length=1)]


class HoldIn(Request):
    case_no: Annotated[Word, Field(min_length=1)]
    reason: Annotated[Line, Field(min_length=1)]


class ProofIn(Request):
    case_no: Annotated[Word, Field(min_length=1)]
    query_code: Annotated[Word, Field(min_length=1)]


class ArchiveQuery(BaseModel):
    """`standing`: due and not held, still kept, held, destroyed."""

    q: Word = ""
    kind: Literal["", "TS", "JB", "ZX"] = ""
    standing: Standing = "all"
    limit: int = Field(default=50, ge=1, le=200)
    cursor: int = Field(default=0, ge=0, le=1_000_000)


class PersonExportIn(ProofIn):
    """The first proof finds the person; each report needs a proof of its own."""

    others: list[ProofIn] = Field(default_factory=list, max_length=50)
    reason_code: Literal["access", "portability", "correction"]


class PersonExportOut(BaseModel):
    cases: list[dict[str, Any]]


class RetentionRuleOut(BaseModel):
    target: str
    code: str
    days: int
    basis: str
    active: bool


class RetentionRules(RootModel[list[RetentionRuleOut]]):
    pass


class DestroyedItemOut(BaseModel):
    reference: str
    digest: str
    outcome: str


class RuleThen(BaseModel):
    """The rule as it was when the list was proposed."""

    code: str
    days: int
    basis: str


class DestructionSummary(BaseModel):
    id: int
    target: str
    state: str
    rule: RuleThen
    count: int
    proposed_at: Utc
    requested_by: int | None
    """Whoever asked does not decide."""
    requested_by_name: str
    requested_at: Utc | None
    decided_by_name: str
    decided_at: Utc | None
    reason: str
    done_at: Utc | None
    number: str | None


class DestructionOut(DestructionSummary):
    items: list[DestroyedItemOut]


class Destructions(RootModel[list[DestructionSummary]]):
    pass


class HoldOut(BaseModel):
    id: int
    case_no: str
    reason: str
    placed_by_name: str
    placed_at: Utc
    lifted_at: Utc | None


class Holds(RootModel[list[HoldOut]]):
    pass


class ArchivedCaseOut(BaseModel):
    """A closed case as the archive knows it: by number, and nothing it says."""

    case_no: str
    kind: str
    organisation: str
    closed_at: Utc
    ends_at: Utc
    held: bool
    destroyed: str | None
    """Number of the certificate."""


class ArchivePage(BaseModel):
    items: list[ArchivedCaseOut]
    next: str | None
