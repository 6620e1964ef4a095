"""JT/T 808 frames: escape, checksum, both headers, and the cutting of a stream at its flags.

    7E | escaped( header, body, checksum ) | 7E          integers are big-endian

Source: JT/T 808-2011, -2013 and -2019, chapter 4.4.
"""

import re
import struct
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

FLAG = b"\x7e"
MAX_BODY = 1023
MAX_WIRE = 2100
"""Bytes between two flags; the largest legal frame is 2,092 with both of them."""
MIN_FRAME = 13
"""The shorter header and the checksum, unescaped."""
PHONE_BYTES = {2011: 6, 2013: 6, 2019: 10}
LENGTH, ENCRYPTION, PARTED, FLAGGED = 0x03FF, 0x1C00, 0x2000, 0x4000
"""Of the attributes word: body length, encryption, sub-package, and "the header is of 2019"."""

_STRAY_ESCAPE = re.compile(rb"\x7d(?![\x01\x02])")
_PARTS, _SERIAL = struct.Struct(">HH"), struct.Struct(">H")


@dataclass(frozen=True, slots=True)
class Peer:
    """How a terminal is written in a header: answers copy every part of it.

    `phone` are the raw bytes, six or ten; `version` is 2011, 2013 or 2019 (the first two share
    their header); `flagged` the version flag, which some terminals set over the old header;
    `revision` the protocol version byte of 2019.
    """

    phone: bytes
    version: int = 2013
    flagged: bool = False
    revision: int = 1
    identity: str = field(init=False, compare=False, repr=False)
    """The name of the terminal in every edition: the digits without the padding in front."""
    key: bytes = field(init=False, compare=False, repr=False)
    """All of it, as `Columns.peer` has it: edition, flag, revision, the phone in ten bytes."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "identity", self.phone.hex().lstrip("0") or "0")
        marks = (self.version - 2000, self.flagged, self.revision)
        object.__setattr__(self, "key", bytes(marks) + self.phone.rjust(10, b"\0"))

    @classmethod
    def of(cls, digits: str, version: int = 2013) -> "Peer":
        """The peer of that phone number; raises ValueError when it does not fit the header."""
        width = PHONE_BYTES[version] * 2
        if len(digits) > width:
            raise ValueError(f"phone has more than {width} digits")
        return cls(bytes.fromhex(digits.zfill(width)), version, version == 2019)

    @property
    def digits(self) -> str:
        """The phone as sent, padding included. Some terminals send no BCD: then hex digits."""
        return self.phone.hex()

    @property
    def imei(self) -> str | None:
        """Of a phone that is no BCD: these are an IMEI without its check digit, as an integer."""
        if self.phone.hex().isdecimal():
            return None
        digits = str(int.from_bytes(self.phone, "big")).zfill(14)
        return digits + _luhn(digits) if len(digits) == 14 else None


@dataclass(frozen=True, slots=True)
class Assembly:
    """What the parts of a message made together."""

    serials: tuple[int, ...]
    body: bytes


class Header(NamedTuple):
    """Of one frame. `part` is (total, index from 1); `assembly` is there once all parts are."""

    message_id: int
    peer: Peer
    serial: int
    part: tuple[int, int] | None = None
    encryption: int = 0
    body_length: int = 0
    assembly: Assembly | None = None

    def told(self) -> dict[str, object]:
        """JSON-ready, under the names that the vectors use."""
        row: dict[str, object] = {
            "message_id": f"0x{self.message_id:04X}",
            "phone": self.peer.digits,
            "version": self.peer.version,
            "serial": self.serial,
            "body_len": self.body_length,
            "subpackage": None,
        }
        if self.part:
            row["subpackage"] = {"total": self.part[0], "index": self.part[1]}
        if self.encryption:
            row["encryption"] = self.encryption
        if self.peer.imei:
            row["imei"] = self.peer.imei
        return row


class Malformed(ValueError):
    """A frame that may not be used: `fault` is escape, size, checksum, length or body.

    `header` is what the frame claims, where that much of it could be read.
    """

    def __init__(self, fault: str, reason: str, header: Header | None = None):
        super().__init__(reason)
        self.fault = fault
        self.header = header


def escape(data: bytes) -> bytes:
    return data.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")


def unescape(data: bytes) -> bytes:
    """Raises Malformed for a 7D that escapes nothing."""
    if b"\x7d" not in data:
        return data
    if _STRAY_ESCAPE.search(data):
        raise Malformed("escape", "7D before a byte that it does not escape")
    return data.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")


def checksum(data: bytes) -> int:
    """XOR of all bytes: one large integer folded onto itself."""
    value = int.from_bytes(data, "big")
    if len(data) > 128:
        shift = 1 << (8 * len(data)).bit_length() - 1
        while shift > 512:
            value ^= value >> shift
            value &= (1 << shift) - 1
            shift >>= 1
    # What is above the lowest byte in the end is of no account.
    value ^= value >> 512
    value ^= value >> 256
    value ^= value >> 128
    value ^= value >> 64
    value ^= value >> 32
    value ^= value >> 16
    return (value ^ value >> 8) & 0xFF


def seal(header: Header, body: bytes) -> bytes:
    """The frame on the wire, both flags included; raises ValueError for a body over MAX_BODY."""
    if len(body) > MAX_BODY:
        raise ValueError(f"a body of {len(body)} bytes needs sub-packages")
    peer = header.peer
    attributes = len(body) | header.encryption << 10
    attributes |= (PARTED if header.part else 0) | (FLAGGED if peer.flagged else 0)
    content = _PARTS.pack(header.message_id, attributes)
    content += bytes((peer.revision,)) + peer.phone if peer.version == 2019 else peer.phone
    content += _SERIAL.pack(header.serial & 0xFFFF)
    content += (_PARTS.pack(*header.part) if header.part else b"") + body
    return b"~%b~" % escape(b"%b%c" % (content, checksum(content)))


def unseal(wire: bytes, *, verify: bool = True) -> tuple[Header, bytes]:
    """Header and body of what stood between two flags. Raises Malformed.

    A header of 2019 whose length does not fit is read as one of 2013 where that fits: some
    terminals set the version flag over the old header. `verify=False` lets a wrong checksum pass.
    """
    content = unescape(wire)
    if len(content) < MIN_FRAME:
        raise Malformed("size", f"a frame of {len(content)} bytes")
    header, body = _parse(content)
    if verify and checksum(content):
        right = checksum(content[:-1])
        raise Malformed("checksum", f"wrong checksum, should be {right:02X}", header)
    if len(body) != header.body_length:
        reason = f"a body of {len(body)} bytes, its header says {header.body_length}"
        raise Malformed("length", reason, header)
    return header, body


def _parse(content: bytes) -> tuple[Header, bytes]:
    """The reading whose length fits, else the one that the version flag asks for."""
    flagged = bool(content[2] & FLAGGED >> 8)
    if not flagged:
        return _read(content, 2013, flagged)
    found = _read(content, 2019, flagged) if len(content) >= 18 else None
    if found is None or len(found[1]) != found[0].body_length:
        old = _read(content, 2013, flagged)
        if found is None or len(old[1]) == old[0].body_length:
            return old
    return found


def _read(content: bytes, version: int, flagged: bool) -> tuple[Header, bytes]:
    message_id, attributes = _PARTS.unpack_from(content)
    at = 5 if version == 2019 else 4
    end = at + PHONE_BYTES[version]
    peer = _peer(content[at:end], version, flagged, content[4] if version == 2019 else 1)
    serial = int.from_bytes(content[end : end + 2], "big")
    end += 2
    part = None
    if attributes & PARTED and len(content) >= end + 5:
        part = _PARTS.unpack_from(content, end)
        end += 4
    header = Header(
        message_id, peer, serial, part, (attributes & ENCRYPTION) >> 10, attributes & LENGTH
    )
    return header, content[end:-1]


@lru_cache(maxsize=2_048)  # strangers may tell any number of names
def _peer(phone: bytes, version: int, flagged: bool, revision: int) -> Peer:
    """One object for all frames of a terminal."""
    return Peer(phone, version, flagged, revision)


class Splitter:
    """Bytes of a stream to what stood between flags. Keeps less than MAX_WIRE + 1 bytes.

    A flag ends one frame and may begin the next, so a stray or a doubled one costs nothing.
    `noise` counts the bytes that belong to no frame.
    """

    def __init__(self) -> None:
        self.noise = 0
        self._rest: bytes | None = None
        """What came since the last flag; None before the first."""
        self._is_doubled = False

    def feed(self, data: bytes) -> list[bytes]:
        if self._is_one_frame(data):
            self._rest = b""
            return [data[1:-1]]
        if self._rest is not None:
            data = FLAG + self._rest + data
        before, *pieces = data.split(FLAG)
        self.noise += len(before)
        if not pieces:
            return []
        self._rest = pieces.pop()
        if len(self._rest) > MAX_WIRE:
            self.noise += len(self._rest)
            self._rest = None
        return [piece for piece in pieces if self._fits(piece)]

    def finish(self) -> bytes:
        """What stands behind the last flag: the beginning of a frame that never ended."""
        rest, self._rest = self._rest or b"", None
        return rest

    def _is_one_frame(self, data: bytes) -> bool:
        """What nearly every read brings: one whole frame and nothing else."""
        return (
            not self._rest
            and not self._is_doubled
            and MIN_FRAME + 2 <= len(data) <= MAX_WIRE + 2
            and data.startswith(FLAG)
            and data.endswith(FLAG)
            and data.count(FLAG) == 2
        )

    def _fits(self, piece: bytes) -> bool:
        """One empty piece stands before a frame; more are flags that frame nothing."""
        if not piece:
            self.noise += self._is_doubled
            self._is_doubled = True
            return False
        self._is_doubled = False
        if MIN_FRAME <= len(piece) <= MAX_WIRE:
            return True
        self.noise += len(piece)
        return False


def assembled(header: Header, assembly: Assembly) -> Header:
    """The header of the frame that completed a message, with what its parts made."""
    return header._replace(assembly=assembly, body_length=len(assembly.body))


def _luhn(digits: str) -> str:
    """The check digit of an IMEI's first fourteen digits."""
    total = sum(
        digit if place % 2 == 0 else digit * 2 - 9 * (digit > 4)
        for place, digit in enumerate(map(int, digits))
    )
    return str(-total % 10)
