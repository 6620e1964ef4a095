"""Finds the places that a query may mean, by asking every source and weighing their answers."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from maps.geocoding import corrections, pasted, platforms, relative
from maps.geocoding.candidates import LEVELS, Candidate
from maps.geocoding.pasted import Pasted
from maps.geocoding.platforms import OnlineShop
from maps.geocoding.query import Query, Vocabulary
from maps.geocoding.relative import Relative
from maps.geocoding.sources.base import Source
from maps.geocoding.sources.businesses import Businesses
from maps.geocoding.sources.crossings import Crossings
from maps.geocoding.sources.districts import Districts
from maps.geocoding.sources.landmarks import Landmarks
from maps.geocoding.sources.online import Online
from maps.geocoding.sources.streets import Streets
from maps.models import Business, Landmark, Region, Street
from maps.revisions import Cached

LIMIT = 5
SURE = 0.98
ENOUGH = 0.6
"""A local answer as sure as this is not asked for elsewhere."""
LEAST = 0.005
"""Candidates below this confidence are noise."""
_INSTEAD_OF_NAMED = dict.fromkeys(LEVELS, 0.6) | {"door": 0.85, "district": 0.3, "unknown": 0.0}
"""What a mere place is worth to someone who named a business that is not known there."""
PASTED, ASSUMED = 0.97, 0.8
"""That coordinates are meant as they stand: from a map app or with their datum; without one."""
PLATFORM = 0.8
"""That a platform answers for a shop that is known nowhere."""
_MOVED_LEVELS = {"district": "district", "unknown": "unknown"}


def _vocabulary(session: Session) -> Vocabulary:
    streets = session.scalars(select(Street.name).distinct())
    regions = select(Region.name).where(Region.level == "district")
    districts = session.scalars(regions.union(select(Business.district)))
    return Vocabulary(streets, districts, session.scalars(select(Landmark.name).distinct()))


_STANDARD = (Businesses(), Crossings(), Landmarks(), Streets(), Districts())


class Geocoder:
    """Asks its sources in order until one is sure; the local ones alone serve a closed network."""

    def __init__(self, sources: Sequence[Source] = _STANDARD):
        self._sources = sources
        self._vocabulary = Cached(_vocabulary, "streets", "regions", "businesses", "landmarks")

    def geocode(self, session: Session, text: str, limit: int = LIMIT) -> list[Candidate]:
        """At most `limit` candidates, the best first; empty when nothing is found.

        What people meant by the same words before stands first, as far as they agreed.
        """
        found = self._found(session, text, limit)
        if not (remembered := corrections.find(session, text)):
            return found
        return _behind_better(remembered, found)[:limit]

    def _found(self, session: Session, text: str, limit: int) -> list[Candidate]:
        if point := pasted.find(text):
            around = self.geocode(session, point.rest, limit - 1) if point.rest else []
            return [_pasted(point), *around][:limit]
        if (told := relative.split(text)) and (anchors := self._sources_for(session, told.anchor)):
            whole = self._sources_for(session, text)
            if not _is_called_so(whole):
                return [_moved(told, anchor) for anchor in anchors][:limit]
            return whole[:limit]
        if (online := platforms.split(text)) and not _is_called_so(
            self._sources_for(session, text)
        ):
            shops = self._sources_for(session, online.shop) if online.shop else []
            return _behind_better(shops, [_operator(session, online)])[:limit]
        return self._sources_for(session, text)[:limit]

    def _sources_for(self, session: Session, text: str) -> list[Candidate]:
        """What the sources find for a text that stands for itself."""
        query = self._vocabulary.get(session).read(text)
        if not query.text:
            return []
        found: list[Candidate] = []
        for source in self._sources:
            found += source.find(session, query)
            if any(c.confidence >= SURE for c in found):
                break
        return _ranked(query, found)


def _ranked(query: Query, found: list[Candidate]) -> list[Candidate]:
    """The candidates by confidence, the finer level first among equals."""
    if query.readings[0].name:
        found = _behind_named(found)
    ranked = sorted(found, key=lambda c: (-c.confidence, LEVELS.index(c.level)))
    return [_rounded(c) for c in ranked if c.confidence >= LEAST]


def _behind_better(better: list[Candidate], found: list[Candidate]) -> list[Candidate]:
    """What was found counts as far as better answers leave room; each business once."""
    rest = max(1 - sum(c.confidence for c in better), 0.0)
    known = {c.business_id for c in better} - {None}
    others = [
        replace(c, confidence=c.confidence * rest) for c in found if c.business_id not in known
    ]
    both = sorted([*better, *others], key=lambda c: -c.confidence)
    return [_rounded(c) for c in both if c.confidence >= LEAST]


def _is_called_so(found: list[Candidate]) -> bool:
    """Whether a business has the whole text for its name, 对面 and all."""
    return bool(found) and "name:exact" in found[0].evidence


def _pasted(point: Pasted) -> Candidate:
    sure = ASSUMED if "datum:assumed" in point.evidence else PASTED
    return _rounded(
        Candidate(None, point.rest, point.lat, point.lon, "point", sure, point.evidence, "pasted")
    )


def _operator(session: Session, online: OnlineShop) -> Candidate:
    """Who answers for a shop that is known nowhere; with a point where the registry has it."""
    evidence = (f"platform:{online.platform}",)
    found = select(
        Business.id, Business.credit_code, Business.address, Business.district,
        Business.point_level, func.st_y(Business.geom), func.st_x(Business.geom),
    ).where(Business.name == online.operator)  # fmt: skip
    known: Sequence[Any] | None = session.execute(found.limit(1)).one_or_none()
    ident, code, address, district, level, lat, lon = known or (
        None, None, "", "", "unknown", None, None,
    )  # fmt: skip
    return _rounded(
        Candidate(
            online.operator, address, lat, lon, level, PLATFORM, evidence, "platforms",
            district, ident, code,
        )
    )  # fmt: skip


def _moved(told: Relative, anchor: Candidate) -> Candidate:
    """The place that was told by this anchor: no business, and less sure than the anchor is."""
    lon, lat = anchor.lon, anchor.lat
    if lon is not None and lat is not None:
        lon, lat = told.moved(lon, lat)
    return _rounded(
        replace(
            anchor,
            name=None,
            address=anchor.name or anchor.address,
            lon=lon,
            lat=lat,
            level=_MOVED_LEVELS.get(anchor.level, "near"),
            confidence=anchor.confidence * told.certainty,
            evidence=(told.evidence, *anchor.evidence),
            business_id=None,
            credit_code=None,
        )
    )


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


def with_others(
    found: list[Candidate], text: str, others: Iterable[Online], limit: int = LIMIT
) -> list[Candidate]:
    """Those that were found here, and where none of them is sure enough what others say.

    Others take their time: not within a transaction.
    """
    if any(c.confidence >= ENOUGH for c in found):
        return found
    said = [c for one in others for c in one.find(text)]
    return sorted([*found, *said], key=lambda c: -c.confidence)[:limit]
