"""Shapes of the statistics API."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field, RootModel

from command_center.cases.schemas import Word
from dispatch.moments import Utc


class PeriodQuery(BaseModel):
    days: int = Field(default=30, ge=1, le=366)


class IndicatorQuery(PeriodQuery):
    region: Word = ""


class HeatmapQuery(PeriodQuery):
    kind: Literal["TS", "JB", "ZX"] | None = None
    lang: Literal["zh", "en"] = "zh"
    download: bool = False


class IndicatorOut(BaseModel):
    code: str
    value: float | None
    unit: str
    target: float | None
    n: int
    previous: float | None


class IndicatorsOut(BaseModel):
    items: list[IndicatorOut]
    as_of: Utc


class RegionOut(BaseModel):
    region_code: str
    name: str
    cases: int
    reports: int | None
    """None under three: too few to be told without telling who."""
    per_10k: float | None


class RegionsOut(RootModel[list[RegionOut]]):
    pass


class DayOut(BaseModel):
    day: date
    complaints: int
    reports: int
    consultations: int


class TrendOut(RootModel[list[DayOut]]):
    pass
