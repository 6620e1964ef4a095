"""What came due while nobody could act: shown, and left to a person, instead of a storm."""

from datetime import datetime

from sqlalchemy.orm import Session

from dispatch.alarms.models import Alarm
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
        """Something of this order came due in an outage.

        Who has taken the alarm has the outage before in hand: this one rings anew.
        """
        alarm = self._raise(session, order)
        if alarm.taken_at is not None:
            self.alarms.settle(session, KIND, ABOUT)
            alarm = self._raise(session, order)
        named = [*alarm.params.get("orders", ()), order.order_no]
        orders = list(dict.fromkeys(named))[:NAMED]
        count = alarm.params.get("count", 0) + 1
        self.alarms.tell_more(session, alarm, count=count, orders=orders)

    def _raise(self, session: Session, order: Order) -> Alarm:
        path, level = self.directory.bureau_path(session), max(order.urgency, 1)
        return self.alarms.raise_alarm(session, KIND, ABOUT, organisation_path=path, level=level)
