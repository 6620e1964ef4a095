"""What the bytes of a peer mean: protocol by protocol, from link to intake."""

from typing import Protocol

from gps_ingest import meters
from gps_ingest.intake import Intake
from gps_ingest.listeners.http import Answer, HttpRequest
from gps_ingest.listeners.limits import Dismissed
from gps_ingest.pipeline import End, KnownTerminal
from gps_ingest.protocols import nmea, osmand
from gps_ingest.protocols.base import Bad, Fix, Message


class Peer(Protocol):
    """The other side, as a listener shows it."""

    address: str

    def made_sense(self, *, identified: bool = False) -> None: ...

    def spoil(self, bad: int, noise: int) -> None: ...


class NmeaSession:
    """A receiver's stream, or its datagrams.

    Who it is: the owner of the port, else the name in front of a sentence or in a login, else
    "@" and its network address. A stream keeps the first name it told.
    """

    def __init__(self, intake: Intake, peer: Peer, owner: KnownTerminal | None = None):
        self._intake, self._peer, self._owner = intake, peer, owner
        self._decoder = nmea.Decoder()
        self._name: str | None = None
        self._terminal: KnownTerminal | None = None
        self._noise = 0

    def receive(self, data: bytes) -> None:
        """Bytes of a stream; raises Dismissed."""
        self._take(self._decoder.feed(data), bound=True)

    def datagram(self, data: bytes) -> None:
        """A datagram, whole in itself; raises Dismissed."""
        self._take(self._decoder.feed(data) + self._decoder.finish(), bound=False)

    def tick(self, now: float) -> None:
        """A receiver is never waited for."""

    def closed(self) -> None:
        """Its silence has a reason."""
        if self._terminal is not None:
            self._intake.presence.trouble(self._terminal.id, "connection_closed")

    def _take(self, messages: list[Message], *, bound: bool) -> None:
        bad = 0
        for message in messages:
            meters.messages("nmea", type(message).__name__).inc()
            if isinstance(message, Bad):
                bad += 1
                continue
            terminal = self._identify(message.device, bound)
            if isinstance(message, Fix):
                self._intake.take(message, terminal)
        noise, self._noise = self._decoder.noise - self._noise, self._decoder.noise
        if bad or noise:
            self._peer.spoil(bad, noise)

    def _identify(self, told: str | None, bound: bool) -> KnownTerminal | None:
        name = told or (self._name if bound else None)
        if self._owner is not None:
            name = self._owner.identity
        elif bound and told is not None:
            if self._name not in (None, told):
                raise Dismissed("second_identity", offence=True)
            self._name = told
        terminal = self._intake.identify(
            name or f"@{self._peer.address}", "nmea", self._peer.address
        )
        self._peer.made_sense(identified=terminal is not None and terminal.enabled)
        self._terminal = terminal
        return terminal


class OsmandDesk:
    """Answers phones: 200 once the fix is safe, else a status that makes the phone keep it."""

    def __init__(self, intake: Intake, peer: Peer):
        self._intake, self._peer = intake, peer

    def handle(self, request: HttpRequest, answer: Answer) -> None:
        """Take one request; raises Dismissed when its peer has sent too much rubbish."""
        message = osmand.decode(
            osmand.Request(request.method, request.target, request.content_type, request.body),
            self._intake.clock.now(),
        )
        meters.messages("osmand", type(message).__name__).inc()
        if message.device is None or (isinstance(message, Bad) and not message.extra):
            answer(400)
            self._peer.spoil(1, 0)
            return
        terminal = self._intake.identify(message.device, "osmand", self._peer.address)
        if terminal is None or not terminal.enabled:
            answer(403)
            return
        self._peer.made_sense(identified=True)
        if isinstance(message, Fix):
            self._store(message, terminal, answer)
        else:  # a heartbeat, or cells that we cannot place: sent again it would say no more
            answer(200)

    def _store(self, fix: Fix, terminal: KnownTerminal, answer: Answer) -> None:
        if self._intake.store.is_away or not self._intake.store.valve.is_open:
            answer(503)
            return
        verdict = self._intake.take(fix, terminal, lambda: answer(200))
        if verdict is not None and verdict.end is End.REFUSED:
            answer(403)
