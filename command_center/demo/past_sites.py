"""Where the demo city's past cases happened: real streets of the demo, some far busier."""

from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from sqlalchemy import Float, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from command_center.accounts import queries as accounts
from command_center.accounts.models import Organisation
from command_center.cases.models import Subject
from command_center.demo import past_stories as stories
from command_center.intake import subjects
from command_center.intake.schemas import SubjectIn
from maps.density import cell_of
from maps.models import Business
from maps.plane import Plane
from maps.regions import regions

HOTSPOTS, HOTSPOT_RADIUS_M = 16, 650


@dataclass(frozen=True, slots=True)
class Site:
    """A business, where it is, and who answers for it."""

    business: Any
    subject_id: int
    region: str
    cell: str
    branch: Organisation
    trade: stories.Trade

    def columns(self) -> dict[str, Any]:
        """What the case's row says of the place."""
        business = self.business
        return {
            "subject_id": self.subject_id,
            "place": f"SRID=4326;POINT({business.lon} {business.lat})",
            "place_text": business.address,
            "place_level": business.point_level,
            "place_confidence": 1.0,
            "place_evidence": ["registry"],
            "region_code": self.region,
            "cell": self.cell,
        }


class Sites:
    """Chooses businesses for cases, and finds out about them."""

    def __init__(self, session: Session, random: Random, root: Organisation):
        self.session, self.random, self.root = session, random, root

    def choose(self, count: int) -> list[Site]:
        """Where the cases happened: some streets and some businesses far more often."""
        lon, lat = func.st_x(Business.geom, type_=Float), func.st_y(Business.geom, type_=Float)
        found = self.session.execute(
            select(
                Business.id, Business.name, Business.credit_code, Business.address,
                Business.phone, Business.legal_representative, Business.scope,
                Business.point_level, lon.label("lon"), lat.label("lat"),
            )
            .where(Business.geom.is_not(None))
            .order_by(Business.id)
        ).all()  # fmt: skip
        chosen = self.random.choices(range(len(found)), self._weights(found), k=count)
        sites = self._described([found[index] for index in sorted(set(chosen))])
        return [sites[found[index].id] for index in chosen]

    def _weights(self, found: Any) -> list[float]:
        degrees = np.array([(business.lon, business.lat) for business in found])
        metres = Plane(*degrees.mean(axis=0)).to_metres(degrees)
        custom = np.array([min(self.random.paretovariate(1.6), 15) for _ in found])
        bustle = np.ones(len(found))
        for _ in range(HOTSPOTS):
            middle = metres[self.random.randrange(len(found))]
            distance = np.hypot(*(metres - middle).T)
            strength = self.random.uniform(4, 14)
            bustle += strength * np.exp(-((distance / HOTSPOT_RADIUS_M) ** 2))
        return list(custom * bustle)

    def _described(self, chosen: list[Any]) -> dict[int, Site]:
        known = regions(self.session)
        lons, lats = (np.array([getattr(b, axis) for b in chosen]) for axis in ("lon", "lat"))
        codes = known.of_points(lons, lats)
        subject_ids = self._subjects(chosen)
        branches = self._branches([b.id for b in chosen])
        return {
            business.id: Site(
                business,
                subject_id,
                code or "",
                cell_of(business.lon, business.lat),
                branches.get(business.id, self.root),
                stories.trade_of(business.name, business.scope),
            )
            for business, subject_id, code in zip(chosen, subject_ids, codes, strict=True)
        }

    def _subjects(self, chosen: list[Any]) -> list[int]:
        made = [subjects.described(SubjectIn(), business) for business in chosen]
        names = (*subjects.SAME, "fingerprint")
        rows = [{name: getattr(one, name) for name in names} for one in made]
        self.session.execute(insert(Subject).on_conflict_do_nothing(), rows)
        ids = {
            row.fingerprint: row.id
            for row in self.session.execute(select(Subject.id, Subject.fingerprint))
        }
        return [ids[one.fingerprint] for one in made]

    def _branches(self, business_ids: list[int]) -> dict[int, Organisation]:
        """Business -> the branch whose polygon covers it."""
        branches = {one.id: one for one in accounts.branches(self.session, "/")}
        statement = (
            select(Business.id, func.min(Organisation.id).label("branch"))
            .join(Organisation, func.ST_Covers(Organisation.jurisdiction, Business.geom))
            .where(Organisation.kind == "branch", Business.id.in_(business_ids))
            .group_by(Business.id)
        )
        return {row.id: branches[row.branch] for row in self.session.execute(statement)}
