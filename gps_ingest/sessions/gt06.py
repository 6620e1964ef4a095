"""GT06 trackers: they say who they are and prove nothing, so an operator may name their network."""

from gps_ingest import meters
from gps_ingest.intake import Intake, Told
from gps_ingest.listeners.limits import Dismissed
from gps_ingest.pipeline import KnownTerminal
from gps_ingest.protocols import gt06
from gps_ingest.protocols.base import Bad, Message
from gps_ingest.protocols.gt06 import Hello, Packet, Position, Status, Text
from gps_ingest.sessions.base import Correspondent

PROTOCOL = "gt06"


class Gt06Session:
    """One link: a login, then packets, each answered once what it brings is stored."""

    def __init__(self, intake: Intake, peer: Correspondent):
        self._intake, self._peer = intake, peer
        self._decoder = gt06.Decoder()
        self._terminal: KnownTerminal | None = None
        self._noise = 0

    def receive(self, data: bytes) -> None:
        """Bytes of a stream; raises Dismissed."""
        for message in self._decoder.feed(data):
            self._take(message)
        noise, self._noise = self._decoder.noise - self._noise, self._decoder.noise
        if noise:
            self._peer.spoil(0, noise)

    def tick(self, now: float) -> None:
        """A tracker is never waited for."""

    def closed(self) -> None:
        """Its silence has a reason."""
        if self._terminal is not None:
            self._intake.trouble(self._terminal, "connection_closed")

    def _take(self, message: Message) -> None:
        meters.messages[PROTOCOL, type(message).__name__] += 1
        match message:
            case Bad():
                self._peer.spoil(1, 0)
            case Hello():
                self._login(message)
            case _ if self._terminal is None:
                meters.refused.labels("not_logged_in").inc()
                self._peer.spoil(1, 0)
            case _:
                self._heard(self._terminal, message)

    def _login(self, hello: Hello) -> None:
        """Raises Dismissed for a second name, and for one that may not report from there."""
        terminal = self._intake.identify(hello.device, PROTOCOL, self._peer.address)
        if self._terminal is not None and self._terminal is not terminal:
            self._intake.suspect(self._terminal, "second_identity", self._peer.address)
            raise Dismissed("second_identity", offence=True)
        if terminal is None or terminal.protocol != PROTOCOL or not terminal.enabled:
            raise Dismissed("unknown", offence=True)
        if terminal.settings.get("network") and not terminal.may_report_from(self._peer.address):
            self._intake.suspect(terminal, "wrong_network", self._peer.address)
            raise Dismissed("wrong_network", offence=True)
        self._terminal = terminal
        if hello.zone is not None:
            self._decoder.zone = hello.zone
        self._peer.made_sense(identified=True)
        self._answer(hello.header)

    def _heard(self, terminal: KnownTerminal, message: Message) -> None:
        self._peer.made_sense(identified=terminal.enabled)
        self._intake.fleet.heard(terminal, self._intake.clock.now())
        match message:
            case Position():
                self._intake.take(
                    message, terminal, lambda: self._answer(message.header), _alarms(message)
                )
            case Packet() if message.header.type == gt06.TIME:
                self._peer.send(gt06.answer_time(message.header, self._intake.clock.now()))
            case Packet() | Status() | Text():
                self._answer(message.header)

    def _answer(self, header: gt06.Header) -> None:
        answer = gt06.answer(header)
        if answer is not None:
            self._peer.send(answer)


def _alarms(message: Position) -> tuple[Told, ...]:
    """An alarm packet is one press of the button, or one change: each is news."""
    if not message.alarms:
        return ()
    details = {
        "names": list(message.alarms),
        "serial": message.header.serial,
        "sos": "sos" in message.alarms,
        "late": message.is_history,
    }
    return (Told("alarm", ",".join(message.alarms)[:80], details, message.raw),)
