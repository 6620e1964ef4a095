"""Reads: texts that wait for a person: replies for dispatchers, strangers' for the intake room."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from dispatch.inbound.models import Reply
from dispatch.scope import within
from kernel.access import Principal
from kernel.errors import NotFound
from telephony.models import Inbound

LIST_LIMIT = 200


def listed(
    session: Session, principal: Principal, *, strangers: bool, only_open: bool
) -> Sequence[Reply]:
    """Texts of the principal's jurisdiction that went to a person, the newest first."""
    wanted = select(Reply).where(
        Reply.outcome == "to_person",
        Reply.is_stranger == strangers,
        within(Reply.organisation_path, principal),
    )
    if only_open:
        wanted = wanted.where(Reply.settled_at.is_(None))
    return session.scalars(wanted.order_by(Reply.inbound_id.desc()).limit(LIST_LIMIT)).all()


def visible(session: Session, principal: Principal, inbound_id: int, *, strangers: bool) -> Reply:
    """The reply under a lock; raises NotFound."""
    found = session.scalar(
        select(Reply)
        .where(Reply.inbound_id == inbound_id, Reply.is_stranger == strangers)
        .with_for_update(of=Reply)
    )
    if found is None or not principal.covers(found.organisation_path):
        raise NotFound("inbound", inbound_id)
    return found


def oldest_open_of(session: Session, sender: str) -> int | None:
    """The first text of this crew or branch that still waits."""
    return _oldest(session, Inbound.sender == sender, Reply.is_stranger.is_(False))


def oldest_open_of_stranger(session: Session, prints: Collection[bytes]) -> int | None:
    """The first text of a stranger that still waits, by the prints of the number."""
    return _oldest(session, Reply.sender_print.in_(prints))


def _oldest(session: Session, *whose: ColumnElement[bool]) -> int | None:
    wanted = select(Reply.alarm_of).join(Reply.inbound).where(*whose, _waits())
    return session.scalar(wanted.order_by(Reply.inbound_id).limit(1))


def still_open(session: Session, alarm_of: int) -> bool:
    """Whether any text under this alarm still waits."""
    wanted = select(Reply.inbound_id).where(Reply.alarm_of == alarm_of, _waits()).limit(1)
    return session.scalar(wanted) is not None


def _waits() -> ColumnElement[bool]:
    return (Reply.outcome == "to_person") & Reply.settled_at.is_(None)
