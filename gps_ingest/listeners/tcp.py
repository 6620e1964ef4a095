"""TCP on gevent's event loop: sockets and limits, no meaning.

A call-back per readable socket instead of a greenlet per connection, and those in turns: a third
of the work and half the memory at 10,000 connections. Nothing here may block; what has to wait is
called back.
"""

import contextlib
import socket
import time
from collections.abc import Callable
from typing import Any, Protocol

import gevent
from gevent.monkey import get_original

from gps_ingest import meters
from gps_ingest.listeners.gone import GONE
from gps_ingest.listeners.limits import Budget, Dismissed, Door, Limits
from gps_ingest.listeners.poller import Poller
from gps_ingest.valve import Valve
from kernel.log import get_logger

log = get_logger(__name__)
READ, WRITE = 1, 2
CHUNK = 4096
BACKLOG = 4096
KERNEL_BUFFER = 64 << 10
"""Bytes that wait in the kernel for a peer to read, of every link: else it keeps megabytes."""
ACCEPTS = 64
"""Connections taken at one go; the others wait for the next turn of the loop."""
SWEEP_SECONDS = 2.0
"""Ten thousand links are looked at as often as they speak, else."""
PlainSocket: type[socket.socket] = get_original("socket", "socket")
"""The standard library's: gevent's own would make two watchers more for every connection."""


class Session(Protocol):
    """What the bytes of one link mean; raises Dismissed to have the link closed."""

    def receive(self, data: bytes) -> None: ...

    def tick(self, now: float) -> None:
        """Every two seconds or so: time for whatever the session itself waits for."""
        ...

    def closed(self) -> None:
        """The link is gone."""
        ...


class Link:
    """One connection: bytes in to its session, answers out, closed with a counted reason."""

    def __init__(self, listener: "TcpListener", sock: socket.socket, address: str, now: float):
        self.address = address
        self.budget = Budget(listener.door.limits, now)
        self.opened_at = self.heard_at = self.sensible_at = now
        self.has_made_sense = False
        self.is_identified = False
        self.is_open = True
        self.session: Session
        self._listener = listener
        self._socket = sock
        self._unsent = b""
        self._unsent_since = 0.0
        self._fd = sock.fileno()
        self._writable: Any = None
        self._pauses = 0
        self._rest: Any = None

    # -- what a session may do ------------------------------------------------------------

    def made_sense(self, *, identified: bool = False) -> None:
        """A sensible message came; `identified`: of a registered terminal."""
        self.has_made_sense = True
        self.sensible_at = self.heard_at
        if identified and not self.is_identified:
            self.is_identified = True
            self._listener.door.trust(self.address)

    def spoil(self, bad: int, noise: int) -> None:
        """Charge rubbish; raises Dismissed."""
        self.budget.spoil(bad, noise, time.monotonic())

    def send(self, data: bytes) -> None:
        """Send without waiting; what the peer does not take now is kept up to the limit."""
        if not self.is_open:
            return
        if not self._unsent:
            sent = self._try_to_send(data)
            if sent == len(data):
                return
            data = data[sent:]
            self._unsent_since = time.monotonic()
            self._writable = gevent.get_hub().loop.io(self._fd, WRITE)
            self._writable.start(self._on_writable)
        self._unsent += data
        if len(self._unsent) > self._listener.door.limits.unsent_bytes:
            self.close("reads_nothing")

    def pause(self) -> None:
        """Read no more until as many calls of `resume`."""
        self._pauses += 1
        self._listener.poller.leave(self._fd)

    def resume(self) -> None:
        self._pauses -= 1
        if self._pauses == 0 and self.is_open:
            self.start()

    def close(self, reason: str, *, offence: bool = False) -> None:
        """End the connection; an offence counts against its address."""
        if not self.is_open:
            return
        self.is_open = False
        self._listener.poller.leave(self._fd)
        self._write_no_more()
        self._socket.close()
        if offence:
            self._listener.door.offend(self.address)
        self._listener.closed(self, reason)
        self.session.closed()
        self.session = GONE

    # -- the event loop's side ------------------------------------------------------------

    def start(self) -> None:
        self._listener.poller.watch(self._fd, self._on_readable)

    def sweep(self, now: float) -> None:
        """Close what has been silent, mute or nameless for too long."""
        limits = self._listener.door.limits
        if self._unsent and now - self._unsent_since > limits.write:
            self.close("reads_nothing")
        elif not self._listener.valve.is_open:  # nobody is silent while we do not listen
            self.opened_at = self.sensible_at = now
        elif not self.has_made_sense and now - self.opened_at > limits.first_message:
            self.close("mute")
        elif not self.is_identified and now - self.opened_at > limits.identity:
            self.close("nameless")
        elif now - self.sensible_at > limits.idle:
            self.close("idle")
        else:
            self.guarded(self.session.tick, now)

    def _on_readable(self) -> None:
        valve = self._listener.valve
        if not valve.is_open:
            self.pause()
            valve.wait(self.resume)
            return
        try:
            data = self._socket.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close("left")
            return
        self.heard_at = time.monotonic()
        rest = self.budget.read(len(data), self.heard_at)
        if rest:
            self.pause()
            self._rest = _later(rest, self.resume)
        try:
            self.session.receive(data)
        except Exception as fault:
            self._failed(fault)

    def guarded(self, act: Callable[..., None], *told: object) -> None:
        """Whatever a session raises ends its own link and nobody else's."""
        try:
            act(*told)
        except Exception as fault:
            self._failed(fault)

    def _failed(self, fault: Exception) -> None:
        if isinstance(fault, Dismissed):
            self.close(fault.reason, offence=fault.offence)
        else:
            log.error("session_failed", listener=self._listener.door.name, exc_info=fault)
            self.close("failure")

    def _on_writable(self) -> None:
        self._unsent = self._unsent[self._try_to_send(self._unsent) :]
        if not self._unsent and self.is_open:
            self._write_no_more()

    def _write_no_more(self) -> None:
        if self._writable is not None:
            self._writable.stop()
            self._writable.close()
            self._writable = None

    def _try_to_send(self, data: bytes) -> int:
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            self.close("left")
            return len(data)


