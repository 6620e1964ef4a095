"""How a batch of fixes gets into the tables: one transaction, COPY first, safe to repeat.

STACK of measurements: COPY of binary EWKB stores four times as many rows a second as INSERT.
COPY is all or nothing, so a batch with a repetition is redone through a temporary table, and a
batch with a row that the database refuses is halved until that row stands alone.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

import psycopg
from psycopg.types.json import Jsonb

from kernel.log import get_logger

log = get_logger(__name__)

EPOCH_2000_US = 946_684_800_000_000
"""PostgreSQL counts microseconds from 2000-01-01."""
COLUMNS = "terminal_id, fixed_at, geom, received_at, speed_kmh, course, alt_m, flags"
COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = b"\xff\xff"
POINT_SIZE, BIG_ENDIAN, POINT_WITH_SRID, WGS84 = 25, 0, 0x20000001, 4326
"""Of EWKB: big-endian like COPY itself, so that a row is one structure."""

_WHOLE = struct.Struct(">hiqiqiBIIddiqifififih").pack
_HEAD = struct.Struct(">hiqiqiBIIddiq").pack
_REAL = struct.Struct(">if").pack
_SHORT = struct.Struct(">ih").pack
_NULL = struct.pack(">i", -1)

COPY_FIXES = f"copy gps.fixes ({COLUMNS}) from stdin (format binary)"
SPARE_TABLE = "create temporary table spare (like gps.fixes) on commit drop"
COPY_SPARE = f"copy spare ({COLUMNS}) from stdin (format binary)"
FROM_SPARE = f"insert into gps.fixes ({COLUMNS}) select {COLUMNS} from spare on conflict do nothing"  # noqa: S608 (our own names)
MOVE_LATEST = """
insert into gps.latest
  (terminal_id, fixed_at, received_at, geog, speed_kmh, course, alt_m, flags)
select t, '2000-01-01Z'::timestamptz + f * interval '1 microsecond',
  '2000-01-01Z'::timestamptz + r * interval '1 microsecond',
  st_setsrid(st_makepoint(lon, lat), 4326)::geography, s, c, a, g
from unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::float8[], %b::float8[],
  %b::float4[], %b::float4[], %b::float4[], %b::smallint[]) x (t, f, r, lat, lon, s, c, a, g)
on conflict (terminal_id) do update set
  fixed_at = excluded.fixed_at, received_at = excluded.received_at, geog = excluded.geog,
  speed_kmh = excluded.speed_kmh, course = excluded.course, alt_m = excluded.alt_m,
  flags = excluded.flags
where latest.fixed_at < excluded.fixed_at
returning terminal_id
"""
QUARANTINE = """
insert into gps.quarantine
  (received_at, terminal_id, reason, fixed_at, lat, lon, speed_kmh, raw)
select '2000-01-01Z'::timestamptz + r * interval '1 microsecond', t, w,
  '2000-01-01Z'::timestamptz + f * interval '1 microsecond', lat, lon, s, raw
from unnest(%b::bigint[], %b::bigint[], %b::text[], %b::bigint[], %b::float8[], %b::float8[],
  %b::float8[], %b::bytea[]) x (r, t, w, f, lat, lon, s, raw)
"""
HAPPENED = "gps.happened"
"""Job: {happening_id, kind}, written with the fixes; whoever binds it reads the row."""
HAPPEN = """
with new as (
  insert into gps.happenings (terminal_id, kind, at, key, received_at, lat, lon, details, raw)
  select t, k, '2000-01-01Z'::timestamptz + a * interval '1 microsecond', key,
    '2000-01-01Z'::timestamptz + r * interval '1 microsecond', lat, lon, d, raw
  from unnest(%b::bigint[], %b::text[], %b::bigint[], %b::text[], %b::bigint[], %b::float8[],
    %b::float8[], %b::jsonb[], %b::bytea[]) x (t, k, a, key, r, lat, lon, d, raw)
  on conflict do nothing
  returning id, kind, received_at
)
select kernel.enqueue(
  'gps.happened', null, jsonb_build_object('happening_id', id, 'kind', kind), received_at,
  received_at, '')
