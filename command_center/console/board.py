"""The board as it stood at a past moment: units, cases, orders, messages in step."""

from datetime import datetime

from sqlalchemy.orm import Session

from command_center.cases import past as cases
from command_center.console.schemas import (
    BoardOut,
    PastUnitOut,
    case_out,
    message_out,
    order_out,
    unit_out,
)
from dispatch.orders import past as orders
from dispatch.orders.lifecycle import CLOSED, PENDING
from dispatch.orders.past import PastOrder
from dispatch.tracking import playback
from dispatch.units import track
from kernel.db import principal_of


def at(session: Session, moment: datetime, playback_id: int | None) -> BoardOut:
    """What the principal may see of that minute; positions only with leave.

    Raises BadInput for a moment in the future or over 90 days ago, Forbidden where the leave does
    not cover it.
    """
    principal = principal_of(session)
    track.check_moment(session, "at", moment)
    if playback_id is not None:
        playback.require(session, playback_id, moment, moment)
    open_orders = orders.open_at(session, principal, moment)
    return BoardOut(
        at=moment,
        units=_units(session, moment, open_orders, shown=playback_id is not None),
        cases=[case_out(one) for one in cases.open_at(session, moment)],
        orders=[order_out(one, moment) for one in open_orders],
        messages=[message_out(one) for one in orders.messages(session, principal, moment)],
    )


def _units(
    session: Session, moment: datetime, open_orders: list[PastOrder], *, shown: bool
) -> list[PastUnitOut]:
    principal = principal_of(session)
    if not principal.can("unit.read"):
        return []
    path = principal.organisation_path
    holding = {
        part.assignment.unit_id: past.order.id
        for past in open_orders
        for part in past.assignments
        if part.assignment.unit_id is not None and part.state not in CLOSED | {PENDING}
    }
    were = (
        {was.unit_id: was for was in playback.positions_at(session, path, moment)} if shown else {}
    )
    return [
        unit_out(past, were.get(past.unit.id), holding.get(past.unit.id))
        for past in playback.units_at(session, path, moment)
    ]
