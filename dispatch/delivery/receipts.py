"""What becomes of a delivery: the engines' news and the crew's own app. Nothing here commits."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.delivery import lifecycle, queries
from dispatch.delivery.models import Delivery
from dispatch.delivery.service import DeliveryService, changed, tell
from gps_ingest import downlink
from gps_ingest.models import Downlink
from kernel.clock import now
from telephony import outbound

OF_DOWNLINK = {
    downlink.SENT: lifecycle.SENT,
    downlink.ACKNOWLEDGED: lifecycle.DELIVERED,
    downlink.ANSWERED: lifecycle.DELIVERED,
    downlink.FAILED: lifecycle.FAILED,
    downlink.EXPIRED: lifecycle.FAILED,
}
"""A message to a vehicle that waits, or waits again, is no news."""
TOLD = frozenset({lifecycle.DELIVERED, lifecycle.FAILED, lifecycle.UNKNOWN})


class Receipts:
    """Follows deliveries and alarms the desk when one ends badly while somebody waits for it."""

    def __init__(self, deliveries: DeliveryService):
        self.deliveries = deliveries

    def message_changed(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler of `telephony.message_changed`; messages of others are not our news."""
        delivery = queries.locked(session, Delivery.message_id == payload["message_id"])
        if delivery is None or not lifecycle.is_news(delivery.message_version, payload["version"]):
            return
        delivery.message_version = payload["version"]
        delivery.parts_total = payload["parts_total"]
        delivery.parts_confirmed = payload["parts_confirmed"]
        delivery.problem = payload["problem"]
        message = outbound.message(session, payload["message_id"])
        delivery.attempts, delivery.page_under_way = message.attempts_made, message.page_under_way
        self._reach(session, delivery, payload["state"], datetime.fromisoformat(payload["at"]))

    def downlink_changed(self, session: Session, found: Downlink) -> None:
        """What the vehicle's terminal made of the words: heard, refused, or never heard of."""
        delivery = queries.locked(session, Delivery.downlink_id == found.id)
        state = OF_DOWNLINK.get(found.state)
        if delivery is None or state is None or delivery.state == lifecycle.DELIVERED:
            return
        delivery.attempts = found.attempts
        delivery.problem = found.problem or ("expired" if found.state == downlink.EXPIRED else None)
        self._reach(session, delivery, state, now(session))

    def seen(self, session: Session, assignment_id: int) -> None:
        """A crew member's app has fetched the order: its announcement is delivered."""
        announced = select(Delivery).where(
            Delivery.assignment_id == assignment_id,
            Delivery.channel == "app",
            Delivery.state == lifecycle.SENT,
        )
        for delivery in session.scalars(announced.with_for_update(skip_locked=True)):
            self._reach(session, delivery, lifecycle.DELIVERED, now(session))

    def _reach(self, session: Session, delivery: Delivery, state: str, at: datetime) -> None:
        if delivery.state != state:
            delivery.state = state
            _date(delivery, at)
            if state in TOLD:
                tell(session, delivery, f"delivery_{state.lower()}", problem=delivery.problem)
            if state in lifecycle.ENDED_BADLY and delivery.stopped_at is None:
                self.deliveries.fell_through(session, delivery)
        changed(session, delivery)


def _date(delivery: Delivery, at: datetime) -> None:
    if delivery.state in (lifecycle.SENT, lifecycle.DELIVERED):
        delivery.sent_at = delivery.sent_at or at
    if delivery.state == lifecycle.DELIVERED:
        delivery.delivered_at = at
