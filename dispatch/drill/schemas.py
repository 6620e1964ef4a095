"""Shapes of the drill: what would be tried, and what the last one found."""

from collections.abc import Mapping

from pydantic import BaseModel

from dispatch.drill.models import Drill, DrillCall
from dispatch.moments import Utc
from dispatch.numbers import masked
from dispatch.orders.ports import Branch


class DrilledOut(BaseModel):
    """One address; `seconds` says how long the line took. Of a mobile `person` says whose it is,
    and its number is masked; of the branch's own `person` is empty.
    """

    channel: str
    person: str
    address: str
    outcome: str
    problem: str | None
    seconds: float | None


class DrilledBranchOut(BaseModel):
    """`lat`, `lon` WGS-84 degrees, null of a branch whose place nobody has entered."""

    organisation_id: int
    name: str
    lat: float | None
    lon: float | None
    calls: list[DrilledOut]


class DrillOut(BaseModel):
    """`ended_at` is null while it goes on."""

    id: int
    began_at: Utc
    by: str
    ended_at: Utc | None
    stopped_by: str | None
    may_stop: bool
    branches: list[DrilledBranchOut]


class PlannedOut(BaseModel):
    """How many addresses of a channel would be tried, its people's mobiles apart, and with which
    words.
    """

    channel: str
    addresses: int
    mobiles: int
    words: str


class DrillBoardOut(BaseModel):
    """The last drill; what another would try, and why it may not begin now."""

    drill: DrillOut | None
    plan: list[PlannedOut]
    obstacle: str | None


def drill_out(
    drill: Drill, calls: list[DrillCall], known: Mapping[int, Branch], *, may_stop: bool
) -> DrillOut:
    """`known`: the branches of today, by id; one that is no more has no place."""
    branches: dict[int, DrilledBranchOut] = {}
    for call in calls:
        ident, place = call.branch_id, known.get(call.branch_id)
        lat, lon = (place.lat, place.lon) if place else (None, None)
        branch = branches.setdefault(
            ident,
            DrilledBranchOut(organisation_id=ident, name=call.name, lat=lat, lon=lon, calls=[]),
        )
        shown = DrilledOut.model_validate(call, from_attributes=True)
        shown.address = masked(call.address) if call.person else call.address
        branch.calls.append(shown)
    return DrillOut(
        id=drill.id,
        began_at=drill.began_at,
        by=drill.began_by_name,
        ended_at=drill.ended_at,
        stopped_by=drill.stopped_by_name,
        may_stop=may_stop and drill.ended_at is None,
        branches=list(branches.values()),
    )
