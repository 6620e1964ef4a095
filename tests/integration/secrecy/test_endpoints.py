"""Every endpoint as every role: who is let in stands in `golden/endpoints.txt`, reviewed against
SPEC §1.2 (`SECRECY_GOLDEN=write` writes it anew); nobody reaches an object of another jurisdiction,
not even where our own filters are gone.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import true
from sqlalchemy.orm import Session

from command_center import wiring
from command_center.accounts.roles import ROLES
from command_center.accounts.roster.models import Duty
from command_center.cases import queries
from command_center.cases.handover.models import Handover
from command_center.cases.handover.standing import SECTIONS
from command_center.cases.models import Case
from command_center.cases.office import Office
from command_center.cases.supervision.models import Supervision
from dispatch import scope
from dispatch.alarms.models import Alarm
from dispatch.conference.models import Conference, ConferenceParty
from dispatch.escalation import policies
from dispatch.escalation.policy import HOUSE
from dispatch.orders.models import Assignment, Order
from dispatch.passing.models import Offer
from dispatch.units import service as units
from gps_ingest import terminals
from gps_ingest.models import Quarantined, UnknownIdentity
from kernel.access import Principal, Role
from kernel.clock import now
from kernel.settings import Settings
from tests.factories import door
from tests.factories.bureau import (
    Bureau,
    acting,
    complaint,
    make_bureau,
    make_intake,
    make_office,
    report,
)
from tests.factories.desk import Desk, OneTransaction

GOLDEN = Path(__file__).parent / "golden" / "endpoints.txt"
NOBODY = 10**9


@pytest.fixture
def bureau(session: Session) -> Bureau:
    return make_bureau(session)


@pytest.fixture
def office(settings: Settings) -> Office:
    return make_office(settings)


@pytest.fixture
def desk(session: Session, settings: Settings) -> Desk:
    return Desk(OneTransaction(session), settings, wiring.blueprints(wiring.build(settings)))


def rules(desk: Desk) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(method, address with ids of nobody, permissions) of every endpoint that asks for one."""
    for rule in desk.app.url_map.iter_rules():
        needed = getattr(desk.app.view_functions[rule.endpoint], "required_permissions", None)
        if needed and rule.rule.startswith("/api/v1/"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, rule.rule.removeprefix("/api/v1"), needed


def shown(path: str) -> str:
    return re.sub(r"<(?:[^>]*:)?(\w+)>", r"{\1}", path)


def let_in(needed: tuple[str, ...]) -> list[str]:
    return [role for role, held in ROLES.items() if held & set(needed)]


def test_who_is_let_in_stands_in_the_reviewed_table(desk: Desk) -> None:
    lines = [
        f"{method:<6} {shown(path):<55} {' '.join(let_in(needed))}"
        for method, path, needed in sorted(rules(desk), key=lambda one: (one[1], one[0]))
    ]
    found = "\n".join(lines) + "\n"
    if os.environ.get("SECRECY_GOLDEN") == "write":
        GOLDEN.write_text(found, "utf-8")
    assert found == GOLDEN.read_text("utf-8")


@pytest.mark.parametrize("role", sorted(ROLES))
def test_whoever_is_not_in_the_table_is_refused_before_anything_else(
    desk: Desk, bureau: Bureau, role: str
) -> None:
    who = bureau.person(role)
    for method, path, needed in rules(desk):
        if role in let_in(needed):
            continue
        address = re.sub(r"<[^>]+>", str(NOBODY), path)
        answer = desk.send(method, who, address, json={})
        assert answer.status_code == 403, (role, method, path, answer.status_code)


class Elsewhere:
    """Objects of the western branch; whoever sits at the eastern one knows of none."""

    def __init__(self, session: Session, bureau: Bureau, office: Office):
        self.session, self.bureau = session, bureau
        self.ids: dict[str, int] = {}
        self.numbers: list[str] = []
        intake, west = make_intake(office), bureau.other
        with acting(session, bureau.person("AGENT")):
            cases = [intake.register(session, told)[0].case for told in (complaint(), report())]
        for case in cases:
            case.organisation, case.organisation_path = west, west.path
            self.numbers.append(case.case_no)
        self.ids["case_id"] = cases[0].id
        unit = units.register(
            session, name="西车", plate="西A0001", organisation_id=west.id,
            organisation_name=west.name, organisation_path=west.path,
        )  # fmt: skip
        self.ids["unit_id"] = unit.id
        self._terminal(west.id, unit.id)
        self._order(cases[0].id, unit.id)
        self.ids["policy_id"] = policies.write(session, west.path, HOUSE[1], based_on=0).id
        self._duty()
        self._conference(cases[0])
        self._handover()
        self._supervision(cases[0])
        session.flush()

    def _conference(self, case: Case) -> None:
        made = Conference(
            case_id=case.id, case_no=case.case_no, organisation_path=case.organisation_path,
            is_report=False, started_by=1, started_by_name="西车", started_at=now(self.session),
            parties=[ConferenceParty(part="desk", user_id=1, name="西车")],
        )  # fmt: skip
        self.session.add(made)
        self.session.flush()
        self.ids |= {"conference_id": made.id, "party_id": made.parties[0].id}

    def _duty(self) -> None:
        moment = now(self.session)
        person = door.account(self.session, self.bureau.root, "on-duty", "CMD")
        duty = Duty(
            organisation_id=self.bureau.other.id, post="CMD", user_id=person.id, name="西华值班员",
            phone="+99913911110002", starts_at=moment, ends_at=moment + timedelta(hours=8),
        )  # fmt: skip
        self.session.add(duty)
        self.session.flush()
        self.ids |= {"duty_id": duty.id, "organisation_id": self.bureau.other.id}

    def _handover(self) -> None:
        moment = now(self.session)
        section = {"total": 1, "lines": [
            {"number": self.numbers[0], "about": "", "state": "", "at": None, "who": ""}
        ]}  # fmt: skip
        left = Handover(
            key=uuid4(), organisation_path=self.bureau.other.path, written_by=1,
            written_by_name="某", written_at=moment, due_at=moment, notes="",
            content=dict.fromkeys(SECTIONS, section),
        )  # fmt: skip
        self.session.add(left)
        self.session.flush()
        self.ids["handover_id"] = left.id

    def _supervision(self, case: Case) -> None:
        west, moment = self.bureau.other, now(self.session)
        order = Supervision(
            case_id=case.id, case_kind="TS", case_no=case.case_no, number="DBWEST", state="ISSUED",
            level=1, source="leader", unit_id=west.id, unit_name="西华督办", unit_path=west.path,
            problem="x", demand="x", entries=[], created_at=moment, sign_by=moment,
        )  # fmt: skip
        self.session.add(order)
        self.session.flush()
        self.ids["supervision_id"] = order.id

    def _terminal(self, organisation_id: int, unit_id: int) -> None:
        terminal = terminals.register(
            self.session, identity="13911110000", protocol="jt808", name="西车终端",
            organisation_id=organisation_id,
        )  # fmt: skip
        units.attach_terminal(self.session, unit_id, terminal.id)
        doubted = Quarantined(
            terminal_id=terminal.id, received_at=now(self.session), reason="jump", raw=b"\x7e"
        )
        unknown = UnknownIdentity(
            identity="13911110001", protocol="jt808", source="192.0.2.1", times=1,
            first_seen_at=now(self.session), last_seen_at=now(self.session),
        )  # fmt: skip
        self.session.add_all([doubted, unknown])
        self.session.flush()
        self.ids |= {"terminal_id": terminal.id, "quarantine_id": doubted.id}

    def _order(self, case_id: int, unit_id: int) -> None:
        session, path = self.session, self.bureau.other.path
        part = Assignment(
            target_kind="unit", target_id=unit_id, target_name="西车", target_path=path,
            unit_id=unit_id, code="1001", state="ACKED",
        )  # fmt: skip
        order = Order(
            order_no="DDWEST", idempotency_key="00000000-0000-0000-0000-000000000001",
            case_id=case_id, brief={"case_no": "x"}, organisation_path=path, kind="inspect",
            urgency=1, closed=False, channels=[], state="ACKED", created_at=now(session),
            created_by=1, created_by_name="某", assignments=[part],
        )  # fmt: skip
        alarm = Alarm(
            kind="order_unacknowledged", reference_kind="case", reference_id=case_id,
            organisation_path=path, level=1, rung="DISP", params={}, raised_at=now(session),
        )  # fmt: skip
        session.add_all([order, alarm])
        session.flush()
        self.ids |= {"order_id": order.id, "assignment_id": part.id, "alarm_id": alarm.id}
        offer = Offer(
            assignment_id=part.id, unit_id=unit_id, unit_name="西车", reason="西边的移交理由",
            offered_at=now(session), offered_by=1, offered_by_name="某",
        )  # fmt: skip
        session.add(offer)
        session.flush()
        self.ids["offer_id"] = offer.id


@pytest.fixture
def elsewhere(session: Session, bureau: Bureau, office: Office) -> Elsewhere:
    return Elsewhere(session, bureau, office)


@pytest.fixture(params=["with our filters", "without our filters"])
def filters(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The second time every filter of ours lets everything pass: only the database is left."""
    if request.param == "without our filters":
        monkeypatch.setattr(queries, "visible", lambda principal: true())
        for module in _users_of(scope.within):
            monkeypatch.setattr(module, "within", lambda path, principal: true())
        monkeypatch.setattr(Principal, "covers", lambda self, path: True)
    return str(request.param)


def _users_of(function: Any) -> list[Any]:
    import sys

    return [m for m in list(sys.modules.values()) if getattr(m, "within", None) is function]


PEOPLE = ("UNIT", "DISP", "CMD", "SHIFT", "AGENT", "STAT", "ADMIN", "AUDIT", "DISC", "OFFICER")


@pytest.mark.parametrize("role", PEOPLE)
def test_no_id_opens_what_lies_elsewhere(
    desk: Desk, bureau: Bureau, elsewhere: Elsewhere, filters: str, role: str
) -> None:
    """Every address with an id, asked for and acted upon with one's own rights."""
    who = bureau.person(role, at=bureau.branch)
    for method, path, needed in rules(desk):
        names = re.findall(r":(\w+)>", path)
        if role not in let_in(needed) or not names or not set(names) <= elsewhere.ids.keys():
            continue
        address = re.sub(r"<[^>]*:(\w+)>", lambda m: str(elsewhere.ids[m[1]]), path)
        answer = desk.send(method, who, address, json={})
        assert answer.status_code in (400, 403, 404, 409, 422), (method, path, answer.text)
        for word in (*elsewhere.numbers, "老王饭店", "西车", "DDWEST", "1391111", "DBWEST"):
            assert word not in answer.text, (method, path)


@pytest.mark.parametrize("role", PEOPLE)
def test_no_list_names_what_lies_elsewhere(
    desk: Desk, bureau: Bureau, elsewhere: Elsewhere, filters: str, role: str
) -> None:
    who = bureau.person(role, at=bureau.branch)
    asked = {
        "/cases": {"view": "all"}, "/cases/map": {"bbox": "115,39,118,41"},
        "/cases/similar": {"name": "老王饭店"}, "/orders": {}, "/units": {}, "/alarms": {},
        "/inbound": {}, "/strangers/texts": {}, "/field": {},
        "/console/board": {"at": now(elsewhere.session).isoformat()},
        "/terminals": {}, "/terminals/carriers": {},
        "/terminals/unknown": {}, "/terminals/quarantine": {},
        "/duties": {"organisation_id": elsewhere.ids["organisation_id"], "day": "2026-09-22"},
        "/handovers": {}, "/handovers/standing": {}, "/supervisions": {},
        "/duties/people": {"organisation_id": elsewhere.ids["organisation_id"]},
    }  # fmt: skip
    for path, query in asked.items():
        answer = desk.get(who, path, **query)
        assert answer.status_code in (200, 403, 404), (path, answer.text)
        for word in (*elsewhere.numbers, "西车", "DDWEST", "1391111", "西华值班员", "西华督办"):
            assert word not in answer.text, path


def test_it_is_the_database_that_hides_them(
    desk: Desk, bureau: Bureau, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past its rules, and without our filters, the same requests show everything."""
    monkeypatch.setattr(queries, "visible", lambda principal: true())
    who = replace(bureau.person("DISP", at=bureau.branch), database_role=Role.LOGIN)
    text = desk.get(who, "/cases", view="all").text
    assert all(number in text for number in elsewhere.numbers)


def test_a_service_station_sees_no_report_even_of_its_own_place_without_our_filters(
    desk: Desk, bureau: Bureau, elsewhere: Elsewhere, session: Session, filters: str
) -> None:
    for case in session.query(queries.Case):
        case.organisation_path = bureau.station.path
    session.flush()
    station = Principal(
        77, "站长", frozenset({"SVC"}), frozenset({"case.read"}), bureau.station.id,
        bureau.station.path,
    )  # fmt: skip
    text = desk.get(station, "/cases", view="all").text
    assert elsewhere.numbers[0] in text
    assert elsewhere.numbers[1] not in text
