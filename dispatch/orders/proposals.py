"""What a track shows of an assignment, laid before a person: it moves nothing by itself."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dispatch.news import tell_timeline
from dispatch.orders import queries
from dispatch.orders.lifecycle import BEFORE_SCENE, ON_SCENE
from dispatch.orders.models import CONFIRMED, DISMISSED, OVERTAKEN, Assignment, Proposal
from dispatch.orders.progress import tell_desks
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import NotFound


def propose_arrival(
    session: Session,
    assignment_id: int,
    *,
    happening_id: int,
    since: datetime,
    at: datetime,
    metres: float,
) -> Proposal | None:
    """Lay before the desk and the crew that the unit is at its scene.

    None where that is no news: the assignment has gone on, or the same is proposed already.
    """
    order = queries.lock(session, queries.assignment(session, assignment_id).order_id)
    assignment = next(one for one in order.assignments if one.id == assignment_id)
    if assignment.state not in BEFORE_SCENE or assignment.closed_at is not None:
        return None
    if open_of(session, [assignment.id]) or _known(session, happening_id):
        return None
    made = Proposal(
        assignment_id=assignment.id,
        happening_id=happening_id,
        report=ON_SCENE,
        since=since,
        at=at,
        metres=metres,
    )
    session.add(made)
    session.flush()
    tell_timeline(
        session,
        order.case_id,
        "arrival_proposed",
        order_id=order.id,
        target=assignment.target_name,
        since=since.isoformat(),
    )
    tell_desks(session, order)
    return made


def confirmed(session: Session, assignment: Assignment, proposal_id: int) -> dict[str, Any]:
    """A person says that it is so: gives the proof for their report. Raises NotFound.

    The crew has been there since its track says so, whenever somebody found time to confirm it.
    One that was decided meanwhile is left as it is: what the person says counts all the same.
    """
    found = session.get(Proposal, proposal_id, with_for_update=True)
    if found is None or found.assignment_id != assignment.id:
        raise NotFound("proposal", proposal_id)
    if found.decided_at is None:
        _decide(session, found, CONFIRMED)
        issued = assignment.order.issued_at or found.since
        assignment.on_scene_at = assignment.on_scene_at or max(found.since, issued)
    return {
        "proposal_id": found.id,
        "happening_id": found.happening_id,
        "since": found.since.isoformat(),
    }


def dismiss(session: Session, assignment: Assignment, proposal_id: int) -> None:
    """A person says that it is not so; raises NotFound."""
    order = queries.lock(session, assignment.order_id)
    found = session.get(Proposal, proposal_id, with_for_update=True)
    if found is None or found.assignment_id != assignment.id:
        raise NotFound("proposal", proposal_id)
    if found.decided_at is not None:
        return
    _decide(session, found, DISMISSED)
    record(session, "assignment.proposal_dismissed", "order", order.id, proposal_id=found.id)
    tell_timeline(
        session,
        order.case_id,
        "arrival_dismissed",
        order_id=order.id,
        target=assignment.target_name,
    )
    tell_desks(session, order)


def overtaken(session: Session, assignment_id: int) -> None:
    """The assignment has gone on: what was still proposed of it is past."""
    session.execute(
        update(Proposal)
        .where(Proposal.assignment_id == assignment_id, Proposal.decided_at.is_(None))
        .values(decided_at=now(session), outcome=OVERTAKEN)
    )


def open_of(session: Session, assignment_ids: Iterable[int]) -> dict[int, Proposal]:
    """Assignment id -> what waits for a person's word."""
    wanted = select(Proposal).where(
        Proposal.assignment_id.in_(list(assignment_ids)), Proposal.decided_at.is_(None)
    )
    return {found.assignment_id: found for found in session.scalars(wanted)}


def _known(session: Session, happening_id: int) -> bool:
    return bool(session.scalar(select(Proposal.id).where(Proposal.happening_id == happening_id)))


def _decide(session: Session, found: Proposal, outcome: str) -> None:
    who = principal_of(session)
    found.decided_at, found.outcome = now(session), outcome
    found.decided_by, found.decided_by_id = who.name, who.id
    session.flush()
