"""The RMC as nearly every receiver sends it, by one pattern: a third of the time of the general
way, which still reads all others."""

import re
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from gps_ingest.protocols.nmea.sentence import (
    FLAG_OF_MODE,
    KNOT,
    MAX_SENTENCE,
    SECOND,
    checksum,
    padded,
    two_digit_date,
)

_PLAIN = re.compile(
    rb"\$(?!P)[0-9A-Za-z]{2}RMC,([01]\d|2[0-3])([0-5]\d)([0-5]\d|60)(?:\.(\d{0,6}))?,A"
    rb",(\d\d)([0-5]\d(?:\.\d{0,9})?),([NS]),(\d{3})([0-5]\d(?:\.\d{0,9})?),([EW])"
    rb",(\d{1,9}(?:\.\d{0,4})?),(\d{1,9}(?:\.\d{0,4})?)?,(\d{6})"
    rb'((?:,[ "#%-)+-~]*)?)\*([0-9A-Fa-f]{2})'
)


class Row(NamedTuple):
    """What one RMC says, as `Decoder` takes it: knots are km/h already, `clock` microseconds."""

    lat: float
    lon: float
    clock: int
    midnight: datetime | None
    speed_kmh: float
    course: float | None
    valid: bool
    flags: tuple[str, ...]


def row(line: bytes) -> Row | None:
    """Of a whole line without its end; None for what has to be read the general way."""
    found = _PLAIN.fullmatch(line) if len(line) <= MAX_SENTENCE else None
    if found is None or int(found[15], 16) != checksum(line[1:-3]):
        return None
    hours, minutes, seconds, fraction, *place, knots, course, day, tail, _ = found.groups()
    clock = (int(hours) * 3600 + int(minutes) * 60 + int(seconds)) * SECOND
    if fraction:
        clock += int(fraction.ljust(6, b"0"))
    lat, north, ns, lon, east, ew = place
    latitude, longitude = int(lat) + float(north) / 60, int(lon) + float(east) / 60
    valid, flags = _mode(tail)
    return Row(
        -latitude if ns == b"S" else latitude,
        -longitude if ew == b"W" else longitude,
        clock,
        two_digit_date(day.decode()),
        float(knots) * KNOT,
        None if course is None else float(course),
        valid,
        flags,
    )


@lru_cache(maxsize=256)
def _mode(tail: bytes) -> tuple[bool, tuple[str, ...]]:
    """Of the fields behind the day: whether the fix counts, and its flag."""
    mode = padded(tail.decode().split(",")[1:], 3)[2]
    return mode != "N", (FLAG_OF_MODE[mode],) if mode in FLAG_OF_MODE else ()
