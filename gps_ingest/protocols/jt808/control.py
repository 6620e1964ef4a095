"""What the platform asks a terminal to do, and what it passes through: parameters, tracking, media.

Source: JT/T 808-2011, -2013, -2019, chapter 8.
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

from gps_ingest.protocols.jt808.body import DWORD, WORD, Body, Dialect, plain, told_of

MAX_INFLATED = 1 << 20


@dataclass(slots=True)
class ParameterReply(Body):
    """0x0104: the terminal's parameters, values raw by id, and how many it says they are."""

    ID = 0x0104
    kind = "parameters"

    ack_serial: int
    parameters: Mapping[int, bytes]
    param_count: int = -1

    def __post_init__(self) -> None:
        if self.param_count < 0:
            self.param_count = len(self.parameters)

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        serial, count = struct.unpack_from(">HB", body)
        return cls(serial, _parameters(body, 3), count)

    def pack(self, dialect: Dialect) -> bytes:
        return WORD.pack(self.ack_serial) + _packed_parameters(self.parameters)


@dataclass(slots=True)
class SetParameters(Body):
    """0x8103. Edition 2011 has a count of this packet beside the total."""

    ID = 0x8103
    kind = "parameters"

    parameters: Mapping[int, bytes]

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        return cls(_parameters(body, 2 if dialect.edition == 2011 else 1))

    def pack(self, dialect: Dialect) -> bytes:
        again = bytes((len(self.parameters),)) if dialect.edition == 2011 else b""
        return again + _packed_parameters(self.parameters)


@dataclass(slots=True)
class QueryParameters(Body):
    """0x8104: all of them."""

    ID = 0x8104


@dataclass(slots=True)
class QuerySomeParameters(Body):
    ID = 0x8106

    ids: tuple[int, ...]

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        return cls(tuple(found[0] for found in DWORD.iter_unpack(body[1:])))

    def pack(self, dialect: Dialect) -> bytes:
        return bytes((len(self.ids),)) + b"".join(map(DWORD.pack, self.ids))


def _parameters(body: bytes, at: int) -> dict[int, bytes]:
    """Id DWORD, length BYTE, value, to the end; raises ValueError where a value is cut off."""
    found: dict[int, bytes] = {}
    while at < len(body):
        key, size = struct.unpack_from(">IB", body, at)
        at += 5 + size
        if at > len(body):
            raise ValueError(f"parameter {key:04x} is cut off")
        found[key] = body[at - size : at]
    return found


def _packed_parameters(parameters: Mapping[int, bytes]) -> bytes:
    items = (struct.pack(">IB", key, len(value)) + value for key, value in parameters.items())
    return bytes((len(parameters),)) + b"".join(items)


@dataclass(slots=True)
class QueryPosition(Body):
    ID = 0x8201


@dataclass(slots=True)
class Track(Body):
    """0x8202: report every `interval` seconds for `duration` seconds; interval 0 stops it."""

    ID = 0x8202

    interval: int
    duration: int = 0

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        interval = WORD.unpack_from(body)[0]
        return cls(interval, DWORD.unpack_from(body, 2)[0] if len(body) >= 6 else 0)

    def pack(self, dialect: Dialect) -> bytes:
        stop = WORD.pack(self.interval)
        return stop + DWORD.pack(self.duration) if self.interval else stop


@dataclass(slots=True)
class ConfirmAlarm(Body):
    """0x8203: serial of the alarm's report (0 for all) and a mask of alarm bits."""

    ID = 0x8203

    alarm_serial: int
    alarm_type: int

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        return cls(*struct.unpack_from(">HI", body))

    def pack(self, dialect: Dialect) -> bytes:
        return struct.pack(">HI", self.alarm_serial, self.alarm_type)


# ----------------------------------------------------------- media, pass-through


@dataclass(slots=True)
class MediaEvent(Body):
    """0x0800: a picture, sound or film was taken."""

    ID = 0x0800
    kind = "media"
    HEAD: ClassVar[struct.Struct] = struct.Struct(">IBBBB")

    multimedia_id: int
    type: int
    format: int
    event: int
    channel: int

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        return cls(*cls.HEAD.unpack_from(body))

    def pack(self, dialect: Dialect) -> bytes:
        return self.HEAD.pack(self.multimedia_id, self.type, self.format, self.event, self.channel)


@dataclass(slots=True)
class Media(MediaEvent):
    """0x0801: the thing itself; since 2013 `data` begins with 28 bytes of location."""

    ID = 0x0801

    data: bytes = b""

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        found = cls(*cls.HEAD.unpack_from(body))
        found.data = body[cls.HEAD.size :]
        return found

    def pack(self, dialect: Dialect) -> bytes:
        return MediaEvent.pack(self, dialect) + self.data


@dataclass(slots=True)
class MediaReply(Body):
    """0x8800: the whole has come, or these parts are still missing."""

    ID = 0x8800

    multimedia_id: int
    ids: tuple[int, ...] = ()

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        """The count is a BYTE; terminals and tests also know it absent, or with bytes for ids."""
        rest = body[5:] if len(body) % 2 else b""
        return cls(DWORD.unpack_from(body)[0], tuple(found[0] for found in WORD.iter_unpack(rest)))

    def pack(self, dialect: Dialect) -> bytes:
        head = DWORD.pack(self.multimedia_id)
        if not self.ids:
            return head
        return head + bytes((len(self.ids),)) + b"".join(map(WORD.pack, self.ids))


@dataclass(slots=True)
class PassThrough(Body):
    """Bytes for a device behind the terminal: 00 GNSS detail, 0B IC card, 41 and 42 serial ports,
    F0 to FF users."""

    kind = "pass_through"

    type: int
    data: bytes

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        return cls(body[0], body[1:])

    def pack(self, dialect: Dialect) -> bytes:
        return bytes((self.type,)) + self.data


@dataclass(slots=True)
class PassThroughUp(PassThrough):
    ID = 0x0900


@dataclass(slots=True)
class PassThroughDown(PassThrough):
    ID = 0x8900


@dataclass(slots=True)
class Compressed(Body):
    """0x0901: GZIP, and the length that it claims."""

    ID = 0x0901
    kind = "pass_through"

    length: int
    data: bytes = field(repr=False)

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        return cls(DWORD.unpack_from(body)[0], body[4:])

    def pack(self, dialect: Dialect) -> bytes:
        return DWORD.pack(self.length) + self.data

    def content(self, longest: int = MAX_INFLATED) -> bytes:
        """Inflated; raises ValueError when it is no GZIP or would be longer than `longest`."""
        inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            found = inflater.decompress(self.data, longest)
        except zlib.error as error:
            raise ValueError(f"no GZIP: {error}") from None
        if inflater.unconsumed_tail or not inflater.eof:
            raise ValueError(f"longer than {longest} bytes, or cut off")
        return found

    def told(self) -> dict[str, object]:
        return told_of(self.header) | {"length": self.length, "data": plain(self.data)}
