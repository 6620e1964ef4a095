"""How messages reach the desks of every web process: encoded once, pushed straight to each socket.

Reaches into Engine.IO at one place, `_async["websocket"]`, and stands on the order in which its
sockets write. Tried with the versions below; others have to be tried first.
"""

from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

import gevent
from engineio.packet import MESSAGE
from engineio.packet import Packet as EnginePacket
from flask_socketio import SocketIO
from redis import RedisError
from socketio import Manager, RedisManager
from socketio.packet import EVENT

from command_center.console.websocket import DeskSocket, frame
from kernel.bus import Bus, Cursor, Gap
from kernel.log import get_logger

log = get_logger(__name__)
TRIED = {"python-engineio": "4.15.", "python-socketio": "5.18."}
STREAM = "desks"
"""What one web process says to the desks of all."""
RETRY_SECONDS = 0.5
Ear = tuple[str, Callable[[], bool], Callable[[bytes], None]]
"""Engine.IO's name of a client, whether its queue is empty, and what sends past that queue."""


class Fanout(Manager):  # type: ignore[misc]
    """Gives a message to the desks of this process: one encoding, one frame, one send each.

    Who hears a room is put together once and kept until somebody enters or leaves it: a desk's
    objects that are not touched need not come from memory, which costs as much as sending does.
    """

    def __init__(self, *told: Any, **more: Any):
        super().__init__(*told, **more)
        self._ears: dict[tuple[str, Any], list[Ear]] = {}

    def emit(
        self, event: str, data: Any, namespace: str, room: Any = None, skip_sid: Any = None,
        callback: Any = None, to: Any = None, **more: Any,
    ) -> None:  # fmt: skip
        room = to or room
        if callback or skip_sid or isinstance(room, list) or namespace not in self.rooms:
            super().emit(event, data, namespace, room, skip_sid, callback, **more)
            return
        told = [event, *(data if isinstance(data, tuple) else [data])]
        packet = self.server.packet_class(EVENT, namespace=namespace, data=told)
        packets = [EnginePacket(MESSAGE, part) for part in _parts(packet.encode())]
        framed = b"".join(frame(part.encode()) for part in packets)
        for client, is_idle, push in self._ears_of(namespace, room):
            if is_idle():
                try:
                    push(framed)
                except OSError:
                    pass  # its reader sees the end, and the desk comes back
            else:
                for part in packets:
                    self.server.eio.send_packet(client, part)

    def _ears_of(self, namespace: str, room: Any) -> list[Ear]:
        ears = self._ears.get((namespace, room))
        if not ears:
            ears = [_ear(client) for _, client in self.get_participants(namespace, room)]
            if ears:
                self._ears[namespace, room] = ears
        return ears

    def basic_enter_room(self, sid: str, namespace: str, room: Any, eio_sid: Any = None) -> None:
        self._ears.pop((namespace, room), None)
        super().basic_enter_room(sid, namespace, room, eio_sid)

    def basic_leave_room(self, sid: str, namespace: str, room: Any) -> None:
        self._ears.pop((namespace, room), None)
        super().basic_leave_room(sid, namespace, room)


def _ear(client: str) -> Ear:
    desk = DeskSocket.of.get(client)
    if desk is None:  # Engine.IO's own way to it
        return client, lambda: False, _nowhere
    return client, desk.is_idle, desk.outbox.push


def _nowhere(framed: bytes) -> None:
    raise AssertionError("never idle")


def _parts(encoded: Any) -> list[Any]:
    return encoded if isinstance(encoded, list) else [encoded]


class DeskManager(RedisManager, Fanout):  # type: ignore[misc]
    """Socket.IO's Redis manager over a stream: a process whose line broke goes on where it stopped.

    `on_gap` is called when that cannot be: its desks have missed something.
    """

    def __init__(self, bus: Bus):
        super().__init__(bus.url, channel=STREAM)
        self._bus = bus
        self._cursor: Cursor | None = None
        self.on_gap: Callable[[], None] = lambda: None

    def initialize(self) -> None:
        """Before the first desk is let in: what comes from now on is for it."""
        try:
            self._cursor = self._bus.now(STREAM)
        except RedisError:
            log.warning("desks_of_other_processes_not_heard")
        super().initialize()

    def _publish(self, data: dict[str, Any]) -> None:
        """Raises RedisError: whoever had to tell it tells it again."""
        self._bus.publish_json(STREAM, data)

    def _listen(self) -> Iterator[bytes]:
        while True:
            try:
                if self._cursor is None:
                    self._cursor = self._bus.now(STREAM)
                    self.on_gap()
                for entry in self._bus.follow(self._cursor):
                    if entry.by != self._bus.name:
                        yield entry.data
            except Gap:
                self._cursor = None
            except RedisError:
                gevent.sleep(RETRY_SECONDS)


def install(socketio: SocketIO) -> None:
    """Let desks come over our own WebSocket; raises RuntimeError with versions nobody tried."""
    for package, tried in TRIED.items():
        if not version(package).startswith(tried):
            raise RuntimeError(f"{package} {version(package)}: tried with {tried}x only")
    engine: Any = socketio.server.eio  # type: ignore[attr-defined]
    engine._async = {**engine._async, "websocket": DeskSocket}
