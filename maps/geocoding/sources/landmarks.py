"""Geocoding source: named places (bridges, stations, malls, towers) that were said."""

from sqlalchemy import Float, func, select
from sqlalchemy.orm import Session

from maps.geocoding import normalise
from maps.geocoding.candidates import Candidate
from maps.geocoding.query import Query
from maps.models import Landmark

SURE = 0.92
AS_SAID = 5
"""How much likelier the one whose very name was said: 三元桥 is the bridge before the station."""


class Landmarks:
    """Finds a landmark by its name, as it is looked up (`query.landmark`)."""

    name = "landmarks"

    def find(self, session: Session, query: Query) -> list[Candidate]:
        said = {reading.within for reading in query.readings if reading.within}
        if not said:
            return []
        rows = session.execute(
            select(
                Landmark,
                func.st_x(Landmark.geom, type_=Float),
                func.st_y(Landmark.geom, type_=Float),
            )
            .where(Landmark.key.in_(said))
            .order_by(Landmark.id)
        ).all()
        weights = [AS_SAID if normalise.name(row[0].name) in query.text else 1 for row in rows]
        evidence = ["landmark:written"] + ([f"floor:{query.floor}"] if query.floor else [])
        return [
            Candidate(
                name=None,
                address=f"{place.district}{place.name}{query.floor}",
                lat=lat,
                lon=lon,
                level="landmark",
                confidence=SURE * weight / sum(weights),
                evidence=tuple(evidence),
                source=self.name,
                district=place.district,
            )
            for (place, lon, lat), weight in zip(rows, weights, strict=True)
        ]
