"""What an NMEA 0183 sentence is made of: its limits, its checksum, and how fields are read."""

import re
from datetime import UTC, datetime
from functools import lru_cache

MAX_SENTENCE = 256
"""Bytes from "$" to the checksum. The standard says 82; real receivers send 210."""
KNOT = 1.852
SECOND = 1_000_000
"""Times of day are kept in microseconds."""
FLAG_OF_MODE = {"E": "estimated", "M": "manual", "S": "simulated"}
NO_CHECKSUM_NEEDED = frozenset({"PGID", "GPFID", "DEVID"})

_PRINTABLE = re.compile(rb"[\x20-\x7e]+")
_CHECKSUM = re.compile(rb"[0-9A-Fa-f]{2}")
_CLOCK = re.compile(r"([01]\d|2[0-3])([0-5]\d)([0-5]\d|60)(?:\.(\d*))?", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,9}(?:\.\d*)?|[+-]?\.\d+", re.ASCII)
_DEGREES = re.compile(r"\d{1,5}(?:\.\d*)?", re.ASCII)


def fault(token: bytes, body: bytes, given: bytes | None) -> str | None:
    """What is wrong with the bytes of a sentence, if anything."""
    if len(token) > MAX_SENTENCE:
        return f"longer than {MAX_SENTENCE} bytes"
    if not _PRINTABLE.fullmatch(body):
        return "bytes that are not text"
    if given is None:
        address = body.partition(b",")[0].decode("ascii")
        return None if address in NO_CHECKSUM_NEEDED else "no checksum"
    if not _CHECKSUM.fullmatch(given):
        return "half a checksum"
    right = checksum(body)
    return None if int(given, 16) == right else f"wrong checksum, should be {right:02X}"


def is_comment(line: bytes) -> bool:
    """Captures carry headers in lines that begin with "#", and these may quote sentences."""
    return line[:2] in (b"#", b"# ")


def checksum(body: bytes) -> int:
    """XOR of all bytes between "$" and "*": one large integer folded onto itself."""
    value = int.from_bytes(body, "big")
    if len(body) > 128:
        value ^= value >> 1024
    value ^= value >> 512
    value ^= value >> 256
    value ^= value >> 128
    value ^= value >> 64
    value ^= value >> 32
    value ^= value >> 16
    return (value ^ value >> 8) & 0xFF


def padded(fields: list[str], least: int) -> list[str]:
    """Old receivers leave the last fields out."""
    return fields + [""] * (least - len(fields))


def position(lat: str, ns: str, lon: str, ew: str) -> tuple[float, float] | None:
    """Signed degrees, or None where the receiver left a part out; raises ValueError."""
    if not (lat and ns and lon and ew):
        return None
    return _degrees("latitude", lat, 2, ns, "NS"), _degrees("longitude", lon, 3, ew, "EW")


def _degrees(name: str, text: str, width: int, letter: str, letters: str) -> float:
    """ddmm.mm or dddmm.mm: the first `width` digits are degrees. Raises ValueError."""
    if letter not in letters or not _DEGREES.fullmatch(text):
        raise ValueError(f"{name} is malformed")
    whole = text.partition(".")[0]
    if len(whole) < width:  # zeros left out
        degrees, minutes = 0, float(text)
    else:
        degrees, minutes = int(whole[:width]), float("0" + text[width:])
    if minutes >= 60:
        raise ValueError(f"{name} has 60 minutes or more")
    value = degrees + minutes / 60
    return -value if letter == letters[1] else value


def clock_of(text: str) -> int | None:
    """hhmmss.ss to microseconds of the day (a leap second counts into the next minute)."""
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    hours, minutes, seconds, fraction = found.groups()
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return whole * SECOND + int((fraction or "0")[:6].ljust(6, "0"))


@lru_cache(maxsize=32)
def two_digit_date(ddmmyy: str) -> datetime | None:
    if len(ddmmyy) != 6 or not (ddmmyy.isascii() and ddmmyy.isdecimal()):
        return None
    year = int(ddmmyy[4:])
    return midnight(1900 + year if year >= 80 else 2000 + year, int(ddmmyy[2:4]), int(ddmmyy[:2]))


def midnight(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day, tzinfo=UTC) if 1980 <= year < 2100 else None
    except (ValueError, OverflowError):
        return None


def number(text: str) -> float | None:
    """A plain decimal number, or None: receivers leave fields empty, and noise says "abc"."""
    return float(text) if _NUMBER.fullmatch(text) else None
