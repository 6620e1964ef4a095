"""GT06 of Concox and its many clones: the packets that they have in common.

    78 78 | length BYTE | type | data | serial WORD | crc WORD | 0D 0A
    79 79 | length WORD | the same                                       integers are big-endian

The length counts from the type to the crc; the crc covers from the length to the serial. Source:
GT06 GPS Tracker Communication Protocol 1.8.1, and recorded packets where models differ from it.
"""

import re
import struct
from binascii import crc_hqx
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from gps_ingest.protocols.base import (
    Bad,
    Fix,
    Heartbeat,
    HexReader,
    Login,
    Message,
    Other,
    printable,
    utc_seconds,
)

MAX_PACKET = 4096
LONGEST_HEAD = 5
"""Bytes up to and with the type of an extended packet."""
LOGIN, STATUS, TEXT, TEXT_LONG, COMMAND, TIME = 0x01, 0x13, 0x15, 0x21, 0x80, 0x8A
HEARTBEATS = frozenset({STATUS, 0x23})
ALARMS = frozenset({0x16, 0x26, 0x27})
POSITIONS = ALARMS | {0x10, 0x11, 0x12, 0x22, 0x32, 0x37, 0xA0, 0xA4}
"""Types whose data begin with a position in every model that keeps to the protocol."""
ANSWERED = HEARTBEATS | ALARMS | {LOGIN}
"""Types that are answered with the same type and serial; a login that is not, comes again."""
ALARM_OF_BITS = {1: "vibration", 2: "power_off", 3: "power_low", 4: "sos"}
"""Bits 3 to 5 of the terminal information."""
ALARM_OF_CODE = {
    1: "sos",
    2: "power_off",
    3: "vibration",
    4: "fence_in",
    5: "fence_out",
    6: "overspeed",
}
UNITS_PER_DEGREE = 1_800_000
MARK = 0xC
"""High half of the byte with the satellites: twelve bytes of position. By this mark a position is
known in the types that models add."""

_START = re.compile(rb"\x78\x78|\x79\x79")
_PLACE = struct.Struct(">6BBIIBH")
_MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Header:
    """Of one packet; `extended` ones begin with 79 79. A damaged one may have no serial."""

    type: int
    serial: int | None
    extended: bool = False

    def told(self) -> dict[str, object]:
        return {"type": f"0x{self.type:02X}", "ext": self.extended, "serial": self.serial}


NO_HEADER = Header(0, 0)


