"""A dispatch desk on a real database: two branches, three cars, a dispatcher and a commander."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import uuid4

import pytest
from geoalchemy2 import WKTElement
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from command_center.accounts.roles import permissions
from dispatch import room as dispatch_room
from dispatch.alarms.duty import DutyCall
from dispatch.alarms.models import Alarm
from dispatch.alarms.service import AlarmService
from dispatch.delivery.models import Delivery
from dispatch.news import TIMELINE
from dispatch.orders.authority import Approver
from dispatch.orders.brief import OrderBrief
from dispatch.orders.models import Assignment, Order
from dispatch.orders.plan import Request
from dispatch.orders.ports import Branch, Officer
from dispatch.orders.service import ByCall, OralApproval
from dispatch.orders.status import Report
from dispatch.room import Room
from dispatch.units import service as units
from dispatch.units.models import Unit
from gps_ingest import terminals
from gps_ingest.models import LatestFix
from kernel.access import Principal, Role, system
from kernel.clock import FixedClock
from kernel.crypto import Vault
from kernel.db import Database
from kernel.gate.gate import Word
from kernel.jobs import Handlers, Job, Worker
from kernel.settings import Settings
from telephony import inbound, receipts, sending
from telephony.conference import ConferenceLine
from telephony.gateways.memory import MemoryGateway
from telephony.ledger import HANG_UP, RELEASE, SEND
from telephony.lifecycle import Channel
from telephony.outbox import Outbox
from tests.factories.moments import ALWAYS
from tests.fakes.dispatch import (
    FakeDirectory,
    FakeEvidence,
    FakeFaxReports,
    FakeGate,
    FakeInspections,
    FakeLine,
    FakePhones,
    FakeRegistry,
    FakeWaker,
)

T = TypeVar("T")
WORKER = system("worker", role=Role.HOUSE)
EAST = Branch(
    12, "东华市监所", "branch", "/1/4/12/", "+999100010012", "+999100050012", 39.92, 116.43
)
WEST = Branch(
    13, "西华市监所", "branch", "/1/5/13/", "+999100010013", "+999100050013", 39.92, 116.33
)
STATION = Branch(99, "百货商场维权服务站", "station", "/1/4/12/99/", "+999100010099")
PLACE = (116.43, 39.92)
COMPLAINT = OrderBrief(
    case_id=1,
    case_no="TS11010120260922000012",
    case_kind="TS",
    urgency=1,
    confidential=False,
    organisation_path="/1/4/12/",
    subject_name="老王饭店",
    subject_address="东区建国路88号",
    dispatch_facts="后厨使用过期羊肉",
    demand="退款",
    lon=PLACE[0],
    lat=PLACE[1],
)
REPORT = replace(COMPLAINT, case_id=2, case_no="JB11010120260922000003", case_kind="JB",
                 confidential=True, demand="食品安全")  # fmt: skip
GRAVE = replace(COMPLAINT, case_id=3, case_no="TS11010120260922000031", urgency=2)
TABLES = (
    "dispatch.policies, dispatch.units, dispatch.orders, dispatch.alarms, dispatch.replies,"
    " gps.terminals, gps.happenings, telephony.messages, telephony.inbound, kernel.jobs,"
    " kernel.counters, kernel.outbound_pauses, dispatch.drills, dispatch.conferences"
)


def person(ident: int, role: str, path: str = "/1/", name: str = "") -> Principal:
    roles = frozenset({role})
    return Principal(
        ident, name or f"{role} {ident}", roles, permissions(roles), None, path, confirmed_at=ALWAYS
    )


DISPATCHER = person(7, "DISP", name="李文涛")
COLLEAGUE = person(8, "DISP", name="周敏")
COMMANDER = person(9, "CMD", name="赵刚")
SETUP = system("set-up")
"""The owner of the database, past all rights."""
STRANGER = person(77, "DISP", "/1/5/", "西区调度")


@dataclass
class Desk:
    """The room with engines and a floor above in memory; everything between them is real."""

    database: Database
    clock: FixedClock
    room: Room
    directory: FakeDirectory
    gate: FakeGate
    evidence: FakeEvidence
    phones: FakePhones
    outbox: Outbox
    line: FakeLine
    desks: list[int] = field(default_factory=list)
    """The commanders who sit at a desk."""
    tray: dict[str, bytes] = field(default_factory=dict)
    """The pages of faxes that the exchange took."""
    registry: FakeRegistry = field(default_factory=FakeRegistry)
    fax_reports: FakeFaxReports = field(default_factory=FakeFaxReports)
    woken: FakeWaker = field(default_factory=FakeWaker)
    """Whose browsers were told that there is something."""
    sms: MemoryGateway = field(default_factory=MemoryGateway)
    fax: MemoryGateway = field(default_factory=lambda: MemoryGateway(Channel.FAX))
    voice: MemoryGateway = field(default_factory=lambda: MemoryGateway(Channel.VOICE))
    timeline: list[dict[str, Any]] = field(default_factory=list)

    # -- doing ------------------------------------------------------------------------------

    def do(self, step: Callable[[Session], T], who: Principal = DISPATCHER) -> T:
        with self.database.unit_of_work(who) as session:
            return step(session)

    def work(self, **passed: float) -> None:
        """Let time pass as it does for a worker that is there: all is done when it is due."""
        end, worker = self.clock.at + timedelta(**passed), self.worker()
        while (due := self._next_due()) is not None and due <= end:
            self.clock.at = max(self.clock.at, due)
            if not worker.run_due():
                break
        self.clock.at = end
        worker.run_due()

    def _next_due(self) -> datetime | None:
        wanted = select(func.min(Job.run_at)).where(Job.dead_at.is_(None))
        return self.do(lambda s: s.scalar(wanted), SETUP)

    def outage(self, **passed: float) -> None:
        """Let time pass while no worker runs; then do all that is due."""
        self.clock.advance(**passed)
        self.worker().run_due()

    def worker(self) -> Worker:
        handlers = Handlers()
        gateways = {Channel.SMS: self.sms, Channel.FAX: self.fax, Channel.VOICE: self.voice}
        sender = sending.Sender(self.database, gateways, self.outbox, demo_mode=True)
        handlers.manual(SEND, sender.handle)
        handlers.manual(HANG_UP, sender.hang_up)
        handlers.transactional(RELEASE, sending.release)
        handlers.together(receipts.REPORT, receipts.settle)
        handlers.transactional(TIMELINE, lambda _, payload: self.timeline.append(payload))
        self.room.bind(handlers)
        return Worker(self.database, handlers, WORKER)

    def unit(
        self,
        name: str,
        *,
        crew: int = 2,
        path: str = EAST.path,
        lon: float = 116.42,
        protocol: str = "nmea",
    ) -> int:
        """A car with so many certified officers, standing on the parallel of the case."""

        def make(session: Session) -> int:
            terminal = terminals.register(session, identity=name, protocol=protocol)
            unit = units.register(
                session,
                name=name,
                plate=name,
                organisation_id=EAST.id,
                organisation_name=EAST.name,
                organisation_path=path,
                terminal_ids=[terminal.id],
            )
            moment = self.clock.now()
            session.add(
                LatestFix(
                    terminal_id=terminal.id,
                    fixed_at=moment,
                    received_at=moment,
                    geog=WKTElement(f"POINT({lon} {PLACE[1]})", 4326),
                    flags=0,
                )
            )
            for n in range(crew):
                officer = self.officer(unit.id * 100 + n)
                units.sign_on(
                    session, unit.id, user_id=officer.id, name=officer.name,
                    phone=officer.phone, certified=True,
                )  # fmt: skip
            return unit.id

        return self.do(make, SETUP)

    def officer(self, ident: int) -> Officer:
        made = Officer(ident, f"警员{ident}", f"+99913800{ident:06}", certified=True)
        return self.directory.officers.setdefault(ident, made)

    def request(self, case: OrderBrief = COMPLAINT, **more: Any) -> Request:
        given = {"unit_ids": (), "branch_ids": (), "channels": ("sms", "fax", "app"),
                 "kind": "inspect", **more}  # fmt: skip
        return Request(case_id=case.case_id, **given)

    def issue(
        self,
        *unit_ids: int,
        who: Principal = DISPATCHER,
        oral: OralApproval | ByCall | None = None,
        override_reason: str = "更熟悉现场",
        confirmed: Sequence[Word] = (),
        **more: Any,
    ) -> int:
        request = self.request(unit_ids=unit_ids, **more)
        made = self.do(
            lambda s: self.room.orders.issue(
                s,
                request,
                idempotency_key=uuid4(),
                override_reason=override_reason,
                approval=oral,
                confirmed=confirmed,
            ),
            who,
        )
        return made.id

    def report(self, assignment_id: int, state: str, **more: Any) -> None:
        said = Report(**{"state": state, "via": "app", "actor": "警员", "text": "已核查",
                         "reason": "车坏了", **more})  # fmt: skip
        self.do(lambda s: self.room.statuses.report(s, assignment_id, said))

    def text_in(self, sender: str, words: str) -> int:
        """A text arrives and is worked on; gives its id."""
        ident = self.do(
            lambda s: inbound.receive(
                s, gateway="memory", provider_id=str(uuid4()), sender=sender, recipient="12315",
                text=words, received_at=self.clock.now(),
            ),
            WORKER,
        )  # fmt: skip
        assert ident is not None
        self.work()
        return ident

    def fax_in(self, sender: str, pages: bytes | None = b"%PDF-1.7 a page") -> int:
        """A fax arrives and is worked on; gives its id."""
        name = f"in-{1_790_000_000 + len(self.tray)}.1.tif"
        if pages is not None:
            self.tray[name] = pages
        ident = self.do(
            lambda s: inbound.receive(
                s, gateway="fax_asterisk", provider_id=name, sender=sender, recipient="12315",
                text="", pages=1, received_at=self.clock.now(), channel=Channel.FAX,
            ),
            WORKER,
        )  # fmt: skip
        assert ident is not None
        self.work()
        return ident

    # -- looking ----------------------------------------------------------------------------

    def order(self, order_id: int) -> Order:
        """The order as it stands, its assignments loaded."""
        return self.do(lambda s: s.get_one(Order, order_id), SETUP)

    def assignment(self, order_id: int, index: int = 0) -> Assignment:
        return self.order(order_id).assignments[index]

    def deliveries(self, order_id: int) -> list[Delivery]:
        wanted = select(Delivery).where(Delivery.order_id == order_id).order_by(Delivery.id)
        return list(self.do(lambda s: s.scalars(wanted).all(), SETUP))

    def unit_now(self, unit_id: int) -> Unit:
        return self.do(lambda s: s.get_one(Unit, unit_id), SETUP)

    def alarms(self, kind: str | None = None) -> list[Alarm]:
        """Open alarms, the oldest first."""
        wanted = select(Alarm).where(Alarm.resolved_at.is_(None)).order_by(Alarm.id)
        found = self.do(lambda s: s.scalars(wanted).all(), SETUP)
        return [one for one in found if kind in (None, one.kind)]

    def count(self, table: str) -> int:
        return self.do(
            lambda s: s.scalar(select(func.count()).select_from(text(table))) or 0, SETUP
        )

    def told(self) -> list[str]:
        """The kinds of the case's timeline so far."""
        return [entry["kind"] for entry in self.timeline]


