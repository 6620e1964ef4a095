"""RMCs of one layout, many at once: the same numbers as one by one, several times as fast.

Lines in which digits stand in the same places are one table of bytes.
"""

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gps_ingest.protocols.nmea.plain import Row
from gps_ingest.protocols.nmea.sentence import (
    FLAG_OF_MODE,
    KNOT,
    MAX_SENTENCE,
    SECOND,
    padded,
    two_digit_date,
)

FEW = 8
"""Lines of one layout that are not worth a table."""
CLOCK_AT = 7
"""Behind "$GPRMC,"."""

_PLAIN = re.compile(
    rb"\$(?!P)[0-9A-Za-z]{2}RMC,0{6}(?:\.(?P<fraction>0{0,6}))?,A"
    rb",0{4}(?:\.(?P<lat>0{0,9}))?,(?P<ns>[NS]),0{5}(?:\.(?P<lon>0{0,9}))?,(?P<ew>[EW])"
    rb",(?P<knots>0{1,9}(?:\.0{0,4})?),(?P<course>0{1,9}(?:\.0{0,4})?)?,(?P<day>0{6})"
    rb'(?:,[ "#%-)+-~]*)?'
)
"""An RMC with 0 for every digit, up to its "*": a right one needs nothing else to be read."""
_SHAPE = bytes.maketrans(b"123456789", b"000000000")
_HEX = np.full(256, 0x100, np.uint16)
_HEX[np.frombuffer(b"0123456789ABCDEFabcdef", np.uint8)] = [*range(16), *range(10, 16)]


def rows(lines: list[bytes]) -> dict[int, Row]:
    """By place, the RMCs that are in order; whatever is not here is to be read by itself."""
    layouts: dict[bytes, list[int]] = {}
    for place, line in enumerate(lines):
        if line[3:6] == b"RMC":
            layouts.setdefault(line[:-3].translate(_SHAPE), []).append(place)
    out: dict[int, Row] = {}
    for shape, places in layouts.items():
        found = _PLAIN.fullmatch(shape) if len(places) >= FEW else None
        if found and len(shape) + 3 <= MAX_SENTENCE:
            data = np.frombuffer(b"".join([lines[place] for place in places]), np.uint8)
            out.update(_read(data.reshape(len(places), -1), np.array(places), found))
    return out


def _read(
    table: NDArray[np.uint8], places: NDArray[np.int64], shape: re.Match[bytes]
) -> Iterator[tuple[int, Row]]:
    sums = np.bitwise_xor.reduce(table[:, 1:-3], axis=1)
    right = (_HEX[table[:, -2]] << 4 | _HEX[table[:, -1]]) == sums
    right &= table[:, -3] == ord("*")

    def whole(start: int, end: int) -> NDArray[np.int64]:
        weights = 10 ** np.arange(end - start - 1, -1, -1)
        return (table[:, start:end].astype(np.int64) - 48) @ weights

    def number(start: int, point: int, decimals: int) -> NDArray[np.float64]:
        """Digits around a point; one division of whole numbers rounds as reading the text does."""
        if not decimals:
            return whole(start, point).astype(np.float64)
        digits = whole(start, point) * 10**decimals + whole(point + 1, point + 1 + decimals)
        rounded: NDArray[np.float64] = digits / 10.0**decimals
        return rounded

    def decimal(name: str) -> NDArray[np.float64]:
        start = shape.start(name)
        before, _, after = shape[name].partition(b".")
        return number(start, start + len(before), len(after))

    hours, minutes, seconds = (whole(CLOCK_AT + at, CLOCK_AT + at + 2) for at in (0, 2, 4))
    clock = (hours * 3600 + minutes * 60 + seconds) * SECOND
    if shape["fraction"]:
        clock += whole(*shape.span("fraction")) * 10 ** (6 - len(shape["fraction"]))
    right &= (hours < 24) & (minutes < 60) & (seconds <= 60)

    angles = []
    for name, letter, width in (("lat", "ns", 2), ("lon", "ew", 3)):
        decimals = len(shape[name] or b"")
        point = shape.start(letter) - 1 - (decimals + 1 if shape[name] is not None else 0)
        minutes_of_arc = number(point - 2, point, decimals)
        right &= minutes_of_arc < 60
        angle = whole(point - 2 - width, point - 2) + minutes_of_arc / 60
        angles.append(-angle if shape[letter] in b"SW" else angle)

    days = whole(*shape.span("day"))
    midnights = {day: two_digit_date(f"{day:06}") for day in set(days.tolist())}
    speeds = decimal("knots") * KNOT
    courses = decimal("course").tolist() if shape["course"] else [None] * len(table)
    mode = padded(shape.string.decode().split(",")[1:], 12)[11]
    flags = (FLAG_OF_MODE[mode],) if mode in FLAG_OF_MODE else ()
    columns = (places, angles[0], angles[1], clock, days, speeds, right)
    for place, lat, lon, at, day, speed, fits, course in zip(
        *(column.tolist() for column in columns), courses, strict=True
    ):
        if fits:
            yield place, Row(lat, lon, at, midnights[day], speed, course, mode != "N", flags)
