"""Words refused because they name the informant: a refusal tells that a guess was right, so it is
remembered, told to the commanders, and after three a day whoever may not reveal is stopped."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from command_center.cases.identity import alerts
from command_center.cases.models import Case
from kernel.audit import AuditEntry, record
from kernel.clock import now
from kernel.db import apart, principal_of
from kernel.errors import Conflict

MATCHED, MATCHES_PER_DAY = "identity.matched", 3


def refuse_guesser(session: Session, case: Case) -> None:
    """Raise Conflict when the principal's words met this person too often today."""
    principal = principal_of(session)
    if principal.can("identity.reveal"):
        return
    statement = select(func.count()).where(
        AuditEntry.action == MATCHED,
        AuditEntry.object_kind == "case",
        AuditEntry.object_id == str(case.id),
        AuditEntry.actor_id == principal.id,
        AuditEntry.at > now(session) - timedelta(days=1),
    )
    if (session.scalar(statement) or 0) >= MATCHES_PER_DAY:
        with apart(session) as own:
            alerts.words(own, case, locked=True)
        raise Conflict("words_locked")


def note_match(session: Session, case: Case, field: str) -> None:
    """Keep that the principal's words met the person, though the words are refused."""
    with apart(session) as own:
        record(own, MATCHED, "case", case.id, field=field)
        alerts.words(own, case, locked=False)
