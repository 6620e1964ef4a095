"""The sound of calls: sealed as it comes, under a random name, heard by those of SPEC §1.2.

A report's recording is its informant's identity: it opens only while a reveal runs. The recording
of a mixed call belongs to the report alone; the complaint has none.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import queries, service
from command_center.cases.attachments import sniff
from command_center.cases.identity import people, reveals
from command_center.cases.identity.reveals import Seat
from command_center.cases.lifecycle import CLERKS
from command_center.cases.models import Case, Recording
from command_center.cases.office import Office
from kernel import sealed_files
from kernel.access import Principal, Role
from kernel.audit import record
from kernel.clock import now
from kernel.db import in_role, principal_of
from kernel.errors import BadInput, Forbidden, NotFound

HEAR, HEAR_OWN, HEAR_FOR_REASON = "recording.hear", "recording.hear_own", "recording.hear_reason"
KINDS = frozenset({"call", "voice_message"})
ORDER_CALL, CONFERENCE = "order_call", "conference"
"""What a call said that carried an order, and which keys answered; what was said between the desk,
a leader and whoever called."""
SOUNDS = ("audio/", "video/webm")


@dataclass(frozen=True, slots=True)
class Sound:
    """What is handed in."""

    kind: str
    stream: BinaryIO
    transcript: str = ""


def attach(session: Session, office: Office, case_id: int, sound: Sound) -> Recording:
    """Keep the recording of a case; raises NotFound, Forbidden for another's case, BadInput for
    what is no sound or a transcript that names the person."""
    case, principal = queries.get(session, case_id), principal_of(session)
    if principal.roles <= CLERKS and case.registered_by != principal.id:
        raise Forbidden("case.create", "not_your_case")
    if sound.kind not in KINDS:
        raise BadInput("kind", "unknown_code")
    texts = {"transcript": sound.transcript}
    service.refuse_person(session, office, case, texts, always=True)
    kept = _stored(session, office, case, sound)
    with in_role(session, Role.INTAKE):
        session.add(kept)
    record(session, "recording.attached", "case", case.id, recording_id=kept.id)
    return kept


def keep_call(
    session: Session, office: Office, case: Case, file: Path, delivery_id: int | None, at: datetime
) -> None:
    """Seal the sound of a call that carried an order of this case, or of a conference about it."""
    kind = CONFERENCE if delivery_id is None else ORDER_CALL
    with file.open("rb") as stream:
        kept = _stored(session, office, case, Sound(kind, stream))
    kept.call, kept.delivery_id = file.stem, delivery_id
    if case.kind != "JB":
        kept.at = at
    with in_role(session, Role.INTAKE):
        session.add(kept)
        session.flush()
    record(
        session, "recording.kept", "case", case.id, recording_id=kept.id, delivery_id=delivery_id
    )


def hear(
    session: Session, office: Office, recording_id: int, seat: Seat, reason_code: str
) -> tuple[Recording, bytes]:
    """A recording and its sound, whole; logged. Raises NotFound; Forbidden for whoever may not
    hear it, `reveal_needed` for a report's while no reveal runs; BadInput without a reason."""
    with in_role(session, Role.HOUSE):
        kept = session.get(Recording, recording_id)
    if kept is None:
        raise NotFound("recording", recording_id)
    case, principal = queries.get(session, kept.case_id), principal_of(session)
    check(principal, case, kept.kind)
    reveal_id = None
    if case.kind == "JB":
        reveal_id = reveals.running(session, case, seat).id
    elif not _hears_own(principal, case, kept.kind) and principal.can(HEAR_FOR_REASON):
        reveals.check_reason(reason_code)
    record(
        session, "recording.heard", "case", case.id, recording_id=kept.id,
        reason_code=reason_code, reveal_id=reveal_id,
    )  # fmt: skip
    return kept, _sound(office, kept, _key(session, kept))


def check(principal: Principal, case: Case, kind: str) -> None:
    """Raises Forbidden for whoever may not hear a recording of this case (SPEC §1.2)."""
    if _hears_own(principal, case, kind):
        return
    wide = HEAR_FOR_REASON if case.kind == "JB" else HEAR
    if principal.can(HEAR_FOR_REASON) or principal.can(wide):
        if not principal.covers(case.organisation_path):
            raise Forbidden(wide, "outside_jurisdiction")
        return
    raise Forbidden(wide)


def may_hear(principal: Principal, case: Case, kind: str) -> bool:
    try:
        check(principal, case, kind)
    except Forbidden:
        return False
    return True


def transcript(office: Office, kept: Recording) -> str:
    """The cleared words, where somebody wrote them down."""
    return people.open_text(office.vault, kept.sealed_transcript, f"transcript:{kept.file}")


def _hears_own(principal: Principal, case: Case, kind: str) -> bool:
    """Who took the call, which is never one of ours; the named handler, but never a report's."""
    if not principal.can(HEAR_OWN):
        return False
    took_it = case.registered_by == principal.id and bool(principal.roles & CLERKS)
    if kind in (ORDER_CALL, CONFERENCE):
        took_it = False
    return took_it or (case.handler_id == principal.id and case.kind != "JB")


def _stored(session: Session, office: Office, case: Case, sound: Sound) -> Recording:
    name = uuid4()
    media_type = sniff(sound.stream.read(64)) or ""
    if not media_type.startswith(SOUNDS):
        raise BadInput("file", "file_kind")
    sound.stream.seek(0)
    path = path_of(office, str(name))
    opens = sealed_files.keep(path, sound.stream)
    words = sound.transcript.strip()
    moment = now(session)
    return Recording(
        case_id=case.id,
        kind=sound.kind,
        media_type=media_type,
        size=path.stat().st_size,
        file=name,
        sealed_key=office.vault.seal(opens, str(name).encode()),
        sealed_transcript=(
            people.seal_text(office.vault, words, f"transcript:{name}") if words else None
        ),
        at=moment.replace(second=0, microsecond=0) if case.kind == "JB" else moment,
        added_by=principal_of(session).id,
    )


def _key(session: Session, kept: Recording) -> bytes:
    """Asked as the person: the database gives a report's only while a reveal of theirs runs."""
    found = session.scalar(select(Recording.sealed_key).where(Recording.id == kept.id))
    if found is None:
        raise Forbidden(HEAR, "reveal_needed")
    return found


def _sound(office: Office, kept: Recording, sealed_key: bytes) -> bytes:
    opens = office.vault.open(sealed_key, str(kept.file).encode())
    try:
        return sealed_files.read(path_of(office, str(kept.file)), opens)
    except FileNotFoundError:
        raise NotFound("recording", kept.id) from None


def path_of(office: Office, name: str) -> Path:
    """Where the sealed bytes lie."""
    return office.recordings / name[:2] / name
