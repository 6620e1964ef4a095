"""Gathers what the ranking weighs: where each unit is, how far by road, and who sits in it."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from dispatch.recommendation.rank import Facts
from dispatch.units.queries import Placed
from kernel.clock import now
from maps import routing

Place = tuple[float, float]
"""(lon, lat), WGS-84 degrees."""


def gather(
    session: Session, board: Sequence[Placed], place: Place | None, home: str
) -> list[Facts]:
    """The facts of every unit on the board, for a case at `place` whose own units are at `home`."""
    travels = _travels(session, board, place)
    moment = now(session)
    found = []
    for placed in board:
        unit, position, travel = placed.unit, placed.position, travels.get(placed.unit.id)
        engaged = unit.engagement or {}
        found.append(
            Facts(
                unit_id=unit.id,
                name=unit.name,
                state=unit.state,
                certified=unit.certified,
                crew=len(unit.crew),
                own_jurisdiction=is_home(unit.organisation_path, home),
                position_age_s=(moment - position.fixed_at).total_seconds() if position else None,
                travel_seconds=travel.seconds if travel else None,
                distance_m=travel.straight_m if travel else None,
                engine=travel.engine if travel else "straight",
                order_no=engaged.get("order_no"),
            )
        )
    return found


def is_home(path: str, home: str) -> bool:
    """Whether a unit of `path` works in `home`: its own branch, or a squad above or below it."""
    return path.startswith(home) or home.startswith(path)


def _travels(
    session: Session, board: Sequence[Placed], place: Place | None
) -> dict[int, routing.TravelTime]:
    """Unit id -> the way to the place, for units that have a position."""
    placed = [one for one in board if one.position is not None]
    if place is None or not placed:
        return {}
    starts = [(one.position.lon, one.position.lat) for one in placed if one.position]
    ways = routing.travel_times(session, starts, place)
    return {one.unit.id: way for one, way in zip(placed, ways, strict=True)}
