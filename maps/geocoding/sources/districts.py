"""Geocoding source: a district that was named, when nothing better is known."""

from sqlalchemy import Float, func, select
from sqlalchemy.orm import Session

from maps.geocoding.candidates import Candidate
from maps.geocoding.query import Query
from maps.models import Region

SURE = 0.9
"""That a named district is the one meant, when nothing but the district was said."""
STREET_SAID = 0.3
"""When a street was said too: the district alone is far from the place."""


class Districts:
    """Finds the middle of a district."""

    name = "districts"

    def find(self, session: Session, query: Query) -> list[Candidate]:
        named = {r.district for r in query.readings if r.district}
        if not named:
            return []
        sure = STREET_SAID if any(r.street or r.within for r in query.readings) else SURE
        middle = func.st_pointonsurface(Region.geom)
        rows = session.execute(
            select(Region.name, func.st_x(middle, type_=Float), func.st_y(middle, type_=Float))
            .where(Region.level == "district", Region.name.in_(named))
            .order_by(Region.code)
        )
        return [
            Candidate(
                name=None,
                address=name,
                lat=lat,
                lon=lon,
                level="district",
                confidence=sure / len(named),
                evidence=("district:named",),
                source=self.name,
                district=name,
            )
            for name, lon, lat in rows
        ]
