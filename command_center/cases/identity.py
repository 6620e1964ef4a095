"""Who stands behind a case: sealed at rest, masked on screens, revealed with a reason and logged.

An informant's record holds the identity and every link to one (the complaint of the same call,
caller number, recording, address of the browser). Nothing else in the database leads there.
"""

import json
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from command_center.cases import masking, screening
from command_center.cases.codes import known
from command_center.cases.models import Case, Complainant, ReporterIdentity
from command_center.cases.screening import Traits
from dispatch.numbers import digits
from kernel.access import Role
from kernel.audit import AuditEntry, record
from kernel.clock import now
from kernel.crypto import Vault
from kernel.db import apart, carried_out_by, in_role, principal_of
from kernel.errors import BadInput, Conflict, Forbidden, NotFound
from kernel.metrics import Counter

BLOCK = 512
"""Sealed texts are padded to whole blocks, so that equal lengths do not tie two of them."""
REVEALS_PER_HOUR = 5
MATCHED, MATCHES_PER_DAY = "identity.matched", 3

reveals_total = Counter("cc_identity_reveals_total", "Identities opened", ["kind"])
reveals_above_rate_total = Counter(
    "cc_identity_reveals_above_rate_total", "Identities opened beyond five an hour by one person"
)


@dataclass(frozen=True, slots=True)
class Person:
    """A complainant, asker or informant, with every trace that leads to them."""

    name: str = ""
    phone: str = ""
    address: str = ""
    id_kind: str = ""
    id_number: str = ""
    caller_number: str = ""
    remote_address: str = ""
    recording: str = ""
    linked_case_no: str = ""
    """For an informant: the complaint that came in the same call."""

    @property
    def is_given(self) -> bool:
        return bool(self.name or self.phone or self.id_number)

    @property
    def traits(self) -> Traits:
        return Traits(self.name, (self.phone, self.caller_number), self.address, self.id_number)


def seal_text(vault: Vault, text: str, owner: str) -> bytes:
    """Sealed and padded; opens only with the same owner (a case number or reference)."""
    plain = text.encode()
    return vault.seal(plain + b"\0" * (-len(plain) % BLOCK), owner.encode())


def open_text(vault: Vault, sealed: bytes | None, owner: str) -> str:
    """The text; an absent one is empty."""
    return vault.open(sealed, owner.encode()).rstrip(b"\0").decode() if sealed else ""


def sealed(vault: Vault, person: Person, owner: str) -> bytes:
    """A person's record; opens only with the same owner."""
    return seal_text(vault, json.dumps(asdict(person), ensure_ascii=False), owner)


def _open(vault: Vault, sealed: bytes, owner: str) -> Person:
    names = {field.name for field in fields(Person)}
    stored = json.loads(open_text(vault, sealed, owner))
    return Person(**{name: value for name, value in stored.items() if name in names})


@carried_out_by(Role.INTAKE)
def keep_informant(session: Session, vault: Vault, person: Person) -> UUID:
    """Seal an informant; gives the opaque reference that the report keeps."""
    ref = uuid4()
    session.add(ReporterIdentity(ref=ref, sealed=sealed(vault, person, str(ref))))
    return ref


def keep_complainant(
    session: Session, vault: Vault, case: Case, person: Person, **consent: bool
) -> None:
    """Seal a complainant or asker; raises ValueError for a report."""
    if case.kind == "JB":
        raise ValueError("an informant is never a complainant")
    told = {
        "case_kind": case.kind,
        "sealed": sealed(vault, person, case.case_no),
        "phone_print": vault.blind_index(number) if (number := digits(person.phone)) else None,
        **consent,
    }
    statement = insert(Complainant).values(case_id=case.id, **told)
    with in_role(session, Role.INTAKE):
        session.execute(
            statement.on_conflict_do_update(index_elements=[Complainant.case_id], set_=told)
        )


