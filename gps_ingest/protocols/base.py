"""What every protocol speaks: plain messages and the shape of a reader. No I/O and no clock."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Protocol

MODULES = {
    "nmea": "gps_ingest.protocols.nmea",
    "osmand": "gps_ingest.protocols.osmand",
}
"""The registration of a protocol: its name and its module, loaded when asked for."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(slots=True)
class Fix:
    """One position as the device tells it; no rule of time, range or region has been applied.

    WGS-84 degrees, km/h, degrees clockwise from north, metres above sea level, UTC. `time` is
    None where the device gave no date, `lat` and `lon` where it gave no position.
    """

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


@dataclass(slots=True)
class Heartbeat:
    """The device lives and has no position to tell."""

    device: str | None = None
    time: datetime | None = None


@dataclass(slots=True)
class Login:
    """The device says who it is; all that follows on this stream is its own."""

    device: str


@dataclass(slots=True)
class Other:
    """A right message that carries no fix."""

    type: str
    device: str | None = None


@dataclass(slots=True)
class Bad:
    """Input that is not a right message, and why."""

    reason: str
    device: str | None = None
    time: datetime | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
    raw: bytes = b""


Message = Fix | Heartbeat | Login | Other | Bad


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


def reader(protocol: str) -> Reader:
    """A reader of captured input; raises KeyError for a protocol that is not registered."""
    found: Reader = import_module(MODULES[protocol]).CaptureReader()
    return found


def identity(text: str) -> str | None:
    """`text` as a device identity of 1 to 64 printable characters, or None."""
    text = text.strip()
    return text if 0 < len(text) <= 64 and not _UNPRINTABLE.search(text) else None
