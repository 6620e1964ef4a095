"""Keys that were pressed on the phones that we called. Nothing here commits.

A key proves the number, not the person: reports name who was sent, and carry the number and the key
as their proof.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.delivery.models import Delivery
from dispatch.delivery.service import DeliveryService, changed, tell
from dispatch.orders import queries as orders
from dispatch.orders.lifecycle import ACKED, CANNOT
from dispatch.orders.status import Report, StatusService
from kernel.errors import AppError
from kernel.log import get_logger

log = get_logger(__name__)
REPORTS = {"1": ACKED, "0": CANNOT}
"""What a key means for an assignment."""
DESK = "9"
AGAIN = "*"
BY_KEY = "电话按0"
"""Why an order cannot be carried out, where a key is all that was said."""
SHOWN_DIGITS = 4


class CallNews:
    """Handles the job that every pressed key is."""

    def __init__(self, statuses: StatusService, deliveries: DeliveryService):
        self.statuses, self.deliveries = statuses, deliveries

    def key_pressed(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler of `telephony.key_pressed`: kept and shown, and counted where it still may.

        Keys of a recall, or of messages that carry no order, are no report.
        """
        key = payload["key"]
        wanted = select(Delivery).where(Delivery.message_id == payload["message_id"])
        delivery = session.scalar(wanted)
        if delivery is None or key == AGAIN:
            return
        number = shown(delivery.address)
        tell(session, delivery, "key_pressed", key=key, phone=number)
        changed(session, delivery)
        if delivery.is_recall:
            return
        if key in REPORTS:
            proof = {"receipt_id": payload["receipt_id"], "number": number, "key": key}
            self._report(session, delivery, REPORTS[key], proof)
        elif key == DESK:
            self.deliveries.ring(session, delivery, "desk_wanted")

    def _report(
        self, session: Session, delivery: Delivery, report: str, proof: dict[str, Any]
    ) -> None:
        assignment = orders.assignment(session, delivery.assignment_id)
        reason = BY_KEY if report == CANNOT else ""
        proof = {"message_id": delivery.message_id, **proof}
        said = Report(report, "voice", assignment.target_name, reason=reason, proof=proof)
        try:
            with session.begin_nested():
                self.statuses.report(session, assignment.id, said)
        except AppError as refusal:
            log.info("key_changes_nothing", assignment=assignment.id, code=refusal.code)


def shown(number: str) -> str:
    """The end of a number: enough to know it again."""
    return f"…{number[-SHOWN_DIGITS:]}"
