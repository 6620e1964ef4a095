"""Shapes of the public API."""

from typing import Annotated

from pydantic import BaseModel, Field

from command_center.cases.schemas import Request, Word
from command_center.intake.schemas import Told
from dispatch.moments import Utc


class PublicSubmission(Told):
    website: Word = ""
    """A trap for robots: people never see it, so it stays empty."""


class Receipt(BaseModel):
    case_no: str
    kind: str
    query_code: str


class Receipts(BaseModel):
    receipts: list[Receipt]


class PublicQuestion(Request):
    case_no: Annotated[Word, Field(min_length=1)]
    query_code: Annotated[Word, Field(min_length=1)]


class PublicStatus(BaseModel):
    """What a person may know of their own case; of a report nothing but how far it is."""

    case_no: str
    kind: str
    state: str
    received_at: Utc
    due_at: Utc | None
    last_change_at: Utc