@dataclass(slots=True)
class Hello(Login):
    """A login. `zone` is what the terminal's clock adds to UTC, where it says so."""

    header: Header = NO_HEADER
    zone: timedelta | None = None

    def told(self) -> dict[str, object]:
        told: dict[str, object] = {"imei": self.device}
        if self.zone is not None:
            told["zone_minutes"] = int(self.zone.total_seconds() // 60)
        return self.header.told() | told


@dataclass(slots=True)
class Position(Fix):
    """`valid` is the flag of the receiver, without 0, 0. `is_history`: it is uploaded late."""

    satellites: int | None = None
    alarm: int | None = None
    alarms: tuple[str, ...] = ()
    acc_on: bool | None = None
    is_history: bool = False
    header: Header = NO_HEADER

    def told(self) -> dict[str, object]:
        return self.header.told() | {
            **Fix.told(self),
            "time": utc_seconds(self.time),
            "satellites": self.satellites,
            "alarm": self.alarm,
            "alarms": list(self.alarms),
            "acc_on": self.acc_on,
            "is_history": self.is_history,
        }


@dataclass(slots=True)
class Status(Heartbeat):
    """Ignition, charging and alarm, from the terminal information."""

    information: int = 0
    header: Header = NO_HEADER

    def told(self) -> dict[str, object]:
        return self.header.told() | {
            "acc_on": bool(self.information & 0x02),
            "charging": bool(self.information & 0x04),
            "alarms": list(_alarms(self.information, 0)),
        }


@dataclass(slots=True)
class Text(Other):
    """What the terminal says to a command, or by itself."""

    kind: ClassVar[str] = "text"

    text: str = ""
    header: Header = NO_HEADER

    def told(self) -> dict[str, object]:
        return self.header.told() | {"text": self.text}


@dataclass(slots=True)
class Packet(Other):
    """A right packet that is not read further."""

    data: bytes = b""
    header: Header = NO_HEADER

    def told(self) -> dict[str, object]:
        return self.header.told() | {"data": self.data.hex()}


@dataclass(slots=True)
class Damaged(Bad):
    """A packet that may not be used; `header` is what it claims, where that much is there."""

    header: Header | None = field(default=None, kw_only=True)

    def told(self) -> dict[str, object]:
        return (self.header.told() if self.header else {}) | {"error": self.reason}


class Decoder:
    """One stream, or its datagrams, to messages as they come. Keeps less than one packet.

    `device` is the IMEI of the last login; `zone` what the terminal's clock adds to UTC: zero,
    unless the login told one and whoever reads this stream sets it. `noise` counts the bytes that
    belonged to no packet.
    """

    def __init__(self, device: str | None = None, zone: timedelta = timedelta(0)) -> None:
        self.device = device
        self.zone = zone
        self.noise = 0
        self._rest = b""
        self._lost = False

    def feed(self, data: bytes) -> list[Message]:
        """The messages that `data` completes."""
        return self._scan(self._rest + data, ended=False)

    def finish(self) -> list[Message]:
        """The stream (or datagram) has ended: packets that began will not end."""
        return self._scan(self._rest, ended=True)

    def _scan(self, data: bytes, *, ended: bool) -> list[Message]:
        out: list[Message] = []
        at = 0
        while found := _START.search(data, at):
            self.noise += found.start() - at
            at = found.start()
            size = _size(data, at)
            fits = size is None or size <= MAX_PACKET
            needed = size if size is not None and fits else LONGEST_HEAD
            if not ended and len(data) - at < needed:
                break  # the rest of the packet is still to come
            raw = data[at : at + min(size or 4, MAX_PACKET)]
            if len(raw) == size and _is_whole(raw):
                out.append(self._packet(raw))
                at += size
                self._lost = False
                continue
            if not self._lost:  # looking for the next start is one error, not many
                out.append(self._damaged(raw))
                self._lost = True
            self.noise += 1
            at += 1
        else:
            # A start may be cut in two.
            keep = int(not ended and data[at:][-1:] in (b"\x78", b"\x79"))
            self.noise += len(data) - at - keep
            at = len(data) - keep
        self._rest = data[at:]
        self._lost = self._lost and not ended
        return out

    def _packet(self, raw: bytes) -> Message:
        head = 4 if raw[0] == 0x79 else 3
        serial, given = struct.unpack(">HH", raw[-6:-2])
        header = Header(raw[head], serial, head == 4)
        right = crc(raw[2:-4])
        try:
            if given != right:
                raise ValueError(f"wrong crc, should be {right:04X}")
            return self._message(header, raw[head + 1 : -6], raw)
        except (ValueError, IndexError, struct.error) as error:
            return Damaged(str(error)[:120], self.device, raw=raw, header=header)

    def _damaged(self, raw: bytes) -> Damaged:
        """What only begins like a packet; its serial is not known."""
        at = 4 if raw[0] == 0x79 else 3
        header = Header(raw[at], None, at == 4) if len(raw) > at else None
        return Damaged("wrong length, or no stop bytes", self.device, raw=raw, header=header)

    def _message(self, header: Header, data: bytes, raw: bytes) -> Message:
        if header.type == LOGIN:
            self.device = _imei(data)
            return Hello(self.device, header, _zone(data))
        if header.type in HEARTBEATS:
            return Status(self.device, None, data[0], header)
        if header.type in (TEXT, TEXT_LONG):
            return Text(f"0x{header.type:02X}", self.device, _text(header.type, data), header)
        fix = self._position(header, data)
        if fix:
            fix.raw = raw
            return fix
        return Packet(f"0x{header.type:02X}", self.device, data, header)

    def _position(self, header: Header, data: bytes) -> Position | None:
        """None where the data do not begin with a moment and a place: models have ways of their
        own, also under known types, and extended packets shift the layout."""
        if header.extended or len(data) < _PLACE.size:
            return None
        *clock, sats, lat, lon, speed, flags = _PLACE.unpack_from(data)
        if header.type not in POSITIONS and sats >> 4 != MARK:
            return None
        time, course = _moment(clock), flags & 0x03FF
        north, east = lat / UNITS_PER_DEGREE, lon / UNITS_PER_DEGREE
        if time is None or north > 90 or east > 180 or course > 360:
            return None
        fix = Position(
            # A unit is 0.06 m: seven decimals lose nothing.
            lat=round(north if flags & 0x0400 or not lat else -north, 7),
            lon=round(-east if flags & 0x0800 and lon else east, 7),
            time=time - self.zone,
            valid=bool(flags & 0x1000 and (lat or lon)),
            speed_kmh=float(speed),
            course=float(course),
            device=self.device,
            satellites=sats & 0x0F,
            header=header,
        )
        if header.type in ALARMS and len(data) >= _PLACE.size + 5:
            _read_alarm(fix, data)
        elif header.type == 0x22 and len(data) >= 29:
            fix.acc_on, fix.is_history = bool(data[26]), data[28] == 1
        return fix


# ------------------------------------------------------------------------ down


def crc(data: bytes) -> int:
    """CRC-16/X-25: the CRC of binascii over mirrored bytes, mirrored again."""
    mirrored = crc_hqx(data.translate(_MIRROR), 0xFFFF) ^ 0xFFFF
    return _MIRROR[mirrored & 0xFF] << 8 | _MIRROR[mirrored >> 8]


def seal(header: Header, data: bytes = b"") -> bytes:
    """The packet on the wire; raises ValueError for data that are too long for it."""
    length = len(data) + 5
    if length > (0xFFFF if header.extended else 0xFF):
        raise ValueError(f"{len(data)} bytes do not fit a packet")
    size = length.to_bytes(2 if header.extended else 1, "big")
    content = size + bytes((header.type,)) + data + struct.pack(">H", (header.serial or 0) & 0xFFFF)
    start = b"\x79\x79" if header.extended else b"\x78\x78"
    return start + content + struct.pack(">H", crc(content)) + b"\r\n"


def answer(header: Header) -> bytes | None:
    """What a terminal waits for after its packet, or None where it waits for nothing."""
    return seal(Header(header.type, header.serial)) if header.type in ANSWERED else None


def answer_time(header: Header, now: datetime) -> bytes:
    """To a packet of type TIME: UTC."""
    at = now.astimezone(UTC)
    clock = bytes((at.year % 100, at.month, at.day, at.hour, at.minute, at.second))
    return seal(Header(TIME, header.serial), clock)


def command(words: str, serial: int, server_flag: int = 0) -> bytes:
    """A command in ASCII, e.g. "DYD,000000#"; raises ValueError for other letters, or too many.

    The terminal repeats `server_flag` in its answer.
    """
    raw = words.encode("ascii")
    head = bytes((len(raw) + 4,)) if len(raw) <= 251 else b"\0"
    data = head + struct.pack(">I", server_flag) + raw + b"\x00\x02"
    return seal(Header(COMMAND, serial), data)


def write(row: Mapping[str, Any]) -> list[bytes]:
    """The packet of a row under the names that `gps decode` prints: `type`, `serial`, `ext`, and
    `text` for a command, else `data` in hex. Raises ValueError naming what is wrong."""
    try:
        kind, serial = int(str(row.get("type")), 0), int(row.get("serial") or 0)
    except (TypeError, ValueError):
        raise ValueError("type and serial are numbers") from None
    if not 0 <= kind <= 0xFF:
        raise ValueError("type is a byte")
    if kind == COMMAND and isinstance(row.get("text"), str):
        return [command(row["text"], serial)]
    try:
        data = bytes.fromhex(row.get("data") or "")
    except (TypeError, ValueError):
        raise ValueError("data is not hexadecimal") from None
    return [seal(Header(kind, serial, bool(row.get("ext"))), data)]


# ---------------------------------------------------------------------- values


def _size(data: bytes, at: int) -> int | None:
    """Bytes of the packet that begins there; None while its head is not whole."""
    width = 2 if data[at] == 0x79 else 1
    if len(data) < at + 2 + width:
        return None
    return 2 + width + int.from_bytes(data[at + 2 : at + 2 + width], "big") + 2


def _is_whole(raw: bytes) -> bool:
    """Long enough for all parts, and with its stop bytes where it should end."""
    return len(raw) >= (11 if raw[0] == 0x79 else 10) and raw[-2:] == b"\r\n"


def _imei(data: bytes) -> str:
    """Of a login: a zero and fifteen digits in BCD. Raises ValueError."""
    digits = data[:8].hex()
    if len(digits) != 16 or not digits.isdecimal():
        raise ValueError("the IMEI is malformed")
    return digits[1:] if digits[0] == "0" else digits


def _zone(data: bytes) -> timedelta | None:
    """Bits 15 to 4 are hhmm as a number, bit 3 is west; None where a login tells none."""
    if len(data) < 12:
        return None
    word = int.from_bytes(data[10:12], "big")
    hours, minutes = divmod(word >> 4, 100)
    zone = timedelta(hours=hours, minutes=minutes)
    return (-zone if word & 8 else zone) if hours <= 14 and minutes < 60 else None


def _moment(clock: list[int]) -> datetime | None:
    year, month, day, hour, minute, second = clock
    try:
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _read_alarm(fix: Position, data: bytes) -> None:
    """Terminal information, voltage, signal, alarm, language: behind the cell, or at the end.

    Where the cell has no length in front of it, its country code begins with 0 to 3.
    """
    at = 26 if data[18] <= 3 and len(data) >= 31 else len(data) - 5
    information, _, _, fix.alarm, _ = data[at : at + 5]
    fix.acc_on = bool(information & 0x02)
    fix.alarms = _alarms(information, fix.alarm)


def _alarms(information: int, code: int) -> tuple[str, ...]:
    """By the bits of the terminal information and by the alarm byte, each once."""
    names = (ALARM_OF_BITS.get(information >> 3 & 7), ALARM_OF_CODE.get(code))
    return tuple(dict.fromkeys(name for name in names if name))


def _text(kind: int, data: bytes) -> str:
    """0x15: length, server flag, ASCII, language. 0x21: server flag, encoding, text."""
    if kind == TEXT:
        end = data[0] + 1 if data[0] > 4 else len(data) - 2
        return printable(data[5:end].decode("ascii", "replace").strip("\0 "), MAX_PACKET)
    encoding = "utf-16-be" if data[4] == 2 else "ascii"
    return printable(data[5:].decode(encoding, "replace").strip("\0 "), MAX_PACKET)


class CaptureReader(HexReader):
    """Recorded packets in hex, one or more a line."""

    def __init__(self) -> None:
        decoder = Decoder()
        super().__init__(lambda data: decoder.feed(data) + decoder.finish(), 4 * MAX_PACKET)
