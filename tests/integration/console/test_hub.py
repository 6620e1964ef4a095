"""The desks' live line over Socket.IO: who hears what, and what a stranger cannot do."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pytest
from apiflask import APIFlask
from flask_socketio import SocketIO, SocketIOTestClient
from sqlalchemy import delete, select, update

from command_center.accounts import service
from command_center.accounts.models import LoginSession, User, UserRole
from command_center.console.hub import Hub
from command_center.console.positions import Position
from dispatch.alarms import ladder
from dispatch.alarms.service import AlarmService
from dispatch.units.models import Unit
from kernel.access import Principal, system
from kernel.bus import Bus
from kernel.clock import now
from kernel.db import Database
from kernel.settings import Settings
from tests.factories import door
from tests.factories.door import PASSWORD


@dataclass
class Console:
    """A bureau with two branches: a dispatcher and an officer in each, a unit in each."""

    app: APIFlask
    socketio: SocketIO
    hub: Hub
    database: Database
    paths: dict[str, str]
    units: dict[str, int]

    def sit(self, account: str) -> SocketIOTestClient:
        """Sign in and connect."""
        browser = self.app.test_client()
        answer = browser.post("/api/v1/session", json={"account": account, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return self.socketio.test_client(self.app, flask_test_client=browser)

    def change_staff(self, account: str, change: str) -> None:
        """What an administrator does to somebody whose desk is open."""
        with self.database.unit_of_work(system("administrator")) as session:
            user = session.scalars(select(User).where(User.account == account)).one()
            if change == "session ended":
                session.execute(delete(LoginSession).where(LoginSession.user_id == user.id))
            elif change == "account closed":
                user.active = False
            elif change == "role taken":
                session.execute(delete(UserRole).where(UserRole.user_id == user.id))
            elif change == "role given":
                session.add(UserRole(user_id=user.id, role="CMD"))
            elif change == "moved":
                west = int(self.paths["west"].strip("/").rpartition("/")[2])
                session.execute(update(User).where(User.id == user.id).values(organisation_id=west))

    def tell(self, kind: str, ident: int, *branches: str, people: Sequence[int] = ()) -> None:
        """News as the bus brings them."""
        paths = [self.paths[branch] for branch in branches]
        self.hub.tell({"kind": kind, "id": ident, "paths": paths, "people": people}, 1)


def heard(desk: SocketIOTestClient) -> list[tuple[str, str]]:
    """(event, kind) of everything that has come since the last look."""
    return [
        (packet["name"], str(packet["args"][0].get("kind", ""))) for packet in desk.get_received()
    ]


@pytest.fixture
def console(
    database: Database, settings: Settings, bus: Bus, principal: Principal
) -> Iterator[Console]:
    paths, units = {}, {}
    with database.unit_of_work(principal) as session:
        bureau = door.bureau(session)
        staff = [(bureau, "chief", "DISP"), (bureau, "statistician", "STAT")]
        staff += [(bureau, "agent", "AGENT"), (bureau, "leader", "SHIFT")]
        for code in ("east", "west"):
            branch = service.create_organisation(
                session, parent=bureau, code=code, kind="branch", name=code, region_code="110000"
            )
            staff += [(branch, f"{code}-desk", "DISP"), (branch, f"{code}-officer", "OFFICER")]
            unit = Unit(
                name=code,
                organisation_id=branch.id,
                organisation_name=code,
                organisation_path=branch.path,
                state_since=now(session),
            )
            session.add(unit)
            session.flush()
            paths[code], units[code] = branch.path, unit.id
        for organisation, name, role in staff:
            door.account(session, organisation, name, role)
    app = door.open_door(database, settings)
    socketio = cast(Any, SocketIO)(app, async_mode="threading")
    hub = Hub(app, socketio, database, bus)
    hub.install()
    yield Console(app, socketio, hub, database, paths, units)


def test_a_stranger_is_not_let_in(console: Console) -> None:
    stranger = console.socketio.test_client(console.app)
    assert not stranger.is_connected()


def test_the_snapshot_holds_only_the_jurisdiction(console: Console) -> None:
    def units(account: str) -> set[str]:
        snapshot = console.sit(account).emit("hello", {}, callback=True)
        return {unit["name"] for unit in snapshot["units"]}

    assert units("chief") == {"east", "west"}
    assert units("east-desk") == {"east"}
    assert units("east-officer") == set()


@pytest.mark.parametrize("kind", ["case", "order", "unit", "inbound"])
def test_news_reach_the_branch_and_those_above_it_only(console: Console, kind: str) -> None:
    chief, east, west = (console.sit(who) for who in ("chief", "east-desk", "west-desk"))
    console.tell(kind, console.units["east"], "east")
    assert ("changed", kind) in heard(chief)
    assert ("changed", kind) in heard(east)
    assert heard(west) == []


def test_an_order_to_another_branch_is_news_in_both_and_told_once(console: Console) -> None:
    chief, officer, other = (console.sit(who) for who in ("chief", "east-officer", "west-officer"))
    console.tell("field", 1, "east")
    assert heard(other) == []
    console.tell("field", 1, "east", "west")
    console.tell("order", 1, "east", "west")
    assert heard(other) == [("changed", "field")]
    assert heard(officer) == [("changed", "field")] * 2
    assert heard(chief).count(("changed", "order")) == 1


def test_without_the_permission_nothing_is_heard(console: Console) -> None:
    officer, statistician = console.sit("east-officer"), console.sit("statistician")
    for kind in ("case", "unit", "alarm", "inbound"):
        console.tell(kind, console.units["east"], "east")
    assert heard(officer) == []
    console.tell("stats", 1, "east")
    assert ("changed", "stats") in heard(statistician)


def test_of_a_strangers_text_the_intake_room_hears_alone(console: Console) -> None:
    agent, leader, dispatcher = (console.sit(who) for who in ("agent", "leader", "chief"))
    console.tell("stranger_text", 1, "east")
    assert heard(agent) == heard(leader) == [("changed", "stranger_text")]
    assert heard(dispatcher) == []


@pytest.mark.parametrize("kind", [*sorted(ladder.NOT_FOR_ALL), "ack_overdue"])
def test_what_a_rung_may_not_see_is_not_sent_to_it(console: Console, kind: str) -> None:
    """Desks are told that something changed, and ask for what is theirs."""
    leader, dispatcher = console.sit("leader"), console.sit("chief")
    with console.database.unit_of_work(system("set-up")) as session:
        bells = AlarmService(60)
        path = console.paths["east"]
        alarm = bells.raise_alarm(session, kind, ("case", 1), organisation_path=path)
        ident, rung = alarm.id, alarm.rung
    console.tell("alarm", ident, "east")
    whole = [("alarm", kind)] if kind == "ack_overdue" else []
    assert rung == ladder.first_rung(kind)
    assert heard(dispatcher) == [("changed", "alarm"), *whole]
    assert heard(leader)[0] == ("changed", "alarm")


@pytest.mark.parametrize(
    "said",
    [None, [], "x", {"bbox": None}, {"bbox": [1, 2, 3]}, {"bbox": ["a", 0, 0, 0]},
     {"bbox": [1e400, 0, 1, 1]}, {"bbox": [0, 0, float("nan"), 1]}, {"bbox": [[1], 2, 3, 4]}],
)  # fmt: skip
def test_a_view_that_is_no_view_moves_nobody(console: Console, said: object) -> None:
    desk = console.sit("chief")
    assert desk.emit("view", said, callback=True) == {"ok": False}


def test_positions_come_for_what_the_map_shows(console: Console) -> None:
    east, west, officer = (console.sit(who) for who in ("east-desk", "west-desk", "east-officer"))
    here = {"bbox": [116.3, 39.8, 116.5, 40.0]}
    assert east.emit("view", here, callback=True) == {"ok": True}
    assert west.emit("view", here, callback=True) == {"ok": True}
    assert officer.emit("view", here, callback=True) == {"ok": False}
    console.hub.outlet.offer(
        Position(console.units["east"], console.paths["east"], 116.4, 39.9, 90.0, 30.0, 1)
    )
    console.hub.send_due(time.monotonic())
    assert [name for name, _ in heard(east)] == ["positions"]
    assert heard(west) == heard(officer) == []
    east.emit("view", {"bbox": [115.0, 39.0, 115.1, 39.1]}, callback=True)
    console.hub.outlet.offer(
        Position(console.units["east"], console.paths["east"], 116.5, 39.9, 90.0, 30.0, 9_999)
    )
    console.hub.send_due(time.monotonic() + 5)
    assert heard(east) == []


def test_forged_events_and_room_names_do_nothing(console: Console) -> None:
    officer = console.sit("east-officer")
    for event in ("join", "changed", "news", "positions", "__hub__"):
        officer.emit(event, {"room": "case:/1/"})
    console.tell("case", 1, "east")
    assert heard(officer) == []


def test_whoever_signs_out_is_shown_out(console: Console) -> None:
    browser = console.app.test_client()
    given = {"account": "chief", "password": PASSWORD}
    token = browser.post("/api/v1/session", json=given).get_json()["csrf"]
    desk = console.socketio.test_client(console.app, flask_test_client=browser)
    browser.delete("/api/v1/session", headers={"X-CSRF-Token": token})
    console.hub.show_out()
    assert not desk.is_connected()


CHANGES = ["session ended", "account closed", "role taken", "role given", "moved"]


@pytest.mark.parametrize("change", CHANGES)
def test_whoever_s_rights_change_is_shown_out_and_the_others_stay(
    console: Console, change: str
) -> None:
    desk, other = console.sit("east-desk"), console.sit("west-desk")
    console.change_staff("east-desk", change)
    console.hub.show_out()
    assert not desk.is_connected()
    assert other.is_connected()
    console.tell("case", 1, "east", "west")
    assert ("changed", "case") in heard(other)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    ("event", "said"), [("hello", {}), ("view", {"bbox": [116.3, 39.8, 116.5, 40.0]})]
)
def test_a_desk_whose_rights_have_changed_gets_no_answer(
    console: Console, event: str, said: dict[str, Any], change: str
) -> None:
    desk = console.sit("east-desk")
    console.change_staff("east-desk", change)
    assert desk.emit(event, said, callback=True) in ({}, {"ok": False})
    assert not desk.is_connected()
    assert console.hub.desks == {}


def test_a_leader_who_answers_is_told_at_their_own_desks_alone(console: Console) -> None:
    chief, agent, east = (console.sit(one) for one in ("chief", "agent", "east-desk"))
    with console.database.unit_of_work(system("test")) as session:
        ident = session.scalars(select(User.id).where(User.account == "agent")).one()
    for desk in (chief, agent, east):
        heard(desk)
    console.tell("called", 7, people=[ident])
    assert heard(agent) == [("changed", "called")]
    assert heard(chief) == heard(east) == []
    console.tell("conference", 7, "east", people=[ident])
    assert [heard(desk) for desk in (chief, agent, east)] == [[("changed", "conference")]] * 3
