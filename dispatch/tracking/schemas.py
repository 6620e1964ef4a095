"""Shapes of a unit's day and of files of its track."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from dispatch.moments import Utc
from dispatch.tracking.day import UnitDay
from dispatch.units.schemas import TrackIn
from kernel.schemas import Storable


class DayQuery(BaseModel):
    date: date


class DayIn(DayQuery):
    """Why the places are asked for."""

    reason_code: Annotated[Storable, Field(min_length=1, max_length=60)]
    note: Annotated[Storable, Field(max_length=400)] = ""


class ExportIn(TrackIn):
    format: Literal["gpx", "geojson"]


class StopOut(BaseModel):
    """A stay of three minutes or more; the place only where a reason was given."""

    since: Utc
    until: Utc
    lon: float | None
    lat: float | None


class AnswerOut(BaseModel):
    """Seconds from the issue of an order until the crew acknowledged it, and was there."""

    order_id: int
    order_no: str
    issued_at: Utc
    acknowledged: float | None
    arrived: float | None


class UnitDayOut(BaseModel):
    unit_id: int
    name: str
    plate: str
    since: Utc
    until: Utc
    fixes: int
    metres: float
    driving_seconds: float
    max_speed_kmh: float | None
    stops: list[StopOut]
    answers: list[AnswerOut]


def day_out(day: UnitDay, *, places: bool) -> UnitDayOut:
    journey = day.journey
    return UnitDayOut(
        unit_id=day.unit.id,
        name=day.unit.name,
        plate=day.unit.plate,
        since=day.since,
        until=day.until,
        fixes=day.fixes,
        metres=round(journey.metres),
        driving_seconds=round(journey.driving_seconds),
        max_speed_kmh=journey.max_speed_kmh,
        stops=[
            StopOut(
                since=datetime.fromtimestamp(stop.since, UTC),
                until=datetime.fromtimestamp(stop.until, UTC),
                lon=stop.lon if places else None,
                lat=stop.lat if places else None,
            )
            for stop in journey.stops
        ],
        answers=[AnswerOut.model_validate(one, from_attributes=True) for one in day.answers],
    )
