"""UDP on gevent's event loop: datagrams and limits, no meaning.

A peer is an address and port; what its last datagrams told (a date, a name) is kept for a while.
Addresses of datagrams are easily invented: a full listener makes room, first among strangers.
"""

import contextlib
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import gevent
from gevent.monkey import get_original

from gps_ingest import meters
from gps_ingest.listeners.gone import GONE
from gps_ingest.listeners.limits import Budget, Dismissed, Door, Limits
from gps_ingest.valve import Valve
from kernel.log import get_logger

log = get_logger(__name__)
READ = 1
MAX_DATAGRAM = 65_536
DATAGRAMS = 64
"""Taken at one go; the others wait for the next turn of the loop."""
KERNEL_BUFFER = 4 << 20
"""Bytes that wait in the kernel while the store is full; what comes then is lost, as UDP is."""
SWEEP_SECONDS = 2.0


class DatagramSession(Protocol):
    """What the datagrams of one peer mean; raises Dismissed to have the peer ignored."""

    def datagram(self, data: bytes) -> None: ...

    def tick(self, now: float) -> None:
        """Every two seconds or so."""
        ...

    def closed(self) -> None:
        """The peer is silent for too long, or not heard any more."""
        ...


class UdpPeer:
    """One sender, with its allowance of rubbish."""

    def __init__(self, listener: "UdpListener", address: str, port: int, now: float):
        self.address, self._port = address, port
        self.budget = Budget(listener.door.limits, now)
        self.opened_at = self.heard_at = now
        self.has_made_sense = False
        self.is_identified = False
        self.session: DatagramSession
        self._listener, self._door = listener, listener.door

    def made_sense(self, *, identified: bool = False) -> None:
        self.has_made_sense = True
        if identified:
            self._door.trust(self.address)
            if not self.is_identified:
                self.is_identified = True
                self._listener.known(self.address, self._port)

    def is_over(self, now: float) -> bool:
        """Silent for too long, or never anybody: invented addresses leave room for others."""
        limits, age = self._door.limits, now - self.opened_at
        return (
            now - self.heard_at > limits.idle
            or (not self.has_made_sense and age > limits.first_message)
            or (not self.is_identified and age > limits.identity)
        )

    def spoil(self, bad: int, noise: int) -> None:
        self.budget.spoil(bad, noise, time.monotonic())

    def send(self, data: bytes) -> None:
        """To where it was heard from; what the network loses is sent again by whoever waits."""
        self._listener.send(data, self.address, self._port)

    def close(self, reason: str, *, offence: bool = False) -> None:
        self._listener.dismiss(self.address, self._port, Dismissed(reason, offence=offence))

    def guarded(self, act: Callable[..., None], *told: object) -> None:
        """Whatever a session raises ends its own peer and nobody else's."""
        self._listener.guarded(self.address, self._port, partial(act, *told))


class UdpListener:
    """Receives datagrams on one port and gives each peer a session.

    On a shared port the kernel gives a peer's datagrams to one process, as long as it lives.
    """

    def __init__(
        self,
        name: str,
        bind: tuple[str, int],
        open_session: Callable[[UdpPeer], DatagramSession],
        valve: Valve,
        limits: Limits | None = None,
        *,
        shared: bool = False,
    ):
        self.door = Door(name, limits or Limits())
        self.valve = valve
        self._bind, self._open_session, self._shared = bind, open_session, shared
        self._peers: dict[tuple[str, int], UdpPeer] = {}
        """Whoever was silent longest comes first."""
        self._strangers: dict[tuple[str, int], None] = {}
        """Those among them whom nobody knows, in the order of their coming."""
        self._sweeper: gevent.Greenlet[[], None] | None = None
        self._is_stopping = False

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def start(self) -> None:
        """Bind and receive; raises OSError when the port is taken."""
        family = socket.AF_INET6 if ":" in self._bind[0] else socket.AF_INET
        self._socket: socket.socket = get_original("socket", "socket")(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BUFFER)
        if self._shared:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._socket.bind(self._bind)
        loop: Any = gevent.get_hub().loop
        self._readable = loop.io(self._socket.fileno(), READ)
        self._resume()
        self._sweeper = gevent.spawn(self._sweep)

    def stop_accepting(self) -> None:
        """Receive nothing more; what is stored meanwhile is still answered."""
        self._is_stopping = True
        self._readable.stop()
        self._readable.close()

    def stop(self) -> None:
        if self._sweeper is not None:
            self._sweeper.kill()
        self._socket.close()

    def _resume(self) -> None:
        if not self._is_stopping:
            self._readable.start(self._on_readable)

    def _on_readable(self) -> None:
        for _ in range(DATAGRAMS):
            if not self.valve.is_open:
                self._readable.stop()
                self.valve.wait(self._resume)
                return
            try:
                data, peer = self._socket.recvfrom(MAX_DATAGRAM)
            except OSError:  # nothing more to read, or an ICMP error of an earlier answer
                return
            self._receive(data, peer[0], peer[1])

    def _receive(self, data: bytes, address: str, port: int) -> None:
        now = time.monotonic()

        def hear() -> None:
            peer = self._peers.pop((address, port), None) or self._admit(address, port, now)
            self._peers[address, port] = peer
            peer.heard_at = now
            if peer.budget.read(len(data), now):
                raise self.door.refuse("too_fast")
            peer.session.datagram(data)

        self.guarded(address, port, hear)

    def guarded(self, address: str, port: int, act: Callable[[], None]) -> None:
        """Whatever a session raises ends its own peer and nobody else's."""
        try:
            act()
        except Dismissed as dismissed:
            self.dismiss(address, port, dismissed)
        except Exception:
            log.exception("session_failed", listener=self.door.name)
            self._forget(address, port)

    def _admit(self, address: str, port: int, now: float) -> UdpPeer:
        if len(self._peers) >= self.door.limits.links:
            self._forget(*next(iter(self._strangers or self._peers)))
            meters.dismissed.labels(self.door.name, "made_room").inc()
        self.door.enter(address)
        peer = UdpPeer(self, address, port, now)
        peer.session = self._open_session(peer)
        self._strangers[address, port] = None
        return peer

    def known(self, address: str, port: int) -> None:
        """A registered terminal speaks from there."""
        self._strangers.pop((address, port), None)

    def send(self, data: bytes, address: str, port: int) -> None:
        with contextlib.suppress(OSError):  # a full buffer, or nobody there any more
            self._socket.sendto(data, (address, port))

    def dismiss(self, address: str, port: int, dismissed: Dismissed) -> None:
        """Forget a peer that must not go on; an offence counts against its address."""
        if dismissed.offence:
            self.door.refuse(dismissed.reason)
            self.door.offend(address)
        if dismissed.reason != "too_fast":
            self._forget(address, port)

    def _forget(self, address: str, port: int) -> None:
        if peer := self._peers.pop((address, port), None):
            self._strangers.pop((address, port), None)
            self.door.leave(address)
            peer.session.closed()
            peer.session = GONE

    def _sweep(self) -> None:
        while True:
            gevent.sleep(SWEEP_SECONDS)
            now = time.monotonic()
            for (address, port), peer in list(self._peers.items()):
                if not self.valve.is_open:  # nobody is silent while we do not listen
                    peer.opened_at = peer.heard_at = now
                elif peer.is_over(now):
                    self._forget(address, port)
                else:
                    self.guarded(address, port, partial(peer.session.tick, now))
            meters.links.labels(self.door.name).set(len(self._peers))
            self.door.sweep()
