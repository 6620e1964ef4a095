"""Geocoding source: where two streets that were said meet."""

from sqlalchemy import Float, func, select
from sqlalchemy.orm import Session, aliased

from maps.geocoding.candidates import Candidate
from maps.geocoding.query import Query
from maps.models import Street

SURE = 0.93
MEET_DEG, APART_DEG = 0.0006, 0.002
"""Streets whose lines come as close as the first (some 60 m) meet: drawn lines often end short.
Within the second (200 m) they are believed to."""
BELIEVED = 0.75

_ONE, _OTHER = aliased(Street), aliased(Street)
_SHORTEST = func.st_shortestline(_ONE.geom, _OTHER.geom)
_MIDDLE = func.st_centroid(_SHORTEST)


class Crossings:
    """Finds the crossing of two streets, one per district in which they meet."""

    name = "crossings"

    def find(self, session: Session, query: Query) -> list[Candidate]:
        if query.crossing is None:
            return []
        one, other = query.crossing
        named = {r.district for r in query.readings if r.district}
        rows = session.execute(
            select(
                _ONE.district,
                func.st_x(_MIDDLE, type_=Float),
                func.st_y(_MIDDLE, type_=Float),
                func.st_length(_SHORTEST, type_=Float).label("gap"),
            )
            .select_from(_ONE)
            .join(_OTHER, func.st_dwithin(_ONE.geom, _OTHER.geom, APART_DEG))
            .where(_ONE.name == one, _OTHER.name == other)
            .order_by("gap", _ONE.district, _OTHER.district)
        ).all()
        # A street is stored once per district: at a border the same crossing comes twice.
        meeting = [row for row in rows if row.gap < MEET_DEG]
        sure, evidence = (SURE, "written") if meeting else (BELIEVED, "near")
        places = {(round(x, 3), round(y, 3)): (d, x, y) for d, x, y, _ in meeting or rows[:1]}
        chosen = [p for p in places.values() if p[0] in named] or list(places.values())
        return [
            Candidate(
                name=None,
                address=f"{district}{one}与{other}路口",
                lat=lat,
                lon=lon,
                level="crossing",
                confidence=sure / len(chosen),
                evidence=(f"crossing:{evidence}",),
                source=self.name,
                district=district,
            )
            for district, lon, lat in chosen
        ]
