"""Locations of JT/T 808: 0x0200, what carries it (0x0201, 0x0500, 0x0704), and its items."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Self

from gps_ingest.protocols.base import Fix, utc_seconds
from gps_ingest.protocols.jt808 import bits
from gps_ingest.protocols.jt808.body import UNSENT, WORD, Body, Dialect, bcd_of, moment, told_of
from gps_ingest.protocols.jt808.framing import Header

PLACE = struct.Struct(">IIIIHHH6s")
"""Alarm, status, latitude and longitude in 1e-6 degrees, metres, 0.1 km/h, degrees, BCD time."""
NORMAL, BACKFILL = 0, 1
"""Types of a batch; backfill is what a blind area held back."""


@dataclass(slots=True)
class Location(Fix):
    """A position with its alarm and status bits, and its items as they came.

    `valid` says that the terminal claims a position: status bit 1 is set and it is not 0, 0. A
    clear bit over coordinates is the last known place. `alt_m` is the WORD as the standard has it.
    `time` is None where the BCD is none.
    """

    ID: ClassVar[int] = 0x0200

    alarm: int = 0
    status: int = 0
    tail: bytes = b""
    is_history: bool = False
    """It came in a backfill: an alarm in it is no news."""
    header: Header = field(default=UNSENT, compare=False, repr=False)

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        """Raises struct.error for less than 28 bytes."""
        alarm, status, lat, lon, height, speed, course, bcd = PLACE.unpack_from(body)
        return cls(
            lat=(-lat if status & bits.SOUTH else lat) / 1e6,
            lon=(-lon if status & bits.WEST else lon) / 1e6,
            time=moment(bcd, dialect.zone),
            valid=bool(status & bits.POSITIONED and (lat or lon)),
            speed_kmh=speed / 10,
            course=course,
            alt_m=height,
            raw=body,
            alarm=alarm,
            status=status,
            tail=body[PLACE.size :],
        )

    def pack(self, dialect: Dialect) -> bytes:
        """The body; hemispheres go into the status bits. Raises struct.error out of range."""
        lat, lon = self.lat or 0.0, self.lon or 0.0
        status = self.status & ~(bits.SOUTH | bits.WEST)
        status |= (bits.SOUTH if lat < 0 else 0) | (bits.WEST if lon < 0 else 0)
        place = PLACE.pack(
            self.alarm,
            status,
            round(abs(lat) * 1e6),
            round(abs(lon) * 1e6),
            round(self.alt_m or 0),
            round((self.speed_kmh or 0) * 10),
            round(self.course or 0),
            bcd_of(self.time, dialect.zone),
        )
        return place + self.tail

    @classmethod
    def at(
        cls, lat: float, lon: float, time: datetime, *, speed_kmh: float = 0, course: float = 0,
        alt_m: float = 0, alarm: int = 0, status: int = bits.ACC_ON | bits.POSITIONED,
        items: Mapping[int, bytes] | None = None,
    ) -> Self:  # fmt: skip
        """A location to send, of a vehicle that runs and knows where it is."""
        return cls(
            lat, lon, time, True, speed_kmh, course, alt_m,
            alarm=alarm, status=status, tail=pack_items(items or {}),
        )  # fmt: skip

    @property
    def items(self) -> dict[int, bytes]:
        """Values by id, vendors' as well; of a repeated id the first."""
        return unpack_items(self.tail)[0]

    def told(self) -> dict[str, object]:
        return told_of(self.header) | self.place()

    def place(self) -> dict[str, object]:
        """JSON-ready, without the header."""
        items, whole = unpack_items(self.tail)
        edition = self.header.peer.version
        return {
            "lat": self.lat,
            "lon": self.lon,
            "speed_kmh": self.speed_kmh,
            "course": self.course,
            "alt_m": self.alt_m,
            "alt_signed_m": _signed(self.alt_m),
            "time": utc_seconds(self.time),
            "valid": self.valid,
            "positioned": bool(self.status & bits.POSITIONED),
            "acc_on": bool(self.status & bits.ACC_ON),
            "alarm": self.alarm,
            "alarms": bits.alarms(self.alarm, edition),
            "status": self.status,
            "states": bits.statuses(self.status, edition),
            "items": {f"{key:02x}": value.hex() for key, value in items.items()},
            "items_ok": whole,
            "std": numbers(items),
            "std_more": structures(items),
            "flags": list(self.flags),
        }


@dataclass(slots=True)
class PositionReply(Body):
    """0x0201, asked for by 0x8201. Edition 2011 prints no serial."""

    ID = 0x0201
    kind = "fix"
    SERIAL_SINCE: ClassVar[int] = 2013

    ack_serial: int | None
    location: Location

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        if dialect.edition < cls.SERIAL_SINCE:
            return cls(None, Location.unpack(body, dialect))
        return cls(WORD.unpack_from(body)[0], Location.unpack(body[2:], dialect))

    def pack(self, dialect: Dialect) -> bytes:
        has_serial = dialect.edition >= self.SERIAL_SINCE
        serial = WORD.pack(self.ack_serial or 0) if has_serial else b""
        return serial + self.location.pack(dialect)

    def told(self) -> dict[str, object]:
        return told_of(self.header) | self.location.place() | {"ack_serial": self.ack_serial}


