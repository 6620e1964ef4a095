"""What happened on the way of a unit, and what follows: a proposal or a note, nothing more."""

from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dispatch.orders import proposals
from dispatch.tracking import watching
from dispatch.units.events import UnitChanged
from dispatch.units.models import Observation, Unit, UnitTerminal
from gps_ingest.models import Happened
from gps_ingest.presence import OFFLINE, ONLINE
from kernel.events import emit

KINDS = (*watching.KINDS, OFFLINE, ONLINE)
SHOWN = (OFFLINE, ONLINE, watching.OVERSPEED, watching.MOVED)
"""Kinds that change what a unit's card says."""


def happened(session: Session, happening: Happened) -> None:
    """Take one of `KINDS`. The same happening once more changes nothing."""
    if happening.kind == watching.ARRIVED:
        _arrived(session, happening)
        return
    unit = _unit_of(session, happening.terminal_id)
    if unit is None or (happening.kind == watching.MOVED and unit.engagement):
        return
    if happening.kind == ONLINE:
        _heard_again(session, happening)
    else:
        _note(session, unit, happening)
    if happening.kind in SHOWN:
        emit(session, UnitChanged(unit.id, unit.organisation_path))


def _arrived(session: Session, happening: Happened) -> None:
    told = happening.details
    proposals.propose_arrival(
        session,
        told["assignment_id"],
        happening_id=happening.id,
        since=datetime.fromtimestamp(told["since"], UTC),
        at=happening.at,
        metres=told["metres"],
    )


def _note(session: Session, unit: Unit, happening: Happened) -> None:
    statement = insert(Observation).values(
        unit_id=unit.id,
        terminal_id=happening.terminal_id,
        happening_id=happening.id,
        kind=happening.kind,
        at=happening.at,
        details=happening.details,
    )
    session.execute(statement.on_conflict_do_nothing())


def _heard_again(session: Session, happening: Happened) -> None:
    session.execute(
        update(Observation)
        .where(
            Observation.terminal_id == happening.terminal_id,
            Observation.kind == OFFLINE,
            Observation.ended_at.is_(None),
        )
        .values(ended_at=happening.at)
    )


def _unit_of(session: Session, terminal_id: int) -> Unit | None:
    return session.scalar(
        select(Unit)
        .join(UnitTerminal, UnitTerminal.unit_id == Unit.id)
        .where(UnitTerminal.terminal_id == terminal_id)
    )
