"""Shapes of the hand-over."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from command_center.cases.handover.models import Handover
from dispatch.moments import Utc
from kernel.schemas import Storable


class HandoverIn(BaseModel):
    key: UUID
    """Of the sender's own: sent again after a lost answer, it is the same report."""
    notes: Annotated[Storable, Field(max_length=4000)] = ""


class LineOut(BaseModel):
    number: str
    about: str
    state: str
    at: Utc | None
    who: str


class SectionOut(BaseModel):
    """`total` is of all; the lines may be fewer."""

    total: int
    lines: list[LineOut]


class StandingOut(BaseModel):
    alarms: SectionOut
    unacknowledged: SectionOut
    overdue: SectionOut
    unknown: SectionOut
    approvals: SectionOut
    due: SectionOut
    units: SectionOut


class HandoverSummary(BaseModel):
    id: int
    written_by: int
    written_by_name: str
    written_at: Utc
    due_at: Utc
    signed_by_name: str | None
    signed_at: Utc | None


class HandoverList(BaseModel):
    items: list[HandoverSummary]


class HandoverOut(HandoverSummary):
    notes: str
    content: StandingOut


def summary_out(handover: Handover) -> HandoverSummary:
    return HandoverSummary.model_validate(handover, from_attributes=True)


def handover_out(handover: Handover) -> HandoverOut:
    return HandoverOut.model_validate(handover, from_attributes=True)
