"""The subject of a submission: found in the registry, or typed in; equal ones share a row."""

import hashlib

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from command_center.cases.models import Subject
from command_center.intake.schemas import SubjectIn
from kernel import credit_code
from kernel.errors import BadInput
from maps.models import Business

SAME = ("business_id", "name", "credit_code", "address", "phone", "contact", "legal_representative")


def registered(session: Session, told: SubjectIn) -> Business | None:
    """The business meant, by its id or its credit code; raises BadInput for a wrong one."""
    code = told.credit_code.upper()
    if code and (wrong := credit_code.problem(code)):
        raise BadInput("subject.credit_code", "credit_code", problem=wrong)
    if told.business_id is not None:
        found = session.get(Business, told.business_id)
        if found is None:
            raise BadInput("subject.business_id", "no_such_business")
        return found
    return session.scalar(select(Business).where(Business.credit_code == code)) if code else None


def described(told: SubjectIn, business: Business | None) -> Subject:
    """The subject as it is known now: what was typed wins over the registry. Not yet stored."""
    subject = Subject(
        business_id=business.id if business else None,
        name=told.name or (business.name if business else ""),
        credit_code=told.credit_code.upper() or (business.credit_code or "" if business else ""),
        address=told.address or (business.address if business else ""),
        phone=told.phone or (business.phone[:60] if business else ""),
        contact=told.contact,
        legal_representative=business.legal_representative[:60] if business else "",
    )
    values = "\x1f".join(str(getattr(subject, name) or "") for name in SAME)
    subject.fingerprint = hashlib.sha256(values.encode()).digest()
    return subject


def stored(session: Session, subject: Subject) -> Subject:
    """The row of this very description, made if there is none."""
    values = {name: getattr(subject, name) for name in (*SAME, "fingerprint")}
    session.execute(insert(Subject).values(**values).on_conflict_do_nothing())
    return session.scalars(select(Subject).where(Subject.fingerprint == subject.fingerprint)).one()
