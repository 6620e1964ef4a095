"""The one place where real parts are chosen and events and jobs meet their handlers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from apiflask import APIBlueprint
from prometheus_client import generate_latest
from redis import RedisError

from command_center.accounts import room as accounts_room
from command_center.accounts import service as accounts
from command_center.accounts.directory import StaffDirectory
from command_center.accounts.phones import Phones
from command_center.accounts.push import service as push
from command_center.accounts.push.sender import Pusher
from command_center.audit import service as audit
from command_center.audit import views as audit_views
from command_center.audit.service import Auditing
from command_center.cases import clusters, outlook, papers
from command_center.cases import views as cases_views
from command_center.cases.archive import service as archive
from command_center.cases.archive import views as archive_views
from command_center.cases.archive.service import Archive
from command_center.cases.events import CaseChanged
from command_center.cases.evidence import CaseEvidence
from command_center.cases.fax_reports import CaseFaxReports
from command_center.cases.handover import service as handover
from command_center.cases.handover import views as handover_views
from command_center.cases.identity import alerts
from command_center.cases.inspections import CaseInspections
from command_center.cases.office import Office, vault_of
from command_center.cases.order_calls import KEEP, KEEP_SECONDS, OrderCalls
from command_center.cases.registries import registry_of
from command_center.cases.sending import CaseGate
from command_center.cases.supervision import service as supervision
from command_center.cases.supervision import views as supervision_views
from command_center.cases.supervision import watch
from command_center.cases.supervision.events import SupervisionChanged
from command_center.cases.workdays import service as workdays
from command_center.cases.workdays import views as workdays_views
from command_center.console import views as console_views
from command_center.engines import asterisk
from command_center.engines.health import health
from command_center.insight import views as insight_views
from command_center.intake import views as intake_views
from command_center.intake.service import Intake
from command_center.portal import views as portal_views
from dispatch import api as dispatch_api
from dispatch import room as dispatch_room
from dispatch.alarms.duty import DutyCall
from dispatch.alarms.events import AlarmChanged
from dispatch.alarms.service import AlarmService
from dispatch.conference.events import ConferenceChanged, LeaderJoined
from dispatch.delivery.events import DeliveryChanged
from dispatch.drill.events import DrillChanged
from dispatch.inbound import strangers
from dispatch.inbound.events import InboundChanged, StrangerTextChanged
from dispatch.news import TIMELINE
from dispatch.orders.events import OrderChanged
from dispatch.outbound.events import OutboundChanged
from dispatch.room import Room
from dispatch.units.events import UnitChanged
from gps_ingest import days
from gps_ingest.days import Days
from kernel.access import Role, system
from kernel.bus import Bus
from kernel.db import Database
from kernel.events import EventBus
from kernel.jobs import Handlers
from kernel.metrics import merged
from kernel.settings import Settings
from maps import views as maps_views
from maps.geocoding.resolver import Geocoder
from telephony import ledger, receipts, sending
from telephony import views as telephony_views
from telephony.conference import ConferenceLine
from telephony.fax_tray import CLEAR, CLEAR_SECONDS, FaxTray
from telephony.gateways import base as gateways
from telephony.outbox import Outbox

WORKER = system("worker", role=Role.HOUSE)
REGISTRY = system("registry", role=Role.HOUSE)
SWEEP_SECONDS = 60
SESSION_SWEEP_SECONDS = 3600


@dataclass(frozen=True)
class House:
    """The parts of one running process."""

    settings: Settings
    database: Database
    bus: Bus
    handlers: Handlers
    office: Office
    dispatch: Room
    intake: Intake
    auditing: Auditing

    def health(self) -> dict[str, Any]:
        """Every subsystem's state; `ok` when the main job can run."""
        return health(self.settings, self.database, self.bus)

    def metrics(self) -> bytes:
        """The counters of all processes, left on the bus; ours alone while it is away."""
        ours = {f"serve:{self.bus.name}": generate_latest()}
        try:
            return merged(self.bus.counted() | ours)
        except RedisError:
            return merged(ours)


def build(settings: Settings) -> House:
    """Choose the real parts for these settings. Opens no connection yet."""
    bus = Bus(settings.bus_url)
    database = Database(settings.sqlalchemy_url, events=_news_for_desks(bus))
    outbox = Outbox(settings.var_dir / "outbox")
    tray = FaxTray(asterisk.faxes(settings))
    directory = StaffDirectory()
    call = DutyCall(directory.on_duty, bus.is_anybody_here, settings.zone)
    alarms = AlarmService(settings.alarm_climb_seconds, call)
    office = Office.of(settings, vault_of(settings), alarms)
    room = dispatch_room.build(
        settings,
        alarms=alarms,
        channels=dispatch_room.standard_channels(outbox, voice=settings.voice_engine != "none"),
        outbox=outbox,
        directory=directory,
        waker=push.Waker(),
        gate=CaseGate(office),
        evidence=CaseEvidence(office),
        inspections=CaseInspections(office),
        positions=Phones(settings),
        is_anybody_here=bus.is_anybody_here,
        vault=office.vault,
        fax_pages=tray.pdf,
        registry=registry_of(settings, partial(database.unit_of_work, REGISTRY)),
        line=ConferenceLine(settings, outbox) if settings.voice_engine != "none" else None,
        fax_reports=CaseFaxReports(office),
    )
    sender = sending.Sender(database, gateways.in_use(settings), outbox, settings.is_demo)
    auditing = Auditing(settings, database)
    return House(
        settings=settings,
        database=database,
        bus=bus,
        handlers=_handlers(
            room,
            sender,
            alarms,
            auditing,
            _archive(settings, office),
            OrderCalls(office, asterisk.recordings(settings)),
            tray,
            office,
            Pusher(settings, database),
        ),
        office=office,
        dispatch=room,
        intake=Intake(office, Geocoder().geocode),
        auditing=auditing,
    )


