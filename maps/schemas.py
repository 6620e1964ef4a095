"""Shapes of the maps API."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

Level = Literal["door", "point", "crossing", "landmark", "near", "street", "district", "unknown"]


class GeocodeQuery(BaseModel):
    q: str = Field(max_length=200)
    limit: int = Field(default=5, ge=1, le=20)
    online: bool = False
    """Whether the online sources may be asked too, where the operator has named any."""


class CandidateOut(BaseModel):
    """One place that a query may mean; see maps.geocoding.candidates.Candidate."""

    name: str | None
    address: str
    lat: float | None
    lon: float | None
    level: Level
    confidence: float
    evidence: list[str]
    source: str
    district: str
    business_id: int | None
    credit_code: str | None


class GeocodeAnswer(BaseModel):
    query: str
    candidates: list[CandidateOut]


class AnswerCountOut(BaseModel):
    """First answers of a month that people kept, and that they put right."""

    month: date
    kept: int
    corrected: int


class AnswerCounts(BaseModel):
    items: list[AnswerCountOut]


class BusinessOut(BaseModel):
    """A registered business, with what its registry tells officers."""

    id: int
    name: str
    credit_code: str | None
    address: str
    district: str
    street: str
    number: str
    lat: float | None
    lon: float | None
    point_level: Literal["door", "street", "district", "unknown"]
    phone: str
    legal_representative: str
    scope: str
    promises: str
    service_standards: str
    fetched_at: datetime
    source: str


class StyleQuery(BaseModel):
    theme: Literal["light", "dark"] = "light"
    lang: Literal["zh", "en"] = "zh"


class RegionsQuery(BaseModel):
    level: Literal["district", "subdistrict", "beat"] | None = None


class Feature(BaseModel):
    type: Literal["Feature"] = "Feature"
    id: str
    properties: dict[str, Any]
    geometry: dict[str, Any]


class FeatureCollection(BaseModel):
    """GeoJSON, WGS-84."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Feature]
