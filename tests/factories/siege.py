"""The whole application behind its real door, with one of everything in it, to be attacked.

What one request writes is undone as soon as it is answered: thousands of attacks meet the same
house, and none of them depends on another.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any, cast
from uuid import uuid4

from apiflask import APIFlask
from geoalchemy2 import WKTElement
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from command_center.accounts import cookies, devices, service, sessions
from command_center.accounts.models import Organisation, User
from command_center.accounts.roles import ROLES
from command_center.accounts.roster.models import Duty
from command_center.accounts.sessions import Browser
from command_center.app import create_app
from command_center.cases.archive.models import Destruction
from command_center.cases.models import Document, Recording
from command_center.wiring import House
from dispatch.conference.models import Conference, ConferenceParty
from dispatch.escalation import policies
from dispatch.escalation.policy import HOUSE
from dispatch.orders.models import Proposal
from dispatch.passing.models import Offer
from dispatch.units import service as units
from gps_ingest import terminals
from gps_ingest.models import LatestFix, Quarantined
from kernel.access import Principal, system
from kernel.db import Database
from kernel.settings import Settings
from telephony.models import Inbound
from tests.factories import door
from tests.factories.bureau import SHOP, Bureau, complaint, consultation, make_bureau, report
from tests.factories.documented import Operation, example
from tests.factories.door import PASSWORD
from tests.factories.pictures import picture

SETTER = system("set-up")
ALL = "all"
"""An account that holds every role: its attacks get past every permission."""
OTHERS = ("second", "west", "west-second", "east", "second-disp", "west-disp", ALL)
HERE = Browser("127.0.0.1", "")
OF_OPERATION: dict[str, dict[str, Any]] = {
    "setUnitState": {"state": "OUT_OF_SERVICE"},
    "setUnitEquipment": {"equipment": ["seals"]},
    "reportStatus": {"state": "EN_ROUTE"},
    "reportStatusOnBehalf": {"state": "EN_ROUTE"},
    "submit": complaint().model_dump(mode="json"),
    "submitPublicly": complaint(channel="web").model_dump(
        mode="json", exclude={"triggers", "urgency", "urgency_reason"}
    ),
    "exportPerson": {"reason_code": "access"},
    "readUnitTrack": {"reason_code": "safety"},
    "listCases": {"state": "REGISTERED", "view": "all"},
    "signIn": {"account": ALL, "password": PASSWORD},
}
"""Operation -> what its fields need."""
OF_PENDING = ("approveOrder", "refuseOrder", "getWaitingTexts", "getOrderWords")
SOUND = b"RIFF\0\0\0\0WAVEfmt " + bytes(2_000)


class Undone:
    """Stands in for the application's database while an attack runs: all of it is one transaction
    that is rolled back, every unit of work a savepoint of it."""

    def __init__(self, real: Database):
        self.real, self.clock = real, real.clock
        self.connection: Connection | None = None

    @contextmanager
    def attack(self) -> Iterator[Connection]:
        with self.real.engine.connect() as connection, connection.begin() as outer:
            self.connection = connection
            try:
                yield connection
            finally:
                self.connection = None
                outer.rollback()

    @contextmanager
    def unit_of_work(self, principal: Principal) -> Iterator[Session]:
        if self.connection is None:
            with self.real.unit_of_work(principal) as session:
                yield session
            return
        session = Session(
            self.connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        session.info.update(principal=principal, clock=self.clock, events=[])
        try:
            with session.begin():
                yield session
        finally:
            session.close()


@dataclass(frozen=True)
class Seat:
    """Somebody's session: what their browser sends, and nothing that an answer could change."""

    token: str
    csrf: str


