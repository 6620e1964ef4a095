"""Where a case is: a point with its level, its evidence and who confirmed it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import Session

from command_center.cases.models import Case
from command_center.cases.schemas import PlaceIn
from kernel.db import principal_of
from maps.density import cell_of
from maps.geocoding import corrections
from maps.geocoding.corrections import Meant
from maps.regions import region_at


@dataclass(frozen=True, slots=True)
class Place:
    """A point in WGS-84 degrees; `level` says what it is: door, street, district or unknown."""

    lat: float
    lon: float
    level: str = "unknown"
    confidence: float | None = None
    evidence: tuple[Any, ...] = ()
    text: str = ""
    confirmed: bool = False
    asked: str = ""
    """What it was looked up by; empty where nobody looked."""
    corrected: bool = False
    """Whether the first answer to that was another place."""
    business_id: int | None = None

    @classmethod
    def told(cls, body: PlaceIn, *, confirmed: bool) -> "Place":
        """What a desk sends."""
        evidence = tuple(body.evidence)
        return cls(**body.model_dump() | {"evidence": evidence, "confirmed": confirmed})


def put(session: Session, case: Case, place: Place, moment: datetime) -> None:
    """Set the place of a case; a confirmed one carries who confirmed it and when.

    What it was looked up by is remembered for whoever asks the same; of a report nothing is.
    """
    region = region_at(session, place.lon, place.lat)
    case.place = func.ST_SetSRID(func.ST_MakePoint(place.lon, place.lat), 4326)
    case.cell = cell_of(place.lon, place.lat)
    case.place_level, case.place_confidence = place.level, place.confidence
    case.place_evidence = list(place.evidence)
    case.place_text = place.text or case.place_text or ""
    case.region_code = region.code if region else ""
    case.place_confirmed_by = principal_of(session).id if place.confirmed else None
    case.place_confirmed_at = moment if place.confirmed else None
    if place.confirmed and place.asked and case.kind != "JB":
        meant = Meant(place.lon, place.lat, place.level, place.text, place.business_id)
        corrections.confirmed(session, place.asked, meant, corrected=place.corrected)
