"""Gathers what the ranking weighs: where each unit is, how far by road, and who sits in it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Row, Select, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from dispatch.recommendation.rank import Facts
from dispatch.scope import within
from dispatch.units.lifecycle import SENDABLE, is_complete
from dispatch.units.models import CrewMember, Unit, UnitTerminal
from gps_ingest.models import LatestFix
from kernel.access import Principal
from kernel.clock import now
from maps import routing

Place = tuple[float, float]
"""(lon, lat), WGS-84 degrees."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a case is, and at which path the units are that are at home there."""

    place: Place | None
    home: str


def gather(session: Session, principal: Principal, scene: Scene) -> list[Facts]:
    """The facts of the principal's units for one case."""
    return gather_all(session, principal, [scene])[0]


def gather_all(
    session: Session, principal: Principal, scenes: Sequence[Scene]
) -> list[list[Facts]]:
    """The facts of the principal's units for each case, in the cases' order; units are asked for
    once.
    """
    units = session.execute(_units(principal)).all()
    ready = Counter(unit.organisation_path for unit in units if _is_ready(unit))
    moment = now(session)
    return [_facts(session, units, ready, scene, moment) for scene in scenes]


def _facts(
    session: Session,
    units: Sequence[Row[Any]],
    ready: Mapping[str, int],
    scene: Scene,
    moment: datetime,
) -> list[Facts]:
    travels = _travels(session, units, scene.place)
    at_home = {path: is_home(path, scene.home) for path in {u.organisation_path for u in units}}
    return [
        Facts(
            unit_id=unit.id,
            name=unit.name,
            state=unit.state,
            certified=unit.certified or 0,
            crew=unit.crew or 0,
            own_jurisdiction=at_home[unit.organisation_path],
            position_age_s=(moment - unit.fixed_at).total_seconds() if unit.fixed_at else None,
            travel_seconds=travel.seconds if travel else None,
            distance_m=travel.straight_m if travel else None,
            engine=travel.engine if travel else routing.STRAIGHT,
            order_no=unit.engagement.get("order_no") if unit.engagement else None,
            speed_kmh=unit.speed_kmh,
            shift_hours=(moment - unit.since).total_seconds() / 3600 if unit.since else None,
            is_last=ready[unit.organisation_path] == 1 and _is_ready(unit),
        )
        for unit, travel in zip(units, travels, strict=True)
    ]


def _is_ready(unit: Row[Any]) -> bool:
    """Whether it could be sent: what its branch counts on."""
    return unit.state in SENDABLE and is_complete(unit.certified or 0)


def is_home(path: str, home: str) -> bool:
    """Whether a unit of `path` works in `home`: its own branch, or a squad above or below it."""
    return path.startswith(home) or home.startswith(path)


def _units(principal: Principal) -> Select[Any]:
    """One row a unit: its crew counted, its newest position. Thousands are asked for at once."""
    crew = (
        select(
            CrewMember.unit_id,
            func.count().label("crew"),
            func.count().filter(CrewMember.certified).label("certified"),
            func.min(CrewMember.signed_on_at).label("since"),
        )
        .where(CrewMember.signed_off_at.is_(None))
        .group_by(CrewMember.unit_id)
        .subquery()
    )
    point = cast(LatestFix.geog, Geometry)
    newest = (
        select(
            UnitTerminal.unit_id,
            func.ST_X(point).label("lon"),
            func.ST_Y(point).label("lat"),
            LatestFix.fixed_at,
            LatestFix.speed_kmh,
        )
        .join(LatestFix, LatestFix.terminal_id == UnitTerminal.terminal_id)
        .ext(distinct_on(UnitTerminal.unit_id))
        .order_by(UnitTerminal.unit_id, LatestFix.fixed_at.desc())
        .subquery()
    )
    return (
        select(
            Unit.id,
            Unit.name,
            Unit.state,
            Unit.organisation_path,
            Unit.engagement,
            crew.c.crew,
            crew.c.certified,
            crew.c.since,
            newest.c.lon,
            newest.c.lat,
            newest.c.fixed_at,
            newest.c.speed_kmh,
        )
        .outerjoin(crew, crew.c.unit_id == Unit.id)
        .outerjoin(newest, newest.c.unit_id == Unit.id)
        .where(within(Unit.organisation_path, principal))
        .order_by(Unit.id)
    )


def _travels(
    session: Session, units: Sequence[Row[Any]], place: Place | None
) -> list[routing.TravelTime | None]:
    """The way of each unit to the place; None for one without a position."""
    starts = [(unit.lon, unit.lat) for unit in units if unit.fixed_at]
    if place is None or not starts:
        return [None] * len(units)
    ways = iter(routing.travel_times(session, starts, place))
    return [next(ways) if unit.fixed_at else None for unit in units]