class TcpListener:
    """Accepts connections on one port and gives each a session.

    A shared port belongs to several processes: the kernel spreads the connections.
    """

    def __init__(
        self,
        name: str,
        bind: tuple[str, int],
        open_session: Callable[[Link], Session],
        valve: Valve,
        limits: Limits | None = None,
        poller: Poller | None = None,
        *,
        shared: bool = False,
    ):
        self.door = Door(name, limits or Limits())
        self.valve = valve
        self._bind, self._open_session, self._shared = bind, open_session, shared
        self.poller = poller or Poller()
        self._links: set[Link] = set()
        self._rest: Any = None
        self._sweeper: gevent.Greenlet[[], None] | None = None

    @property
    def port(self) -> int:
        """The port in use; differs from the one asked for when that was 0."""
        port: int = self._socket.getsockname()[1]
        return port

    def start(self) -> None:
        """Bind and accept; raises OSError when the port is taken."""
        family = socket.AF_INET6 if ":" in self._bind[0] else socket.AF_INET
        self._socket = PlainSocket(family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
        if self._shared:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._socket.bind(self._bind)
        self._socket.listen(BACKLOG)
        self._acceptable = gevent.get_hub().loop.io(self._socket.fileno(), READ)
        self._acceptable.start(self._on_acceptable)
        self._sweeper = gevent.spawn(self._sweep)

    def stop_accepting(self) -> None:
        self._acceptable.stop()
        self._acceptable.close()
        self._socket.close()

    def stop(self) -> None:
        """Close every link; call `stop_accepting` before."""
        if self._sweeper is not None:
            self._sweeper.kill()
        for link in list(self._links):
            link.close("shutdown")

    def closed(self, link: Link, reason: str) -> None:
        self._links.discard(link)
        self.door.leave(link.address)
        meters.dismissed.labels(self.door.name, reason).inc()

    def _on_acceptable(self) -> None:
        for _ in range(ACCEPTS):
            try:
                # The public accept() would wrap the descriptor in gevent's own socket.
                fd, peer = self._socket._accept()  # type: ignore[attr-defined]
            except BlockingIOError:
                return
            except OSError as error:  # no more file descriptors: the loop must not spin
                log.warning("accept_failed", listener=self.door.name, error=str(error))
                self._acceptable.stop()
                self._rest = _later(1.0, self._accept_again)
                return
            sock = PlainSocket(self._socket.family, socket.SOCK_STREAM, fileno=fd)
            try:
                self._admit(sock, str(peer[0]))
            except Dismissed:
                sock.close()

    def _accept_again(self) -> None:
        if self._socket.fileno() >= 0:
            self._acceptable.start(self._on_acceptable)

    def _admit(self, sock: socket.socket, address: str) -> None:
        self.door.enter(address)
        sock.setblocking(False)
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        link = Link(self, sock, address, time.monotonic())
        link.session = self._open_session(link)
        self._links.add(link)
        link.start()

    def _sweep(self) -> None:
        while True:
            gevent.sleep(SWEEP_SECONDS)
            now = time.monotonic()
            for link in list(self._links):
                link.sweep(now)
            self.door.sweep()


def _later(seconds: float, act: Callable[[], None]) -> Any:
    """Call `act` after some seconds, as long as what is given back is kept."""
    timer = gevent.get_hub().loop.timer(seconds)
    timer.start(act)
    return timer
