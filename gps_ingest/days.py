"""Days of the position history: attached and quick to read, then put away as a compressed file.

A file is CSV (times in UTC, WGS-84 degrees, km/h, degrees from north, metres, FixFlag bits), sorted
by terminal and time, and stands beside its checksum as `sha256sum --check` reads it. Destroying a
day is the archive's business and takes both.
"""

import gzip
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

from psycopg import sql
from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from gps_ingest.models import Quarantined
from kernel import audit
from kernel.access import Role
from kernel.clock import now
from kernel.db import carried_out_by
from kernel.errors import Conflict, NotFound
from kernel.log import get_logger

log = get_logger(__name__)
RETIRE, RETIRE_SECONDS = "gps.retire", 3600
"""Job: put the oldest day away that is due; one at a time, a day may be a hundred million rows."""
FOLDER = "archive/gps"
"""Under var/."""
ATTACHED = """
select c.relname, c.reltuples::bigint, pg_total_relation_size(c.oid)
from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'gps.fixes'::regclass and c.relname ~ '^fixes_[0-9]{8}$'
"""
COLUMNS = "terminal_id, fixed_at, received_at, lon, lat, speed_kmh, course, alt_m, flags"
OUT = sql.SQL("""
copy (
  select terminal_id, fixed_at, received_at, st_x(geom) lon, st_y(geom) lat, speed_kmh, course,
    alt_m, flags
  from gps.fixes where fixed_at >= {first} and fixed_at < {next} order by terminal_id, fixed_at
) to stdout (format csv, header)
""")
SPARE = """
create temporary table told (terminal_id bigint, fixed_at timestamptz, received_at timestamptz,
  lon float8, lat float8, speed_kmh real, course real, alt_m real, flags smallint) on commit drop
"""
BACK = """
insert into gps.fixes
  (terminal_id, fixed_at, geom, received_at, speed_kmh, course, alt_m, flags)
select terminal_id, fixed_at, st_setsrid(st_makepoint(lon, lat), 4326), received_at, speed_kmh,
  course, alt_m, flags from told on conflict do nothing
"""
CHUNK = 1 << 20
LOCK_SECONDS = 3
"""Listeners wait for a day that is dropped no longer than this; the next attempt is an hour off."""


@dataclass(frozen=True, slots=True)
class Day:
    """One UTC day of positions: where it is, about how many fixes, bytes."""

    name: str
    is_attached: bool
    fixes: int
    bytes: int
    file: Path | None


