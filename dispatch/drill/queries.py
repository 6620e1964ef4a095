"""Reads: the drill that goes on, the last one, what it found in a jurisdiction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import literal, or_, select
from sqlalchemy.orm import Session

from dispatch.drill.models import Drill, DrillCall
from dispatch.drill.outcome import WAITING
from dispatch.numbers import sender
from dispatch.orders.models import Order
from dispatch.scope import within
from kernel.access import Principal, Role
from kernel.db import carried_out_by

GRAVE = 2
"""The level from which on an open order needs all lines."""


def running(session: Session) -> Drill | None:
    """The drill that goes on, under a row lock."""
    return session.scalar(select(Drill).where(Drill.ended_at.is_(None)).with_for_update())


@carried_out_by(Role.HOUSE)
def is_running(session: Session) -> bool:
    """Whether one goes on, wherever."""
    return session.scalar(select(Drill.id).where(Drill.ended_at.is_(None))) is not None


def waiting(session: Session, drill_id: int) -> Sequence[DrillCall]:
    """The addresses of which nothing is known yet."""
    wanted = select(DrillCall).where(DrillCall.drill_id == drill_id, DrillCall.outcome == WAITING)
    return session.scalars(wanted.order_by(DrillCall.id)).all()


def sharing(session: Session, call: DrillCall) -> Sequence[DrillCall]:
    """The addresses that its message was for: this one, and others of the same number."""
    wanted = select(DrillCall).where(DrillCall.message_id == call.message_id)
    fresh = wanted.execution_options(populate_existing=True)
    return session.scalars(fresh.order_by(DrillCall.id)).all()


def drill_of(session: Session, call_id: int) -> int:
    return session.get_one(DrillCall, call_id).drill_id


def last(session: Session, principal: Principal) -> Drill | None:
    """The newest drill of the principal's jurisdiction, or of one that it lies in."""
    above = literal(principal.organisation_path).startswith(Drill.organisation_path)
    mine = or_(within(Drill.organisation_path, principal), above)
    return session.scalar(select(Drill).where(mine).order_by(Drill.id.desc()).limit(1))


def calls(session: Session, principal: Principal, drill_id: int) -> Sequence[DrillCall]:
    """What it tried in the principal's jurisdiction."""
    wanted = select(DrillCall).where(
        DrillCall.drill_id == drill_id, within(DrillCall.organisation_path, principal)
    )
    return session.scalars(wanted.order_by(DrillCall.id)).all()


def was_text_to(session: Session, number: str, since: datetime) -> bool:
    """Whether a drill's text went to this number (as `dispatch.numbers.sender` gives it) since."""
    is_out = or_(DrillCall.sent_at >= since, DrillCall.outcome == WAITING)
    texts = select(DrillCall.address).where(DrillCall.channel == "sms", is_out)
    return any(sender(one) == number for one in session.scalars(texts.distinct()))


@carried_out_by(Role.HOUSE)
def is_grave_order_open(session: Session) -> bool:
    """Whether anywhere in the bureau an order of a grave case is under way, or waits."""
    found = select(Order.id).where(Order.urgency >= GRAVE, Order.finished_at.is_(None)).limit(1)
    return session.scalar(found) is not None
