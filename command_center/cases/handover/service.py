"""Leaving a report and signing for it. Nothing here commits."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from command_center.cases import queries
from command_center.cases.handover import paper
from command_center.cases.handover.models import Handover
from command_center.cases.handover.standing import standing
from command_center.cases.office import Office
from command_center.cases.service import refuse_person
from dispatch.scope import within
from kernel import jobs
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import Conflict, Forbidden, NotFound

DUE, ALARM = "cases.handover_due", "handover_unsigned"
SIGN_WITHIN = timedelta(minutes=30)
"""So long a report may lie unsigned before an alarm asks who has taken over."""
LISTED = 50
CASE_NO = re.compile(r"[A-Z]{2}\d{15,24}")


def write(session: Session, office: Office, notes: str, key: UUID) -> Handover:
    """Leave what is open now, once for each key.

    Raises BadInput for notes that lead to a person, Conflict for somebody else's key.
    """
    principal, moment = principal_of(session), now(session)
    session.execute(select(func.pg_advisory_xact_lock(key.int & 0x7FFF_FFFF_FFFF_FFFF)))
    if known := session.scalar(select(Handover).where(Handover.key == key)):
        if known.written_by != principal.id:
            raise Conflict("idempotency_key_used")
        return known
    made = Handover(
        key=key,
        organisation_path=principal.organisation_path,
        written_by=principal.id,
        written_by_name=principal.name,
        written_at=moment,
        notes=notes,
        content=standing(session),
        due_at=moment + SIGN_WITHIN,
    )
    _refuse_people(session, office, made)
    session.add(made)
    session.flush()
    jobs.enqueue(session, DUE, {"handover_id": made.id}, run_at=made.due_at)
    record(session, "handover.written", "handover", made.id, open=_counts(made))
    return made


def _refuse_people(session: Session, office: Office, made: Handover) -> None:
    """What could not be printed is not kept, nor what names the person behind a case in it."""
    paper.cleared(made, office.zone)
    for number in sorted(set(CASE_NO.findall(made.notes))):
        if case := queries.by_number(session, number, visible_only=True):
            refuse_person(session, office, case, {"notes": made.notes}, always=True)


def sign(session: Session, office: Office, handover_id: int) -> Handover:
    """Take over; raises NotFound, Forbidden `own_handover`, Conflict `handover_signed`."""
    found = get(session, handover_id, lock=True)
    principal = principal_of(session)
    if found.written_by == principal.id:
        raise Forbidden("duty.hand_over", code="own_handover")
    if found.signed_at is not None:
        raise Conflict("handover_signed", by=found.signed_by_name)
    found.signed_by, found.signed_by_name = principal.id, principal.name
    found.signed_at = now(session)
    record(session, "handover.signed", "handover", found.id, written_by=found.written_by)
    office.alarms.settle(session, ALARM, ("handover", found.id))
    return found


def get(session: Session, handover_id: int, *, lock: bool = False) -> Handover:
    """Raises NotFound for one of another jurisdiction."""
    found = session.get(Handover, handover_id, with_for_update=lock or None, populate_existing=lock)
    if found is None or not principal_of(session).covers(found.organisation_path):
        raise NotFound("handover", handover_id)
    return found


def listed(session: Session) -> Sequence[Handover]:
    """Of the principal's jurisdiction, the newest first."""
    own = within(Handover.organisation_path, principal_of(session))
    return session.scalars(
        select(Handover).where(own).order_by(Handover.written_at.desc()).limit(LISTED)
    ).all()


def overdue(office: Office, session: Session, payload: dict[str, Any]) -> None:
    """Job handler: nobody has signed in time."""
    found = session.get(Handover, payload["handover_id"], with_for_update=True)
    if found is None or found.signed_at is not None:
        return
    office.alarms.raise_alarm(
        session,
        ALARM,
        ("handover", found.id),
        organisation_path=found.organisation_path,
        params={"name": found.written_by_name},
    )


def _counts(handover: Handover) -> dict[str, int]:
    return {name: section["total"] for name, section in handover.content.items()}