@dataclass
class Siege:
    """The house, and a seat for everybody in it."""

    app: APIFlask
    database: Undone
    bureau: Bureau
    ids: dict[str, int] = field(default_factory=dict)
    """By the name that addresses and bodies give them."""
    numbers: dict[str, str] = field(default_factory=dict)
    """Kind -> the number of its case."""
    codes: dict[str, str] = field(default_factory=dict)
    """Kind -> the query code of its case."""
    seats: dict[str, Seat] = field(default_factory=dict)
    foreign: dict[str, Any] = field(default_factory=dict)
    """The same names for what belongs to the western branch, of which `east` knows nothing."""
    foreign_words: list[str] = field(default_factory=list)
    """What only whoever has seen it could say."""

    @property
    def house(self) -> House:
        return cast(House, self.app.extensions["house"])

    @property
    def settings(self) -> Settings:
        return self.house.settings

    @property
    def known(self) -> dict[str, Any]:
        """What fits the fields of that name, so that an attack gets past the first checks."""
        until = (self.database.clock.now() + timedelta(days=30)).isoformat()
        return {
            **self.ids, "unit_ids": [self.ids["unit_id"]],
            "branch_ids": [self.ids["organisation_id"]], "into_case_no": self.numbers["TS"],
            "case_no": self.numbers["ZX"], "query_code": self.codes["ZX"], "others": [],
            "idempotency_key": str(uuid4()), "reason_code": "verify", "purpose": "order.file",
            "kinds": ["TS"], "details": {"goods": "羊肉"}, "demands": ["refund"], "website": "",
            "triggers": ["ONGOING"], "confirmed": [], "approval": None, "anonymous": False,
            "agency": "police", "number": "13900007788", "phone": "+9991380009999",
            "account": "newcomer", "roles": ["STAT"], "scopes": ["case.read"], "expires_at": until,
            "old": PASSWORD, "code": "123456", "bbox": "116,39,117,40", "q": "老王饭店",
            "object_no": self.numbers["TS"], "region": "110101", "role": "DISP",
            "report_facts": None, "level": 2, "result_code": None, "urgency": None,
            "action": "accept",
            "z": 12, "x": 3372, "y": 1552, "limit": 5, "state": "ACKED",
        }  # fmt: skip

    def body(self, operation: Operation, **more: Any) -> Any:
        """A body that the operation takes."""
        assert operation.body is not None
        known = {**self.known, **OF_OPERATION.get(operation.name, {}), **more}
        return example(operation.body, known)

    def path(self, operation: Operation) -> str:
        """Its address, with ids that exist."""
        waiting = {"order_id": self.ids["pending_id"]} if operation.name in OF_PENDING else {}
        return operation.path({**self.known, **waiting})

    def sit(self, session: Session, account: str) -> None:
        """Open a session of that account."""
        user = session.scalars(select(User).where(User.account == account)).one()
        opened, token = sessions.open_session(session, user, 12, HERE)
        csrf = service.csrf_token(self.settings.secret_key, opened.id)
        self.seats[account] = Seat(token, csrf)

    def send(self, who: str | None, method: str, path: str, **more: Any) -> TestResponse:
        """One request of somebody, or of nobody; undone afterwards. `path` is whole."""
        with self.database.attack():
            return self.request(who, method, path, **more)

    def request(self, who: str | None, method: str, path: str, **more: Any) -> TestResponse:
        """The same, kept; within `database.attack()` until that ends."""
        headers = {**self.headers(who), **more.pop("headers", {})}
        client = self.app.test_client(use_cookies=False)
        return client.open(path, method=method, headers=headers, **more)

    def headers(self, who: str | None) -> dict[str, str]:
        """The cookie and the page's token."""
        if who is None:
            return {}
        seat = self.seats[who]
        return {"Cookie": f"{cookies.SESSION}={seat.token}", "X-CSRF-Token": seat.csrf}

    def kept(self, who: str, method: str, path: str, json: Any = None, **more: Any) -> Any:
        """A request of the set-up, which has to succeed; gives its JSON."""
        answer = self.request(who, method, f"/api/v1{path}", json=json, **more)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.get_json(silent=True)

    def hooked(self, path: str, **more: Any) -> TestResponse:
        """What an engine of ours says."""
        told = {"method": "POST", "auth": ("kannel", self.settings.hook_token), **more}
        return self.app.test_client().open(path, **told)


def build(settings: Settings, database: Database) -> Siege:
    """The house with one of everything in it; the database is the attacks' own."""
    app = create_app(settings)
    undone = Undone(database)
    app.extensions["database"] = undone
    with database.unit_of_work(SETTER) as session:
        bureau = _staffed(session)
    siege = Siege(app, undone, bureau)
    with undone.unit_of_work(SETTER) as session:
        for account in (*(role.lower() for role in ROLES), *OTHERS):
            siege.sit(session, account)
    for step in (_register, _vehicle, _order, _words, _archive, _accounts, _elsewhere):
        step(siege)
    return siege


