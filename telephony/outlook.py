"""When calls will be over: those under way, and the queue played forward on the lines there are.

Faxes and calls of one list follow one another; of what may start, the urgent goes first, then the
older. How long one takes is what the last ones took.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel.access import Role
from kernel.clock import now
from kernel.db import carried_out_by
from telephony.lifecycle import IN_FLIGHT, Channel, State
from telephony.models import Message

CALLS = (Channel.FAX, Channel.VOICE)
LAST = 20
"""So many ended calls tell how long one takes."""
USUAL = {Channel.FAX: timedelta(seconds=45), Channel.VOICE: timedelta(seconds=40)}
"""Until the first has ended."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call that has not ended, as far as its turn depends on it."""

    id: int
    list_key: str | None
    position: int
    priority: int
    try_at: datetime
    is_under_way: bool = False
    sent_at: datetime | None = None


@carried_out_by(Role.HOUSE)
def expected(
    session: Session, message_ids: Collection[int], lines: Mapping[str, int]
) -> dict[int, datetime]:
    """Message id -> when its call should be over; one that takes longer than usual is left out.
    `lines` by channel.
    """
    open_calls = select(Message).where(
        Message.channel.in_(CALLS), Message.state.in_([State.QUEUED, *IN_FLIGHT])
    )
    by_channel: dict[str, list[Waiting]] = {}
    for one in session.scalars(open_calls.order_by(Message.id)):
        told = Waiting(one.id, one.list_key, one.position, one.priority, one.try_at,
                       one.state in IN_FLIGHT, one.sent_at)  # fmt: skip
        by_channel.setdefault(one.channel, []).append(told)
    found: dict[int, datetime] = {}
    moment = now(session)
    for channel, calls in by_channel.items():
        takes = _takes(session, Channel(channel))
        found |= played(calls, lines.get(channel, 1), takes, moment) | begun(calls, takes, moment)
    return {ident: at for ident, at in found.items() if ident in message_ids}


def played(
    calls: Sequence[Waiting], lines: int, takes: timedelta, moment: datetime
) -> dict[int, datetime]:
    """When each waiting call ends, if all take as long and nobody is busy. Pure."""
    under_way = [one for one in calls if one.is_under_way]
    ends = [moment + takes / 2 for _ in under_way]
    free = sorted((ends + [moment] * lines)[:lines])
    list_ends = {one.list_key: moment + takes / 2 for one in under_way if one.list_key}
    waiting, found = [one for one in calls if not one.is_under_way], dict[int, datetime]()
    while waiting:
        at = free.pop(0)

        def start(one: Waiting, at: datetime = at) -> datetime:
            return max(at, one.try_at, list_ends.get(one.list_key or "", moment))

        heads = [one for one in waiting if _is_head(one, waiting)]
        best = min(heads, key=lambda one: (start(one), -one.priority, one.id))
        found[best.id] = start(best) + takes
        if best.list_key:
            list_ends[best.list_key] = found[best.id]
        waiting.remove(best)
        free = sorted([*free, found[best.id]])
    return found


def begun(calls: Sequence[Waiting], takes: timedelta, moment: datetime) -> dict[int, datetime]:
    """When each call under way ends, while it takes no longer than usual. Pure."""
    under_way = {one.id: one.sent_at for one in calls if one.is_under_way and one.sent_at}
    return {ident: at + takes for ident, at in under_way.items() if at + takes > moment}


def _is_head(one: Waiting, waiting: Sequence[Waiting]) -> bool:
    """Whether nothing of its list comes before it."""
    if one.list_key is None:
        return True
    return all(
        other.position >= one.position for other in waiting if other.list_key == one.list_key
    )


def _takes(session: Session, channel: Channel) -> timedelta:
    ended = (
        select(func.extract("epoch", Message.delivered_at - Message.sent_at))
        .where(Message.channel == channel, Message.delivered_at > Message.sent_at)
        .order_by(Message.id.desc())
        .limit(LAST)
    )
    seconds = [float(one) for one in session.scalars(ended)]
    return timedelta(seconds=median(seconds)) if seconds else USUAL[channel]
