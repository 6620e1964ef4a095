"""What the desk learns of whoever calls: earlier complaints and consultations, never a report."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from command_center.cases import asking, present
from command_center.cases.identity import store
from command_center.cases.models import Case, Complainant
from command_center.cases.office import Office
from command_center.cases.queries import visible
from command_center.cases.schemas import PublicStatus
from command_center.intake.schemas import CallerCase
from kernel.audit import record
from kernel.db import principal_of
from kernel.limiter import Limiter

AT_MOST = 20


@dataclass(frozen=True)
class Limits:
    """How often one person may look up callers, and guess at one case's code."""

    asking: Limiter = field(default_factory=lambda: Limiter(120, 600))
    guessing: Limiter = field(default_factory=lambda: Limiter(10, 3600))


def earlier(session: Session, office: Office, limits: Limits, number: str) -> list[CallerCase]:
    """A caller's complaints and consultations in the asker's jurisdiction, newest first.

    Raises TooMany. The log names neither the number nor the cases: beside what the same person
    registers next, either would tie a report to the complaints of its informant.
    """
    limits.asking.pass_or_refuse(principal_of(session).id)
    found = _of_number(session, office, number)
    record(session, "caller.shown", "caller", "", found=len(found))
    return [_shown(session, office, case) for case in found]


def report_state(
    session: Session, office: Office, limits: Limits, number: str, code: str
) -> PublicStatus:
    """How far one earlier case is, as the public query says; raises NotFound, TooMany."""
    number = number.strip().upper()
    key = (number, principal_of(session).id)
    limits.guessing.pass_or_refuse(key)
    case = asking.by_code(session, office.vault, number, code.strip())
    limits.guessing.take_back(key)
    record(session, "caller.report_shown", "case", case.id)
    return asking.status(case)


def _of_number(session: Session, office: Office, number: str) -> Sequence[Case]:
    same = store.by_phone(office.vault, number)
    if same is None:
        return []
    statement = (
        select(Case)
        .join(Complainant, Complainant.case_id == Case.id)
        .where(same, Case.kind != "JB", visible(principal_of(session)))
        .options(joinedload(Case.subject), joinedload(Case.organisation))
        .order_by(Case.received_at.desc())
        .limit(AT_MOST)
    )
    return session.scalars(statement).unique().all()


def _shown(session: Session, office: Office, case: Case) -> CallerCase:
    person = present.complainant(session, office, case)
    return CallerCase(
        id=case.id,
        case_no=case.case_no,
        kind=case.kind,
        state=case.state,
        subject=case.subject.name if case.subject else "",
        organisation=case.organisation.name,
        received_at=case.received_at,
        closed=case.closed_at is not None,
        name=person.name if person else "",
    )