def _staffed(session: Session) -> Bureau:
    bureau = make_bureau(session)
    for number, branch in enumerate((bureau.branch, bureau.other)):
        branch.phone, branch.fax = f"+99910001001{number}", f"+99910005001{number}"
    for role in ROLES:
        place = bureau.branch if role in ("UNIT", "OFFICER") else bureau.root
        _person(session, place, role.lower(), role)
    _person(session, bureau.branch, "second", "OFFICER")
    _person(session, bureau.other, "west", "OFFICER")
    _person(session, bureau.other, "west-second", "OFFICER")
    _person(session, bureau.other, "west-disp", "DISP")
    _person(session, bureau.branch, "second-disp", "DISP")
    _person(session, bureau.branch, "east", *ROLES)
    _person(session, bureau.root, ALL, *ROLES)
    return bureau


def _person(session: Session, place: Organisation, name: str, *roles: str) -> None:
    made = door.account(session, place, name, *roles)
    made.phone, made.certificate_no = f"+9991380000{made.id:04d}", f"证{made.id}"


def _register(siege: Siege) -> None:
    for told in (complaint(), report(), consultation()):
        case = siege.kept("agent", "POST", "/submissions", told.model_dump(mode="json"))["cases"][0]
        siege.numbers[case["kind"]], siege.codes[case["kind"]] = case["case_no"], case["query_code"]
        siege.ids[f"{case['kind']}_id"] = case["id"]
    siege.ids |= {
        "case_id": siege.ids["TS_id"],
        "business_id": siege.bureau.business.id,
        "year": 2026,
    }
    form = {"file": (BytesIO(SOUND), "call.wav"), "kind": "call"}
    siege.kept("agent", "POST", f"/cases/{siege.ids['case_id']}/recordings", data=form)


def _vehicle(siege: Siege) -> None:
    ids = siege.ids
    ids["unit_id"], ids["terminal_id"] = _unit(siege, "执法一号", "京A12345", siege.bureau.branch)
    with siege.database.unit_of_work(SETTER) as session:
        doubted = Quarantined(
            terminal_id=ids["terminal_id"], received_at=siege.database.clock.now(),
            reason="jump", raw=b"$GPRMC",
        )  # fmt: skip
        session.add(doubted)
        session.flush()
        ids["quarantine_id"] = doubted.id
    for account in ("officer", "second", ALL):
        siege.kept(account, "POST", "/field/sign-on", {"unit_id": siege.ids["unit_id"]})


def _unit(siege: Siege, name: str, plate: str, branch: Organisation) -> tuple[int, int]:
    """A car of the branch, standing before the business: (unit, its terminal)."""
    with siege.database.unit_of_work(SETTER) as session:
        terminal = terminals.register(
            session, identity=plate, protocol="nmea", organisation_id=branch.id
        )
        unit = units.register(
            session, name=name, plate=plate, organisation_id=branch.id,
            organisation_name=branch.name, organisation_path=branch.path,
            terminal_ids=[terminal.id],
        )  # fmt: skip
        moment = siege.database.clock.now()
        place = WKTElement(f"POINT({SHOP[0]} {SHOP[1]})", 4326)
        session.add(
            LatestFix(
                terminal_id=terminal.id, fixed_at=moment, received_at=moment, geog=place, flags=0
            )
        )
        return unit.id, terminal.id


def _sent(siege: Siege, case_id: int, unit_id: int | None, branch: Organisation) -> dict[str, Any]:
    """An order to the branch and, where one is named, the unit; its first part is the unit's."""
    wanted = {
        "case_id": case_id, "unit_ids": [unit_id] if unit_id else [], "branch_ids": [branch.id],
        "channels": ["sms", "fax", "app"], "kind": "inspect", "idempotency_key": str(uuid4()),
        "override_reason": "更熟悉",
    }  # fmt: skip
    made: dict[str, Any] = siege.kept("disp", "POST", "/orders", wanted)
    return made | {"part": min(made["assignments"], key=lambda p: p["target"]["kind"] != "unit")}


