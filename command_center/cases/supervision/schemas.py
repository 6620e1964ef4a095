"""Shapes of the supervision API."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from command_center.cases import deadlines
from command_center.cases.schemas import Request, Words
from command_center.cases.supervision import lifecycle
from command_center.cases.supervision.models import Supervision
from command_center.cases.supervision.service import Draft, standing
from dispatch.moments import Utc
from kernel.access import Principal
from kernel.schemas import Ident

Source = Literal["overdue", "order_overdue", "idle", "no_result", "leader", "superior"]
Said = Annotated[Words, Field(max_length=2000)]


class DraftIn(Request):
    """Without a unit it is put to whoever answers for the case."""

    level: int = Field(ge=1, le=3)
    source: Source
    problem: Annotated[Said, Field(min_length=1)]
    demand: Annotated[Said, Field(min_length=1)]
    organisation_id: Ident | None = None

    def draft(self) -> Draft:
        return Draft(self.level, self.source, self.problem, self.demand, self.organisation_id)


class ProposeIn(Request):
    case_id: Ident
    draft: DraftIn
    issue: bool = False
    """Whether it goes out at once; takes the right to issue."""


class ActIn(Request):
    """`draft` is what an issued proposal says instead."""

    version: int
    text: Said = ""
    draft: DraftIn | None = None


class ListQuery(BaseModel):
    case_id: Ident | None = None
    open: bool = False


class EntryOut(BaseModel):
    at: Utc
    act: str
    name: str
    text: str


class SupervisionOut(BaseModel):
    id: int
    number: str | None
    case_id: int
    case_no: str
    case_kind: str
    state: str
    version: int
    level: int
    source: str
    unit_id: int
    unit_name: str
    problem: str
    demand: str
    reply: str
    entries: list[EntryOut]
    created_at: Utc
    sign_by: Utc | None
    due_at: Utc | None
    closed_at: Utc | None
    light: str
    """Of the signature while it is not signed for, then of the reply."""
    actions: list[str]
    paper: bool


class SupervisionList(BaseModel):
    items: list[SupervisionOut]


def supervision_out(order: Supervision, principal: Principal, moment: datetime) -> SupervisionOut:
    same = {
        name: getattr(order, name)
        for name in SupervisionOut.model_fields
        if name not in ("light", "actions", "paper", "entries")
    }
    return SupervisionOut(
        **same,
        entries=[EntryOut.model_validate(one) for one in order.entries],
        light=_light(order, moment),
        actions=lifecycle.allowed(standing(order), principal),
        paper=order.document_id is not None,
    )


def _light(order: Supervision, moment: datetime) -> str:
    if order.state == lifecycle.ISSUED:
        return deadlines.light(moment, order.sign_by)
    if order.state == lifecycle.SIGNED:
        return deadlines.light(moment, order.due_at, order.yellow_at, order.red_at)
    return "none"
