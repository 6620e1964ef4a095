"""Shapes of the public API."""

from pydantic import BaseModel

from command_center.cases.schemas import QueryCode, Word
from command_center.intake.schemas import Told


class PublicSubmission(Told):
    website: Word = ""
    """A trap for robots: people never see it, so it stays empty."""


class Receipt(BaseModel):
    case_no: str
    kind: str
    query_code: str


class Receipts(BaseModel):
    receipts: list[Receipt]


class PublicQuestion(QueryCode):
    pass
