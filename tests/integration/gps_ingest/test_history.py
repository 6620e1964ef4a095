"""How batches get into the tables: once, whole, and without the one bad row."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import select, text

from gps_ingest import history, queries
from gps_ingest.fixes import EPOCH_2000_US, Row, table
from gps_ingest.history import Happening, Oddity
from gps_ingest.models import Quarantined
from gps_ingest.server import connector
from kernel.db import Database
from tests.ingest import LAT, LON, TEST, count

NOON = datetime(2026, 9, 22, 4, 0, tzinfo=UTC)


def us(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000 - EPOCH_2000_US


def row(terminal_id: int, seconds: int = 0, **change: object) -> Row:
    at = us(NOON + timedelta(seconds=seconds))
    plain = Row(terminal_id, at, at + 250_000, LAT, LON + seconds * 1e-4, 30.0, 90.0, 16.0, 0)
    return plain._replace(**change)  # type: ignore[arg-type]


def write(
    connection: psycopg.Connection,
    rows: list[Row],
    oddities: list[Oddity],
    happenings: Sequence[Happening] = (),
) -> list[Row]:
    """The rows that are now the present."""
    moved = history.write(connection, table(rows), oddities, happenings)
    known = {(row.terminal_id, row.fixed_us): row for row in rows}
    return [known[fix["terminal_id"], fix["fixed_us"]] for fix in moved]


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with connector(database)() as connection:
        yield connection


def latest(database: Database) -> dict[int, queries.Position]:
    with database.unit_of_work(TEST) as session:
        return {position.terminal_id: position for position in queries.latest(session)}


def test_a_batch_is_stored_with_every_value_and_tells_who_has_moved(
    database: Database, connection: psycopg.Connection, register: Callable[..., int]
) -> None:
    one, two = register("one"), register("two")
    rows = [
        row(one),
        row(two, speed_kmh=None, course=None, alt_m=None, flags=5),
        row(one, 1),
    ]
    assert write(connection, rows, []) == [rows[2], rows[1]]
    with database.unit_of_work(TEST) as session:
        first, second = queries.trail(session, one, NOON, NOON + timedelta(hours=1))
    assert first == queries.Position(
        one, LAT, LON, 30.0, 90.0, 16.0, NOON, NOON + timedelta(milliseconds=250), 0
    )
    assert second.lon == LON + 1e-4
    now = latest(database)
    assert now[one] == second
    assert now[two] == queries.Position(
        two, LAT, LON, None, None, None, NOON, NOON + timedelta(milliseconds=250), 5
    )


def test_a_batch_sent_again_changes_nothing(
    database: Database, connection: psycopg.Connection, register: Callable[..., int]
) -> None:
    one = register("one")
    rows = [row(one, second) for second in range(5)]
    write(connection, rows, [])
    assert write(connection, rows, []) == []
    assert count(database) == 5


def test_repetitions_within_and_across_batches_leave_one_row_each(
    database: Database, connection: psycopg.Connection, register: Callable[..., int]
) -> None:
    one = register("one")
    write(connection, [row(one, 1), row(one, 2)], [])
    moved = write(connection, [row(one, 2), row(one, 3), row(one, 3), row(one, 4)], [])
    assert [moved_row.fixed_us for moved_row in moved] == [row(one, 4).fixed_us]
    assert count(database) == 4


def test_two_places_in_one_second_are_two_fixes(
    database: Database, connection: psycopg.Connection, register: Callable[..., int]
) -> None:
    one = register("one")
    write(connection, [row(one), row(one, lat=LAT + 0.001)], [])
    assert count(database) == 2


def test_the_present_moves_forward_only(
    database: Database, connection: psycopg.Connection, register: Callable[..., int]
) -> None:
    one = register("one")
    write(connection, [row(one, 10)], [])
    assert write(connection, [row(one, 5)], []) == []
    assert write(connection, [row(one, 20, is_live=False)], []) == []
    assert latest(database)[one].fixed_at == NOON + timedelta(seconds=10)
    assert count(database) == 3


@pytest.mark.parametrize(
    "poison",
    [
        {"terminal_id": 999_999_999},  # nobody: the present's foreign key refuses
        {"flags": 99_999},  # does not fit its column
        {"fixed_us": 2**63 - 2},  # beyond PostgreSQL's time
    ],
)
def test_a_row_that_cannot_be_stored_goes_to_quarantine_and_takes_nobody_along(
    database: Database,
    connection: psycopg.Connection,
    register: Callable[..., int],
    poison: dict[str, int],
) -> None:
    one = register("one")
    rows = [row(one, second) for second in range(9)]
    rows[4] = rows[4]._replace(**poison)  # type: ignore[arg-type]
    moved = write(connection, rows, [])
    assert [moved_row.fixed_us for moved_row in moved] == [rows[8].fixed_us]
    assert count(database) == 8
    assert count(database, "gps.quarantine", "reason = 'refused_by_database'") == 1


def test_oddities_are_kept_with_what_was_sent(
    database: Database, connection: psycopg.Connection, register: Callable[..., int]
) -> None:
    one = register("one")
    odd = Oddity(us(NOON), one, "swapped", us(NOON), 116.39, 39.92, None, b"$GPRMC,\x00\xff")
    unset = replace(odd, reason="no_time", fixed_us=None)
    write(connection, [row(one)], [odd, unset])
    with database.unit_of_work(TEST) as session:
        kept = session.scalars(select(Quarantined).filter_by(terminal_id=one)).all()
    assert {(q.reason, q.fixed_at, q.lat, q.lon, q.raw) for q in kept} == {
        ("swapped", NOON, 116.39, 39.92, b"$GPRMC,\x00\xff"),
        ("no_time", None, 116.39, 39.92, b"$GPRMC,\x00\xff"),
    }


def test_trouble_of_the_database_itself_stores_nothing_and_may_be_tried_again(
    database: Database, connection: psycopg.Connection, register: Callable[..., int]
) -> None:
    one = register("one")
    other = connector(database)()
    with connection.cursor() as cursor:
        pid = other.info.backend_pid
        cursor.execute("set role none")
        cursor.execute("select pg_terminate_backend(%s)", [pid])
    with pytest.raises(psycopg.OperationalError):
        write(other, [row(one)], [])
    assert count(database) == 0
    assert len(write(connection, [row(one)], [])) == 1


# ------------------------------------------------------------------- partitions


def partitions(database: Database) -> dict[str, int]:
    with database.unit_of_work(TEST) as session:
        found = session.execute(
            text("select tableoid::regclass::text, count(*) from gps.fixes group by 1 order by 1")
        )
        return {name: number for name, number in found}


def ensure(database: Database, first: date, last: date) -> int:
    with database.unit_of_work(TEST) as session:
        return int(
            session.execute(
                text("select gps.ensure_partitions(:first, :last)"), {"first": first, "last": last}
            ).scalar_one()
        )


def test_fixes_lie_in_the_partition_of_their_utc_day(
    database: Database, connection: psycopg.Connection, register: Callable[..., int]
) -> None:
    one = register("one")
    assert ensure(database, date(2026, 9, 21), date(2026, 9, 23)) == 3
    assert ensure(database, date(2026, 9, 21), date(2026, 9, 23)) == 0
    write(connection, [row(one, hours * 3600) for hours in (-5, -4, 0, 19, 20)], [])
    assert partitions(database) == {
        "gps.fixes_20260921": 1,
        "gps.fixes_20260922": 3,
        "gps.fixes_20260923": 1,
    }


def test_fixes_that_came_before_their_partition_move_into_it(
    database: Database, connection: psycopg.Connection, register: Callable[..., int]
) -> None:
    one = register("one")
    write(connection, [row(one), row(one, 1), row(one, 86_400)], [])
    assert partitions(database) == {"gps.fixes_default": 3}
    ensure(database, date(2026, 9, 22), date(2026, 9, 22))
    assert partitions(database) == {"gps.fixes_20260922": 2, "gps.fixes_default": 1}
    write(connection, [row(one)], [])
    assert count(database) == 3


def happening(terminal_id: int, **change: object) -> Happening:
    plain = Happening(
        terminal_id, "alarm", us(NOON), "1", us(NOON), LAT, LON, {"bits": 1}, b"\x7e\x00\x7e"
    )
    return replace(plain, **change)  # type: ignore[arg-type]


def test_what_happened_is_told_upward_once_however_often_it_is_sent(
    database: Database, connection: psycopg.Connection, register: Callable[..., int]
) -> None:
    one = register("one")
    for _ in range(2):
        write(connection, [row(one)], [], [happening(one), happening(one, key="2")])
    assert count(database, "gps.happenings") == 2
    assert count(database, "kernel.jobs", "kind = 'gps.happened'") == 2


def test_a_happening_that_cannot_be_stored_is_told_without_its_details(
    database: Database, connection: psycopg.Connection, register: Callable[..., int]
) -> None:
    one = register("one")
    told = [happening(one, details={"text": "a\0b"}), happening(one, key="2")]
    assert write(connection, [row(one)], [], told) == [row(one)]
    assert count(database, "gps.happenings", "details = '{}'") == 1
    assert count(database, "gps.happenings") == 2
