"""What comes from vehicles: answers, events, cries for help. Nothing here commits."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from dispatch.delivery.channels import vehicle
from dispatch.delivery.channels.vehicle import VehicleChannel
from dispatch.delivery.models import Delivery
from dispatch.delivery.receipts import Receipts
from dispatch.orders import queries as orders
from dispatch.orders.lifecycle import ACKED, CANNOT, HANDLING, NEED_HELP, ON_SCENE
from dispatch.orders.status import Report, StatusService
from dispatch.units import queries as units
from dispatch.units.distress import Distress
from gps_ingest import downlink
from gps_ingest.models import Downlink, Happened
from kernel.clock import now
from kernel.errors import AppError
from kernel.log import get_logger

log = get_logger(__name__)
REPORTS = {
    vehicle.ACCEPT: ACKED,
    vehicle.CANNOT: CANNOT,
    vehicle.NEED_HELP: NEED_HELP,
    vehicle.ARRIVED: ON_SCENE,
    vehicle.DONE: HANDLING,
}
"""What a button means for an assignment. Done is no feedback: that needs words, by phone."""
BY_BUTTON = "车载终端按键"


class VehicleNews:
    """Handlers of the jobs that the listeners write."""

    def __init__(
        self,
        channel: VehicleChannel,
        receipts: Receipts,
        statuses: StatusService,
        distress: Distress,
    ):
        self.channel, self.receipts = channel, receipts
        self.statuses, self.distress = statuses, distress

    def downlink_changed(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler: a message to a vehicle has gone on. The row says how far, not the job."""
        found = downlink.get(session, payload["downlink_id"])
        kind, ident = payload["reference"]
        if kind == vehicle.WORDS:
            self.receipts.downlink_changed(session, found)
        elif kind == vehicle.QUESTION and found.state == downlink.ANSWERED:
            self._answered(session, found, ident)

    def happened(self, session: Session, told: Happened) -> None:
        """A terminal told something besides its position."""
        if told.kind == "alarm" and told.details.get("sos") and not told.details.get("late"):
            self.distress.of_terminal(session, told)
        elif told.kind == "event":
            self._event(session, told)
        elif told.kind == "suspicious":
            self.distress.suspicious(session, told)

    def _answered(self, session: Session, found: Downlink, delivery_id: int) -> None:
        delivery = session.get(Delivery, delivery_id)
        report = REPORTS.get(found.answer or 0)
        if delivery is None or report is None:
            return
        proof = {"downlink_id": found.id, "terminal_id": found.terminal_id}
        moved = self._report(session, delivery.assignment_id, report, proof)
        if moved and report == ACKED:
            self.channel.ask(
                session, found.terminal_id, delivery.order_no, delivery.id, under_way=True
            )

    def _event(self, session: Session, told: Happened) -> None:
        """At any time: it is about the one assignment that the unit is working on."""
        report = REPORTS.get(int(told.details.get("event_id", 0)))
        unit = units.of_terminal(session, told.terminal_id)
        if unit is None or report is None:
            return
        since = now(session) + timedelta(days=1)  # none that were taken back
        mine = orders.assignments_of_unit(session, unit.id, since)
        working = [one for one in mine if one.closed_at is None]
        proof = {"happening_id": told.id, "terminal_id": told.terminal_id}
        if len(working) == 1:
            self._report(session, working[0].id, report, proof)
        elif report == NEED_HELP:
            self.distress.help_wanted(session, unit, told)

    def _report(
        self, session: Session, assignment_id: int, report: str, proof: dict[str, int]
    ) -> bool:
        """The terminal is what is proven, not who pressed. False where the order moved on."""
        assignment = orders.assignment(session, assignment_id)
        reason = BY_BUTTON if report in (CANNOT, NEED_HELP) else ""
        said = Report(report, "vehicle", assignment.target_name, reason=reason, proof=proof)
        try:
            with session.begin_nested():
                self.statuses.report(session, assignment_id, said)
        except AppError as refusal:
            log.info("vehicle_report_refused", assignment=assignment_id, code=refusal.code)
            return False
        return True
