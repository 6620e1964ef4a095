"""The only functions that touch `reporter_identity` and `complainants`, in three groups.

The database may enforce each group by itself: a person reads an informant only while a reveal of
theirs runs; the house reads for its own checks and shows nothing; writers need no right to read.
The index that a search by phone uses has its own functions in `search`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects.postgresql import array, insert
from sqlalchemy.orm import Session

from command_center.cases.identity import people
from command_center.cases.identity.people import Person
from command_center.cases.models import Case, Complainant, ReporterIdentity, ReporterPrint, Reveal
from dispatch.numbers import digits
from kernel.access import Role
from kernel.crypto import Vault
from kernel.db import among, carried_out_by

COMPLAINANT_PHONE = "complainant phone"
INFORMANT_PHONE = "informant phone"
"""Purposes of the blind index: the prints of one never equal those of the other."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a report's sealed row says: the person, and the words that may name them."""

    person: Person = field(default_factory=Person)
    narrative: str = ""

    @property
    def fields(self) -> list[str]:
        return [*self.person.given, *(["narrative"] if self.narrative else [])]


# -- reads for a person -------------------------------------------------------------------------


def under_reveal(session: Session, vault: Vault, case: Case, reveal: Reveal) -> Told:
    """What stands behind a report, for the person to whom `reveal` opened this case."""
    if reveal.case_id != case.id:
        raise ValueError("a reveal opens its own case alone")
    return _told(session, vault, case)


def complainant(session: Session, vault: Vault, case: Case) -> Person | None:
    """Who complains or asks; the screen masks them for those who may not know (SPEC §1.2)."""
    sealed = session.scalar(select(Complainant.sealed).where(Complainant.case_id == case.id))
    return people.opened(vault, sealed, case.case_no) if sealed else None


# -- reads for the house's own checks, never for a screen -----------------------------------------


@carried_out_by(Role.SCREENING)
def person_of(session: Session, vault: Vault, case: Case) -> Person | None:
    """Whoever stands behind the case, to screen words that might name them."""
    if case.kind == "JB":
        return _told(session, vault, case).person if case.reporter_ref else None
    return complainant(session, vault, case)


@carried_out_by(Role.SCREENING)
def what_is_told(session: Session, vault: Vault, case: Case) -> Told:
    """What a reveal of this report would open: its fields are logged before anybody reads."""
    return _told(session, vault, case)


def by_phone(vault: Vault, number: str) -> ColumnElement[bool] | None:
    """Complaints and consultations of a number; None for what is no number."""
    if not (plain := digits(number)):
        return None
    # The last is how numbers were printed before purposes had keys of their own.
    prints = [*vault.prints(COMPLAINANT_PHONE, plain), vault.blind_index(plain)]
    return or_(Complainant.phone_print.in_(prints), Complainant.caller_print.in_(prints))


def same_phone(
    session: Session, vault: Vault, case: Case, person: Person, reach: ColumnElement[bool]
) -> int:
    """How many other complaints and consultations within `reach` have this person's phone."""
    same = by_phone(vault, person.phone)
    if same is None:
        return 0
    statement = (
        select(func.count()).select_from(Complainant).join(Case, Case.id == Complainant.case_id)
    )
    return session.scalar(statement.where(same, Case.id != case.id, reach)) or 0


@carried_out_by(Role.SCREENING)
def with_same_phone(session: Session, case_id: int, idents: Collection[int]) -> set[int]:
    """Which of these complaints and consultations share a number with this one.

    Prints are compared as they lie: those of two keys meet once the index was made anew.
    """
    prints = select(func.unnest(array([Complainant.phone_print, Complainant.caller_print])))
    own: Iterable[bytes | None] = session.scalars(prints.where(Complainant.case_id == case_id))
    if not (known := {found for found in own if found}):
        return set()
    same = or_(Complainant.phone_print.in_(known), Complainant.caller_print.in_(known))
    others = select(Complainant.case_id).where(among(Complainant.case_id, idents), same)
    return set(session.scalars(others))


# -- writes ---------------------------------------------------------------------------------------


@carried_out_by(Role.INTAKE)
def keep_informant(
    session: Session, vault: Vault, person: Person, narrative: str = "", case_no: str = ""
) -> UUID:
    """Seal an informant and a report's narrative; gives the reference that the report keeps."""
    ref = uuid4()
    row = ReporterIdentity(
        ref=ref,
        sealed=people.sealed(vault, person, str(ref)) if person != Person() else None,
        sealed_narrative=people.seal_text(vault, narrative, case_no) if narrative else None,
    )
    session.add(row)
    for number in sorted({digits(person.phone), digits(person.caller_number)} - {""}):
        session.add(ReporterPrint(print=vault.print(INFORMANT_PHONE, number), ref=ref))
    return ref


@carried_out_by(Role.INTAKE)
def keep_complainant(
    session: Session, vault: Vault, case: Case, person: Person, **consent: bool
) -> None:
    """Seal a complainant or asker; raises ValueError for a report."""
    if case.kind == "JB":
        raise ValueError("an informant is never a complainant")
    values = {
        "sealed": people.sealed(vault, person, case.case_no),
        "phone_print": _print(vault, person.phone),
        "caller_print": _print(vault, person.caller_number),
        **consent,
    }
    statement = insert(Complainant).values(case_id=case.id, case_kind=case.kind, **values)
    session.execute(
        statement.on_conflict_do_update(index_elements=[Complainant.case_id], set_=values)
    )


def _print(vault: Vault, number: str) -> bytes | None:
    return vault.print(COMPLAINANT_PHONE, plain) if (plain := digits(number)) else None


def _told(session: Session, vault: Vault, case: Case) -> Told:
    """Read as columns: an object in the session would outlive the right to read it."""
    columns = select(ReporterIdentity.sealed, ReporterIdentity.sealed_narrative)
    found = session.execute(columns.where(ReporterIdentity.ref == case.reporter_ref)).one_or_none()
    if found is None:
        return Told()
    person = people.opened(vault, found.sealed, str(case.reporter_ref)) if found.sealed else None
    narrative = people.open_text(vault, found.sealed_narrative, case.case_no)
    return Told(person or Person(), narrative)
