"""Gathers what the ranking weighs: where each unit is, how far by road, and who sits in it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from typing import Any

import numpy as np
from geoalchemy2 import Geometry
from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Double,
    Select,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from dispatch.recommendation.rank import Fleet
from dispatch.scope import within
from dispatch.units.lifecycle import MIN_CERTIFIED, SENDABLE
from dispatch.units.models import CrewMember, Unit, UnitTerminal
from gps_ingest.models import LatestFix
from kernel.access import Principal
from kernel.clock import now
from maps import routing

Place = tuple[float, float]
"""(lon, lat), WGS-84 degrees."""
Units = Mapping[str, Sequence[Any]]
"""The columns of `_units`."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a case is, and at which path the units are that are at home there."""

    place: Place | None
    home: str
    needs: Sequence[str] = ()
    """Codes of the equipment that the case needs."""


def gather(session: Session, principal: Principal, scene: Scene) -> Fleet:
    """The facts of the principal's units for one case."""
    return gather_all(session, principal, [scene])[0]


def gather_all(session: Session, principal: Principal, scenes: Sequence[Scene]) -> list[Fleet]:
    """The facts of the principal's units for each case, in the cases' order; units are asked for
    once.
    """
    needs = tuple(sorted({code for scene in scenes for code in scene.needs}))
    rows = _units(needs).where(within(Unit.organisation_path, principal)).subquery()
    # A column arrives whole: a row for each of thousands would cost more than all that is asked.
    whole = select(*(func.array_agg(column).label(column.name) for column in rows.c))
    found = session.connection().execute(whole, {"moment": now(session)}).mappings().one()
    units = {name: column or [] for name, column in found.items()}
    return [_facts(session, units, scene) for scene in scenes]


def _facts(session: Session, units: Units, scene: Scene) -> Fleet:
    paths, state = units["organisation_path"], np.array(units["state"], dtype=str)
    certified = np.array(units["certified"], dtype=int)
    # What its branch counts on: whether it could be sent.
    is_ready = np.isin(state, list(SENDABLE)) & (certified >= MIN_CERTIFIED)
    ready = Counter(compress(paths, is_ready))
    at_home = {path: is_home(path, scene.home) for path in set(paths)}
    ways = _travels(session, units, scene.place)
    return Fleet(
        unit_id=units["id"],
        name=units["name"],
        state=state,
        certified=certified,
        crew=np.array(units["crew"], dtype=int),
        own_jurisdiction=np.array([at_home[path] for path in paths], dtype=bool),
        position_age_s=np.array(units["age"], dtype=float),
        travel_seconds=ways.seconds,
        distance_m=ways.straight_m,
        engine=ways.engine,
        order_no=units["order_no"],
        speed_kmh=np.array(units["speed_kmh"], dtype=float),
        shift_hours=np.array(units["shift_hours"], dtype=float),
        is_last=is_ready & np.array([ready[path] == 1 for path in paths], dtype=bool),
        has=_those(units, scene.needs, True),
        lacks=_those(units, scene.needs, False),
    )


def _those(units: Units, needs: Sequence[str], carried: bool) -> list[tuple[str, ...]]:
    """Of each unit the codes that it carries, or those that it does not."""
    if not needs:
        return [()] * len(units["id"])
    return [
        tuple(code for code, has in zip(needs, row, strict=True) if has is carried)
        for row in zip(*(units[code] for code in needs), strict=True)
    ]


def is_home(path: str, home: str) -> bool:
    """Whether a unit of `path` works in `home`: its own branch, or a squad above or below it."""
    return path.startswith(home) or home.startswith(path)


@lru_cache(maxsize=64)
def _units(needs: tuple[str, ...]) -> Select[Any]:
    """One row a unit: its crew counted, its newest position, whether it carries what is needed,
    at the parameter `moment`.

    Thousands are asked for at once.
    """
    moment = bindparam("moment", type_=DateTime(timezone=True))

    def seconds_since(then: ColumnElement[Any]) -> ColumnElement[float]:
        # In double precision from the start: `extract` counts in decimals.
        return func.date_part("epoch", moment - then, type_=Double)

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
    # Each by itself: inside a join the rules of access would be asked again for every row.
    fix = _at_once(
        select(
            LatestFix.terminal_id,
            func.ST_X(point).label("lon"),
            func.ST_Y(point).label("lat"),
            LatestFix.fixed_at,
            LatestFix.speed_kmh,
        )
    )
    carried = _at_once(select(UnitTerminal.terminal_id, UnitTerminal.unit_id))
    newest = (
        select(carried.c.unit_id, fix.c.lon, fix.c.lat, fix.c.fixed_at, fix.c.speed_kmh)
        .join(fix, fix.c.terminal_id == carried.c.terminal_id)
        .ext(distinct_on(carried.c.unit_id))
        .order_by(carried.c.unit_id, fix.c.fixed_at.desc())
        .subquery()
    )
    return (
        select(
            Unit.id,
            Unit.name,
            Unit.state,
            Unit.organisation_path,
            Unit.engagement["order_no"].astext.label("order_no"),
            func.coalesce(crew.c.crew, 0).label("crew"),
            func.coalesce(crew.c.certified, 0).label("certified"),
            (seconds_since(crew.c.since) / 3600).label("shift_hours"),
            newest.c.lon,
            newest.c.lat,
            seconds_since(newest.c.fixed_at).label("age"),
            newest.c.speed_kmh,
            *(Unit.equipment.has_key(code).label(code) for code in needs),
        )
        .outerjoin(crew, crew.c.unit_id == Unit.id)
        .outerjoin(newest, newest.c.unit_id == Unit.id)
        .order_by(Unit.id)
    )


def _at_once(rows: Select[*tuple[Any, ...]]) -> CTE:
    return rows.cte().prefix_with("materialized")


def _travels(session: Session, units: Units, place: Place | None) -> routing.TravelTimes:
    """The way of each unit to the place; NaN for one without a position."""
    places = np.array([units["lon"], units["lat"]], dtype=float).T
    is_placed = ~np.isnan(places[:, 0])
    ways = routing.TravelTimes(
        np.full(len(places), np.nan),
        np.full(len(places), np.nan),
        np.full(len(places), routing.STRAIGHT),
    )
    if place is not None and is_placed.any():
        found = routing.travel_times(session, places[is_placed], place)
        for column, values in zip(ways, found, strict=True):
            column[is_placed] = values
    return ways
