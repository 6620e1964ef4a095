"""One person's own data, for the person: complaints and consultations of the same name and phone.

Whoever asks proves to be the person by a case number with its query code, before a member of staff.
A report is given only for its own number and code: nothing else leads from a person to it.
"""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import identity, numbering, queries
from command_center.cases.identity import Seat
from command_center.cases.models import Case, Complainant, TimelineEntry
from command_center.cases.office import Office
from kernel.audit import record
from kernel.db import apart, principal_of
from kernel.errors import BadInput, NotFound

REASONS = ("access", "portability", "correction")
"""Articles 45 and 46 of the Personal Information Protection Law."""
CLOSED_TO_ALL = ("recording", "linked_case_no", "remote_address")
"""Traces of the house's own; a link would lead from a complaint to a report."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A case number and the query code that its person was given."""

    case_no: str
    query_code: str


def export(
    session: Session,
    office: Office,
    seat: Seat,
    first: Proof,
    others: Sequence[Proof],
    reason_code: str,
) -> dict[str, Any]:
    """What is kept of the person; on record with its reason, case by case. A report is revealed.

    Raises Forbidden, and BadInput that names neither which of number and code was wrong nor whether
    such a case exists.
    """
    principal_of(session).require("person.export")
    if reason_code not in REASONS:
        raise BadInput("reason_code", "unknown_code")
    proven = [_proven(session, office, proof) for proof in (first, *others)]
    own = [case for case in proven if case.kind != "JB"]
    found = {case.id: case for one in own for case in _of_same_person(session, office, one)}
    found |= {case.id: case for case in proven}
    told = [_told(session, office, seat, case) for case in sorted(found.values(), key=_received)]
    for case in found.values():
        record(session, "person.exported", "case", case.id, reason_code=reason_code)
    return {"cases": told}


def _received(case: Case) -> Any:
    return case.received_at


def _proven(session: Session, office: Office, proof: Proof) -> Case:
    number, code = proof.case_no.strip().upper(), proof.query_code.strip()
    case = queries.by_number(session, number)
    stored = (case.query_code_print if case else None) or b""
    given = numbering.query_code_print(office.vault, number, code)
    mine = case is not None and principal_of(session).covers(case.organisation_path)
    if case is None or not hmac.compare_digest(stored, given) or not mine:
        if case is not None:
            with apart(session) as own:
                record(own, "person.export_refused", "case", case.id, alert=True)
        raise BadInput("query_code", "not_proven")
    return case


def _of_same_person(session: Session, office: Office, case: Case) -> Iterable[Case]:
    """Cases of the same phone and the same name: a phone may serve a family."""
    theirs, person = session.get(Complainant, case.id), None
    if theirs is not None:
        person = identity.complainant(session, office.vault, case)
    if theirs is None or theirs.phone_print is None or person is None:
        return
    same = select(Case).join(Complainant, Complainant.case_id == Case.id)
    for found in session.scalars(same.where(Complainant.phone_print == theirs.phone_print)):
        other = identity.complainant(session, office.vault, found)
        if other and other.name == person.name and principal_of(session).covers(
            found.organisation_path
        ):  # fmt: skip
            yield found


def _kept(session: Session, office: Office, seat: Seat, case: Case) -> tuple[dict[str, str], str]:
    """The person's fields and their own words."""
    if case.kind != "JB":
        person = identity.complainant(session, office.vault, case)
        words = identity.open_text(office.vault, case.sealed_narrative, case.case_no)
        return (person.given if person else {}), words
    try:
        opened = identity.reveal(session, office.vault, case, seat, "reply", "")
    except NotFound:
        return {}, ""
    words = str(opened.pop("narrative"))
    return {name: value for name, value in opened.items() if name != "expires_at"}, words


def _told(session: Session, office: Office, seat: Seat, case: Case) -> dict[str, Any]:
    given, words = _kept(session, office, seat, case)
    entries = queries.of_case(session, TimelineEntry, case.id, TimelineEntry.at)
    return {
        "case_no": case.case_no,
        "kind": case.kind,
        "state": case.state,
        "received_at": case.received_at.isoformat(),
        "closed_at": case.closed_at.isoformat() if case.closed_at else None,
        "person": {k: v for k, v in given.items() if k not in CLOSED_TO_ALL},
        "narrative": words,
        "question": case.question,
        "answer": case.answer,
        "demands": case.demands,
        "details": case.details,
        "disposition": case.disposition,
        "steps": [{"at": one.at.isoformat(), "kind": one.kind} for one in entries],
    }