class Days:
    """The days of one installation; `keep` days stay attached."""

    def __init__(self, var_dir: Path, keep: int):
        self.folder, self.keep = var_dir / FOLDER, keep

    def listed(self, session: Session) -> list[Day]:
        """All that exist, oldest first; a day that was brought back is attached and a file."""
        attached: dict[str, tuple[int, int]] = {
            str(row[0]): (row[1], row[2]) for row in session.execute(text(ATTACHED))
        }
        names = sorted(attached.keys() | {file.name[:14] for file in self._files()})
        return [self._day(name, attached.get(name)) for name in names]

    def before(self, session: Session, moment: datetime) -> list[str]:
        """Days that lie wholly before that moment, wherever they are."""
        return [day.name for day in self.listed(session) if day.name < f"fixes_{moment:%Y%m%d}"]

    def retire(self, session: Session) -> None:
        """Job: put away the oldest day that is due. A day that was brought back stays.

        What could not be believed goes for good by the same clock: it is evidence of nothing.
        """
        self._forget_doubts(session)
        end = f"fixes_{now(session) - timedelta(days=self.keep):%Y%m%d}"
        due = (day.name for day in self.listed(session) if day.is_attached and day.name < end)
        waiting = next((name for name in due if not _mark(self.file(name)).exists()), None)
        if waiting:
            self.put_away(session, waiting)

    @carried_out_by(Role.ARCHIVE)
    def _forget_doubts(self, session: Session) -> None:
        old = now(session) - timedelta(days=self.keep)
        session.execute(delete(Quarantined).where(Quarantined.received_at < old))

    @carried_out_by(Role.ARCHIVE)
    def put_away(self, session: Session, name: str) -> int:
        """Write the day to its file, prove it, detach and drop it; gives how many fixes it has.

        Raises Conflict when fixes came meanwhile, OperationalError when it is in use: nothing has
        changed then.
        """
        file = self.file(name)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_suffix(".part")
        fixes, digest = _write(draft, _copied(session, name))
        session.execute(text(f"set local lock_timeout = '{LOCK_SECONDS}s'"))
        told = str(session.scalar(text("select gps.drop_day(:name)"), {"name": name}))
        if told.partition("|")[0] != str(fixes) or _digest(draft) != digest:
            draft.unlink()
            raise Conflict("day_changed", day=name)
        _checksum(file).write_text(f"{digest}  {file.name}\n", "ascii")
        draft.replace(file)
        _mark(file).unlink(missing_ok=True)
        audit.record(session, "gps.day_put_away", "gps_day", name, n=fixes, sha256=digest)
        log.info("day_put_away", day=name, fixes=fixes, bytes=file.stat().st_size)
        return fixes

    def bring_back(self, session: Session, name: str) -> int:
        """Attach a day again from its file, which stays; gives how many fixes it has now.

        Raises NotFound, Conflict when the file is not what its checksum says.
        """
        file = self.file(name)
        if not file.exists():
            raise NotFound("day", name)
        if not _is_whole(file):
            raise Conflict("checksum", day=name)
        first = _date(name)
        session.execute(text("select gps.ensure_partitions(:day, :day)"), {"day": first})
        session.execute(text(SPARE))
        with gzip.open(file) as unpacked, _cursor(session) as cursor:
            with cursor.copy(f"copy told ({COLUMNS}) from stdin (format csv, header)") as copy:
                while data := unpacked.read(CHUNK):
                    copy.write(data)
        done = cast(Any, session.execute(text(BACK)))
        _mark(file).touch()
        audit.record(session, "gps.day_brought_back", "gps_day", name, n=done.rowcount)
        return int(done.rowcount)

    @carried_out_by(Role.ARCHIVE)
    def destroy(self, session: Session, name: str) -> str:
        """Drop the day and its file; gives a digest of what it was."""
        file = self.file(name)
        told = session.scalar(text("select gps.drop_day(:name)"), {"name": name})
        kept = _checksum(file).read_text("ascii") if _checksum(file).exists() else ""
        for gone in (file, _checksum(file), _mark(file)):
            gone.unlink(missing_ok=True)
        return hashlib.sha256(f"{name}|{told}{kept}".encode()).hexdigest()

    def is_sound(self, day: Day) -> bool:
        """Whether its file, if it has one, is what its checksum says."""
        return day.file is None or _is_whole(day.file)

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.csv.gz"

    def _files(self) -> Iterable[Path]:
        return self.folder.glob("fixes_????????.csv.gz")

    def _day(self, name: str, attached: tuple[int, int] | None) -> Day:
        file = self.file(name)
        fixes, size = attached or (0, file.stat().st_size)
        return Day(name, attached is not None, fixes, size, file if file.exists() else None)


def _copied(session: Session, name: str) -> Iterable[bytes]:
    first = _date(name)
    bounds = {"first": f"{first}Z", "next": f"{first + timedelta(days=1)}Z"}
    session.execute(text("set local timezone = 'UTC'"))
    with _cursor(session) as cursor, cursor.copy(OUT.format(**bounds)) as copy:
        yield from copy


def _write(path: Path, parts: Iterable[bytes]) -> tuple[int, str]:
    """Lines without the header, and the file's SHA-256; on the disk when this returns."""
    lines = -1
    with path.open("wb") as file:
        path.chmod(0o600)
        # No name and no time of its own: equal days are equal files.
        with gzip.GzipFile("", "wb", 6, cast(BinaryIO, file), mtime=0) as packed:
            for part in parts:
                lines += bytes(part).count(b"\n")
                packed.write(part)
        file.flush()
        os.fsync(file.fileno())
    return lines, _digest(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checksum(file: Path) -> Path:
    return file.with_name(f"{file.name}.sha256")


def _mark(file: Path) -> Path:
    """There while the day stands attached beside its file, because a person wants to read it."""
    return file.with_name(f"{file.name}.brought-back")


def _is_whole(file: Path) -> bool:
    told = _checksum(file)
    return told.exists() and told.read_text("ascii").split()[0] == _digest(file)


def _date(name: str) -> date:
    """Raises NotFound for what is no day's name."""
    try:
        return datetime.strptime(f"{name}Z", "fixes_%Y%m%d%z").date()
    except ValueError as error:
        raise NotFound("day", name) from error


def _cursor(session: Session) -> Any:
    return cast(Any, session.connection().connection).driver_connection.cursor()
