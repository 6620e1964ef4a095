"""What every protocol speaks: plain messages and the shape of a reader. No I/O and no clock."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, ClassVar, Protocol

MODULES = {
    "nmea": "gps_ingest.protocols.nmea",
    "osmand": "gps_ingest.protocols.osmand",
    "owntracks": "gps_ingest.protocols.owntracks",
    "jt808": "gps_ingest.protocols.jt808",
    "gt06": "gps_ingest.protocols.gt06",
}
"""The registration of a protocol: its name and its module, loaded when asked for."""
SPOKEN = ("jt808", "gt06")
"""Protocols in which we send more than a receipt."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Message(Protocol):
    """What a protocol made of its input. Each has the classes below and, beside them, its own."""

    @property
    def kind(self) -> str:
        """What sort of message it is, in a word."""
        ...

    @property
    def device(self) -> str | None:
        """Who speaks, where the message itself says so."""
        ...

    def told(self) -> dict[str, object]:
        """All it says, as JSON can carry it."""
        ...


@dataclass(slots=True)
class Fix:
    """One position as the device tells it; no rule of time, range or region has been applied.

    WGS-84 degrees, km/h, degrees clockwise from north, metres above sea level, UTC. `time` is
    None where the device gave no date, `lat` and `lon` where it gave no position.
    """

    kind: ClassVar[str] = "fix"

    lat: float | None
    lon: float | None
    time: datetime | None
    valid: bool
    speed_kmh: float | None = None
    course: float | None = None
    alt_m: float | None = None
    device: str | None = None
    flags: tuple[str, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)
    raw: bytes = b""

    def told(self) -> dict[str, object]:
        return {
            "lat": self.lat,
            "lon": self.lon,
            "speed_kmh": self.speed_kmh,
            "course": self.course,
            "alt_m": self.alt_m,
            "time": utc(self.time),
            "valid": self.valid,
            "flags": list(self.flags),
            **self.extra,
        }


@dataclass(slots=True)
class Heartbeat:
    """The device lives and has no position to tell."""

    kind: ClassVar[str] = "heartbeat"

    device: str | None = None
    time: datetime | None = None

    def told(self) -> dict[str, object]:
        return {"time": utc(self.time)}


@dataclass(slots=True)
class Login:
    """The device says who it is; all that follows on this stream is its own."""

    kind: ClassVar[str] = "login"

    device: str

    def told(self) -> dict[str, object]:
        return {}


@dataclass(slots=True)
class Other:
    """A right message that carries no fix."""

    kind: ClassVar[str] = "other"

    type: str
    device: str | None = None

    def told(self) -> dict[str, object]:
        return {"type": self.type}


@dataclass(slots=True)
class Bad:
    """Input that is not a right message, and why."""

    kind: ClassVar[str] = "error"

    reason: str
    device: str | None = None
    time: datetime | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
    raw: bytes = b""

    def told(self) -> dict[str, object]:
        return {"time": utc(self.time), "error": self.reason, **self.extra}


class Reader(Protocol):
    """Captured bytes, in pieces of any size, to messages in the order of the input."""

    @property
    def waiting(self) -> bool:
        """Whether a message is held back until more input, or `settle`, completes it."""
        ...

    def feed(self, data: bytes) -> list[Message]: ...

    def settle(self) -> list[Message]:
        """Nothing came for a while: give what is held back as it is."""
        ...

    def finish(self) -> list[Message]:
        """The input has ended: give everything that is left."""
        ...


class LineReader:
    """A capture that has one record a line: `read` makes the messages of each.

    A line beyond `max_line` bytes is one error, and the next one is read.
    """

    waiting = False

    def __init__(self, read: Callable[[bytes], list[Message]], max_line: int):
        self._read, self._max = read, max_line
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[Message]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        out = [message for line in lines for message in self._line(line)]
        if len(self._rest) > self._max:
            self._rest, self._skipping = b"", True
        return out

    def settle(self) -> list[Message]:
        return []

    def finish(self) -> list[Message]:
        line, self._rest = self._rest, b""
        return self._line(line)

    def _line(self, line: bytes) -> list[Message]:
        if self._skipping or len(line) > self._max:
            self._skipping = False
            return [Bad("too large")]
        return self._read(line.strip()) if line.strip() else []


class HexReader(LineReader):
    """A capture of one datagram a line in hex digits: `read` makes the messages of its bytes.

    A line that holds no message is one error, so that every line has its answer.
    """

    def __init__(self, read: Callable[[bytes], list[Message]], max_bytes: int):
        super().__init__(self._digits, max_bytes * 3)
        self._messages = read

    def _digits(self, line: bytes) -> list[Message]:
        try:
            data = bytes.fromhex(line.decode("ascii"))
        except ValueError:  # of the digits, or of the text
            return [Bad("the line is not hexadecimal", raw=line)]
        return self._messages(data) or [Bad("no frame in this line", raw=data)]


def reader(protocol: str) -> Reader:
    """A reader of captured input; raises KeyError for a protocol that is not registered."""
    found: Reader = import_module(MODULES[protocol]).CaptureReader()
    return found


def writer(protocol: str) -> Callable[[Mapping[str, Any]], list[bytes]]:
    """What makes the frames of a written row; raises KeyError for a protocol that has none.

    The writer raises ValueError naming the field that is missing or wrong.
    """
    if protocol not in SPOKEN:
        raise KeyError(protocol)
    found: Callable[[Mapping[str, Any]], list[bytes]] = import_module(MODULES[protocol]).write
    return found


def identity(text: str) -> str | None:
    """`text` as a device identity of 1 to 64 printable characters, or None."""
    text = text.strip()
    return text if 0 < len(text) <= 64 and not _UNPRINTABLE.search(text) else None


def printable(text: str, longest: int) -> str:
    """A stranger's text without control, format and unassigned characters, cut at `longest`."""
    return "".join(c for c in text if unicodedata.category(c)[0] != "C")[:longest]


def utc(time: datetime | None) -> str | None:
    """ISO 8601 with Z; thousandths of a second, millionths where they are told."""
    if time is None:
        return None
    precision = "microseconds" if time.microsecond % 1000 else "milliseconds"
    return time.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def utc_seconds(time: datetime | None) -> str | None:
    """ISO 8601 with Z, for protocols that tell whole seconds."""
    return None if time is None else f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
