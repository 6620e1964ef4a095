"""Shapes of the work calendar's API."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from command_center.cases.models import WorkDay
from command_center.cases.schemas import Day as DayOfYear
from command_center.cases.schemas import Request, Word
from command_center.cases.workdays.models import CalendarChange
from command_center.cases.workdays.service import Day
from dispatch.moments import Utc
from kernel.schemas import Ident

Note = Annotated[Word, Field(max_length=60)]


class DayIn(Request):
    day: DayOfYear
    is_workday: bool
    note: Note = ""


class CalendarIn(Request):
    """A whole year; `based_on` is the last change that was read."""

    days: list[DayIn] = Field(max_length=366)
    notice: Annotated[Word, Field(min_length=1, max_length=120)]
    based_on: Ident | None = None

    def meant(self) -> list[Day]:
        return [Day(one.day, one.is_workday, one.note) for one in self.days]


class DayOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    day: date
    is_workday: bool
    note: str


class ChangeOut(BaseModel):
    """A change; `done` of `total` cases have been looked at, null before the counting begins."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    year: int
    notice: str
    days: int
    made_at: Utc
    made_by_name: str
    total: int | None
    done: int
    moved: int
    ended_at: Utc | None


class CalendarOut(BaseModel):
    year: int
    days: list[DayOut]
    changes: list[ChangeOut]
    """Of every year, the newest first."""


def calendar_out(
    year: int, days: Sequence[WorkDay], changes: Sequence[CalendarChange]
) -> CalendarOut:
    return CalendarOut(
        year=year,
        days=[DayOut.model_validate(one) for one in days],
        changes=[ChangeOut.model_validate(one) for one in changes],
    )
