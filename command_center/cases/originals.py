"""Files as they were handed in: their metadata may lead to who made them, so they lie sealed.

Whoever opens a report's opens an identity: with a reason, logged and counted (`identity.reveal`),
and for ten minutes the case's others with it. A complaint's opens, with a reason too, for those who
may know the complainant.
"""

from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import identity, queries
from command_center.cases.identity import Seat, chain, reveals
from command_center.cases.models import Attachment, Case, SealedOriginal
from command_center.cases.office import Office
from kernel import sealed_files
from kernel.access import Principal, Role
from kernel.audit import record
from kernel.db import carried_out_by, in_role, principal_of
from kernel.errors import Forbidden, NotFound


@carried_out_by(Role.INTAKE)
def seal(session: Session, office: Office, kept: Attachment, data: bytes) -> None:
    """Seal the file as it came; its name on disk tells nothing."""
    ref = uuid4()
    opens = sealed_files.keep(path_of(office, ref), BytesIO(data))
    sealed_key = office.vault.seal(opens, _owner(kept.id))
    session.add(SealedOriginal(attachment_id=kept.id, ref=ref, sealed_key=sealed_key))


def opened(
    session: Session, office: Office, attachment_id: int, seat: Seat, reason_code: str, note: str
) -> tuple[Attachment, bytes]:
    """The file as it came, for a reason; raises NotFound, Forbidden, BadInput."""
    kept = session.get(Attachment, attachment_id)
    if kept is None:
        raise NotFound("original", attachment_id)
    case = queries.get(session, kept.case_id)
    check(principal_of(session), case)
    reveals.check_reason(reason_code)
    if case.kind == "JB" and not reveals.runs(session, case, seat):
        identity.reveal(session, office.vault, case, seat, reason_code, note)
    wanted = select(SealedOriginal.ref, SealedOriginal.sealed_key)
    found = session.execute(
        wanted.where(SealedOriginal.attachment_id == attachment_id)
    ).one_or_none()
    if found is None:
        raise NotFound("original", attachment_id)
    record(
        session,
        "original.opened",
        "attachment",
        attachment_id,
        case_id=case.id,
        reason_code=reason_code,
    )
    opens = office.vault.open(found.sealed_key, _owner(attachment_id))
    try:
        return kept, sealed_files.read(path_of(office, found.ref), opens)
    except FileNotFoundError:
        raise NotFound("original", attachment_id) from None


def check(principal: Principal, case: Case) -> None:
    """Raises Forbidden for whoever may not open an original of this case."""
    if case.kind != "JB":
        principal.require("complainant.read")
        return
    principal.require(chain.REVEAL)
    chain.check(principal, case)


def openable(session: Session, case: Case) -> set[int]:
    """Attachments of the case whose originals lie sealed and are the reader's to open."""
    try:
        check(principal_of(session), case)
    except Forbidden:
        return set()
    kept = select(Attachment.id).where(Attachment.case_id == case.id)
    with in_role(session, Role.HOUSE):
        wanted = select(SealedOriginal.attachment_id).where(SealedOriginal.attachment_id.in_(kept))
        return set(session.scalars(wanted))


def path_of(office: Office, ref: UUID) -> Path:
    """Where the sealed bytes lie."""
    return office.originals / ref.hex[:2] / ref.hex


def _owner(attachment_id: int) -> bytes:
    return f"original:{attachment_id}".encode()
