"""Fixes by the thousand: one table in memory, and its bytes as PostgreSQL takes them.

Source: PostgreSQL manual, "COPY: Binary Format", and `array_recv` of its source; EWKB of PostGIS.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.adapt import Dumper
from psycopg.pq import Format

EPOCH_2000_US = 946_684_800_000_000
"""PostgreSQL counts microseconds from 2000-01-01."""


def to_us(epoch_seconds: float) -> int:
    """Microseconds since 2000, as PostgreSQL keeps time."""
    return round(epoch_seconds * 1_000_000) - EPOCH_2000_US


def seconds(us: NDArray[np.int64]) -> NDArray[np.float64]:
    """Epoch seconds of such microseconds."""
    return (us + EPOCH_2000_US) / 1_000_000


class Row(NamedTuple):
    """A fix to store. Times in microseconds since 2000, as PostgreSQL keeps them."""

    terminal_id: int
    fixed_us: int
    received_us: int
    lat: float
    lon: float
    speed_kmh: float | None
    course: float | None
    alt_m: float | None
    flags: int
    is_live: bool = True


FIX = np.dtype(
    [
        ("terminal_id", "i8"),
        ("fixed_us", "i8"),
        ("received_us", "i8"),
        ("lat", "f8"),
        ("lon", "f8"),
        ("speed_kmh", "f4"),
        ("course", "f4"),
        ("alt_m", "f4"),
        ("flags", "i4"),
        ("is_live", "?"),
    ]
)
"""A `Row` among many; a measure that is not known is NaN."""
Table = NDArray[np.void]
"""Fixes to store, (n,) of FIX."""


def table(rows: Sequence[Row]) -> Table:
    return np.array(list(rows), FIX)


def turns(fixes: Table) -> Iterator[Table]:
    """The live ones, such that each turn has one of each terminal at most, in the order of time."""
    live = fixes[fixes["is_live"]]
    live = live[np.lexsort((live["fixed_us"], live["terminal_id"]))]
    begins = np.flatnonzero(np.diff(live["terminal_id"], prepend=-1))
    place = np.arange(len(live)) - np.repeat(begins, np.diff(begins, append=len(live)))
    for number in range(place.max(initial=-1) + 1):
        yield live[place == number]


COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = b"\xff\xff"
MEASURES = ("speed_kmh", "course", "alt_m")
"""What a fix may lack."""
_POINT_SIZE, _BIG_ENDIAN, _POINT_WITH_SRID, _WGS84 = 25, 0, 0x20000001, 4326
"""Of EWKB: big-endian like COPY itself, so that a row is one structure."""
_LAYOUT: tuple[tuple[str, str, int | None], ...] = (
    ("columns", ">i2", 8),
    ("terminal_id size", ">i4", 8),
    ("terminal_id", ">i8", None),
    ("fixed_us size", ">i4", 8),
    ("fixed_us", ">i8", None),
    ("point size", ">i4", _POINT_SIZE),
    ("order", "u1", _BIG_ENDIAN),
    ("type", ">u4", _POINT_WITH_SRID),
    ("srid", ">u4", _WGS84),
    ("lon", ">f8", None),
    ("lat", ">f8", None),
    ("received_us size", ">i4", 8),
    ("received_us", ">i8", None),
    ("speed_kmh size", ">i4", 4),
    ("speed_kmh", ">f4", None),
    ("course size", ">i4", 4),
    ("course", ">f4", None),
    ("alt_m size", ">i4", 4),
    ("alt_m", ">f4", None),
    ("flags size", ">i4", 2),
    ("flags", ">i2", None),
)
"""A row of COPY: names, types and, for what is the same in every row, values."""
_ROW = np.dtype([(name, code) for name, code, _ in _LAYOUT])
_BLANK = np.zeros(1, _ROW)
for _name, _, _value in _LAYOUT:
    if _value is not None:
        _BLANK[_name] = _value
_VALUES = [name for name, _, value in _LAYOUT if value is None]
_NULL = -1
"""The size of what is not there."""
_TYPES = {">i8": 20, ">i2": 21, ">f4": 700, ">f8": 701}
"""Of pg_type: bigint, smallint, real, double precision."""
_SMALL = np.iinfo(np.int16)


def copied(fixes: Table) -> bytes:
    """What COPY takes: terminal, time, point as EWKB, received, speed, course, height, flags.

    Raises OverflowError for flags that do not fit.
    """
    _fits(fixes["flags"])
    rows = np.repeat(_BLANK, len(fixes))
    for name in _VALUES:
        rows[name] = fixes[name]
    there = None
    for name in MEASURES:
        unknown = np.isnan(fixes[name])
        if unknown.any():
            there = np.ones((len(rows), _ROW.itemsize), bool) if there is None else there
            rows[f"{name} size"][unknown] = _NULL
            there[:, _bytes_of(_ROW, name)] &= ~unknown[:, np.newaxis]
    return b"".join((COPY_HEADER, _without(rows, there), COPY_TRAILER))


class PgArray:
    """A column as one parameter, in PostgreSQL's binary format."""

    __slots__ = ("data",)

    def __init__(self, values: NDArray[Any], code: str) -> None:
        """Of numbers; NaN stands for null. Raises OverflowError for what does not fit."""
        if code == ">i2":
            _fits(values)
        elements = np.empty(len(values), np.dtype([("size", ">i4"), ("value", code)]))
        elements["size"], elements["value"] = elements.dtype["value"].itemsize, values
        there, unknown = None, np.isnan(values)
        if has_null := bool(unknown.any()):
            elements["size"][unknown] = _NULL
            there = np.ones((len(elements), elements.itemsize), bool)
            there[:, _bytes_of(elements.dtype, "value")] = ~unknown[:, np.newaxis]
        head = np.array((1, has_null, _TYPES[code], len(values), 1), ">i4")
        self.data = head.tobytes() + _without(elements, there)


class _PgArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: PgArray) -> bytes:
        return obj.data


psycopg.adapters.register_dumper(PgArray, _PgArrayDumper)


def _bytes_of(structure: np.dtype[np.void], name: str) -> slice:
    kind, begin, *_ = structure.fields[name]  # type: ignore[index]
    return slice(begin, begin + kind.itemsize)


def _without(rows: NDArray[np.void], there: NDArray[np.bool_] | None) -> bytes:
    """The rows one behind the other; bytes that are not `there` are left out."""
    if there is None:
        return rows.tobytes()
    return rows.view(np.uint8).reshape(there.shape)[there].tobytes()


def _fits(values: NDArray[Any]) -> None:
    """Raises OverflowError for what is no smallint: a cast would change it silently."""
    if len(values) and not (_SMALL.min <= values.min() and values.max() <= _SMALL.max):
        raise OverflowError("does not fit a smallint")
