"""Gathers what the ranking weighs: where each unit is, how far by road, and who sits in it."""

from collections.abc import Sequence
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Row, Select, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from dispatch.recommendation.rank import Facts
from dispatch.scope import within
from dispatch.units.models import CrewMember, Unit, UnitTerminal
from gps_ingest.models import LatestFix
from kernel.access import Principal
from kernel.clock import now
from maps import routing

Place = tuple[float, float]
"""(lon, lat), WGS-84 degrees."""


def gather(session: Session, principal: Principal, place: Place | None, home: str) -> list[Facts]:
    """The facts of the principal's units, for a case at `place` whose own units are at `home`."""
    units = session.execute(_units(principal)).all()
    travels = _travels(session, units, place)
    moment = now(session)
    return [
        Facts(
            unit_id=unit.id,
            name=unit.name,
            state=unit.state,
            certified=unit.certified or 0,
            crew=unit.crew or 0,
            own_jurisdiction=is_home(unit.organisation_path, home),
            position_age_s=(moment - unit.fixed_at).total_seconds() if unit.fixed_at else None,
            travel_seconds=travel.seconds if travel else None,
            distance_m=travel.straight_m if travel else None,
            engine=travel.engine if travel else routing.STRAIGHT,
            order_no=(unit.engagement or {}).get("order_no"),
        )
        for unit, travel in zip(units, travels, strict=True)
    ]


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
            newest.c.lon,
            newest.c.lat,
            newest.c.fixed_at,
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