@pytest.fixture(scope="session")
def dispatch_database(make_database: Callable[[], str]) -> str:
    """The address of one database for all tests of this room."""
    return make_database()


@pytest.fixture
def desk(
    dispatch_database: str, clock: FixedClock, settings: Settings, tmp_path: Path
) -> Iterator[Desk]:
    """A desk without orders, units and jobs."""
    database = Database(dispatch_database, clock=clock, pool_size=6)
    with database.unit_of_work(SETUP) as session:
        session.execute(text(f"truncate {TABLES} restart identity cascade"))
    directory = FakeDirectory({one.id: one for one in (EAST, WEST, STATION)}, here=EAST)
    directory.approvers[9] = Approver(9, COMMANDER.name, COMMANDER.roles, "/1/")
    gate = FakeGate({one.case_id: one for one in (COMPLAINT, REPORT, GRAVE)})
    evidence, phones, outbox = FakeEvidence(), FakePhones(), Outbox(tmp_path / "outbox")
    desks = [9]

    def is_anybody_here(user_ids: Collection[int]) -> bool:
        return not set(desks).isdisjoint(user_ids)

    call = DutyCall(directory.on_duty, is_anybody_here, settings.zone)
    made = dispatch_room.build(
        settings,
        alarms=AlarmService(settings.alarm_climb_seconds, call),
        channels=dispatch_room.standard_channels(outbox, voice=False),
        outbox=outbox,
        directory=directory,
        waker=(woken := FakeWaker()),
        gate=gate,
        evidence=evidence,
        positions=phones,
        inspections=FakeInspections(),
        is_anybody_here=lambda user_ids: bool(desks),
        vault=Vault("a master key of some length"),
        fax_pages=(tray := dict[str, bytes]()).get,
        registry=(registry := FakeRegistry()),
        line=cast(ConferenceLine, line := FakeLine()),
        fax_reports=(fax_reports := FakeFaxReports()),
    )
    yield Desk(
        database, clock, made, directory, gate, evidence, phones, outbox, line, desks, tray,
        registry, fax_reports, woken,
    )  # fmt: skip
    database.close()