@dataclass(slots=True)
class ControlReply(PositionReply):
    """0x0500: where the vehicle was when it obeyed 0x8500."""

    ID = 0x0500
    SERIAL_SINCE = 2011


@dataclass(slots=True)
class Batch(Body):
    """0x0704: locations in the order told, `type` NORMAL or BACKFILL.

    `count` is what the message promises; `rest` what was left behind it, or could not be read;
    `faults` counts items that were no location.
    """

    ID = 0x0704
    kind = "batch"

    type: int
    fixes: tuple[Location, ...]
    count: int = -1
    rest: bytes = b""
    faults: int = 0

    def __post_init__(self) -> None:
        if self.count < 0:
            self.count = len(self.fixes)

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        count, kind = struct.unpack_from(">HB", body)
        fixes, at, faults = [], 3, 0
        for _ in range(count):
            if at + 2 > len(body):
                break
            end = at + 2 + WORD.unpack_from(body, at)[0]
            if end > len(body):
                break
            try:
                fixes.append(Location.unpack(body[at + 2 : end], dialect))
            except struct.error:  # the length lets the others be read
                faults += 1
            else:
                fixes[-1].is_history = kind == BACKFILL
            at = end
        return cls(kind, tuple(fixes), count, body[at:], faults)

    def pack(self, dialect: Dialect) -> bytes:
        bodies = [fix.pack(dialect) for fix in self.fixes]
        items = b"".join(WORD.pack(len(body)) + body for body in bodies)
        return struct.pack(">HB", self.count, self.type) + items + self.rest

    def told(self) -> dict[str, object]:
        return told_of(self.header) | {
            "type": self.type,
            "count": self.count,
            "fixes": [fix.place() for fix in self.fixes],
            "rest": self.rest.hex(),
            "faults": self.faults,
        }


# ----------------------------------------------------------------------- items


def unpack_items(tail: bytes) -> tuple[dict[int, bytes], bool]:
    """Values by id, and whether the list ends where the body ends: what overruns is left out."""
    items: dict[int, bytes] = {}
    at, size = 0, len(tail)
    while at + 2 <= size:
        end = at + 2 + tail[at + 1]
        if end > size:
            break
        items.setdefault(tail[at], tail[at + 2 : end])
        at = end
    return items, at == size


def pack_items(items: Mapping[int, bytes]) -> bytes:
    """Raises ValueError for a value of more than 255 bytes."""
    return b"".join(bytes((key, len(value))) + value for key, value in items.items())


def numbers(items: Mapping[int, bytes]) -> dict[str, float]:
    """The standard's items that are one number; one of another length is a vendor's, not read."""
    told: dict[str, float] = {}
    for key, (name, size, divisor) in _NUMBERS.items():
        if len(items.get(key, b"")) == size:
            number = int.from_bytes(items[key], "big")
            told[name] = number / divisor if divisor > 1 else number
    return told


def structures(items: Mapping[int, bytes]) -> dict[str, object]:
    """The standard's items of several parts, and the one with a sign of its own."""
    told: dict[str, object] = {}
    for key, (name, layouts) in _STRUCTURES.items():
        value = items.get(key, b"")
        if len(value) in layouts:
            told[name] = list(layouts[len(value)].unpack(value))
    if len(cabin := items.get(0x06, b"")) == 2:
        (word,) = WORD.unpack(cabin)
        told["cabin_c"] = -(word & 0x7FFF) if word & 0x8000 else word
    return told


_NUMBERS = {
    0x01: ("mileage_km", 4, 10),
    0x02: ("fuel_l", 2, 10),
    0x03: ("recorder_speed_kmh", 2, 10),
    0x04: ("alarm_event_id", 2, 1),
    0x25: ("signals", 4, 1),
    0x2A: ("io", 2, 1),
    0x2B: ("analog", 4, 1),
    0x30: ("rssi", 1, 1),
    0x31: ("satellites", 1, 1),
}
"""Name, length in bytes and divisor by id."""
_STRUCTURES = {
    0x05: ("tyre_pressures", {30: struct.Struct("30B")}),
    0x11: ("overspeed_place", {1: struct.Struct(">B"), 5: struct.Struct(">BI")}),
    0x12: ("area_crossed", {6: struct.Struct(">BIB")}),
    0x13: ("segment_time", {7: struct.Struct(">IHB")}),
}
"""Name and layout by length: place type, area id; the same and 0 in, 1 out; segment, seconds,
0 too short or 1 too long."""


def _signed(word: float | None) -> float | None:
    """The height of terminals that send int16."""
    return word - 0x10000 if word is not None and word >= 0x8000 else word
