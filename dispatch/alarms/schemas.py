"""Shapes of the alarm API."""

from typing import Any

from pydantic import BaseModel, Field, RootModel

from dispatch.alarms.models import Alarm
from dispatch.moments import Utc


class ReferenceOut(BaseModel):
    kind: str
    id: int


class AlarmOut(BaseModel):
    id: int
    kind: str
    level: int
    rung: str
    reference: ReferenceOut
    params: dict[str, Any]
    raised_at: Utc
    climbs_at: Utc | None
    taken_by: str | None
    taken_at: Utc | None


class Alarms(RootModel[list[AlarmOut]]):
    pass


class Resolve(BaseModel):
    note: str = Field(default="", max_length=1000)


def alarm_out(alarm: Alarm) -> AlarmOut:
    return AlarmOut(
        id=alarm.id,
        kind=alarm.kind,
        level=alarm.level,
        rung=alarm.rung,
        reference=ReferenceOut(kind=alarm.reference_kind, id=alarm.reference_id),
        params=alarm.params,
        raised_at=alarm.raised_at,
        climbs_at=alarm.climbs_at,
        taken_by=alarm.taken_by_name,
        taken_at=alarm.taken_at,
    )
