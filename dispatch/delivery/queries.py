"""Reads: the deliveries of an order."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.delivery.models import Delivery


def by_assignment(session: Session, order_ids: Iterable[int]) -> dict[int, list[Delivery]]:
    """Assignment id -> its deliveries, in the order in which they were made."""
    found: dict[int, list[Delivery]] = defaultdict(list)
    wanted = select(Delivery).where(Delivery.order_id.in_(list(order_ids)))
    for delivery in session.scalars(wanted.order_by(Delivery.id)):
        found[delivery.assignment_id].append(delivery)
    return found
