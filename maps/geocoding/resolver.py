"""Finds the places that a query may mean, by asking every source and weighing their answers."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from maps.geocoding.candidates import Candidate
from maps.geocoding.query import Query, Vocabulary
from maps.geocoding.sources.base import Source
from maps.geocoding.sources.businesses import Businesses
from maps.geocoding.sources.districts import Districts
from maps.geocoding.sources.streets import Streets
from maps.models import Business, Region, Street
from maps.revisions import Cached

LIMIT = 5
SURE = 0.98
LEAST = 0.005
"""Candidates below this confidence are noise."""
_COARSER = {"door": 0, "street": 1, "district": 2, "unknown": 3}
_INSTEAD_OF_NAMED = {"door": 0.85, "street": 0.6, "district": 0.3, "unknown": 0.0}
"""What a mere place is worth to someone who named a business that is not known there."""


def _vocabulary(session: Session) -> Vocabulary:
    streets = session.scalars(select(Street.name).distinct())
    regions = select(Region.name).where(Region.level == "district")
    districts = session.scalars(regions.union(select(Business.district)))
    return Vocabulary(streets, districts)


class Geocoder:
    """Asks its sources in order until one is sure; the local ones alone serve a closed network."""

    def __init__(self, sources: Sequence[Source] = (Businesses(), Streets(), Districts())):
        self._sources = sources
        self._vocabulary = Cached(_vocabulary, "streets", "regions", "businesses")

    def geocode(self, session: Session, text: str, limit: int = LIMIT) -> list[Candidate]:
        """At most `limit` candidates, the best first; empty when nothing is found."""
        query = self._vocabulary.get(session).read(text)
        if not query.text:
            return []
        found: list[Candidate] = []
        for source in self._sources:
            found += source.find(session, query)
            if any(c.confidence >= SURE for c in found):
                break
        return _ranked(query, found)[:limit]


def _ranked(query: Query, found: list[Candidate]) -> list[Candidate]:
    """The candidates by confidence, the finer level first among equals."""
    if query.readings[0].name:
        found = _behind_named(found)
    ranked = sorted(found, key=lambda c: (-c.confidence, _COARSER[c.level]))
    return [_rounded(c) for c in ranked if c.confidence >= LEAST]


def _rounded(candidate: Candidate) -> Candidate:
    """Six decimals of a degree are ten centimetres; more would feign a survey."""
    lat, lon = candidate.lat, candidate.lon
    return replace(
        candidate,
        confidence=round(candidate.confidence, 3),
        lat=None if lat is None else round(lat, 6),
        lon=None if lon is None else round(lon, 6),
    )


def _behind_named(found: list[Candidate]) -> list[Candidate]:
    """Where a business was named, a mere place counts as far as no business fits."""
    rest = 1 - max((c.confidence for c in found if c.name is not None), default=0.0)
    return [
        c
        if c.name is not None
        else replace(c, confidence=c.confidence * max(rest, 0.0) * _INSTEAD_OF_NAMED[c.level])
        for c in found
    ]


_LOCAL = Geocoder()


def candidates(session: Session, text: str, limit: int = LIMIT) -> list[Candidate]:
    """At most `limit` candidates from the local sources, the best first."""
    return _LOCAL.geocode(session, text, limit)
