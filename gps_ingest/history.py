"""How a batch of fixes gets into the tables: one transaction, COPY first, safe to repeat.

STACK of measurements: COPY of binary EWKB stores four times as many rows a second as INSERT.
COPY is all or nothing, so a batch with a repetition is redone through a temporary table, and a
batch with a row that the database refuses is halved until that row stands alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np
import psycopg
from psycopg.types.json import Jsonb

from gps_ingest.fixes import PgArray, Table, copied, table
from kernel.log import get_logger

log = get_logger(__name__)

COLUMNS = "terminal_id, fixed_at, geom, received_at, speed_kmh, course, alt_m, flags"
"""In the order of `fixes.copied`."""
NOTHING = table(())
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
    OverflowError,
)
"""What a single row can be guilty of; everything else is the database's own trouble."""


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
    fixes: Table,
    oddities: Sequence[Oddity] = (),
    happenings: Sequence[Happening] = (),
) -> Table:
    """Store everything in one transaction; gives the fixes that are now the present.

    Raises psycopg.Error when the database is in trouble: nothing is stored then, and the same
    call may be repeated. A row that the database refuses ends in the quarantine.
    """
    try:
        return _write_once(connection, fixes, oddities, _copy, happenings)
    except psycopg.errors.UniqueViolation:
        pass
    except ROW_FAULTS as fault:
        return _halves(connection, fixes, oddities, fault, happenings)
    try:
        return _write_once(connection, fixes, oddities, _copy_around_repetitions, happenings)
    except ROW_FAULTS as fault:
        return _halves(connection, fixes, oddities, fault, happenings)


def _write_once(
    connection: psycopg.Connection,
    fixes: Table,
    oddities: Sequence[Oddity],
    copy: Callable[[psycopg.Cursor, bytes], None],
    happenings: Sequence[Happening] = (),
) -> Table:
    newest = _newest(fixes)
    with connection.transaction(), connection.cursor() as cursor:
        if len(fixes):
            copy(cursor, copied(fixes))
        moved = _move_latest(cursor, newest)
        if oddities:
            cursor.execute(QUARANTINE, _columns(oddities, ODDITY_COLUMNS))
        if happenings:
            cursor.execute(HAPPEN, _happening_columns(happenings))
    return moved


def _halves(
    connection: psycopg.Connection,
    fixes: Table,
    oddities: Sequence[Oddity],
    fault: Exception,
    happenings: Sequence[Happening] = (),
) -> Table:
    """Find the fix that is to blame; the others are stored as if it had never been there."""
    if happenings:
        _tell_each(connection, happenings)
        return write(connection, fixes, oddities)
    if len(fixes) > 1:
        middle = len(fixes) // 2
        before = write(connection, fixes[:middle], oddities)
        after = write(connection, fixes[middle:])
        return _newest(np.concatenate((before, after)))
    if len(fixes):
        refused = fixes[0]
        log.error("fix_refused_by_database", terminal=int(refused["terminal_id"]), fault=str(fault))
        return write(connection, NOTHING, (*oddities, _refused(refused)))
    for oddity in oddities:
        _keep(connection, oddity)
    return NOTHING


def _tell_each(connection: psycopg.Connection, happenings: Sequence[Happening]) -> None:
    """Each alone; one that the database refuses is told without its details and its place."""
    for told in happenings:
        bare = replace(told, lat=None, lon=None, details={}, key=told.key[:80])
        for attempt in (told, bare):
            try:
                _write_once(connection, NOTHING, (), _copy, (attempt,))
                break
            except ROW_FAULTS as fault:
                log.error("happening_refused_by_database", kind=told.kind, fault=str(fault))


def _keep(connection: psycopg.Connection, oddity: Oddity) -> None:
    """Quarantine one oddity alone, at worst without the values that the database refuses."""
    bare = replace(oddity, fixed_us=None, lat=None, lon=None, speed_kmh=None)
    for attempt in (oddity, bare):
        try:
            _write_once(connection, NOTHING, (attempt,), _copy)
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


def _newest(fixes: Table) -> Table:
    """The newest live fix of each terminal; sorted, so that two writers never deadlock."""
    live = fixes[fixes["is_live"]]
    live = live[np.lexsort((live["fixed_us"], live["terminal_id"]))]
    terminals = live["terminal_id"]
    is_last = np.append(terminals[1:] != terminals[:-1], True)[: len(live)]
    newest: Table = live[is_last]
    return newest


LATEST_COLUMNS = (
    ("terminal_id", ">i8"),
    ("fixed_us", ">i8"),
    ("received_us", ">i8"),
    ("lat", ">f8"),
    ("lon", ">f8"),
    ("speed_kmh", ">f4"),
    ("course", ">f4"),
    ("alt_m", ">f4"),
    ("flags", ">i2"),
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


def _move_latest(cursor: psycopg.Cursor, newest: Table) -> Table:
    """The fixes among these, one a terminal, that are newer than what was the present."""
    if not len(newest):
        return newest
    cursor.execute(MOVE_LATEST, [PgArray(newest[name], code) for name, code in LATEST_COLUMNS])
    if cursor.rowcount == len(newest):
        return newest
    moved = np.fromiter((ident for (ident,) in cursor), np.int64)
    return newest[np.isin(newest["terminal_id"], moved)]


def _happening_columns(happenings: Sequence[Happening]) -> list[list[object]]:
    columns = _columns(happenings, HAPPENING_COLUMNS)
    columns[HAPPENING_COLUMNS.index("details")] = [Jsonb(told.details) for told in happenings]
    return columns


def _columns(items: Sequence[object], names: Sequence[str]) -> list[list[object]]:
    return [list(column) for column in zip(*map(attrgetter(*names), items), strict=True)]


def _refused(fix: np.void) -> Oddity:
    speed = float(fix["speed_kmh"])
    return Oddity(
        int(fix["received_us"]),
        int(fix["terminal_id"]),
        "refused_by_database",
        int(fix["fixed_us"]),
        float(fix["lat"]),
        float(fix["lon"]),
        None if np.isnan(speed) else speed,
        b"",
    )
