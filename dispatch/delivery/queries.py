"""Reads: the deliveries of an order, and one of them under its lock."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from dispatch.delivery.lifecycle import UNDER_WAY
from dispatch.delivery.models import Delivery
from dispatch.orders.models import Order
from kernel import pause
from telephony import outlook


def by_assignment(session: Session, order_ids: Iterable[int]) -> dict[int, list[Delivery]]:
    """Assignment id -> its deliveries, in the order in which they were made."""
    found: dict[int, list[Delivery]] = defaultdict(list)
    wanted = select(Delivery).where(Delivery.order_id.in_(list(order_ids)))
    for delivery in session.scalars(wanted.order_by(Delivery.id)):
        found[delivery.assignment_id].append(delivery)
    return found


def expected(
    session: Session, order_id: int, lines: Mapping[str, int]
) -> list[tuple[int, datetime]]:
    """When the order's faxes and calls should be over, those that wait and those under way:
    (delivery id, UTC). None of it during a pause of everything outbound.
    """
    mine = select(Delivery).where(Delivery.order_id == order_id, Delivery.state.in_(UNDER_WAY))
    open_calls = {one.message_id: one.id for one in session.scalars(mine) if one.message_id}
    if not open_calls or pause.is_on(session):
        return []
    found = outlook.expected(session, open_calls, lines)
    return [(open_calls[ident], at) for ident, at in found.items()]


def locked(session: Session, which: ColumnElement[bool]) -> Delivery | None:
    """The delivery under a row lock, its order held before.

    Who ends an order locks it and then its deliveries. A delivery refers to its order, so that
    PostgreSQL may lock the order when a delivery is written: after the delivery it would be a
    circle. One at a time: who follows news of several deliveries holds them all to the end.
    """
    of_this = select(Delivery.order_id).where(which).scalar_subquery()
    held = select(Order.id).where(Order.id == of_this)
    session.execute(held.with_for_update(key_share=True))
    found = select(Delivery).where(which).execution_options(populate_existing=True)
    return session.scalar(found.with_for_update())
