"""What destroying means, kind by kind. Sealed texts go with the wrapped key that lies in them: what
an old backup still holds cannot be opened once the key outside it is changed.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Text, cast, delete, exists, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from command_center.cases import originals, recordings
from command_center.cases.archive.models import LegalHold
from command_center.cases.models import (
    Approval,
    Attachment,
    Case,
    Complainant,
    Document,
    Inspection,
    Recording,
    ReporterIdentity,
    ReporterPrint,
    SealedOriginal,
    TimelineEntry,
)
from command_center.cases.office import Office
from dispatch.conference.models import Conference
from dispatch.delivery.models import Delivery
from dispatch.orders.models import Assignment, Order, StatusReport
from kernel.access import Role
from kernel.db import carried_out_by
from telephony.models import Message

DESTROYED = "destroyed"
DUE_AT_MOST = 500


def cases_due(session: Session, kind: str, before: datetime) -> list[str]:
    """Numbers of closed cases whose time is over and that nobody holds."""
    held = exists().where(LegalHold.case_id == Case.id, LegalHold.lifted_at.is_(None))
    statement = (
        select(Case.case_no)
        .where(
            Case.kind == kind,
            Case.closed_at < before,
            ~Case.outcome.has_key(DESTROYED),
            ~held,
        )
        .order_by(Case.closed_at)
        .limit(DUE_AT_MOST)
    )
    return list(session.scalars(statement))


def is_held(session: Session, case: Case) -> bool:
    statement = select(LegalHold.id).where(
        LegalHold.case_id == case.id, LegalHold.lifted_at.is_(None)
    )
    return session.scalar(statement.limit(1)) is not None


@carried_out_by(Role.ARCHIVE)
def erase_case(session: Session, office: Office, case: Case, number: str) -> str:
    """Take person, words, papers and files out of a case; gives the digest of what was sealed.

    Number, kind, times, place of the business and outcome stay: statistics count them.
    """
    digest = _digest_of(session, case)
    _forget_person(session, case)
    case.sealed_narrative = case.sealed_facts = case.dispatch_facts = None
    case.question = case.answer = None
    case.details, case.urgency_reason, case.first_handler = {}, "", ""
    case.outcome = {DESTROYED: number}
    of_case: dict[Any, dict[str, Any]] = {
        TimelineEntry: {"params": {}},
        Document: {"pdf": None, "data": {}, "reply": ""},
        Approval: {"data": {}, "reason": ""},
    }
    session.execute(delete(Inspection).where(Inspection.case_id == case.id))
    for model, empty in of_case.items():
        session.execute(update(model).where(model.case_id == case.id).values(empty))
    _forget_orders(session, case)
    _remove_files(session, office, case)
    return digest


def _digest_of(session: Session, case: Case) -> str:
    sealed = hashlib.sha256(case.case_no.encode())
    person = session.get(Complainant, case.id) if case.kind != "JB" else None
    informant = session.get(ReporterIdentity, case.reporter_ref) if case.reporter_ref else None
    parts = (
        case.sealed_narrative,
        case.sealed_facts,
        (case.dispatch_facts or "").encode(),
        person.sealed if person else None,
        informant.sealed if informant else None,
        informant.sealed_narrative if informant else None,
    )
    for part in parts:
        sealed.update(hashlib.sha256(part or b"").digest())
    for kept in _attachments(session, case):
        sealed.update(bytes.fromhex(kept.sha256))
    return sealed.hexdigest()


def _forget_person(session: Session, case: Case) -> None:
    ref, case.reporter_ref = case.reporter_ref, None
    session.flush()
    if ref is not None:
        session.execute(delete(ReporterPrint).where(ReporterPrint.ref == ref))
        session.execute(delete(ReporterIdentity).where(ReporterIdentity.ref == ref))
    session.execute(delete(Complainant).where(Complainant.case_id == case.id))


def _forget_orders(session: Session, case: Case) -> None:
    """The facts that went out with orders, in every copy."""
    orders = select(Order.id).where(Order.case_id == case.id)
    sent = select(Delivery.id).where(Delivery.order_id.in_(orders))
    empty = Order.brief.op("||")(cast({"dispatch_facts": ""}, JSONB))
    session.execute(
        update(Order).where(Order.case_id == case.id)
        .values(brief=empty, note="", override_reason="", end_reason="")
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    session.execute(
        update(Conference).where(Conference.case_id == case.id)
        .values(words="", consent_reason="")
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    parts = select(Assignment.id).where(Assignment.order_id.in_(orders))
    session.execute(
        update(Assignment).where(Assignment.order_id.in_(orders))
        .values(cannot_reason=None, feedback=None)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    session.execute(
        update(StatusReport).where(StatusReport.assignment_id.in_(parts))
        .values(reason="", words="")
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    session.execute(
        update(Message)
        .where(Message.reference_kind == "delivery", Message.reference_id.in_(sent),
               Message.text.is_not(None))
        .values(text="")
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    session.execute(
        update(Delivery).where(Delivery.order_id.in_(orders)).values(text="", document=None)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def _attachments(session: Session, case: Case) -> Iterable[Attachment]:
    return session.scalars(
        select(Attachment).where(Attachment.case_id == case.id).order_by(Attachment.id)
    ).all()


def _remove_files(session: Session, office: Office, case: Case) -> None:
    """Rows, then each file that no other case has."""
    for path in _sealed_files(session, office, case):
        path.unlink(missing_ok=True)
    digests = {kept.sha256 for kept in _attachments(session, case)}
    session.execute(delete(Attachment).where(Attachment.case_id == case.id))
    for digest in digests:
        if (
            session.scalar(select(Attachment.id).where(Attachment.sha256 == digest).limit(1))
            is None
        ):
            (office.attachments / digest[:2] / digest).unlink(missing_ok=True)


def _sealed_files(session: Session, office: Office, case: Case) -> list[Path]:
    """Recordings and originals: their rows, which hold what opens them, go first."""
    files = select(Attachment.id).where(Attachment.case_id == case.id)
    heard = session.scalars(
        delete(Recording).where(Recording.case_id == case.id).returning(Recording.file)
    ).all()
    made = session.scalars(
        delete(SealedOriginal)
        .where(SealedOriginal.attachment_id.in_(files))
        .returning(SealedOriginal.ref)
    ).all()
    return [recordings.path_of(office, str(name)) for name in heard] + [
        originals.path_of(office, ref) for ref in made
    ]


def documents_in_use(session: Session) -> set[str]:
    """Names of fax pages that a message still waits to send, or may have to send again."""
    waiting = Message.state.in_(("QUEUED", "SENDING", "SENT", "UNKNOWN"))
    found = session.scalars(
        select(cast(Message.document, Text)).where(Message.document.is_not(None), waiting)
    )
    return set(found)
