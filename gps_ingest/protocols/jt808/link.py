"""Who the terminal is and what both sides answer: responses, registration, authentication, driver.

`unpack` takes what terminals send, `pack` writes what the edition prints.
Source: JT/T 808-2011, -2013, -2019, chapter 8.
"""

import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from gps_ingest.protocols.jt808.body import (
    WORD,
    Body,
    Dialect,
    bcd_of,
    counted,
    fixed,
    gbk,
    moment,
    text,
)

OK, FAILED, BAD_MESSAGE, UNSUPPORTED, ALARM_HANDLED = range(5)
"""Results of a general response; the last one is the platform's, since 2013."""
REGISTERED, VEHICLE_TAKEN, NO_SUCH_VEHICLE, TERMINAL_TAKEN, NO_SUCH_TERMINAL = range(5)
"""Results of a registration."""
_REPLY = struct.Struct(">HHB")


@dataclass(slots=True)
class GeneralReply(Body):
    """Serial and id of the message answered, and its result."""

    kind = "reply"

    ack_serial: int
    ack_id: int
    result: int = OK

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        return cls(*_REPLY.unpack_from(body))

    def pack(self, dialect: Dialect) -> bytes:
        return _REPLY.pack(self.ack_serial, self.ack_id, self.result)


@dataclass(slots=True)
class TerminalReply(GeneralReply):
    ID = 0x0001


@dataclass(slots=True)
class PlatformReply(GeneralReply):
    ID = 0x8001


@dataclass(slots=True)
class KeepAlive(Body):
    ID = 0x0002
    kind = "heartbeat"


@dataclass(slots=True)
class Logout(Body):
    ID = 0x0003
    kind = "logout"


@dataclass(slots=True)
class TimeQuery(Body):
    """Since 2019."""

    ID = 0x0004


@dataclass(slots=True)
class TimeReply(Body):
    """UTC, unlike every other time of this protocol. Since 2019."""

    ID = 0x8004

    time: datetime | None

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        return cls(moment(body[:6], timedelta(0)))

    def pack(self, dialect: Dialect) -> bytes:
        return bcd_of(self.time, timedelta(0))


@dataclass(slots=True)
class Resend(Body):
    """Asks for parts: the serial of the first one, and indices from 1."""

    kind = "resend"

    orig_serial: int
    ids: tuple[int, ...]

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        """The count is a BYTE in 2013 and a WORD in 2019; the length shows which is meant."""
        serial = WORD.unpack_from(body)[0]
        start = 3 if len(body) % 2 else 4
        return cls(serial, tuple(found[0] for found in WORD.iter_unpack(body[start:])))

    def pack(self, dialect: Dialect) -> bytes:
        count = struct.pack(">H" if dialect.edition == 2019 else ">B", len(self.ids))
        return WORD.pack(self.orig_serial) + count + b"".join(map(WORD.pack, self.ids))

    def told(self) -> dict[str, object]:
        # Not super(): a dataclass with slots is another class than the one its body saw.
        return Body.told(self) | {"count": len(self.ids)}


@dataclass(slots=True)
class PlatformResend(Resend):
    ID = 0x8003


@dataclass(slots=True)
class TerminalResend(Resend):
    """Since 2019."""

    ID = 0x0005


@dataclass(slots=True)
class Opaque(Body):
    """A right frame whose body this module does not read: an id it does not know, or RSA."""

    ID = -1

    data: bytes

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        return cls(body)

    def pack(self, dialect: Dialect) -> bytes:
        return self.data


@dataclass(slots=True)
class Part(Body):
    """A part of a message that still lacks others."""

    ID = -1
    kind = "part"


# -------------------------------------------------------- who the terminal is


@dataclass(frozen=True, slots=True)
class _Layout:
    """Widths of maker, model and terminal id in a registration."""

    maker: int
    model: int
    terminal: int

    @property
    def colour_at(self) -> int:
        return 4 + self.maker + self.model + self.terminal


_LAYOUTS = {2011: _Layout(5, 8, 7), 2013: _Layout(5, 20, 7), 2019: _Layout(11, 30, 30)}
_COLOURS = 9
"""Plate colours that are in use; a greater byte is no colour."""


