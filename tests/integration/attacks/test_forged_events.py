"""Socket.IO: every event by everybody and by nobody, in every wrong shape. Nothing breaks, nobody
hears what is not theirs, and nobody stands in a room of others.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask_socketio import SocketIO, SocketIOTestClient
from sqlalchemy import delete

from command_center.accounts import cookies
from command_center.accounts.models import LoginSession, User
from command_center.accounts.roles import ROLES
from command_center.accounts.secret_values import print_of
from command_center.console.transport import Fanout
from tests.factories.siege import ALL, OTHERS, SETTER, Siege

DEEP: Any = [[]]
for _ in range(200):
    DEEP = [DEEP]
SHAPES: tuple[tuple[Any, ...], ...] = (
    (), (None,), ([],), ({},), ("x" * 60_000,), (DEEP,), (b"\0" * 1_000,), ({"bbox": b"\xff"},),
    ({"bbox": [116.3, 39.8, 116.5, 40.0]}, "more", {"and": "more"}), (1, 2, 3), (True,),
    ({"bbox": [2**63, 10**30, -1, float("nan")]},), ({"bbox": ["fleet:/1/:*"] * 4},),
    ({"bbox": [116.3, 39.8, 116.5, 40.0], "path": "/", "room": "fleet:/:*"},),
    ({"room": "case:/1/", "rooms": ["case:/1/"], "topic": "case", "id": 1, "kind": "case"},),
    ({"__class__": "x", "bbox": {"west": 1}},), ("fleet:/1/:*",), ({"bbox": [0] * 10_000},),
)  # fmt: skip


@pytest.fixture
def socketio(besieged: Siege, monkeypatch: pytest.MonkeyPatch) -> SocketIO:
    """The desks' server, with those of this process alone: its test client wants it so."""
    found: SocketIO = besieged.app.extensions["socketio"]
    alone = Fanout()
    alone.set_server(found.server)
    monkeypatch.setattr(found.server, "manager", alone)
    return found


def connected(besieged: Siege, socketio: SocketIO, who: str | None) -> SocketIOTestClient:
    browser = besieged.app.test_client()
    if who is not None:
        browser.set_cookie(cookies.SESSION, besieged.seats[who].token)
    return socketio.test_client(besieged.app, flask_test_client=browser)


def events(socketio: SocketIO) -> list[str]:
    """Every event that somebody answers, and some that nobody does."""
    known = set(socketio.server.handlers["/"])
    assert {"connect", "disconnect", "hello", "view"} <= known
    strange = {
        "join",
        "leave",
        "changed",
        "positions",
        "alarm",
        "beat",
        "*",
        "__init__",
        "tell",
        "",
    }
    return sorted((known | strange) - {"connect", "disconnect"})


def rooms(socketio: SocketIO, desk: SocketIOTestClient) -> set[str]:
    manager = socketio.server.manager
    sid = manager.sid_from_eio_sid(desk.eio_sid, "/")
    return {room for room in manager.get_rooms(sid, "/") if ":" in str(room)}


def test_nobody_is_let_in_whatever_they_bring(besieged: Siege, socketio: SocketIO) -> None:
    token = besieged.kept("admin", "POST", "/admin/tokens", {
        "name": "程序", "organisation_id": besieged.bureau.root.id, "scopes": ["unit.read"],
        "expires_at": besieged.known["expires_at"],
    })["text"]  # fmt: skip
    for headers in (
        {}, {"Authorization": f"Bearer {token}"}, {"Cookie": "cc_session="},
        {"Cookie": f"cc_session={token}"}, {"Cookie": "cc_session=1' or '1'='1"},
        {"Cookie": f"cc_challenge={besieged.seats['cmd'].token}"}, {"X-CSRF-Token": "x"},
    ):  # fmt: skip
        client = socketio.test_client(besieged.app, headers=headers, auth={"token": token})
        assert not client.is_connected(), headers