def complainant(session: Session, vault: Vault, case: Case) -> Person | None:
    # Asked of the database every time: what the house has read for a check is nobody else's.
    sealed = session.scalar(select(Complainant.sealed).where(Complainant.case_id == case.id))
    return _open(vault, sealed, case.case_no) if sealed else None


def informant(session: Session, vault: Vault, case: Case) -> Person | None:
    """The sealed person behind a report. Callers check and log first: see `reveal`."""
    if case.reporter_ref is None:
        return None
    wanted = ReporterIdentity.ref == case.reporter_ref
    sealed = session.scalar(select(ReporterIdentity.sealed).where(wanted))
    return _open(vault, sealed, str(case.reporter_ref)) if sealed else None


@carried_out_by(Role.SCREENING)
def person_of(session: Session, vault: Vault, case: Case) -> Person | None:
    """Whoever stands behind the case; for the house's own checks, never for a screen."""
    return (informant if case.kind == "JB" else complainant)(session, vault, case)


def shown(person: Person, *, full: bool) -> dict[str, Any]:
    """A complainant as a screen may show them."""
    if full:
        return {
            "name": person.name, "phone": person.phone, "address": person.address, "masked": False
        }  # fmt: skip
    return {
        "name": masking.name(person.name),
        "phone": masking.phone(person.phone),
        "address": masking.address(person.address),
        "masked": True,
    }


def reveal(
    session: Session, vault: Vault, case: Case, reason_code: str, note: str
) -> dict[str, str]:
    """The whole identity behind one case, for a reason; logged, counted, never cached.

    The narrative comes with it, for it may name the person. Raises Forbidden without the
    permission, outside the jurisdiction, or for an officer who is not the named handler; BadInput
    for an unknown reason or a note that names the person; NotFound where nobody is known.
    """
    _may_reveal(session, case)
    if reason_code not in known("reveal_reasons"):
        raise BadInput("reason_code", "unknown_code")
    found = (informant if case.kind == "JB" else complainant)(session, vault, case)
    narrative = open_text(vault, case.sealed_narrative, case.case_no)
    if found is None and not narrative:
        raise NotFound("identity", case.id)
    person = found or Person()
    if screening.find(note, person.traits):
        raise BadInput("note", "facts_contain_identity")
    _log(session, case, reason_code, note)
    return {name: value for name, value in asdict(person).items() if value} | {
        "narrative": narrative
    }


def refuse_guesser(session: Session, case: Case) -> None:
    """Raise Conflict when the principal's words met this person too often today.

    A refusal tells that a guess was right: whoever may not reveal gets only so many.
    """
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
        raise Conflict("words_locked")


def note_match(session: Session, case: Case, field: str) -> None:
    """Keep that the principal's words met the person, though the words are refused."""
    with apart(session) as own:
        record(own, MATCHED, "case", case.id, field=field)


def _may_reveal(session: Session, case: Case) -> None:
    principal = principal_of(session)
    principal.require("identity.reveal")
    if not principal.covers(case.organisation_path):
        raise Forbidden("identity.reveal", "outside_jurisdiction")
    # SPEC §1.2: at the unit only the named handler; a commander with a reason.
    if principal.can("case.handle") and case.handler_id != principal.id:
        raise Forbidden("identity.reveal", "not_the_handler")


def _log(session: Session, case: Case, reason_code: str, note: str) -> None:
    within_hour = _reveals_within_hour(session) + 1
    above = within_hour > REVEALS_PER_HOUR
    record(
        session, "identity.revealed", "case", case.id,
        reason_code=reason_code, note=note, within_hour=within_hour, above_rate=above,
    )  # fmt: skip
    reveals_total.labels(case.kind).inc()
    if above:
        reveals_above_rate_total.inc()


def _reveals_within_hour(session: Session) -> int:
    statement = select(func.count()).where(
        AuditEntry.action == "identity.revealed",
        AuditEntry.actor_id == principal_of(session).id,
        AuditEntry.at > now(session) - timedelta(hours=1),
    )
    return session.scalar(statement) or 0
