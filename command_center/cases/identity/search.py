"""Whether a phone number is an informant's: for a commander with a reason, and never in silence.

Its index is a table that nothing else reads, keyed for this purpose alone.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import screening
from command_center.cases.identity import alerts, reveals
from command_center.cases.identity.reveals import Seat
from command_center.cases.identity.store import INFORMANT_PHONE
from command_center.cases.models import Case, IdentitySearch, ReporterPrint
from command_center.cases.queries import visible
from command_center.cases.screening import Traits
from dispatch.numbers import digits
from kernel.access import Role
from kernel.clock import now
from kernel.crypto import Vault
from kernel.db import in_role, principal_of
from kernel.errors import BadInput

SHORTEST = 7
NOT_OPENED = timedelta(0)
"""A match tells who called; the rest of the identity is opened case by case."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched, and why."""

    number: str
    reason_code: str
    note: str


def search(session: Session, vault: Vault, seat: Seat, wanted: Wanted) -> list[Case]:
    """The reports in the asker's jurisdiction whose informant has this phone.

    Every search raises an alert; every match is a reveal. Raises BadInput for what is no phone
    number, an unknown reason, or a note that holds the number.
    """
    number = digits(wanted.number)
    if len(number) < SHORTEST:
        raise BadInput("number", "not_a_number")
    reveals.check_reason(wanted.reason_code)
    if screening.find(wanted.note, Traits(phones=(number,))):
        raise BadInput("note", "facts_contain_identity")
    found = _matches(session, vault, number)
    _log(session, seat, wanted, len(found))
    for case in found:
        reveals.write(session, case, seat, wanted.reason_code, wanted.note, ["phone"], NOT_OPENED)
    return found


def _matches(session: Session, vault: Vault, number: str) -> list[Case]:
    same = select(ReporterPrint.ref).where(
        ReporterPrint.print.in_(vault.prints(INFORMANT_PHONE, number))
    )
    with in_role(session, Role.SCREENING):
        refs = session.scalars(same).all()
    principal = principal_of(session)
    statement = select(Case).where(Case.reporter_ref.in_(refs), visible(principal))
    found = session.scalars(statement.order_by(Case.id)).all()
    return [case for case in found if principal.covers(case.organisation_path)]


def _log(session: Session, seat: Seat, wanted: Wanted, matches: int) -> None:
    principal = principal_of(session)
    row = IdentitySearch(
        user_id=principal.id,
        reason_code=wanted.reason_code,
        note=wanted.note,
        at=now(session),
        terminal=seat.terminal,
        matches=matches,
    )
    session.add(row)
    session.flush()
    alerts.searched(session, row.id, matches)