from new
"""
"""The job in the same statement: what was not there before is told upward, and only that."""
ROW_FAULTS = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.InternalError,
    struct.error,
    OverflowError,
)
"""What a single row can be guilty of; everything else is the database's own trouble."""


def to_us(epoch_seconds: float) -> int:
    """Microseconds since 2000, as PostgreSQL keeps time."""
    return round(epoch_seconds * 1_000_000) - EPOCH_2000_US


@dataclass(slots=True)
class Row:
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


@dataclass(slots=True)
class Oddity:
    """Something for the quarantine. Times in microseconds since 2000."""

    received_us: int
    terminal_id: int
    reason: str
    fixed_us: int | None
    lat: float | None
    lon: float | None
    speed_kmh: float | None
    raw: bytes


@dataclass(slots=True)
class Happening:
    """Something to store that is no position: an alarm, an answer, a crossing.

    Times in microseconds since 2000. `key` tells apart what a terminal may tell twice of one kind
    and moment.
    """

    terminal_id: int
    kind: str
    at_us: int
    key: str
    received_us: int
    lat: float | None
    lon: float | None
    details: Mapping[str, object]
    raw: bytes | None = None


def write(
    connection: psycopg.Connection,
    rows: Sequence[Row],
    oddities: Sequence[Oddity],
    happenings: Sequence[Happening] = (),
) -> list[Row]:
    """Store everything in one transaction; gives the rows that are now the present.

    Raises psycopg.Error when the database is in trouble: nothing is stored then, and the same
    call may be repeated. A row that the database refuses ends in the quarantine.
    """
    try:
        return _write_once(connection, rows, oddities, _copy, happenings)
    except psycopg.errors.UniqueViolation:
        pass
    except ROW_FAULTS as fault:
        return _halves(connection, rows, oddities, fault, happenings)
    try:
        return _write_once(connection, rows, oddities, _copy_around_repetitions, happenings)
    except ROW_FAULTS as fault:
        return _halves(connection, rows, oddities, fault, happenings)


def _write_once(
    connection: psycopg.Connection,
    rows: Sequence[Row],
    oddities: Sequence[Oddity],
    copy: Callable[[psycopg.Cursor, bytes], None],
    happenings: Sequence[Happening] = (),
) -> list[Row]:
    newest = _newest(rows)
    with connection.transaction(), connection.cursor() as cursor:
        if rows:
            copy(cursor, b"".join((COPY_HEADER, *map(encode, rows), COPY_TRAILER)))
        moved = _move_latest(cursor, newest) if newest else set()
        if oddities:
            cursor.execute(QUARANTINE, _columns(oddities, ODDITY_COLUMNS))
        if happenings:
            cursor.execute(HAPPEN, _happening_columns(happenings))
    return [row for row in newest if row.terminal_id in moved]


def _halves(
    connection: psycopg.Connection,
    rows: Sequence[Row],
    oddities: Sequence[Oddity],
    fault: Exception,
    happenings: Sequence[Happening] = (),
) -> list[Row]:
    """Find the row that is to blame; the others are stored as if it had never been there."""
    if happenings:
        _tell_each(connection, happenings)
        return write(connection, rows, oddities)
    if len(rows) > 1:
        middle = len(rows) // 2
        before = write(connection, rows[:middle], oddities)
        after = write(connection, rows[middle:], ())
        return list({row.terminal_id: row for row in (*before, *after)}.values())
    if rows:
        log.error("fix_refused_by_database", terminal=rows[0].terminal_id, fault=str(fault))
        return write(connection, (), (*oddities, _refused(rows[0])))
    for oddity in oddities:
        _keep(connection, oddity)
    return []


