"""Shapes of the drill: what would be tried, and what the last one found."""

from pydantic import BaseModel

from dispatch.drill.models import Drill, DrillCall
from dispatch.moments import Utc


class DrilledOut(BaseModel):
    """One address; `seconds` says how long the line took."""

    channel: str
    address: str
    outcome: str
    problem: str | None
    seconds: float | None


class DrilledBranchOut(BaseModel):
    organisation_id: int
    name: str
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
    """How many addresses of a channel would be tried, and with which words."""

    channel: str
    addresses: int
    words: str


class DrillBoardOut(BaseModel):
    """The last drill; what another would try, and why it may not begin now."""

    drill: DrillOut | None
    plan: list[PlannedOut]
    obstacle: str | None


def drill_out(drill: Drill, calls: list[DrillCall], *, may_stop: bool) -> DrillOut:
    branches: dict[int, DrilledBranchOut] = {}
    for call in calls:
        branch = branches.setdefault(
            call.branch_id,
            DrilledBranchOut(organisation_id=call.branch_id, name=call.name, calls=[]),
        )
        branch.calls.append(DrilledOut.model_validate(call, from_attributes=True))
    return DrillOut(
        id=drill.id,
        began_at=drill.began_at,
        by=drill.began_by_name,
        ended_at=drill.ended_at,
        stopped_by=drill.stopped_by_name,
        may_stop=may_stop and drill.ended_at is None,
        branches=list(branches.values()),
    )
