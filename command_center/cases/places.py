"""Where a case is: a point with its level, its evidence and who confirmed it."""

from dataclasses import dataclass
from typing import Any

import h3
from sqlalchemy import func
from sqlalchemy.orm import Session

from command_center.cases.models import Case
from kernel.clock import now
from kernel.db import principal_of

CELL_RESOLUTION = 8
"""H3 cells with edges of about 530 m (SPEC §7: hexagons of about 500 m)."""


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


def cell_of(lat: float, lon: float) -> int:
    """The H3 cell as a number that fits a bigint."""
    return int(h3.str_to_int(h3.latlng_to_cell(lat, lon, CELL_RESOLUTION)))


def put(session: Session, case: Case, place: Place, region_code: str) -> None:
    """Set the place of a case; a confirmed one carries who confirmed it and when."""
    case.place = func.ST_SetSRID(func.ST_MakePoint(place.lon, place.lat), 4326)
    case.cell = cell_of(place.lat, place.lon)
    case.place_level, case.place_confidence = place.level, place.confidence
    case.place_evidence = list(place.evidence)
    case.place_text = place.text or case.place_text or ""
    case.region_code = region_code
    case.place_confirmed_by = principal_of(session).id if place.confirmed else None
    case.place_confirmed_at = now(session) if place.confirmed else None
