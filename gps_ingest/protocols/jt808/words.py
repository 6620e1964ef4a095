"""Words for the driver and the answers: text 0x8300, events 0x8301, questions 0x8302.

The edition of 2019 dropped the formats of events and questions and kept their ids: offer them
to terminals that answer them, and fall back to a text where the response is "unsupported".
Source: JT/T 808-2011, -2013, -2019, chapter 8.
"""

import struct
from dataclasses import dataclass
from typing import Self

from gps_ingest.protocols.jt808.body import MAX_TEXT, Body, Dialect, counted, gbk, text

NOTICE, SERVICE = 1, 2
"""Types of a text of 2019."""
DELETE_ALL, REPLACE, ADD, CHANGE, DELETE = range(5)
"""What 0x8301 does to the list of events."""


def text_flag(
    edition: int,
    *,
    urgent: bool = False,
    display: bool = True,
    speak: bool = True,
    advert: bool = False,
) -> int:
    """The flag byte of 0x8300. In 2019 the lowest two bits are a number: 01 service, 10 urgent."""
    if edition == 2019:
        return (0b10 if urgent else 0b01) | display << 2 | speak << 3
    return urgent | display << 2 | speak << 3 | advert << 4


@dataclass(slots=True)
class Text(Body):
    """0x8300: words for the driver; `text_type` NOTICE or SERVICE, since 2019."""

    ID = 0x8300
    kind = "text"

    flag: int
    text: str
    text_type: int | None = None

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        if dialect.edition == 2019:
            return cls(body[0], text(body[2:]), body[1])
        return cls(body[0], text(body[1:]))

    def pack(self, dialect: Dialect) -> bytes:
        """Raises ValueError for more than 1,024 bytes, and for what GBK lacks: see `clip`."""
        words = gbk(self.text)
        if len(words) > MAX_TEXT:
            raise ValueError(f"a text of {len(words)} bytes, {MAX_TEXT} are allowed")
        kind = bytes((self.text_type or NOTICE,)) if dialect.edition == 2019 else b""
        return bytes((self.flag,)) + kind + words


@dataclass(slots=True)
class SetEvents(Body):
    """0x8301: events that the driver may report, by id; what to do with them is `set_type`."""

    ID = 0x8301
    kind = "events"

    set_type: int
    events: tuple[tuple[int, str], ...] = ()

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        start = 3 if dialect.edition == 2011 else 2
        if body[0] == DELETE and len(body) == start + body[1]:  # ids alone
            return cls(DELETE, tuple((key, "") for key in body[start:]))
        return cls(body[0], _choices(body, start, "B") if len(body) > start else ())

    def pack(self, dialect: Dialect) -> bytes:
        if self.set_type == DELETE_ALL:
            return bytes((DELETE_ALL,))
        count = bytes((len(self.events),)) * (2 if dialect.edition == 2011 else 1)
        return bytes((self.set_type,)) + count + _packed_choices(self.events, "B")


@dataclass(slots=True)
class Event(Body):
    """0x0301: the driver chose one of the events that 0x8301 set."""

    ID = 0x0301
    kind = "event"

    event_id: int

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        return cls(body[0])

    def pack(self, dialect: Dialect) -> bytes:
        return bytes((self.event_id,))


@dataclass(slots=True)
class Question(Body):
    """0x8302: `flag` bits 0 urgent, 3 speak, 4 advertising screen; answers by id."""

    ID = 0x8302
    kind = "question"

    flag: int
    question: str
    answers: tuple[tuple[int, str], ...]

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        end = 2 + body[1]
        return cls(body[0], text(body[2:end]), _choices(body, end, "H"))

    def pack(self, dialect: Dialect) -> bytes:
        return bytes((self.flag,)) + counted(self.question) + _packed_choices(self.answers, "H")


@dataclass(slots=True)
class Answer(Body):
    """0x0302: which answer of the question of that serial the driver chose."""

    ID = 0x0302
    kind = "answer"

    ack_serial: int
    answer_id: int

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        return cls(*struct.unpack_from(">HB", body))

    def pack(self, dialect: Dialect) -> bytes:
        return struct.pack(">HB", self.ack_serial, self.answer_id)


@dataclass(slots=True)
class InfoChoice(Body):
    """0x0303: news of a type wanted (flag 1) or no longer (0)."""

    ID = 0x0303

    info_type: int
    flag: int

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        return cls(body[0], body[1])

    def pack(self, dialect: Dialect) -> bytes:
        return bytes((self.info_type, self.flag))


def _choices(body: bytes, at: int, size: str) -> tuple[tuple[int, str], ...]:
    """Id BYTE, length, GBK, to the end; raises ValueError where a text is cut off."""
    head = struct.Struct(f">B{size}")
    found = []
    while at < len(body):
        key, length = head.unpack_from(body, at)
        at += head.size + length
        if at > len(body):
            raise ValueError(f"choice {key} is cut off")
        found.append((key, text(body[at - length : at])))
    return tuple(found)


def _packed_choices(choices: tuple[tuple[int, str], ...], size: str) -> bytes:
    return b"".join(bytes((key,)) + counted(words, size) for key, words in choices)
