"""Files of a case: sniffed, limited, without their metadata, stored by their SHA-256.

They lie outside the web root. What they were handed in as is sealed beside them
(`cases.originals`); before one may leave a person clears it (`cases.clearance`).
"""

import hashlib
from pathlib import Path

from gevent import get_hub
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import originals, queries, timeline
from command_center.cases.models import Attachment, Case
from command_center.cases.office import Office
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import BadInput, NotFound
from kernel.files import store
from kernel.gate import metadata
from kernel.gate.metadata import Cleaned

MAX_BYTES = 15 << 20

SIGNATURES = (  # first bytes -> media type
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
)

STILLS = {
    **dict.fromkeys((b"heic", b"heix", b"mif1", b"msf1"), "image/heic"),
    b"avif": "image/avif",
}
"""Pictures that come in a film's box, by its brand."""


def sniff(data: bytes) -> str | None:
    """The media type by content, never by name; None for what we do not take."""
    for signature, media_type in SIGNATURES:
        if data.startswith(signature):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] in (b"WEBP", b"WAVE"):
        return "image/webp" if data[8:12] == b"WEBP" else "audio/wav"
    if data[4:8] == b"ftyp":
        return STILLS.get(data[8:12], "video/mp4")
    return None


def add(
    session: Session,
    office: Office,
    case: Case,
    name: str,
    data: bytes,
    order_id: int | None = None,
) -> Attachment:
    """Keep a file of the case, once: sent again after a lost answer, it is the one already kept.

    Raises BadInput for one too large, damaged or of an unknown kind.
    """
    if len(data) > MAX_BYTES:
        raise BadInput("file", "file_too_large", limit=MAX_BYTES)
    media_type = sniff(data)
    if media_type is None:
        raise BadInput("file", "file_kind")
    clean = _without_metadata(data, media_type)
    digest = hashlib.sha256(clean.data).hexdigest()
    session.get_one(Case, case.id, with_for_update=True)
    known = select(Attachment).filter_by(case_id=case.id, order_id=order_id, sha256=digest)
    if kept := session.scalar(known.limit(1)):
        return kept
    store(_path(office, digest), clean.data)
    kept = Attachment(
        case_id=case.id,
        order_id=order_id,
        sha256=digest,
        name=_name(case, name, digest, media_type),
        media_type=media_type,
        size=len(clean.data),
        at=now(session),
        added_by=principal_of(session).id,
        metadata_kept=clean.kept,
    )
    session.add(kept)
    session.flush()
    if clean.data != data:
        originals.seal(session, office, kept, data)
    timeline.add(session, case, "attachment_added", attachment_id=kept.id, media_type=media_type)
    record(session, "attachment.added", "case", case.id, attachment_id=kept.id, sha256=digest)
    return kept


def _without_metadata(data: bytes, media_type: str) -> Cleaned:
    """Off the event loop: a large photo takes a second. Raises BadInput."""
    try:
        found: Cleaned = get_hub().threadpool.apply(metadata.cleaned, (data, media_type))
    except metadata.TooLarge:
        raise BadInput("file", "picture_too_large", limit=metadata.MAX_PIXELS) from None
    except metadata.Unreadable:
        raise BadInput("file", "file_damaged") from None
    return found


def _name(case: Case, name: str, digest: str, media_type: str) -> str:
    """The file's own name, printable; in a report, which a name could give away, a neutral one."""
    if case.kind == "JB":
        return f"{digest[:12]}.{media_type.rpartition('/')[2]}"
    printable = "".join(filter(str.isprintable, name)).replace("\\", "/")
    return printable.rpartition("/")[2].strip(" .")[:200] or digest[:12]


def read(session: Session, office: Office, attachment_id: int) -> tuple[Attachment, bytes]:
    """A file of a case that the principal may see; raises NotFound.

    A photo can give an informant away: who opens one of a report is on record.
    """
    kept = session.get(Attachment, attachment_id)
    if kept is None:
        raise NotFound("attachment", attachment_id)
    case = queries.get(session, kept.case_id)
    data = bytes_of(office, kept)
    if case.kind == "JB":
        record(session, "attachment.read", "case", case.id, attachment_id=kept.id)
    return kept, data


def bytes_of(office: Office, kept: Attachment) -> bytes:
    """Raises NotFound where the file is gone."""
    try:
        return _path(office, kept.sha256).read_bytes()
    except FileNotFoundError:
        raise NotFound("attachment", kept.id) from None


def _path(office: Office, digest: str) -> Path:
    return office.attachments / digest[:2] / digest
