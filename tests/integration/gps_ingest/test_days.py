"""A day of positions: attached, put away with its checksum, brought back, destroyed for good."""

import gzip
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gps_ingest import terminals
from gps_ingest.days import Days
from gps_ingest.models import Quarantined
from kernel.access import Role, system
from kernel.audit import AuditEntry
from kernel.clock import FixedClock
from kernel.db import acting
from kernel.errors import Conflict, NotFound

WORKER = system("worker", role=Role.HOUSE)
DAY = "fixes_20260105"
KEPT = 90


@pytest.fixture
def days(tmp_path: Path) -> Days:
    return Days(tmp_path, KEPT)


@pytest.fixture
def fixes(session: Session) -> list[tuple[object, ...]]:
    """Of one old day; the last lacks what receivers may lack."""
    session.execute(text("select gps.ensure_partitions('2026-01-05', '2026-01-06')"))
    session.execute(
        text(
            """
            insert into gps.fixes
            select n % 3, '2026-01-05Z'::timestamptz + n * interval '1234567 microseconds',
              st_setsrid(st_makepoint(116.1 + n / 7.0e4, 39.9 + n / 9.0e5), 4326),
              '2026-01-05T00:00:01Z', nullif(n, 999) / 7.0, 90, null, 256
            from generate_series(0, 999) n
            """
        )
    )
    return stored(session)


def stored(session: Session) -> list[tuple[object, ...]]:
    query = "select terminal_id, fixed_at, received_at, geom::text, speed_kmh, course, alt_m, flags"
    return [tuple(row) for row in session.execute(text(f"{query} from gps.fixes order by 1, 2"))]


def attached(session: Session, name: str = DAY) -> bool:
    return session.scalar(text("select to_regclass('gps.' || :n)"), {"n": name}) is not None


def test_a_day_that_is_due_is_put_away_whole_and_comes_back_the_same(
    session: Session, days: Days, fixes: list[tuple[object, ...]], clock: FixedClock
) -> None:
    clock.at = datetime(2026, 4, 5, 23, 59, tzinfo=UTC)  # the last day on which it is kept
    with acting(session, WORKER):
        days.retire(session)
    assert attached(session)
    clock.advance(days=1)
    with acting(session, WORKER):
        days.retire(session)
    assert not attached(session)
    assert attached(session, "fixes_20260106")
    assert stored(session) == []
    file = days.file(DAY)
    assert file.stat().st_mode & 0o077 == 0
    proof = ["sha256sum", "--check", "--strict", f"{file.name}.sha256"]
    assert subprocess.run(proof, cwd=file.parent, capture_output=True, check=False).returncode == 0
    lines = gzip.decompress(file.read_bytes()).splitlines()
    assert len(lines) == 1 + len(fixes)
    entry = session.query(AuditEntry).filter_by(action="gps.day_put_away").one()
    assert (entry.object_id, entry.detail["n"]) == (DAY, len(fixes))
    assert days.bring_back(session, DAY) == len(fixes)
    assert stored(session) == fixes
    with acting(session, WORKER):
        days.retire(session)
    assert attached(session), "a day that was brought back stays until it is put away by hand"
    assert days.put_away(session, DAY) == len(fixes)
    assert not attached(session)


def test_a_commit_that_failed_after_the_file_was_written_is_made_good(
    session: Session, days: Days, fixes: list[tuple[object, ...]]
) -> None:
    with pytest.raises(RuntimeError), session.begin_nested():
        days.put_away(session, DAY)
        raise RuntimeError("the line to the database broke")
    assert stored(session) == fixes
    assert days.file(DAY).exists()
    with acting(session, WORKER):
        days.retire(session)
    assert not attached(session)


def test_fixes_that_came_meanwhile_keep_the_day(
    session: Session, days: Days, fixes: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gps_ingest.days._write", lambda path, parts: (path.touch(), (7, "x"))[1])
    with pytest.raises(Conflict), session.begin_nested():
        days.put_away(session, DAY)
    assert stored(session) == fixes
    assert not days.file(DAY).exists()


def test_a_damaged_file_is_not_brought_back_and_shows(
    session: Session, days: Days, fixes: list[tuple[object, ...]]
) -> None:
    days.put_away(session, DAY)
    file = days.file(DAY)
    (day,) = [one for one in days.listed(session) if one.name == DAY]
    assert days.is_sound(day) and not day.is_attached
    file.write_bytes(file.read_bytes()[:-9] + b"x" + file.read_bytes()[-8:])
    assert not days.is_sound(day)
    with pytest.raises(Conflict):
        days.bring_back(session, DAY)
    assert stored(session) == []


def test_doubtful_positions_are_forgotten_by_the_same_clock(
    session: Session, days: Days, clock: FixedClock
) -> None:
    one = terminals.register(session, identity="one", protocol="nmea").id
    for age in (KEPT - 1, KEPT + 1):
        received = clock.now() - timedelta(days=age)
        session.add(Quarantined(terminal_id=one, received_at=received, reason="jump", raw=b""))
    session.flush()
    with acting(session, WORKER):
        days.retire(session)
    (left,) = session.scalars(select(Quarantined.received_at))
    assert left == clock.now() - timedelta(days=KEPT - 1)


@pytest.mark.parametrize("is_put_away", [False, True])
def test_destroying_takes_the_day_wherever_it_is(
    session: Session, days: Days, fixes: list[tuple[object, ...]], is_put_away: bool
) -> None:
    if is_put_away:
        days.put_away(session, DAY)
    assert DAY in days.before(session, session.info["clock"].now() + timedelta(days=9999))
    with acting(session, WORKER):
        digest = days.destroy(session, DAY)
    assert len(digest) == 64
    assert not attached(session)
    assert list(days.folder.glob("*")) == []
    assert DAY not in [day.name for day in days.listed(session)]


@pytest.mark.parametrize("name", ["fixes_default", "fixes_2026010", "../secrets", "terminals"])
def test_only_days_are_put_away_or_brought_back(session: Session, days: Days, name: str) -> None:
    for act in (days.put_away, days.bring_back):
        with pytest.raises(NotFound):
            act(session, name)
