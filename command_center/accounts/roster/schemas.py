"""Shapes of the roster."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field

from command_center.accounts.models import User
from command_center.accounts.roster import queries
from command_center.accounts.roster.coverage import Span
from command_center.accounts.roster.models import Duty
from command_center.accounts.roster.service import Shift
from dispatch.moments import Utc
from kernel.schemas import Ident, Storable

Post = Literal["DISP", "SHIFT", "CMD", "DEPUTY", "HEAD"]


Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))]


class WeekQuery(BaseModel):
    """`day`: any day of the week that is asked for, by the bureau's calendar; else today."""

    organisation_id: Ident
    day: Day | None = None


class OfOrganisation(BaseModel):
    organisation_id: Ident


class DutyIn(BaseModel):
    organisation_id: Ident
    post: Post
    user_id: Ident
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    phone: Annotated[Storable, Field(max_length=40)] = ""

    def shift(self) -> Shift:
        return Shift(**self.model_dump())


class CopyIn(BaseModel):
    """Any day of either week."""

    organisation_id: Ident
    day: Day
    into: Day


class DutyOut(BaseModel):
    id: int
    post: Post
    user_id: int
    name: str
    phone: str
    starts_at: Utc
    ends_at: Utc


class SpanOut(BaseModel):
    since: Utc
    until: Utc


class PostOut(BaseModel):
    """A post that the week's roster has; the other posts are left to whoever holds the rank."""

    post: Post
    gaps: list[SpanOut]
    overlaps: list[SpanOut]


class WeekOut(BaseModel):
    since: Utc
    until: Utc
    may_edit: bool
    duties: list[DutyOut]
    posts: list[PostOut]


class CopiedOut(BaseModel):
    written: int
    left_out: int


class AbleOut(BaseModel):
    """Somebody who may stand at these posts."""

    id: int
    name: str
    phone: str
    posts: list[Post]


class AbleList(BaseModel):
    people: list[AbleOut]


def duty_out(duty: Duty) -> DutyOut:
    return DutyOut.model_validate(duty, from_attributes=True)


def spans_out(spans: Sequence[Span]) -> list[SpanOut]:
    return [SpanOut(since=since, until=until) for since, until in spans]


def able_out(user: User) -> AbleOut:
    return AbleOut.model_validate(
        {"id": user.id, "name": user.name, "phone": user.phone, "posts": queries.posts_of(user)}
    )
