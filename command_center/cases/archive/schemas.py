"""Shapes of the archive."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, RootModel

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


class DestructionOut(BaseModel):
    id: int
    target: str
    state: str
    proposed_at: Utc
    requested_by_name: str
    requested_at: Utc | None
    decided_by_name: str
    decided_at: Utc | None
    reason: str
    done_at: Utc | None
    number: str | None
    items: list[DestroyedItemOut]


class Destructions(RootModel[list[DestructionOut]]):
    pass


class HoldOut(BaseModel):
    id: int
    reason: str
    placed_by_name: str
    placed_at: Utc
    lifted_at: Utc | None