@dataclass(slots=True)
class Register(Body):
    """A terminal's first message. `layout` is the edition that its fields follow.

    `province` and `city` are the first two and the last four digits of GB/T 2260; `plate` is a
    VIN where `plate_color` is 0.
    """

    ID = 0x0100
    kind = "register"

    province: int
    city: int
    maker: str
    model: str
    terminal_id: str
    plate_color: int
    plate: str
    layout: str = ""

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        edition = _layout_of(body, dialect.edition)
        widths = _LAYOUTS[edition]
        province, city = struct.unpack_from(">HH", body)
        model_at = 4 + widths.maker
        terminal_at = model_at + widths.model
        colour_at = widths.colour_at
        return cls(
            province,
            city,
            text(body[4:model_at]),
            text(body[model_at:terminal_at]),
            text(body[terminal_at:colour_at]),
            body[colour_at],
            text(body[colour_at + 1 :]),
            str(edition),
        )

    def pack(self, dialect: Dialect) -> bytes:
        widths = _LAYOUTS[dialect.edition]
        return b"".join(
            (
                struct.pack(">HH", self.province, self.city),
                fixed(self.maker, widths.maker),
                fixed(self.model, widths.model),
                fixed(self.terminal_id, widths.terminal),
                bytes((self.plate_color,)),
                gbk(self.plate),
            )
        )


def _layout_of(body: bytes, edition: int) -> int:
    """2011 and 2013 share their header: the length tells them apart, or the place of the colour."""
    if edition == 2019 and len(body) > _LAYOUTS[2019].colour_at:
        return 2019
    old, new = _LAYOUTS[2011].colour_at, _LAYOUTS[2013].colour_at
    if len(body) <= new or (body[new] > _COLOURS >= body[old]):
        return 2011
    return 2013


@dataclass(slots=True)
class RegisterReply(Body):
    """Down; the code only where the registration succeeded."""

    ID = 0x8100
    kind = "register_reply"

    ack_serial: int
    result: int
    auth: str = ""

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        serial, result = struct.unpack_from(">HB", body)
        return cls(serial, result, text(body[3:]))

    def pack(self, dialect: Dialect) -> bytes:
        return struct.pack(">HB", self.ack_serial, self.result) + gbk(self.auth)


@dataclass(slots=True)
class Authenticate(Body):
    """Up, first on every connection. IMEI and software since 2019."""

    ID = 0x0102
    kind = "authenticate"

    auth: str
    imei: str = ""
    software: str = ""

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        end = 1 + body[0] if body else 0
        if dialect.edition != 2019 or len(body) < end + 15:
            return cls(text(body))
        return cls(text(body[1:end]), text(body[end : end + 15]), text(body[end + 15 :]))

    def pack(self, dialect: Dialect) -> bytes:
        if dialect.edition != 2019:
            return gbk(self.auth)
        return counted(self.auth) + fixed(self.imei, 15) + fixed(self.software, 20)


@dataclass(slots=True)
class Driver(Body):
    """0x0702: a driver's card was put in (status 1) or taken out (2). Not the layout of 2011."""

    ID = 0x0702
    kind = "driver"

    status: int
    time: datetime | None
    result: int | None = None
    name: str = ""
    licence: str = ""
    issuer: str = ""
    expiry: str = ""
    id_number: str = ""

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        status, bcd = struct.unpack_from(">B6s", body)
        time, card = moment(bcd, dialect.zone), body[7:]
        # Some terminals describe the card when it is taken out, too; others in ways of their own.
        if not card or card[0]:
            return cls(status, time, card[0] if card else None)
        try:
            return cls(status, time, card[0], *_card(card))
        except IndexError:
            return cls(status, time, card[0])

    def pack(self, dialect: Dialect) -> bytes:
        head = struct.pack(">B6s", self.status, bcd_of(self.time, dialect.zone))
        if self.result is None:
            return head
        head += bytes((self.result,))
        if self.result:
            return head
        card = counted(self.name) + fixed(self.licence, 20) + counted(self.issuer)
        card += bytes.fromhex(self.expiry.zfill(8))
        return head + card + (fixed(self.id_number, 20) if dialect.edition == 2019 else b"")


def _card(card: bytes) -> tuple[str, str, str, str, str]:
    """Name, licence, issuer, expiry as YYYYMMDD, and (2019) id number; raises IndexError."""
    name_end = 2 + card[1]
    issuer_at = name_end + 20
    issuer_end = issuer_at + 1 + card[issuer_at]
    return (
        text(card[2:name_end]),
        text(card[name_end:issuer_at]),
        text(card[issuer_at + 1 : issuer_end]),
        card[issuer_end : issuer_end + 4].hex(),
        text(card[issuer_end + 4 :]),
    )