def _tell_each(connection: psycopg.Connection, happenings: Sequence[Happening]) -> None:
    """Each alone; one that the database refuses is told without its details and its place."""
    for told in happenings:
        bare = replace(told, lat=None, lon=None, details={}, key=told.key[:80])
        for attempt in (told, bare):
            try:
                _write_once(connection, (), (), _copy, (attempt,))
                break
            except ROW_FAULTS as fault:
                log.error("happening_refused_by_database", kind=told.kind, fault=str(fault))


def _keep(connection: psycopg.Connection, oddity: Oddity) -> None:
    """Quarantine one oddity alone, at worst without the values that the database refuses."""
    bare = replace(oddity, fixed_us=None, lat=None, lon=None, speed_kmh=None)
    for attempt in (oddity, bare):
        try:
            _write_once(connection, (), (attempt,), _copy)
            return
        except ROW_FAULTS as fault:
            log.error("oddity_refused_by_database", reason=oddity.reason, fault=str(fault))


def _copy(cursor: psycopg.Cursor, data: bytes) -> None:
    with cursor.copy(COPY_FIXES) as copy:
        copy.write(data)


def _copy_around_repetitions(cursor: psycopg.Cursor, data: bytes) -> None:
    cursor.execute(SPARE_TABLE)
    with cursor.copy(COPY_SPARE) as copy:
        copy.write(data)
    cursor.execute(FROM_SPARE)


def _newest(rows: Sequence[Row]) -> list[Row]:
    """The newest live row of each terminal; sorted, so that two writers never deadlock."""
    newest: dict[int, Row] = {}
    for row in rows:
        if row.is_live:
            before = newest.get(row.terminal_id)
            if before is None or before.fixed_us <= row.fixed_us:
                newest[row.terminal_id] = row
    return [newest[terminal_id] for terminal_id in sorted(newest)]


LATEST_COLUMNS = (
    "terminal_id",
    "fixed_us",
    "received_us",
    "lat",
    "lon",
    "speed_kmh",
    "course",
    "alt_m",
    "flags",
)
ODDITY_COLUMNS = (
    "received_us",
    "terminal_id",
    "reason",
    "fixed_us",
    "lat",
    "lon",
    "speed_kmh",
    "raw",
)
HAPPENING_COLUMNS = (
    "terminal_id",
    "kind",
    "at_us",
    "key",
    "received_us",
    "lat",
    "lon",
    "details",
    "raw",
)


def _move_latest(cursor: psycopg.Cursor, newest: Sequence[Row]) -> set[int]:
    cursor.execute(MOVE_LATEST, _columns(newest, LATEST_COLUMNS))
    return {terminal_id for (terminal_id,) in cursor.fetchall()}


def _happening_columns(happenings: Sequence[Happening]) -> list[list[object]]:
    columns = _columns(happenings, HAPPENING_COLUMNS)
    columns[HAPPENING_COLUMNS.index("details")] = [Jsonb(told.details) for told in happenings]
    return columns


def _columns(items: Sequence[object], names: Sequence[str]) -> list[list[object]]:
    return [list(column) for column in zip(*map(attrgetter(*names), items), strict=True)]


def _refused(row: Row) -> Oddity:
    return Oddity(
        row.received_us,
        row.terminal_id,
        "refused_by_database",
        row.fixed_us,
        row.lat,
        row.lon,
        row.speed_kmh,
        b"",
    )


def encode(row: Row) -> bytes:
    """The row in PostgreSQL's binary COPY format, its point as EWKB."""
    speed, course, alt = row.speed_kmh, row.course, row.alt_m
    head = (
        8, 8, row.terminal_id, 8, row.fixed_us,
        POINT_SIZE, BIG_ENDIAN, POINT_WITH_SRID, WGS84, row.lon, row.lat, 8, row.received_us,
    )  # fmt: skip
    if speed is not None and course is not None and alt is not None:
        return _WHOLE(*head, 4, speed, 4, course, 4, alt, 2, row.flags)
    measures = (_NULL if value is None else _REAL(4, value) for value in (speed, course, alt))
    return b"".join((_HEAD(*head), *measures, _SHORT(2, row.flags)))