def _order(siege: Siege) -> None:
    ids = siege.ids
    made = _sent(siege, ids["case_id"], ids["unit_id"], siege.bureau.branch)
    part = made["part"]
    ids |= {"order_id": made["id"], "assignment_id": part["id"]}
    ids["delivery_id"] = part["deliveries"][0]["id"]
    path = f"/field/assignments/{part['id']}"
    siege.kept("officer", "POST", f"{path}/status", {"state": "ACKED"})
    photo = {"file": (BytesIO(picture("JPEG")), "现场.jpg")}
    ids["attachment_id"] = siege.kept("officer", "POST", f"{path}/photos", data=photo)["id"]
    ids["proposal_id"] = _proposed(siege, part["id"])
    ids["alarm_id"] = siege.kept("officer", "POST", "/field/sos", {})["id"]
    grave = {"level": 2, "reason": "多人受伤"}
    siege.kept("shift", "POST", f"/cases/{ids['JB_id']}/escalate", grave)
    ids["pending_id"] = _sent(siege, ids["JB_id"], None, siege.bureau.branch)["id"]
    ids["policy_id"] = _policy(siege, siege.bureau.root.path)
    ids["duty_id"] = _duty(siege, siege.bureau.branch)
    ids["conference_id"], ids["party_id"] = _conference(siege, ids["case_id"], siege.bureau.branch)
    ids["handover_id"] = siege.kept(
        "second-disp", "POST", "/handovers", {"notes": "一切正常", "key": str(uuid4())}
    )["id"]
    ids["offer_id"] = _offer(siege, part["id"], ids["unit_id"], "更近")
    ids["supervision_id"] = _supervision(siege, ids["JB_id"], "发现的问题")["id"]


def _offer(siege: Siege, assignment_id: int, unit_id: int, reason: str) -> int:
    """The crew's order, offered to another."""
    with siege.database.unit_of_work(SETTER) as session:
        made = Offer(
            assignment_id=assignment_id, unit_id=unit_id, unit_name="执法二号", reason=reason,
            offered_at=siege.database.clock.now(), offered_by=1, offered_by_name="某",
        )  # fmt: skip
        session.add(made)
        session.flush()
        return made.id


def _supervision(siege: Siege, case_id: int, problem: str) -> dict[str, Any]:
    """An order to the unit that has the case, issued."""
    draft = {"level": 1, "source": "leader", "problem": problem, "demand": "尽快办结"}
    body = {"case_id": case_id, "draft": draft, "issue": True}
    made: dict[str, Any] = siege.kept("cmd", "POST", "/supervisions", body)
    return made


def _conference(siege: Siege, case_id: int, branch: Organisation) -> tuple[int, int]:
    """Two talk about the case: (conference, the desk's line)."""
    with siege.database.unit_of_work(SETTER) as session:
        moment = siege.database.clock.now()
        made = Conference(
            case_id=case_id, case_no=siege.numbers["TS"], organisation_path=branch.path,
            is_report=False, started_by=1, started_by_name=branch.name, started_at=moment,
            parties=[
                ConferenceParty(part=part, user_id=1, name="某", state="JOINED", joined_at=moment)
                for part in ("desk", "leader")
            ],
        )  # fmt: skip
        session.add(made)
        session.flush()
        return made.id, made.parties[0].id


def _duty(siege: Siege, branch: Organisation) -> int:
    """Somebody stands at the branch's post."""
    with siege.database.unit_of_work(SETTER) as session:
        moment = siege.database.clock.now()
        person = session.scalars(select(User).where(User.account == ALL)).one()
        made = Duty(
            organisation_id=branch.id, post="CMD", user_id=person.id, name=f"{branch.name}值班员",
            phone="+99913800000001", starts_at=moment, ends_at=moment + timedelta(hours=8),
        )  # fmt: skip
        session.add(made)
        session.flush()
        return made.id


def _policy(siege: Siege, path: str) -> int:
    """What follows there without an answer, unsigned."""
    with siege.database.unit_of_work(SETTER) as session:
        return policies.write(session, path, HOUSE[1], based_on=0).id


def _proposed(siege: Siege, assignment_id: int) -> int:
    """The track shows that the crew has arrived."""
    with siege.database.unit_of_work(SETTER) as session:
        moment = siege.database.clock.now()
        made = Proposal(
            assignment_id=assignment_id, happening_id=1, report="ON_SCENE",
            since=moment, at=moment, metres=20,
        )  # fmt: skip
        session.add(made)
        session.flush()
        return made.id


