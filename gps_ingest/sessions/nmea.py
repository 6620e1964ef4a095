"""Receivers that speak NMEA 0183 and answer to nobody."""

from gps_ingest import meters
from gps_ingest.intake import Intake
from gps_ingest.listeners.limits import Dismissed
from gps_ingest.pipeline import KnownTerminal
from gps_ingest.protocols import nmea
from gps_ingest.protocols.base import Bad, Fix, Message
from gps_ingest.sessions.base import Peer


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
            self._intake.trouble(self._terminal, "connection_closed")

    def _take(self, messages: list[Message], *, bound: bool) -> None:
        bad = 0
        for message in messages:
            meters.messages["nmea", type(message).__name__] += 1
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
