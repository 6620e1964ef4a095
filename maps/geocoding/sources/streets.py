"""Geocoding source: streets and door numbers, known or between known ones."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Float, Row, bindparam, func, or_, select
from sqlalchemy.orm import Session

from maps.geocoding.candidates import Candidate
from maps.geocoding.doors import Doors, Place
from maps.geocoding.query import Query, Reading
from maps.geocoding.sources.base import OTHER_DISTRICT
from maps.models import Business, Street

WRITTEN, HEARD = 0.95, 0.85
NO_DOORS = Doors([])
STREET_ONLY = 0.6
"""A street without a number is right as a street, but seldom where the caller stands."""


class Streets:
    """Finds a place on a street that was said, whether a business is known there or not."""

    name = "streets"

    def find(self, session: Session, query: Query) -> list[Candidate]:
        said = {(r.street, r.number, r.heard): r for r in reversed(query.readings) if r.street}
        return [
            candidate
            for reading in said.values()
            for candidate in _on_street(session, reading, 1 / len(said))
        ]


_STREETS = (
    select(
        Street.name,
        Street.district,
        func.st_x(Street.centre, type_=Float).label("lon"),
        func.st_y(Street.centre, type_=Float).label("lat"),
    )
    .where(
        Street.name == bindparam("street"),
        or_(bindparam("district") == "", Street.district == bindparam("district")),
        Street.centre.is_not(None),
    )
    .order_by(Street.district)
)
_DOORS = select(
    Business.district,
    Business.number,
    func.st_x(Business.geom, type_=Float),
    func.st_y(Business.geom, type_=Float),
).where(
    Business.street == bindparam("street"),
    Business.number != "",
    Business.point_level == "door",
)


def _on_street(session: Session, reading: Reading, share: float) -> list[Candidate]:
    """One candidate per district that the street runs through, or for the one that was said."""
    streets = _streets(session, reading)
    doors = _doors(session, reading) if reading.number else {}
    placed = [(s, doors.get(s.district, NO_DOORS).locate(reading.number)) for s in streets]
    # A number that is known in one district says which of them is meant.
    known = [(street, place) for street, place in placed if place] or placed
    return [_candidate(reading, street, place, share / len(known)) for street, place in known]


def _streets(session: Session, reading: Reading) -> Sequence[Row[*tuple[Any, ...]]]:
    """The street in the district that was said, in others where that has no such street."""
    for district in dict.fromkeys((reading.district, "")):
        given = {"street": reading.street, "district": district}
        if found := session.execute(_STREETS, given).all():
            return found
    return []


def _doors(session: Session, reading: Reading) -> dict[str, Doors]:
    """District -> the known doors of the street there."""
    known: dict[str, list[tuple[str, float, float]]] = defaultdict(list)
    for district, number, lon, lat in session.execute(_DOORS, {"street": reading.street}):
        known[district].append((number, lon, lat))
    return {district: Doors(found) for district, found in known.items()}


def _candidate(
    reading: Reading, street: Row[*tuple[Any, ...]], place: Place | None, share: float
) -> Candidate:
    written = reading.heard == "characters"
    sure = (WRITTEN if written else HEARD) * share
    evidence = ["street:written" if written else "street:heard"]
    address = f"{street.district}{street.name}"
    if reading.number:
        address += f"{reading.number}号"
        evidence.append(place.evidence if place else "number:unknown")
    if reading.district and street.district not in ("", reading.district):
        sure *= OTHER_DISTRICT
        evidence.append("district:other")
    lon, lat, level = (
        (place.lon, place.lat, place.level) if place else (street.lon, street.lat, "street")
    )
    return Candidate(
        name=None,
        address=address,
        lat=lat,
        lon=lon,
        level=level,
        confidence=sure * (place.certainty if place else STREET_ONLY),
        evidence=tuple(evidence),
        source=Streets.name,
        district=street.district,
    )
