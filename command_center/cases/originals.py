"""Files as they were handed in: their metadata may lead to who made them, so they lie sealed.

Whoever opens one opens an identity: with a reason, logged and counted (`identity.reveal`).
"""

from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from command_center.cases import identity, queries
from command_center.cases.models import Attachment, SealedOriginal
from command_center.cases.office import Office
from kernel.audit import record
from kernel.errors import NotFound
from kernel.files import store


def seal(session: Session, office: Office, kept: Attachment, data: bytes) -> None:
    """Seal the file as it came; its name on disk tells nothing."""
    ref = uuid4()
    store(_path(office, ref), office.vault.seal(data, _owner(kept.id)))
    session.add(SealedOriginal(attachment_id=kept.id, ref=ref))


def opened(
    session: Session, office: Office, attachment_id: int, reason_code: str, note: str
) -> tuple[Attachment, bytes]:
    """The file as it came, for a reason; raises NotFound, and what `identity.reveal` raises."""
    kept = session.get(Attachment, attachment_id)
    found = session.get(SealedOriginal, attachment_id)
    if kept is None or found is None:
        raise NotFound("original", attachment_id)
    case = queries.get(session, kept.case_id)
    identity.reveal(session, office.vault, case, reason_code, note)
    record(session, "original.opened", "attachment", attachment_id, case_id=case.id)
    try:
        sealed = _path(office, found.ref).read_bytes()
    except FileNotFoundError:
        raise NotFound("original", attachment_id) from None
    return kept, office.vault.open(sealed, _owner(attachment_id))


def _path(office: Office, ref: UUID) -> Path:
    return office.originals / ref.hex[:2] / ref.hex


def _owner(attachment_id: int) -> bytes:
    return f"original:{attachment_id}".encode()
