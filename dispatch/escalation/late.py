"""What came due while nobody could act: shown, and left to a person, instead of a storm."""

from datetime import datetime

from sqlalchemy.orm import Session

from dispatch.alarms.service import OUTAGE, AlarmService
from dispatch.orders.models import Order
from dispatch.orders.ports import Directory
from kernel.clock import now

KIND, ABOUT = "overdue_after_outage", ("outage", 0)
NAMED = 20
"""Orders that the alarm names; `count` is of all that came due."""


class Late:
    """One alarm for all that was found too late."""

    def __init__(self, alarms: AlarmService, directory: Directory):
        self.alarms, self.directory = alarms, directory

    @staticmethod
    def is_late(session: Session, due: datetime) -> bool:
        return now(session) - due > OUTAGE

    def note(self, session: Session, order: Order) -> None:
        """Something of this order came due in the outage."""
        alarm = self.alarms.raise_alarm(
            session,
            KIND,
            ABOUT,
            organisation_path=self.directory.bureau_path(session),
            level=max(order.urgency, 1),
            params={"count": 0, "orders": []},
        )
        orders = list(dict.fromkeys([*alarm.params["orders"], order.order_no]))[:NAMED]
        self.alarms.tell_more(session, alarm, count=alarm.params["count"] + 1, orders=orders)
