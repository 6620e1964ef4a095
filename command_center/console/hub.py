"""The desks' live line: who may hear what, the snapshot, and the news from the other processes."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import gevent
from flask import Flask, request
from flask_socketio import SocketIO, join_room, leave_room
from gevent.event import Event
from prometheus_client import generate_latest
from sqlalchemy.exc import SQLAlchemyError

from command_center.accounts.web import principal_of_request
from command_center.console import snapshot
from command_center.console.fleet import Fleet
from command_center.console.positions import Outlet, by_room
from command_center.console.rooms import (
    TOPICS,
    Bbox,
    ancestors,
    fleet_rooms_of_view,
    person_room,
    topic_room,
)
from dispatch.alarms.ladder import rungs_seen
from gps_ingest import notices
from kernel.access import Principal, Role, system
from kernel.bus import Bus, Cursor, Entry, Gap
from kernel.db import Database
from kernel.log import get_logger
from kernel.metrics import Gauge

log = get_logger(__name__)
FLUSH_SECONDS = 0.1
BEAT_SECONDS = 5
RECHECK_SECONDS = 60
desks_open = Gauge("cc_desks", "Open desks")
GROUP = "desks"
"""Of the web processes that share the news among them."""
CONSOLE = system("console", "unit.read", "alarm.take", role=Role.CONSOLE)


@dataclass
class Desk:
    """One connected browser."""

    principal: Principal
    cookie_check: Callable[[], Principal | None]
    rooms: set[str] = field(default_factory=set)


class Hub:
    """Binds the Socket.IO events and runs the two loops that feed them."""

    def __init__(self, app: Flask, socketio: SocketIO, database: Database, bus: Bus):
        self.app, self.socketio, self.database, self.bus = app, socketio, database, bus
        self.desks: dict[str, Desk] = {}
        self.fleet = Fleet(database, CONSOLE)
        self.outlet = Outlet()
        self.cursor: Cursor | None = None
        self.sequence = 0
        """Order of the newest news that has been read: the same count in every web process."""
        self.hearing = False
        self.offered = Event()

    def install(self) -> None:
        """Answer the desks' events."""
        on = self.socketio.on
        on("connect")(self.connect)
        on("disconnect")(self.disconnect)
        on("hello")(self.hello)
        on("view")(self.view)

    def start(self) -> None:
        """Begin to hear the other processes; only where gevent's loop runs."""
        self._manager.on_gap = self.start_anew
        for loop in (self.listen, self.answer, self.flush, self.beat):
            gevent.spawn(self._for_ever, loop)

    # -- what desks say --------------------------------------------------------------------

    def connect(self, *_: Any) -> bool:
        """Refuse whoever is not signed in; stand the others in the rooms of their permissions."""
        principal = principal_of_request()
        if principal is None:
            return False
        environ = request.environ

        def cookie_check() -> Principal | None:
            with self.app.request_context(environ):
                return principal_of_request()

        self.desks[request.sid] = Desk(principal, cookie_check)  # type: ignore[attr-defined]
        desks_open.set(len(self.desks))
        for topic, permission in TOPICS.items():
            if principal.can(permission):
                join_room(topic_room(topic, principal.organisation_path))
        if principal.can("call.make"):
            join_room(person_room(principal.id))
        if principal.can("alarm.take"):
            for rung in rungs_seen(principal.roles):
                join_room(topic_room(f"alarm {rung}", principal.organisation_path))
        return True

    def disconnect(self, *_: Any) -> None:
        self.desks.pop(request.sid, None)  # type: ignore[attr-defined]
        desks_open.set(len(self.desks))

    def hello(self, *_: Any) -> dict[str, Any]:
        """The snapshot: what this desk may see of units and alarms, as of now."""
        sid = request.sid  # type: ignore[attr-defined]
        if not self._may_stay(sid):
            return {}
        principal, sequence = self.desks[sid].principal, self.sequence
        with self.database.unit_of_work(principal) as session:
            return {
                "seq": sequence,
                "server_time": time.time() * 1000,
                "units": snapshot.units(session, principal),
                "alarms": snapshot.alarms(session, principal),
            }

    def view(self, message: Any = None, *_: Any) -> dict[str, Any]:
        """The desk's map shows another part of the city: move it to those rooms."""
        sid = request.sid  # type: ignore[attr-defined]
        bbox = _bbox(message)
        if bbox is None or not self._may_stay(sid):
            return {"ok": False}
        desk = self.desks[sid]
        if not desk.principal.can("unit.read"):
            return {"ok": False}
        wanted = fleet_rooms_of_view(desk.principal.organisation_path, bbox)
        for room in desk.rooms - wanted:
            leave_room(room)
        for room in wanted - desk.rooms:
            join_room(room)
        desk.rooms = wanted
        return {"ok": True}

    # -- what desks hear -------------------------------------------------------------------

    def listen(self) -> None:
        """Positions and the order of news from all processes, until the bus breaks.

        Each web process reads everything, at its own pace, and goes on where it stopped.
        """
        if self.cursor is None:
            self.cursor = self.bus.now("positions", "news")
            self.start_anew()
        self.hearing = True
        try:
            for entry in self.bus.follow(self.cursor):
                self._hear(entry)
        except Gap:
            log.warning("desks_take_a_snapshot")
            self.cursor = None
        finally:
            self.hearing = False

    def start_anew(self) -> None:
        """Nobody can say what was missed: desks are sent back for a snapshot."""
        for sid in list(self.desks):
            self._send_back(sid)

    def _hear(self, entry: Entry) -> None:
        if entry.stream == "news":
            self.sequence = entry.order
            if json.loads(entry.data)["kind"] == "unit":
                self.fleet.forget()
            return
        for position in self.fleet.positions(notices.decode(entry.data)):
            self.outlet.offer(position)
        self.offered.set()

    def answer(self) -> None:
        """Turn news into messages to desks: one web process does it, for the desks of all."""
        for entry in self.bus.share("news", GROUP):
            self.tell(json.loads(entry.data), entry.order)

    def tell(self, news: dict[str, Any], sequence: int) -> None:
        """Give one piece of news {kind, id, paths, people} to the desks of those jurisdictions,
        and to those people's own."""
        kind, ident = news["kind"], news["id"]
        body = {"seq": sequence, "kind": kind, "id": ident}
        concerned = {above for path in news["paths"] for above in ancestors(path)}
        for path in concerned:
            self.socketio.emit("changed", body, to=topic_room(kind, path))
        for person in news.get("people", ()):
            self.socketio.emit("changed", body, to=person_room(person))
        self._tell_whole(kind, ident, concerned, sequence)

    def _tell_whole(self, kind: str, ident: int, concerned: set[str], sequence: int) -> None:
        """Units and alarms are small: send the object itself besides the notice.

        `seq` lets a desk drop what a slower process read before.
        """
        show = {"unit": snapshot.unit, "alarm": snapshot.alarm}.get(kind)
        if show is None:
            return
        with self.database.unit_of_work(CONSOLE) as session:
            view = show(session, ident)
        if view is not None:
            topic = f"alarm {view['rung']}" if kind == "alarm" else kind
            for path in concerned:
                self.socketio.emit(kind, {**view, "seq": sequence}, to=topic_room(topic, path))

    def flush(self) -> None:
        """Send what the outlet lets through: at once, then rest a moment for the next."""
        while True:
            self.offered.wait(FLUSH_SECONDS)
            self.offered.clear()
            self.send_due(time.monotonic())
            gevent.sleep(FLUSH_SECONDS)

    def send_due(self, moment: float) -> None:
        """Send the positions that are due at this moment of the monotonic clock, s."""
        occupied = self._manager.rooms.get("/", {})
        for room, rows in by_room(self.outlet.take(moment), occupied).items():
            body = {"seq": self.sequence, "t": time.time() * 1000, "units": rows}
            self._tell_ours("positions", body, room)

    def _tell_ours(self, event: str, body: dict[str, Any], room: str | None = None) -> None:
        """To the desks of this process: every other one hears for itself."""
        cast(Any, self.socketio).emit(event, body, to=room, ignore_queue=True)

    @property
    def _manager(self) -> Any:
        return cast(Any, self.socketio).server.manager

    def beat(self) -> None:
        """Let desks notice a silent line; show out whoever has lost the right to listen.

        A console that hears nothing itself is silent, so that no desk takes old for live.
        """
        last_check = time.monotonic()
        while True:
            gevent.sleep(BEAT_SECONDS)
            self.bus.count("serve", generate_latest())
            if self.hearing:
                self._tell_ours("beat", {"t": time.time() * 1000})
                self.bus.here({desk.principal.id for desk in self.desks.values()})
            if time.monotonic() - last_check > RECHECK_SECONDS:
                last_check = time.monotonic()
                self.show_out()

    def show_out(self) -> None:
        """Send away the desks whose session has ended or whose rights have changed."""
        for sid in list(self.desks):
            try:
                self._may_stay(sid)
            except SQLAlchemyError:
                return

    def _may_stay(self, sid: str) -> bool:
        """Whether the desk is signed in with the rights it came with; sends it away when not."""
        desk = self.desks.get(sid)
        if desk is None:
            return False
        if desk.cookie_check() != desk.principal:
            self._send_back(sid)
            return False
        # It may have left by itself while its session was looked up.
        return sid in self.desks

    def _send_back(self, sid: str) -> None:
        cast(Any, self.socketio).server.disconnect(sid)

    @staticmethod
    def _for_ever(loop: Callable[[], None]) -> None:
        while True:
            try:
                loop()
            except Exception:
                log.warning("console_loop_restarts", loop=loop.__name__, exc_info=True)
                gevent.sleep(1)


def _bbox(message: Any) -> Bbox | None:
    """The view's edges when they are four finite numbers within the world, else None."""
    edges = message.get("bbox") if isinstance(message, dict) else None
    if not isinstance(edges, list) or len(edges) != 4:
        return None
    if not all(isinstance(edge, int | float) and -360 <= edge <= 360 for edge in edges):
        return None
    west, south, east, north = (float(edge) for edge in edges)
    return west, south, east, north