def test_what_a_stranger_says_before_or_without_signing_in_is_not_heard(
    besieged: Siege, socketio: SocketIO
) -> None:
    stranger = connected(besieged, socketio, None)
    for event in events(socketio):
        for shape in SHAPES:
            said = json.dumps([event, *_plain(shape)])
            socketio.server._handle_eio_message(stranger.eio_sid, f"2{said}")
            socketio.server._handle_eio_message(stranger.eio_sid, f"217{said}")
    with pytest.raises(ValueError, match="Unexpected binary"):
        socketio.server._handle_eio_message(stranger.eio_sid, '51-["hello",{"_placeholder":true}]')
    assert [packet for packet in stranger.queue if packet["name"] != "connect_error"] == []
    assert not rooms_of_all(socketio, stranger)


def rooms_of_all(socketio: SocketIO, desk: SocketIOTestClient) -> set[str]:
    sid = socketio.server.manager.sid_from_eio_sid(desk.eio_sid, "/")
    return set() if sid is None else rooms(socketio, desk)


def _plain(shape: tuple[Any, ...]) -> Iterator[Any]:
    """What JSON can carry of it."""
    for one in shape:
        if isinstance(one, bytes):
            yield one.hex()
        elif isinstance(one, dict):
            yield {name: value for name, value in one.items() if not isinstance(value, bytes)}
        else:
            yield one


@pytest.mark.parametrize("who", [*(role.lower() for role in ROLES), *OTHERS])
def test_no_event_in_any_shape_breaks_or_tells(
    besieged: Siege, socketio: SocketIO, who: str
) -> None:
    desk = connected(besieged, socketio, who)
    assert desk.is_connected()
    honest = desk.emit("hello", {}, callback=True)
    path = own_path(besieged, who)
    for event in events(socketio):
        for shape in SHAPES:
            answer = desk.emit(event, *shape, callback=True)
            assert answer in ([], None, {}, {"ok": True}, {"ok": False}) or (
                event == "hello" and answer["units"] == honest["units"]
            ), (event, shape, answer)
    said = json.dumps([honest, desk.get_received()], ensure_ascii=False)
    if not besieged.bureau.other.path.startswith(path):
        assert not [word for word in besieged.foreign_words if word in said]
    assert all(room.split(":")[1] == path for room in rooms(socketio, desk)), rooms(socketio, desk)
    desk.disconnect()


def own_path(besieged: Siege, who: str) -> str:
    with besieged.database.unit_of_work(SETTER) as session:
        return session.query(User).filter_by(account=who).one().organisation.path


@pytest.mark.parametrize("how", ["session ended", "account closed"])
def test_a_session_that_has_ended_is_no_key_any_more(
    besieged: Siege, socketio: SocketIO, how: str
) -> None:
    before = besieged.seats[ALL]
    with besieged.database.unit_of_work(SETTER) as session:
        besieged.sit(session, ALL)  # a second session, which the door looks up each time
    replay = besieged.seats[ALL].token
    asks, views, idles = (connected(besieged, socketio, ALL) for _ in range(3))
    with besieged.database.unit_of_work(SETTER) as session:
        user = session.query(User).filter_by(account=ALL).one()
        if how == "session ended":
            session.execute(delete(LoginSession).where(LoginSession.user_id == user.id,
                            LoginSession.token_hash != print_of(before.token)))  # fmt: skip
        else:
            user.active = False
    assert asks.emit("hello", {}, callback=True) in ({}, None)
    seen = {"bbox": [116.3, 39.8, 116.5, 40.0]}
    assert views.emit("view", seen, callback=True) in ({"ok": False}, None)
    besieged.app.extensions["hub"].show_out()
    assert not any(desk.is_connected() for desk in (asks, views, idles))
    browser = besieged.app.test_client()
    browser.set_cookie(cookies.SESSION, replay)
    assert not socketio.test_client(besieged.app, flask_test_client=browser).is_connected()
    with besieged.database.unit_of_work(SETTER) as session:
        session.query(User).filter_by(account=ALL).one().active = True
    besieged.seats[ALL] = before
