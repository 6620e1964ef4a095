"""What a desk sees when it comes (back), and single units and alarms as they change."""

from typing import Any

from sqlalchemy.orm import Session

from dispatch.alarms import ladder
from dispatch.alarms import queries as alarms_queries
from dispatch.alarms.schemas import alarm_out
from dispatch.units import queries as units_queries
from dispatch.units.schemas import unit_out
from kernel.access import Principal


def units(session: Session, principal: Principal) -> list[dict[str, Any]]:
    """The units of the principal's jurisdiction; none without the permission."""
    if not principal.can("unit.read"):
        return []
    board = units_queries.board(session, principal.organisation_path)
    return [unit_out(placed).model_dump(mode="json") for placed in board]


def unit(session: Session, unit_id: int) -> dict[str, Any] | None:
    placed = units_queries.find(session, unit_id)
    return unit_out(placed).model_dump(mode="json") if placed else None


def alarms(session: Session, principal: Principal) -> list[dict[str, Any]]:
    """Open alarms that concern the principal."""
    found = alarms_queries.open_alarms(session, principal)
    return [alarm_out(one).model_dump(mode="json") for one in found]


def alarm(session: Session, alarm_id: int) -> dict[str, Any] | None:
    """What every desk of its rung may see; the other kinds each desk asks for itself."""
    found = alarms_queries.alarm(session, alarm_id)
    if found is None or found.kind in ladder.NOT_FOR_ALL:
        return None
    return alarm_out(found).model_dump(mode="json")
