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


class Fanout(Manager):  # type: ignore[misc]
    """Gives a message to the desks of this process: one encoding, one frame, one send each."""

    def emit(
        self, event: str, data: Any, namespace: str, room: Any = None, skip_sid: Any = None,
        callback: Any = None, to: Any = None, **more: Any,
    ) -> None:  # fmt: skip
        room = to or room
        if callback or skip_sid or namespace not in self.rooms:
            super().emit(event, data, namespace, room, skip_sid, callback, **more)
            return
        told = [event, *(data if isinstance(data, tuple) else [data])]
        packet = self.server.packet_class(EVENT, namespace=namespace, data=told)
        packets = [EnginePacket(MESSAGE, part) for part in _parts(packet.encode())]
        framed = b"".join(frame(part.encode()) for part in packets)
        for _, client in self.get_participants(namespace, room):
            desk = DeskSocket.of.get(client)
            if desk is None or not desk.push(framed):
                for part in packets:
                    self.server.eio.send_packet(client, part)


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
