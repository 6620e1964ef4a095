"""What the bodies of JT/T 808 are made of: texts, times, and the class that all of them share."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import ClassVar, Self

from gps_ingest.protocols.base import printable, utc_seconds
from gps_ingest.protocols.jt808.framing import Header, Peer

GMT8 = timedelta(hours=8)
MAX_TEXT = 1024
WORD, DWORD = struct.Struct(">H"), struct.Struct(">I")
UNSENT = Header(0, Peer(b""), 0)
"""The header of a message that has not been through a frame."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one terminal speaks, where its frames cannot tell.

    `edition` is 2011 where its registration showed that; `zone` what its clock adds to UTC (some
    vendors send UTC); `verify=False` lets its wrong checksums pass.
    """

    edition: int = 2013
    zone: timedelta = GMT8
    verify: bool = True


@dataclass(slots=True)
class Body:
    """A message without a position. Its fields carry the names that the vectors use."""

    ID: ClassVar[int]
    kind: ClassVar[str] = "other"

    header: Header = field(default=UNSENT, kw_only=True, compare=False, repr=False)

    @property
    def device(self) -> str | None:
        return self.header.peer.identity if self.header.peer.phone else None

    @classmethod
    def unpack(cls, body: bytes, dialect: Dialect) -> Self:
        """From the bytes of a body; raises ValueError, IndexError or struct.error."""
        return cls()

    def pack(self, dialect: Dialect) -> bytes:
        """The bytes of the body; raises ValueError or struct.error for what does not fit."""
        return b""

    def told(self) -> dict[str, object]:
        own = {f.name: plain(getattr(self, f.name)) for f in fields(self) if f.name != "header"}
        return told_of(self.header) | own


def told_of(header: Header) -> dict[str, object]:
    """The header's row, and what is known of a message that came in parts."""
    row = header.told()
    if header.assembly and header.part:
        from hashlib import sha256  # few messages come in parts

        row |= {
            "total": header.part[0],
            "serials": list(header.assembly.serials),
            "body_sha256": sha256(header.assembly.body).hexdigest(),
        }
    return row


def plain(value: object) -> object:
    """As JSON can carry it: bytes in hex, times in UTC."""
    match value:
        case bytes():
            return value.hex()
        case datetime():
            return utc_seconds(value)
        case tuple() | list():
            return [plain(part) for part in value]
        case Mapping():
            return {f"{key:04x}": plain(part) for key, part in value.items()}
    return value


# ---------------------------------------------------------------------- values


def text(raw: bytes, longest: int = MAX_TEXT) -> str:
    """GBK without its padding and without what cannot be shown."""
    return printable(raw.decode("gb18030", "replace").strip("\0 "), longest)


def gbk(words: str) -> bytes:
    """Raises ValueError naming the first character that GBK does not have."""
    try:
        return words.encode("gbk")
    except UnicodeEncodeError as error:
        raise ValueError(f"{words[error.start]!r} is not in GBK") from None


def fixed(words: str, width: int) -> bytes:
    """A STRING field of that many bytes, filled with zeros; raises ValueError."""
    raw = gbk(words)
    if len(raw) > width:
        raise ValueError(f"{words!r} takes more than {width} bytes")
    return raw.ljust(width, b"\0")


def counted(words: str, size: str = "B") -> bytes:
    """Length and text; raises struct.error for a text too long for its length."""
    raw = gbk(words)
    return struct.pack(f">{size}", len(raw)) + raw


def clip(words: str, longest: int = 1000) -> str:
    """`words` for a terminal: "?" for what GBK lacks, at most `longest` bytes, no half character.

    A text of 1,000 bytes fits a frame of every edition.
    """
    cut = words.encode("gbk", "replace")[:longest]
    return cut.decode("gbk", "ignore")


@lru_cache(maxsize=4096)  # a fleet reports the same seconds
def moment(bcd: bytes, zone: timedelta) -> datetime | None:
    """YYMMDDhhmmss in BCD, of a clock that is `zone` ahead; None where that is no time."""
    digits = bcd.hex()
    if len(digits) != 12 or not digits.isdecimal():
        return None
    year, month, day, hour, minute, second = (int(digits[i : i + 2]) for i in range(0, 12, 2))
    try:
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC) - zone
    except ValueError:
        return None


def bcd_of(time: datetime | None, zone: timedelta) -> bytes:
    """Six bytes; zeros for no time. Raises ValueError outside the years 2000 to 2099."""
    if time is None:
        return bytes(6)
    there = time.astimezone(UTC) + zone
    if not 2000 <= there.year < 2100:
        raise ValueError("the year does not fit two digits")
    return bytes.fromhex(f"{there:%y%m%d%H%M%S}")
