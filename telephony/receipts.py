"""What engines report about messages: kept raw, counted once, late or repeated as it may be."""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel.clock import now
from kernel.jobs import enqueue
from kernel.log import get_logger
from telephony import ledger, news
from telephony.lifecycle import IN_FLIGHT, NOT_REACHED, Channel, Kind, News, State, hear, news_in
from telephony.models import Message, Receipt
from telephony.patience import pause_after_call

log = get_logger(__name__)
IMPLIED_BY = {Kind.DELIVERED: {Kind.DELIVERED}, Kind.CARRIED: {Kind.CARRIED, Kind.DELIVERED}}
"""A part that was delivered was carried, whichever report comes first."""
KEYS = frozenset("0123456789*#")
"""What a telephone can send (ITU-T Q.23)."""
REPORT = "telephony.report"
"""Job: an event as an engine reports it."""
HELD_PAUSE = timedelta(seconds=0.3)
PROBLEMLESS: dict[News, str | None] = {News.ACCEPTED: None, News.DELIVERED: None}


@dataclass(frozen=True, slots=True)
class Heard:
    """One event as an engine reports it. `event_id` is the same when it is reported again."""

    event_id: str
    message_id: int
    attempt: int
    part: int
    kind: Kind
    at: datetime
    provider_id: str | None = None
    raw: dict[str, Any] = field(default_factory=dict)


def take(session: Session, heard: Heard) -> None:
    """Have the worker keep the event and draw its consequence: whoever reports shall not wait."""
    enqueue(session, REPORT, asdict(heard) | {"at": heard.at.isoformat()})


def settle(session: Session, payloads: list[dict[str, Any]]) -> None:
    """Job handler of `REPORT`, for as many as wait.

    Of several messages it waits for the first alone, so that it waits in no circle; what somebody
    else holds comes again.
    """
    heard = [_heard(one) for one in payloads]
    ledger.locked(session, heard[0].message_id)
    free, held = ledger.all_free(session, {one.message_id for one in heard})
    for one, payload in zip(heard, payloads, strict=True):
        if one.message_id in held:
            enqueue(session, REPORT, payload, run_at=now(session) + HELD_PAUSE)
        else:
            _record(session, one, free.get(one.message_id))


def _heard(payload: dict[str, Any]) -> Heard:
    told = {"kind": Kind(payload["kind"]), "at": datetime.fromisoformat(payload["at"])}
    return Heard(**payload | told)


def record(session: Session, heard: Heard) -> bool:
    """Keep the event and draw its consequence; False when it was known or concerns nobody.

    An event of a message that we do not know is kept without one: an engine would repeat a
    refused report for days.
    """
    return _record(session, heard, ledger.locked(session, heard.message_id))


def _record(session: Session, heard: Heard, message: Message | None) -> bool:
    receipt_id = _keep(session, heard, message)
    if receipt_id is None or message is None:
        return False
    if heard.kind is Kind.KEY:
        news.key_pressed(session, message, receipt_id, heard.raw["key"])
    message.provider_id = message.provider_id or heard.provider_id
    progress = _page_begins(message, heard) or _confirm_parts(session, message, heard)
    told = _meaning(session, message, heard)
    moved = told is not None and _conclude(session, message, heard, told)
    progress |= told is News.ACCEPTED and _on_its_way(message)
    if progress and not moved and message.state != State.CANCELLED:
        news.message_changed(session, message)
    return True


def _keep(session: Session, heard: Heard, message: Message | None) -> int | None:
    """The id of the new receipt; None for an event that was known."""
    statement = insert(Receipt).values(
        event_id=heard.event_id,
        message_id=message.id if message else None,
        attempt=heard.attempt,
        part=heard.part,
        kind=heard.kind,
        raw=heard.raw,
        at=heard.at,
    )
    kept = session.execute(
        statement.on_conflict_do_nothing(index_elements=["event_id"]).returning(Receipt.id)
    ).scalar()
    if message is None:
        log.warning("receipt_for_unknown_message", message_id=heard.message_id, kind=heard.kind)
    return kept


def _page_begins(message: Message, heard: Heard) -> bool:
    """The page under way, of this attempt, forward only."""
    is_ours = heard.kind is Kind.PAGE_BEGINS and heard.attempt == message.attempts_made
    page = min(heard.part, message.parts_total)
    if not is_ours or message.state not in IN_FLIGHT or page <= message.page_under_way:
        return False
    message.page_under_way = page
    return True


def _confirm_parts(session: Session, message: Message, heard: Heard) -> bool:
    """Count the parts that are there; True when they have become more."""
    before = message.parts_confirmed
    if heard.kind is Kind.PAGE and heard.attempt == message.attempts_made:
        message.parts_confirmed = max(before, heard.part)
    elif heard.kind is Kind.KEY:
        message.parts_confirmed = message.parts_total
    elif heard.kind is Kind.DELIVERED:
        message.parts_confirmed = _parts_with(session, message, Kind.DELIVERED)
    return message.parts_confirmed != before


def _parts_with(session: Session, message: Message, kind: Kind) -> int:
    """Of how many parts we have heard this; the end of a call speaks for all of it."""
    if message.channel in ledger.CALLED:
        return message.parts_total
    count = select(func.count(Receipt.part.distinct())).where(
        Receipt.message_id == message.id, Receipt.kind.in_(IMPLIED_BY[kind])
    )
    return session.scalar(count) or 0


def _meaning(session: Session, message: Message, heard: Heard) -> News | None:
    if heard.kind in NOT_REACHED and heard.attempt != message.attempts_made:
        return None  # the end of an earlier call
    parts = _parts_with(session, message, heard.kind) if heard.kind in IMPLIED_BY else 0
    again = heard.kind in NOT_REACHED and _goes_on(session, message)
    return news_in(heard.kind, complete=parts >= message.parts_total, again=again)


def _goes_on(session: Session, message: Message) -> bool:
    """Whether it waits once more; a call that was asked to stop does, and is cancelled there."""
    return message.stop_asked_at is not None or _pause(session, message) is not None


def _conclude(session: Session, message: Message, heard: Heard, told: News) -> bool:
    """Move the message where the news put it; False when they change nothing."""
    state = hear(State(message.state), told)
    pause = _pause(session, message) if told is News.PUT_OFF else None
    if state is State.QUEUED and pause is not None:
        message.try_at = now(session) + pause
        ledger.enqueue_send(session, message)
    return ledger.move(session, message, state, PROBLEMLESS.get(told, heard.kind))


def _on_its_way(message: Message) -> bool:
    """The carrier has it now: whatever held it up is over. False when nothing did."""
    if message.state != State.SENT or message.problem is None:
        return False
    message.problem = None
    return True


def _pause(session: Session, message: Message) -> timedelta | None:
    """How long to wait before calling again; None when it is enough or no longer ours to say."""
    if message.state not in IN_FLIGHT:
        return None
    dials = ledger.dials(session, message.id)[message.id] or 1
    pause = pause_after_call(Channel(message.channel), dials)
    if pause is None or now(session) + pause > ledger.gives_up_at(session, message):
        return None
    return pause