def _archive(settings: Settings, office: Office) -> Archive:
    return Archive(office, settings.var_dir, Days(settings.var_dir, settings.track_days))


def blueprints(house: House) -> list[APIBlueprint]:
    """Every room's views."""
    limits = portal_views.Limits.of_the_demo() if house.settings.is_demo else None
    return [
        *accounts_room.BLUEPRINTS,
        maps_views.blueprint,
        *dispatch_api.blueprints(house.dispatch),
        cases_views.create_blueprint(house.office),
        intake_views.create_blueprint(house.intake),
        portal_views.create_blueprint(house.intake, limits),
        insight_views.create_blueprint(house.office),
        console_views.create_blueprint(),
        audit_views.create_blueprint(house.auditing),
        archive_views.create_blueprint(house.office),
        handover_views.create_blueprint(house.office),
        supervision_views.create_blueprint(house.office),
        workdays_views.blueprint,
        telephony_views.hooks,
    ]


def _handlers(
    room: Room,
    sender: sending.Sender,
    alarms: AlarmService,
    auditing: Auditing,
    keeper: Archive,
    calls: OrderCalls,
    tray: FaxTray,
    office: Office,
    pusher: Pusher,
) -> Handlers:
    """Who does what when a job is due."""
    handlers = Handlers()
    handlers.manual(ledger.SEND, sender.handle)
    handlers.manual(ledger.HANG_UP, sender.hang_up)
    handlers.transactional(ledger.RELEASE, sending.release)
    handlers.together(receipts.REPORT, receipts.settle)
    handlers.manual(push.PUSH, pusher.handle)
    handlers.every("telephony.sweep", SWEEP_SECONDS, sending.sweep)
    handlers.every_apart(sending.ASK, sending.ASK_SECONDS, sender.ask, wanted=bool(sender.asked))
    handlers.every("accounts.sweep", SESSION_SWEEP_SECONDS, accounts.sweep)
    for name, seconds, sweep in auditing.jobs_every():
        handlers.every(name, seconds, sweep)
    handlers.manual(audit.CHECK, auditing.run)
    handlers.every(archive.PROPOSE, archive.PROPOSE_SECONDS, keeper.propose)
    handlers.every(archive.PURGE, archive.PURGE_SECONDS, keeper.purge_files)
    handlers.transactional(archive.DESTROY, keeper.destroy)
    handlers.every(strangers.TEND, strangers.TEND_SECONDS, room.inbound.tend)
    handlers.every(KEEP, KEEP_SECONDS, calls.keep)
    handlers.every(CLEAR, CLEAR_SECONDS, tray.clear)
    handlers.every(days.RETIRE, days.RETIRE_SECONDS, keeper.days.retire)
    room.bind(handlers)
    handlers.transactional(TIMELINE, partial(watch.from_dispatch, office))
    handlers.together(clusters.LINK, partial(clusters.link, office))
    handlers.transactional(papers.RENDER, papers.render_job)
    handlers.transactional(handover.DUE, partial(handover.overdue, office))
    handlers.transactional(supervision.DUE, partial(supervision.overdue, office))
    handlers.every(watch.WATCH, watch.WATCH_SECONDS, partial(watch.of_cases, office))
    handlers.every(outlook.MEASURE, outlook.MEASURE_SECONDS, outlook.measure)
    handlers.transactional(workdays.COUNT, partial(workdays.count_anew, office))
    handlers.transactional(alerts.RING, partial(alerts.ring, alarms))
    return handlers


def _news_for_desks(bus: Bus) -> EventBus:
    """Events of any process become notices on the bus; the console gives them to the desks."""
    events = EventBus()

    def tell(kind: str, ident: int, *paths: str, people: Sequence[int] = ()) -> None:
        bus.publish_json("news", {"kind": kind, "id": ident, "paths": paths, "people": people})

    def on(event: type, kind: str, field: str) -> None:
        events.subscribe(event, lambda e: tell(kind, getattr(e, field), e.organisation_path))

    def order(event: OrderChanged) -> None:
        tell("order", event.order_id, *event.organisation_paths)
        tell("field", event.order_id, *event.organisation_paths)

    def conference(event: ConferenceChanged) -> None:
        tell("conference", event.conference_id, event.organisation_path, people=event.user_ids)

    on(CaseChanged, "case", "case_id")
    # Whoever sees only numbers learns that they changed, not by which case.
    events.subscribe(CaseChanged, lambda e: tell("stats", 0, e.organisation_path))
    events.subscribe(OrderChanged, order)
    events.subscribe(OutboundChanged, lambda e: tell("outbound", e.pause_id, *e.organisation_paths))
    events.subscribe(DrillChanged, lambda e: tell("drill", e.drill_id, *e.organisation_paths))
    events.subscribe(ConferenceChanged, conference)
    events.subscribe(LeaderJoined, lambda e: tell("called", e.conference_id, people=(e.user_id,)))
    on(DeliveryChanged, "order", "order_id")
    on(UnitChanged, "unit", "unit_id")
    on(AlarmChanged, "alarm", "alarm_id")
    on(InboundChanged, "inbound", "inbound_id")
    on(SupervisionChanged, "supervision", "supervision_id")
    on(StrangerTextChanged, "stranger_text", "text_id")
    return events
