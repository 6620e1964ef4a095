"""The one place where a message changes its state: locked, dated, counted, told upward."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from kernel import metrics, pause
from kernel.clock import now
from kernel.db import among
from kernel.jobs import enqueue
from telephony import news
from telephony.lifecycle import ENDED, IN_FLIGHT, Channel, State
from telephony.models import Attempt, Message

SEND = "telephony.send"
HANG_UP = "telephony.hang_up"
RELEASE = "telephony.release"
"""Job: a pause of everything outbound is over."""
NO_LINE = "lines_busy"
"""Problem of a call that found no free line."""
CALLED = frozenset({Channel.FAX, Channel.VOICE})
"""Channels that take a line for as long as they last."""
changes_total = metrics.Counter("cc_messages_total", "Changes of messages", ["channel", "state"])


def locked(session: Session, message_id: int) -> Message | None:
    """The message under a row lock, its list first, so that lists never deadlock."""
    list_key = session.scalar(select(Message.list_key).where(Message.id == message_id))
    if list_key is not None:
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(list_key, 0))))
    return session.get(Message, message_id, with_for_update=True, populate_existing=True)


def free(session: Session, message_id: int) -> Message | None:
    """As `locked`, without waiting: None while somebody else holds the message or its list."""
    return all_free(session, {message_id})[0].get(message_id)


def all_free(session: Session, ids: Collection[int]) -> tuple[dict[int, Message], set[int]]:
    """Those that nobody else holds, under their locks; and the ids of those that somebody does."""
    lists = {ident: key for ident, key in session.execute(_lists_of(ids))}
    taken = {
        key for key in sorted({key for key in lists.values() if key}) if _is_free(session, key)
    }
    wanted = select(Message).where(
        among(Message.id, [ident for ident, key in lists.items() if not key or key in taken])
    )
    of_nobody_else = wanted.with_for_update(skip_locked=True)
    rows = session.scalars(of_nobody_else.execution_options(populate_existing=True))
    found = {row.id: row for row in rows}
    return found, lists.keys() - found.keys()


def _lists_of(ids: Collection[int]) -> Select[int, str | None]:
    return select(Message.id, Message.list_key).where(among(Message.id, ids))


def _is_free(session: Session, list_key: str) -> bool:
    """Whether the list is ours now; it is not while somebody else has it."""
    taken = func.pg_try_advisory_xact_lock(func.hashtextextended(list_key, 0))
    return bool(session.scalar(select(taken)))


def move(session: Session, message: Message, state: State, problem: str | None = None) -> bool:
    """Put the message into `state`; False, and nothing is changed, when it is there already."""
    if state is State.QUEUED and message.stop_asked_at is not None:
        state = State.CANCELLED
    if message.state == state:
        return False
    was_calling = message.state in IN_FLIGHT and problem != NO_LINE
    message.state, message.problem = state, problem
    _date(message, state, now(session))
    changes_total.labels(message.channel, state).inc()
    news.message_changed(session, message)
    if state not in IN_FLIGHT:
        start_next_of_list(session, message)
        if was_calling and message.channel in CALLED:
            _start_who_waits_for_a_line(session, message.channel)
    return True


def _date(message: Message, state: State, moment: datetime) -> None:
    if state in (State.SENT, State.DELIVERED):
        message.sent_at = message.sent_at or moment
    if state is State.DELIVERED:
        message.delivered_at = moment
    message.ended_at = moment if state in ENDED else None


def gives_up_at(session: Session, message: Message) -> datetime:
    """Time in which nothing could leave does not count."""
    return message.give_up_at + pause.spent(session, message.queued_at)


def ask_to_stop(session: Session, message: Message) -> None:
    """Nobody wants this call any more: a worker ends it if it still rings."""
    message.stop_asked_at = message.stop_asked_at or now(session)
    payload = {"message_id": message.id, "attempt": message.attempts_made}
    enqueue(session, HANG_UP, payload)


def enqueue_send(session: Session, message: Message) -> None:
    """Have a worker make the next attempt when it is due; of those due, the urgent go first."""
    _enqueue(session, message, message.try_at)


def _enqueue(session: Session, message: Message, due: datetime) -> None:
    payload = {"message_id": message.id, "attempt": message.attempts_made + 1}
    if due <= now(session):
        due -= timedelta(hours=message.priority)
    enqueue(session, SEND, payload, run_at=due)


def enqueue_waiting(session: Session) -> None:
    """Have a worker make every attempt that came due meanwhile, the urgent first, then the old."""
    moment = now(session)
    due = (Message.state == State.QUEUED, Message.try_at <= moment)
    newest_first = session.scalars(select(Message).where(*due).order_by(Message.id.desc()))
    for place, message in enumerate(newest_first):
        _enqueue(session, message, moment - timedelta(microseconds=place))


def _start_who_waits_for_a_line(session: Session, channel: str) -> None:
    """A line has become free: the most urgent of those that found none goes now."""
    waits = (Message.channel == channel, Message.state == State.QUEUED)
    order = (Message.priority.desc(), Message.id)
    found = select(Message).where(*waits, Message.problem == NO_LINE).order_by(*order).limit(1)
    if (message := session.scalar(found)) is not None:
        _enqueue(session, message, now(session))


def dials(session: Session, *message_ids: int) -> Counter[int]:
    """How often each was really dialled: an engine that would not take it does not count."""
    made = (
        select(Attempt.message_id, func.count())
        .where(Attempt.message_id.in_(message_ids), Attempt.outcome.is_distinct_from("put_off"))
        .group_by(Attempt.message_id)
    )
    return Counter({ident: count for ident, count in session.execute(made)})


# -- lists: the same document to several numbers, one after the other -----------------------------


def start_next_of_list(session: Session, message: Message) -> None:
    """A call of the list has ended: have a worker make the next one."""
    following = _next_of_list(session, message.list_key) if message.list_key else None
    if following is not None and following is not message:
        enqueue_send(session, following)


def is_its_turn(session: Session, message: Message) -> bool:
    """Whether no other message of its list is on the line or before it."""
    return message.list_key is None or _next_of_list(session, message.list_key) is message


def _next_of_list(session: Session, list_key: str) -> Message | None:
    """The next to call: in order, those that were busy again after all others."""
    statement = select(Message).where(Message.list_key == list_key)
    rows = session.scalars(statement.execution_options(populate_existing=True)).all()
    if any(row.state in IN_FLIGHT for row in rows):
        return None
    waiting = [row for row in rows if row.state == State.QUEUED]
    made = dials(session, *(row.id for row in waiting))
    return min(waiting, key=lambda row: (made[row.id], row.position, row.id), default=None)
