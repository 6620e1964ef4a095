"""What higher rooms ask for: queue a message, cancel it, repeat it. Never commits."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel import audit
from kernel.access import Role
from kernel.clock import now
from kernel.db import carried_out_by
from kernel.errors import BadInput, Conflict, NotFound
from kernel.gate.gate import Cleared
from kernel.jobs import enqueue
from telephony import ledger, numbers, sms_text
from telephony.lifecycle import IN_FLIGHT, Action, Channel, Kind, State, act
from telephony.models import Message
from telephony.outbox import Outbox
from telephony.patience import GIVE_UP_AFTER

LONGEST_SPEECH = 200
"""Characters: 50 seconds; nobody listens for longer."""
REPEAT = "【重发】"
"""Begins a repeated text, so that nobody takes it for a second order."""
PROGRESS = frozenset({Kind.PAGE_BEGINS, Kind.PAGE})


@dataclass(frozen=True, slots=True)
class Transmission:
    """How a fax went, by its last call. What the engine does not say is empty."""

    ended_at: datetime | None
    pages: int
    dials: int
    rate: str
    """Bits a second."""
    mode: str
    """`T38` or `audio` (G.711)."""
    error: str


def queue_sms(
    session: Session,
    words: Cleared[str],
    *,
    to: str,
    recipient_name: str = "",
    reference: tuple[str, int] | None = None,
    subject: str = "",
    priority: int = 0,
    repeat_of: int | None = None,
) -> int:
    """Queue a text; gives the message's id. Raises BadInput naming `to` or `text`, NotCleared.

    `reference` (kind, id) says whose it is and comes back with all news; `subject` is a word
    about it without personal data; of several that are due, higher `priority` (0–3) goes first.
    """
    text = words.for_way(Channel.SMS)
    parts = len(sms_text.split(text))
    if not text.strip() or parts > sms_text.MAX_PARTS:
        raise BadInput("text", "too_long" if text.strip() else "required", parts=parts)
    return _queue(
        session,
        Message(
            channel=Channel.SMS,
            address=to,
            text=text,
            purpose=words.purpose,
            recipient_name=recipient_name,
            subject=subject,
            priority=priority,
            repeat_of_id=repeat_of,
            parts_total=parts,
        ),
        reference,
    )


def queue_fax(
    session: Session,
    outbox: Outbox,
    document: Cleared[bytes],
    *,
    to: str,
    pages: int,
    recipient_name: str = "",
    reference: tuple[str, int] | None = None,
    subject: str = "",
    priority: int = 0,
    list_key: str | None = None,
    position: int = 0,
    repeat_of: int | None = None,
) -> int:
    """Queue a PDF; gives the message's id. Raises BadInput naming `to` or `pdf`, NotCleared.

    Messages of one `list_key` are called one after the other, in order of `position`; a number
    that was busy is called again after the others.
    """
    pdf = document.for_way(Channel.FAX)
    if not pdf.startswith(b"%PDF-") or pages < 1:
        raise BadInput("pdf", "not_a_document")
    return _queue(
        session,
        Message(
            channel=Channel.FAX,
            address=to,
            document=outbox.store(pdf),
            purpose=document.purpose,
            recipient_name=recipient_name,
            subject=subject,
            priority=priority,
            list_key=list_key,
            position=position,
            repeat_of_id=repeat_of,
            parts_total=pages,
        ),
        reference,
    )


def queue_call(
    session: Session,
    words: Cleared[str],
    *,
    to: str,
    recipient_name: str = "",
    reference: tuple[str, int] | None = None,
    subject: str = "",
    priority: int = 0,
    list_key: str | None = None,
    position: int = 0,
    repeat_of: int | None = None,
) -> int:
    """Queue words to be spoken; gives the message's id. Raises BadInput naming `to` or `text`,
    NotCleared.

    Messages of one `list_key` are called one after the other, as faxes are. A key that is pressed
    comes back as a job (`telephony.news.KEY_PRESSED`) with the message's id.
    """
    text = words.for_way(Channel.VOICE)
    if not text.strip() or len(text) > LONGEST_SPEECH:
        raise BadInput("text", "too_long" if text.strip() else "required")
    return _queue(
        session,
        Message(
            channel=Channel.VOICE,
            address=to,
            text=text,
            purpose=words.purpose,
            recipient_name=recipient_name,
            subject=subject,
            priority=priority,
            list_key=list_key,
            position=position,
            repeat_of_id=repeat_of,
            parts_total=1,
        ),
        reference,
    )


@carried_out_by(Role.HOUSE)
def _queue(session: Session, message: Message, reference: tuple[str, int] | None) -> int:
    try:
        message.address = numbers.normal(message.address)
    except ValueError:
        raise BadInput("to", numbers.NOT_A_NUMBER) from None
    moment = now(session)
    message.reference_kind, message.reference_id = reference or (None, None)
    message.demo = numbers.is_demo(message.address)
    message.state, message.attempts_made = State.QUEUED, 0
    message.queued_at = message.try_at = moment
    message.give_up_at = moment + GIVE_UP_AFTER[Channel(message.channel)]
    session.add(message)
    session.flush()
    ledger.enqueue_send(session, message)
    return message.id


@carried_out_by(Role.HOUSE)
def message(session: Session, message_id: int) -> Message:
    """The message with its attempts and receipts; raises NotFound."""
    found = session.get(Message, message_id)
    if found is None:
        raise NotFound("message", message_id)
    return found


@carried_out_by(Role.HOUSE)
def transmission(session: Session, message_id: int) -> Transmission:
    """How a fax went; raises NotFound."""
    found = message(session, message_id)
    ends = [one for one in found.receipts if one.kind not in PROGRESS]
    said = ends[-1].raw if ends else {}
    passed = found.parts_confirmed
    return Transmission(
        ended_at=found.ended_at,
        pages=passed if found.state == State.DELIVERED or not ends else max(passed, ends[-1].part),
        dials=ledger.dials(session, found.id)[found.id],
        rate=str(said.get("rate", "")),
        mode=str(said.get("mode", "")),
        error=str(said.get("error", "")),
    )


@carried_out_by(Role.HOUSE)
def waiting(session: Session) -> int:
    """How many messages have not left."""
    counted = select(func.count()).select_from(Message).where(Message.state == State.QUEUED)
    return session.scalar(counted) or 0


def release(session: Session) -> None:
    """After a pause: what waits goes out. As a job, so that it sees what is committed by then."""
    enqueue(session, ledger.RELEASE, {})


@carried_out_by(Role.HOUSE)
def cancel(session: Session, message_id: int) -> bool:
    """Stop a message that has not left; False when it has, even in part. Raises NotFound.

    A call that is being made is hung up soon, unless somebody has answered it, and a fax by an
    engine that can; neither is dialled again.
    """
    found = _locked(session, message_id)
    if found.channel in ledger.CALLED and found.state in IN_FLIGHT:
        ledger.ask_to_stop(session, found)
    if found.state != State.QUEUED or found.parts_accepted:
        return False
    ledger.move(session, found, act(State.QUEUED, Action.CANCEL))
    return True


@carried_out_by(Role.HOUSE)
def resend(session: Session, message_id: int, *, reason: str) -> int:
    """Send the same again, by a person's decision; gives the new message's id.

    The new message is marked as the repeat of the old one, an SMS also in its text. Raises
    NotFound, or Conflict while the old one may still go by itself.
    """
    old = _locked(session, message_id)
    if old.state in (State.QUEUED, State.SENDING):
        raise Conflict("still_going", state=old.state)
    new_id = _queue(session, _repeat(old), old.reference)
    audit.record(session, "message.resend", "message", old.id, new_id=new_id, note=reason)
    return new_id


def _repeat(old: Message) -> Message:
    new = Message(
        channel=old.channel,
        address=old.address,
        document=old.document,
        purpose=old.purpose,
        recipient_name=old.recipient_name,
        subject=old.subject,
        priority=old.priority,
        repeat_of_id=old.id,
        parts_total=old.parts_total,
    )
    if old.text is not None:
        new.text = REPEAT + old.text.removeprefix(REPEAT)
    if old.channel == Channel.SMS:
        new.parts_total = len(sms_text.split(new.text or ""))
    return new


def _locked(session: Session, message_id: int) -> Message:
    found = ledger.locked(session, message_id)
    if found is None:
        raise NotFound("message", message_id)
    return found
