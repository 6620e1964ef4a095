"""One desk's WebSocket on gevent: out through a bounded outbox, in with a limit. RFC 6455.

simple-websocket, which Engine.IO uses otherwise, ignores short sends, which breaks the stream of a
slow reader, and compresses for each client anew, five times the work. No extension, no subprotocol.
"""

import contextlib
import struct
import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable
from hashlib import sha1
from os import write
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any

import gevent
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Message, Ping
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import ProtocolError

from kernel.metrics import Counter, Gauge

LIMIT_BYTES = 4 << 20
"""Of an outbox: some seconds of a wide view of ten thousand vehicles."""
KERNEL_BYTES = 256 << 10
"""That the kernel may hold for one desk: what waits there cannot be seen to be old."""
STALE_SECONDS = 5.0
"""A desk that is this far behind would show old positions as new ones."""
CHUNK = 4096
MOST_PIECES = 256
"""Of one message: a desk sends it in one."""
TEXT, BINARY = 1, 2
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
ACCEPTED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: %s\r\n\r\n"
)
cut_total = Counter("cc_desks_cut", "Desks cut because they did not keep up")
waiting_bytes = Gauge("cc_desks_waiting_bytes", "Bytes that slow desks have not taken yet")


class Outbox:
    """What one desk has not taken yet. Nobody waits for it: who falls too far behind is cut."""

    __slots__ = ("_descriptor", "_drainer", "_sock", "_waiting", "is_shut", "size")

    def __init__(self, sock: Any):
        self._sock, self._descriptor = sock, sock.fileno()
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._drainer: gevent.Greenlet[[], None] | None = None
        self.size = 0
        self.is_shut = False

    def push(self, data: bytes) -> None:
        """Send what the kernel takes now and keep the rest; raises OSError once it is shut."""
        if self.is_shut:
            raise OSError("the line is shut")
        if not self._waiting:
            try:
                taken = write(self._descriptor, data)
            except BlockingIOError:
                taken = 0
            except OSError:
                self.shut()
                raise
            if taken == len(data):
                return
            data = data[taken:]
        self._keep(data, time.monotonic())
        if self._drainer is None:
            self._drainer = gevent.spawn(self._drain)

    def _keep(self, data: bytes, now: float) -> None:
        self._waiting.append((now, data))
        self._grow(len(data))
        if self.size > LIMIT_BYTES or now - self._waiting[0][0] > STALE_SECONDS:
            cut_total.inc()
            self.shut()
            raise OSError("does not keep up")

    def _drain(self) -> None:
        try:
            while self._waiting:
                data = self._waiting[0][1]
                self._sock.sendall(data)
                if self.is_shut:
                    return
                self._waiting.popleft()
                self._grow(-len(data))
        except OSError:
            self.shut()
        finally:
            self._drainer = None

    def _grow(self, by: int) -> None:
        self.size += by
        waiting_bytes.inc(by)

    def finish(self, seconds: float = 1.0) -> None:
        """Shut it when all is sent, or after some seconds."""
        if self._drainer is None:
            self.shut()
        else:
            gevent.spawn_later(seconds, self.shut)

    def shut(self) -> None:
        """End the line at once; its reader sees the end too."""
        if self.is_shut:
            return
        self.is_shut = True
        self._waiting.clear()
        self._grow(-self.size)
        try:
            self._sock.shutdown(2)
        except OSError:
            pass  # the other side was faster


class DeskSocket:
    """What Engine.IO wants of a WebSocket: made with the handler of one client, called as WSGI."""

    of: dict[str, "DeskSocket"] = {}
    """Engine.IO's id of a client of this process -> its socket."""

    def __init__(self, handler: Callable[["DeskSocket"], Any], server: Any):
        self._handler, self._client = handler, handler.__self__  # type: ignore[attr-defined]
        self._longest = int(server.max_http_buffer_size)
        self._frames = Connection(ConnectionType.SERVER)
        self._inbox: deque[str | bytes] = deque()
        self._pieces: list[Any] = []
        self._line: Any = None
        self.outbox: Outbox

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Shake hands and talk until the end; then gunicorn is told that all is said."""
        key = str(environ.get("HTTP_SEC_WEBSOCKET_KEY", "")).encode()
        if not key or environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13":
            start_response("400 Bad Request", [("Sec-WebSocket-Version", "13")])
            return []
        self._line = environ["gunicorn.socket"]
        self._line.setsockopt(SOL_SOCKET, SO_SNDBUF, KERNEL_BYTES)
        self.outbox = Outbox(self._line)
        self._line.sendall(ACCEPTED % b64encode(sha1(key + GUID).digest()))  # noqa: S324 (RFC 6455)
        self.of[self._client.sid] = self
        try:
            self._handler(self)
        finally:
            del self.of[self._client.sid]
            self.outbox.shut()
        raise StopIteration

    # -- Engine.IO's side -----------------------------------------------------------------

    def wait(self) -> str | bytes | None:
        """The next message; None at the end."""
        while not self._inbox:
            try:
                data = b"" if self.outbox.is_shut else self._line.recv(CHUNK)
                if not data:
                    return None
                self._frames.receive_data(data)
                for event in self._frames.events():
                    self._take(event)
            except (OSError, ProtocolError):
                return None
        return self._inbox.popleft()

    def send(self, message: str | bytes) -> None:
        """Raises OSError once the line is shut."""
        self.outbox.push(frame(message))

    def close(self) -> None:
        if not self.outbox.is_shut:
            with contextlib.suppress(OSError):  # the other side was faster
                self._say(CloseConnection(CloseReason.NORMAL_CLOSURE))

    # -- ours -----------------------------------------------------------------------------

    @property
    def is_idle(self) -> Callable[[], bool]:
        """Asks whether Engine.IO has nothing more to send: then a frame may go past its queue."""
        empty: Callable[[], bool] = self._client.queue.empty
        return empty

    def _take(self, event: Any) -> None:
        if isinstance(event, Message):
            self._pieces.append(event.data)
            if sum(map(len, self._pieces)) > self._longest or len(self._pieces) > MOST_PIECES:
                self._say(CloseConnection(CloseReason.MESSAGE_TOO_BIG))
            elif event.message_finished:
                empty = "" if isinstance(event.data, str) else b""
                self._inbox.append(empty.join(self._pieces))
                self._pieces.clear()
        elif isinstance(event, Ping | CloseConnection):
            self._say(event.response())

    def _say(self, event: Any) -> None:
        """A frame about the line itself; after a farewell nothing follows."""
        self.outbox.push(self._frames.send(event))
        if isinstance(event, CloseConnection):
            self.outbox.finish()


def frame(message: str | bytes) -> bytes:
    """One whole message of the server, text or binary."""
    data, kind = (message.encode(), TEXT) if isinstance(message, str) else (message, BINARY)
    size = len(data)
    if size < 126:
        return bytes((0x80 | kind, size)) + data
    if size < 1 << 16:
        return struct.pack("!BBH", 0x80 | kind, 126, size) + data
    return struct.pack("!BBQ", 0x80 | kind, 127, size) + data