def _elsewhere(siege: Siege) -> None:
    """A case, a car and an order of the western branch."""
    west = siege.bureau.other
    told = complaint(
        subject={"name": "西华烤鸭店", "address": "西区二环路2号"},
        dispatch_facts="西边的事实，别人不知道",
    ).model_dump(mode="json")
    case = siege.kept("agent", "POST", "/submissions", told)["cases"][0]
    siege.kept("shift", "POST", f"/cases/{case['id']}/route", {"organisation_id": west.id})
    unit_id, terminal_id = _unit(siege, "西华二号", "京W99999", west)
    for account in ("west", "west-second"):
        siege.kept(account, "POST", "/field/sign-on", {"unit_id": unit_id})
    made = _sent(siege, case["id"], unit_id, west)
    alarm = siege.kept("west", "POST", "/field/sos", {})
    left = siege.kept(
        "west-disp", "POST", "/handovers", {"notes": "西边的交接说明", "key": str(uuid4())}
    )
    conference = _conference(siege, case["id"], west)
    siege.foreign = {
        "case_id": case["id"], "case_no": case["case_no"], "into_case_no": case["case_no"],
        "object_no": case["case_no"], "unit_id": unit_id, "unit_ids": [unit_id],
        "terminal_id": terminal_id, "policy_id": _policy(siege, west.path),
        "duty_id": _duty(siege, west), "handover_id": left["id"],
        "offer_id": _offer(siege, made["part"]["id"], unit_id, "西边的移交理由"),
        "supervision_id": _supervision(siege, case["id"], "西边督办的问题")["id"],
        "conference_id": conference[0], "party_id": conference[1],
        "order_id": made["id"], "assignment_id": made["part"]["id"], "alarm_id": alarm["id"],
        "delivery_id": made["part"]["deliveries"][0]["id"], "organisation_id": west.id,
        "branch_ids": [west.id], "query_code": "000000", "user_id": siege.ids["user_id"],
    }  # fmt: skip
    siege.foreign_words = [
        case["case_no"], made["order_no"], "西华二号", "西华市监所值班员",
        "京W99999", "西边的交接说明", "西边督办的问题", "西边的事实", "西边的移交理由",
        "西华烤鸭店",
    ]  # fmt: skip


def _words(siege: Siege) -> None:
    """A text from the branch and one from a stranger, a paper, and the recording."""
    siege.ids["inbound_id"] = _text_in(siege, siege.bureau.branch.phone)
    siege.ids["text_id"] = _text_in(siege, "+9991390000001")
    with siege.database.unit_of_work(SETTER) as session:
        paper = Document(
            case_id=siege.ids["case_id"], kind="referral_letter", number="移〔2026〕1号",
            created_at=siege.database.clock.now(), created_by=1, data={}, pdf=b"%PDF-1.7",
        )  # fmt: skip
        session.add(paper)
        session.flush()
        recording = session.scalars(select(Recording.id)).one()
        siege.ids |= {"document_id": paper.id, "recording_id": recording}


def _text_in(siege: Siege, sender: str) -> int:
    """A text that no order fits; gives its id."""
    answer = siege.hooked(
        f"/hooks/kannel/inbound?id={uuid4()}&at=1", data="你好".encode(),
        content_type="text/plain; charset=utf-8", headers={"X-Kannel-From": sender},
    )  # fmt: skip
    assert answer.status_code == 202, answer.text
    with siege.database.unit_of_work(SETTER) as session:
        heard = session.scalars(select(Inbound).order_by(Inbound.id.desc())).first()
        assert heard is not None
        siege.house.dispatch.inbound.received(session, {"inbound_id": heard.id})
        return heard.id


def _archive(siege: Siege) -> None:
    held = {"case_no": siege.numbers["ZX"], "reason": "诉讼"}
    siege.ids["hold_id"] = siege.kept("arch", "POST", "/archive/holds", held)["id"]
    with siege.database.unit_of_work(SETTER) as session:
        listed = Destruction(
            target="positions", state="PROPOSED", rule={}, proposed_at=siege.database.clock.now()
        )
        session.add(listed)
        session.flush()
        siege.ids["destruction_id"] = listed.id


def _accounts(siege: Siege) -> None:
    until = (siege.database.clock.now() + timedelta(days=30)).isoformat()
    asked = {"name": "热线", "organisation_id": siege.bureau.root.id, "scopes": ["case.read"]}
    made = siege.kept("admin", "POST", "/admin/tokens", {**asked, "expires_at": until})
    siege.ids["token_id"] = made["token"]["id"]
    with siege.database.unit_of_work(SETTER) as session:
        victim = door.account(session, siege.bureau.root, "victim", "STAT")
        opened, _ = sessions.open_session(session, victim, 12, HERE)
        me = session.scalars(select(User).where(User.account == ALL)).one()
        devices.trust(session, siege.settings.secret_key, me.id, HERE, 30)
        siege.ids |= {
            "user_id": victim.id, "session_id": opened.id, "device_id": 1,
            "organisation_id": siege.bureau.branch.id, "approver_id": victim.id, "approval_id": 1,
        }  # fmt: skip
