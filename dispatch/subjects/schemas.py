"""Shapes of the facts about an order's business."""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel

from dispatch.moments import Utc
from dispatch.subjects.models import SubjectFacts


class FactsOut(BaseModel):
    name: str
    credit_code: str
    address: str
    phone: str
    legal_representative: str
    scope: str
    promises: str
    service_standards: str


class SubjectFactsOut(BaseModel):
    """`fetched_at` is since when the source knows it so."""

    id: int
    asked_at: Utc
    asked_by_name: str
    outcome: Literal["found", "not_found", "timeout", "unavailable"]
    source: str
    fetched_at: Utc | None
    facts: FactsOut


class SubjectFactsList(BaseModel):
    items: list[SubjectFactsOut]


def facts_out(found: Iterable[SubjectFacts]) -> SubjectFactsList:
    return SubjectFactsList(items=[_out(one) for one in found])


def _out(kept: SubjectFacts) -> SubjectFactsOut:
    same = ("id", "asked_at", "asked_by_name", "outcome", "source", "fetched_at")
    told = {name: getattr(kept, name) for name in same}
    return SubjectFactsOut(**told, facts=FactsOut(**kept.content))
