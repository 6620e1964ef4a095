"""SIMULATOR: a JT/T 808 terminal over a real socket, as a vehicle carries one.

Keeps a journal of what it sent and what was acknowledged, so that a test may ask the database for
every line of it. It speaks like a real one: registers, authenticates, repeats what is not
answered, and reads questions out to a driver who is a function.
"""

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from gps_ingest.protocols import jt808
from gps_ingest.protocols.base import Message
from gps_ingest.protocols.jt808 import control, link, words
from gps_ingest.protocols.jt808.body import Body
from gps_ingest.protocols.jt808.framing import Peer
from gps_ingest.protocols.jt808.location import Location, PositionReply

M = TypeVar("M")
WAIT_SECONDS = 10.0
CHUNK = 65_536


class NoAnswer(Exception):
    """The platform did not answer in time, or closed the link."""


@dataclass
class SimulatedTerminal:
    """One terminal. `driver` chooses the answer of a question; None lets it lie."""

    phone: str
    version: int = 2019
    plate: str = "京A00001"
    udp: bool = False
    asks: bool = True
    """Whether it knows questions; else it responds "unsupported"."""
    driver: Callable[[words.Question], int | None] = lambda question: None
    code: str = ""
    acknowledged: list[Location] = field(default_factory=list)
    """The journal: every location that the platform said it has."""
    heard: list[Message] = field(default_factory=list)
    """Every message of the platform, in order."""
    parameters: dict[int, bytes] = field(default_factory=lambda: {0x0001: bytes((0, 0, 0, 60))})
    """Values raw by id, as the platform reads and sets them."""
    here: Location | None = None
    """Where it said last that it is."""
    silent: bool = False
    """Whether it leaves the platform's messages unanswered."""

    def __post_init__(self) -> None:
        self.name = Peer.of(self.phone, self.version)
        self._serial = 0
        self._socket: socket.socket | None = None
        self._decoder = jt808.Decoder()

    # -- the link -------------------------------------------------------------------------

    def connect(self, port: int, host: str = "127.0.0.1", source: str = "") -> None:
        """Raises OSError."""
        self.close()
        self._decoder = jt808.Decoder()
        kind = socket.SOCK_DGRAM if self.udp else socket.SOCK_STREAM
        self._socket = socket.socket(socket.AF_INET, kind)
        self._socket.settimeout(WAIT_SECONDS)
        if source:
            self._socket.bind((source, 0))
        self._socket.connect((host, port))

    @property
    def is_connected(self) -> bool:
        return self._socket is not None

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    # -- what it says ---------------------------------------------------------------------

    def register(self) -> link.RegisterReply:
        """Keeps the code that it is given; raises NoAnswer."""
        said = link.Register(11, 100, "DEMO", "SIM-1", self.phone[-7:], 1, self.plate)
        serial = self.send(said)
        reply = self.wait_for(link.RegisterReply, lambda one: one.ack_serial == serial)
        self.code = reply.auth or self.code
        return reply

    def authenticate(self, code: str | None = None) -> int:
        """Gives the result of the response; raises NoAnswer."""
        return self.ask(link.Authenticate(self.code if code is None else code, "", ""))

    def report(self, *locations: Location, kind: int = 0) -> int:
        """One location as 0x0200, several as 0x0704; those acknowledged go into the journal."""
        message = locations[0] if len(locations) == 1 else jt808.Batch(kind, locations)
        result = self.ask(message)
        if result == link.OK:
            self.acknowledged += locations
        return result

    def ask(self, message: Body | Location) -> int:
        """Send what has a general response, wait for it, give its result; raises NoAnswer."""
        serial = self.send(message)
        return self.wait_for(link.PlatformReply, lambda one: one.ack_serial == serial).result

    def send(self, message: Body | Location) -> int:
        """Gives the serial of its last frame; raises NoAnswer when the link is gone."""
        if isinstance(message, Location):
            self.here = message
        frames = jt808.encode(message, self.name, self._serial)
        self._serial = self._serial + len(frames) & 0xFFFF
        for frame in frames:
            self.send_raw(frame)
        return self._serial - 1 & 0xFFFF

    def send_raw(self, data: bytes) -> None:
        if self._socket is None:
            raise NoAnswer("no link")
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise NoAnswer(str(error)) from error

    # -- what it hears --------------------------------------------------------------------

    def wait_for(
        self, kind: type[M], fits: Callable[[M], bool] = lambda one: True, seconds: float = 0
    ) -> M:
        """The next message of that kind; all that comes meanwhile is obeyed. Raises NoAnswer."""
        until = time.monotonic() + (seconds or WAIT_SECONDS)
        while time.monotonic() < until:
            for message in self._hear(until - time.monotonic()):
                if isinstance(message, kind) and fits(message):
                    return message
        raise NoAnswer(kind.__name__)

    def listen(self, seconds: float) -> None:
        """Obey what comes for some seconds."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for _ in self._hear(left):
                pass

    def _hear(self, seconds: float) -> Iterator[Message]:
        if self._socket is None:
            raise NoAnswer("no link")
        self._socket.settimeout(max(seconds, 0.001))
        try:
            data = self._socket.recv(CHUNK)
        except TimeoutError:
            return
        except OSError as error:
            raise NoAnswer(str(error)) from error
        finally:
            self._socket.settimeout(WAIT_SECONDS)
        if not data and not self.udp:
            raise NoAnswer("closed")
        for message in self._decoder.feed(data):
            self.heard.append(message)
            if isinstance(message, Body) and not self.silent:
                self._obey(message)
            yield message

    def _obey(self, message: Body) -> None:
        header = message.header
        if isinstance(message, words.Question) and not self.asks:
            self.send(link.TerminalReply(header.serial, header.message_id, link.UNSUPPORTED))
            return
        if isinstance(message, control.QueryPosition) and self.here is not None:
            self.send(PositionReply(header.serial, self.here))
            return
        if isinstance(message, control.SetParameters):
            self.parameters.update(message.parameters)
        if not isinstance(message, link.PlatformReply | link.RegisterReply | link.TimeReply):
            self.send(link.TerminalReply(header.serial, header.message_id))
        if isinstance(message, words.Question):
            answer = self.driver(message)
            if answer is not None:
                self.send(words.Answer(header.serial, answer))
        if isinstance(message, control.QueryParameters):
            self.send(control.ParameterReply(header.serial, self.parameters))


def at(
    moment: datetime, lat: float, lon: float, *, speed_kmh: float = 0, alarm: int = 0,
    course: float = 0,
) -> Location:  # fmt: skip
    """A location of a running vehicle; WGS-84 degrees, UTC."""
    return Location.at(lat, lon, moment, speed_kmh=speed_kmh, alarm=alarm, course=course)
