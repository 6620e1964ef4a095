"""The room put together: its services around the ports and channels that the wiring chooses."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, cast, select
from sqlalchemy.orm import Session, aliased

from dispatch.alarms.duty import Present
from dispatch.alarms.service import CLIMB, AlarmService
from dispatch.calls import CallNews
from dispatch.conference.decision import DECISION_DUE, DecisionService
from dispatch.conference.service import HANG_UP, LOOK, RING, ConferenceService
from dispatch.delivery.channels.app import AppChannel
from dispatch.delivery.channels.base import Channel
from dispatch.delivery.channels.fax import FaxChannel
from dispatch.delivery.channels.sms import SmsChannel
from dispatch.delivery.channels.vehicle import VehicleChannel
from dispatch.delivery.channels.voice import VoiceChannel
from dispatch.delivery.fax_report import FaxReporter, FaxReports
from dispatch.delivery.models import Delivery
from dispatch.delivery.receipts import Receipts
from dispatch.delivery.service import FAX_REPORT, LAY_OUT, DeliveryService
from dispatch.drill.models import DrillCall
from dispatch.drill.service import DIAL, OVER, REFERENCE, DrillService
from dispatch.escalation.course import ESCALATE
from dispatch.escalation.late import Late
from dispatch.escalation.saga import HURRY, Saga, message_failed
from dispatch.field.ports import Evidence, Inspections, PositionSink
from dispatch.field.service import FieldService
from dispatch.inbound.pages import FaxPages, Pages
from dispatch.inbound.service import InboundService
from dispatch.orders.outgoing import Outgoings
from dispatch.orders.ports import CaseGate, Directory, Waker
from dispatch.orders.progress import Progress
from dispatch.orders.service import OrderService
from dispatch.orders.status import StatusService
from dispatch.orders.timers import LIMIT_DUE, ORAL_DUE, Timers
from dispatch.outbound.service import OutboundService
from dispatch.passing.service import PassingService
from dispatch.subjects.ports import Registry as SubjectRegistry
from dispatch.subjects.service import SubjectService
from dispatch.terminals.service import Registry
from dispatch.tracking import service as tracking
from dispatch.units.distress import Distress
from dispatch.vehicles import VehicleNews
from gps_ingest import queries as gps
from gps_ingest.downlink import DOWNLINK_CHANGED
from gps_ingest.history import HAPPENED
from kernel.crypto import Vault
from kernel.jobs import Handlers, Job
from kernel.settings import Settings
from telephony.conference import ConferenceLine
from telephony.news import INBOUND_RECEIVED, KEY_PRESSED, MESSAGE_CHANGED, PARTY_CHANGED
from telephony.outbox import Outbox

Handler = Callable[[Session, dict[str, Any]], None]


@dataclass(frozen=True)
class Room:
    """The services of dispatch, ready to be called."""

    alarms: AlarmService
    deliveries: DeliveryService
    receipts: Receipts
    fax_reporter: FaxReporter
    orders: OrderService
    saga: Saga
    statuses: StatusService
    timers: Timers
    inbound: InboundService
    field: FieldService
    vehicles: VehicleNews
    calls: CallNews
    conferences: ConferenceService
    decisions: DecisionService
    outbound: OutboundService
    drills: DrillService
    zone: ZoneInfo
    """Of the bureau: its days are counted by it."""
    terminals: Registry
    subjects: SubjectService
    passing: PassingService

    def bind(self, handlers: Handlers) -> None:
        """Have this room's jobs done, each exactly once."""
        handlers.together(MESSAGE_CHANGED, self.messages_changed, _of_the_same)
        for kind, handler in self._jobs().items():
            handlers.transactional(kind, handler)

    def _jobs(self) -> dict[str, Handler]:
        return {
            CLIMB: self.alarms.climb,
            ESCALATE: self.saga.due,
            HURRY: self.saga.hurry,
            LIMIT_DUE: self.timers.limit_overdue,
            ORAL_DUE: self.timers.oral_overdue,
            LAY_OUT: self.deliveries.lay_out,
            FAX_REPORT: self.fax_reporter.due,
            DIAL: self.drills.dial,
            OVER: self.drills.over,
            INBOUND_RECEIVED: self.inbound.received,
            KEY_PRESSED: self.calls.key_pressed,
            RING: self.conferences.ring,
            HANG_UP: self.conferences.hang_up,
            LOOK: self.conferences.look,
            PARTY_CHANGED: self.conferences.party_changed,
            DECISION_DUE: self.decisions.overdue,
            DOWNLINK_CHANGED: self.vehicles.downlink_changed,
            HAPPENED: self.happened,
        }

    def messages_changed(self, session: Session, payloads: list[dict[str, Any]]) -> None:
        """Job handler of `telephony.message_changed`: what became of messages of one order, or of
        one drill.
        """
        drilled = payloads[0]["reference_kind"] == REFERENCE
        follow = self.drills.message_changed if drilled else self.receipts.message_changed
        for payload in payloads:
            follow(session, payload)

    def happened(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler: what a terminal told besides its position, or its track showed."""
        found = gps.happening(session, payload["happening_id"])
        if found is not None and found.kind in tracking.KINDS:
            tracking.happened(session, found)
        elif found is not None:
            self.vehicles.happened(session, found)


def _of_the_same(payload: dict[str, Any]) -> ColumnElement[bool]:
    """Of which messages the news may be taken with this one's: those of its order, its drill, or
    of nobody here.

    Their rows are locked under one lock above them, so that nobody waits in a circle.
    """
    of_its_kind: ColumnElement[bool] = Job.payload["reference_kind"].astext.is_not_distinct_from(
        payload["reference_kind"]
    )
    kinds: dict[str, tuple[type[Any], str]] = {
        "delivery": (Delivery, "order_id"),
        REFERENCE: (DrillCall, "drill_id"),
    }
    if (kind := payload["reference_kind"]) not in kinds:
        return of_its_kind
    table, above = kinds[kind]
    this, other = aliased(table), aliased(table)
    mine = select(getattr(this, above)).where(this.id == payload["reference_id"])
    ids = select(other.id).where(getattr(other, above) == mine.scalar_subquery())
    told = cast(Job.payload["reference_id"].astext, BigInteger)
    return of_its_kind & told.in_(ids)


def standard_channels(outbox: Outbox, *, voice: bool) -> dict[str, Channel]:
    """The registration of channels; a new one is a module, a line here and a page of its own.

    `voice`: whether there is an engine that calls people.
    """
    channels: list[Channel] = [SmsChannel(), FaxChannel(outbox), AppChannel(), VehicleChannel()]
    if voice:
        channels.append(VoiceChannel())
    return {channel.name: channel for channel in channels}


def build(
    settings: Settings,
    *,
    alarms: AlarmService,
    channels: dict[str, Channel],
    outbox: Outbox,
    directory: Directory,
    waker: Waker,
    gate: CaseGate,
    evidence: Evidence,
    positions: PositionSink,
    inspections: Inspections,
    is_anybody_here: Present,
    vault: Vault,
    fax_pages: FaxPages,
    registry: SubjectRegistry,
    line: ConferenceLine | None,
    fax_reports: FaxReports,
) -> Room:
    """Put the room together. `alarms` is made before, because cases ring the same bell."""
    distress = Distress(alarms, directory, is_anybody_here, settings.zone, voice=line is not None)
    deliveries = DeliveryService(channels, alarms, message_failed)
    receipts = Receipts(deliveries)
    late = Late(alarms, directory)
    timers = Timers(settings, alarms, late)
    progress = Progress(gate)
    outgoings = Outgoings(settings, directory, deliveries, waker)
    statuses = StatusService(progress, timers, deliveries, alarms)
    orders = OrderService(settings, directory, gate, alarms, outgoings, progress, timers)
    return Room(
        alarms=alarms,
        deliveries=deliveries,
        receipts=receipts,
        fax_reporter=FaxReporter(fax_reports),
        orders=orders,
        saga=Saga(orders, outgoings, deliveries, alarms, late),
        statuses=statuses,
        timers=timers,
        inbound=InboundService(
            statuses, alarms, directory, vault, Pages(fax_pages, vault, evidence)
        ),
        field=FieldService(
            directory, statuses, receipts, distress, evidence, positions, inspections
        ),
        vehicles=VehicleNews(VehicleChannel(), receipts, statuses, distress),
        calls=CallNews(statuses, deliveries),
        conferences=ConferenceService(directory, gate, alarms, line, settings.next_leader_seconds),
        decisions=DecisionService(directory, gate, alarms, orders, settings.oral_confirm_minutes),
        outbound=OutboundService(alarms, directory),
        drills=DrillService(directory, outbox, channels, settings.zone),
        zone=settings.zone,
        terminals=Registry(directory),
        subjects=SubjectService(registry),
        passing=PassingService(orders, statuses),
    )
