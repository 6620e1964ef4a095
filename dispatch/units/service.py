"""Units: registering, signing on and off, and the states that follow. Nothing here commits."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dispatch.numbers import digits
from dispatch.units import lifecycle, queries
from dispatch.units.equipment import CODES, EQUIPMENT
from dispatch.units.events import UnitChanged
from dispatch.units.models import CrewMember, Unit, UnitState, UnitTerminal
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import BadInput, Conflict, NotFound
from kernel.events import emit


def register(
    session: Session,
    *,
    name: str,
    organisation_id: int,
    organisation_name: str,
    organisation_path: str,
    plate: str = "",
    kind: str = "vehicle",
    equipment: Sequence[str] = (),
    terminal_ids: Collection[int] = (),
) -> Unit:
    """Add a unit, off duty, with the terminals that carry its position."""
    unit = Unit(
        name=name,
        plate=plate,
        kind=kind,
        organisation_id=organisation_id,
        organisation_name=organisation_name,
        organisation_path=organisation_path,
        equipment=list(equipment),
        state=lifecycle.OFF_DUTY,
        state_since=now(session),
    )
    session.add(unit)
    session.flush()
    session.add(UnitState(unit_id=unit.id, at=unit.state_since, state=unit.state))
    for terminal_id in terminal_ids:
        attach_terminal(session, unit.id, terminal_id)
    record(session, "unit.registered", "unit", unit.id, kind=kind)
    return unit


def attach_terminal(session: Session, unit_id: int, terminal_id: int) -> None:
    """Let this terminal's fixes be the unit's position; it leaves the unit it was on."""
    statement = insert(UnitTerminal).values(terminal_id=terminal_id, unit_id=unit_id)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[UnitTerminal.terminal_id], set_={"unit_id": unit_id}
        )
    )
    record(session, "unit.terminal_attached", "unit", unit_id, terminal_id=terminal_id)


def detach_terminal(session: Session, terminal_id: int) -> None:
    left = delete(UnitTerminal).where(UnitTerminal.terminal_id == terminal_id)
    unit_id = session.scalar(left.returning(UnitTerminal.unit_id))
    if unit_id is not None:
        record(session, "unit.terminal_detached", "unit", unit_id, terminal_id=terminal_id)


def lock(session: Session, ids: Collection[int]) -> list[Unit]:
    """The units, locked in the order of their ids so that two callers never wait in a circle.

    Raises NotFound for the first that does not exist.
    """
    found = session.scalars(
        select(Unit)
        .where(Unit.id.in_(ids))
        .order_by(Unit.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    missing = set(ids) - {unit.id for unit in found}
    if missing:
        raise NotFound("unit", min(missing))
    return list(found)


def sign_on(
    session: Session, unit_id: int, *, user_id: int, name: str, phone: str, certified: bool
) -> Unit:
    """Put an officer on the unit; with two certified ones it may be sent.

    Raises NotFound, Conflict `already_signed_on` (also when another request was faster).
    """
    unit = lock(session, [unit_id])[0]
    member = CrewMember(
        unit_id=unit.id,
        user_id=user_id,
        name=name,
        phone=phone,
        number=digits(phone),
        certified=certified,
        signed_on_at=now(session),
    )
    try:
        with session.begin_nested():
            session.add(member)
    except IntegrityError:
        raise Conflict("already_signed_on") from None
    return _crew_changed(session, unit, "unit.signed_on")


def sign_off(session: Session, user_id: int) -> Unit:
    """Take an officer off their unit.

    Raises Conflict `not_signed_on`, IllegalTransition when an order in hand would lose its crew.
    """
    unit = lock(session, [duty(session, user_id).unit_id])[0]
    member = duty(session, user_id)
    member.signed_off_at = now(session)
    return _crew_changed(session, unit, "unit.signed_off")


def duty(session: Session, user_id: int) -> CrewMember:
    """The officer's present place; raises Conflict `not_signed_on`."""
    member = queries.duty_of(session, user_id)
    if member is None:
        raise Conflict("not_signed_on")
    return member


def set_state(session: Session, unit_id: int, wanted: str, reason: str) -> Unit:
    """A dispatcher's word about a unit; raises NotFound, IllegalTransition.

    Units outside the caller's jurisdiction are not found.
    """
    unit = lock(session, [unit_id])[0]
    if not principal_of(session).covers(unit.organisation_path):
        raise NotFound("unit", unit_id)
    state = lifecycle.by_hand(unit.state, wanted, unit.certified)
    unit.engagement = None
    record(session, "unit.state_set", "unit", unit.id, state=state)
    return _move(session, unit, state, reason)


def set_equipment(session: Session, unit_id: int, codes: Collection[str]) -> Unit:
    """What the unit carries from now on; raises NotFound outside the caller's jurisdiction,
    BadInput for an unknown code.
    """
    unit = lock(session, [unit_id])[0]
    if not principal_of(session).covers(unit.organisation_path):
        raise NotFound("unit", unit_id)
    if not CODES.issuperset(codes):
        raise BadInput("equipment", "unknown_code")
    unit.equipment = [code for code, _, _ in EQUIPMENT if code in codes]
    record(session, "unit.equipped", "unit", unit.id, equipment=unit.equipment)
    emit(session, UnitChanged(unit.id, unit.organisation_path))
    return unit


def follow(session: Session, unit: Unit, assignment_state: str, engagement: dict[str, Any]) -> None:
    """Let the unit follow its assignment. `engagement` names it: id, order_id, order_no."""
    state = lifecycle.after_assignment(unit.state, assignment_state, unit.certified)
    holds = assignment_state in lifecycle.OF_ASSIGNMENT
    unit.engagement = {**engagement, "state": assignment_state} if holds else None
    _move(session, unit, state, "")


def _crew_changed(session: Session, unit: Unit, action: str) -> Unit:
    session.flush()
    session.refresh(unit, ["crew"])
    state = lifecycle.after_crew_change(unit.state, unit.certified)
    record(session, action, "unit", unit.id, certified=unit.certified)
    return _move(session, unit, state, unit.state_reason)


def _move(session: Session, unit: Unit, state: str, reason: str) -> Unit:
    if state != unit.state:
        unit.state, unit.state_since = state, now(session)
        session.add(UnitState(unit_id=unit.id, at=unit.state_since, state=state))
    unit.state_reason = reason
    emit(session, UnitChanged(unit.id, unit.organisation_path))
    return unit
