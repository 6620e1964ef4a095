"""One unit's day out of many fixes. `BENCH_FIXES` says out of how many (default 2,000,000).

The history is filled as it grows: partitions by day, every terminal's fixes among those of all
others. With 100,000,000 it takes about 15 GB and half an hour.
"""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import text

from dispatch.tracking import day as days
from dispatch.tracking import playback
from dispatch.units import service as units
from dispatch.units.models import Unit
from gps_ingest import terminals
from kernel.access import Principal, Role, system
from kernel.clock import FixedClock
from kernel.db import Database

FIXES = int(os.environ.get("BENCH_FIXES", "2000000"))
TERMINALS, SECONDS = 100, 10
DAYS = max(1, FIXES * SECONDS // (TERMINALS * 86_400))
LAST = datetime(2026, 9, 22, 16, tzinfo=UTC)
"""The end of the bureau's day, UTC."""
OWNER = system("bench")
ROUTE = """
insert into gps.fixes (terminal_id, fixed_at, geom, received_at, speed_kmh, course, flags)
select t, at, st_setsrid(st_makepoint(
    116.4 + 0.05 * sin(extract(epoch from at) / 900 + t),
    39.92 + 0.04 * cos(extract(epoch from at) / 1300 + t)), 4326), at, 36, 90, 0
from generate_series(cast(:since as timestamptz), cast(:until as timestamptz) - interval '1 s',
    make_interval(secs => :step)) at
cross join generate_series(1, :terminals) t
"""


def show(what: str, milliseconds: list[float]) -> None:
    p50, p95 = np.percentile(milliseconds, [50, 95])
    print(f"\n{what:52s} p50 {p50:7.1f} ms   p95 {p95:7.1f} ms", end="")  # noqa: T201


@pytest.fixture(scope="module")
def history(make_database: Callable[[], str]) -> Iterator[Database]:
    database = Database(make_database(), clock=FixedClock(LAST), pool_size=2)
    first = LAST - timedelta(days=DAYS)
    with database.unit_of_work(OWNER) as session:
        span = {"first": first.date(), "last": LAST.date()}
        session.execute(text("select gps.ensure_partitions(:first, :last)"), span)
        for n in range(1, TERMINALS + 1):
            terminal = terminals.register(session, identity=f"T{n}", protocol="nmea")
            units.register(
                session, name=f"U{n}", plate=f"U{n}", organisation_id=1, organisation_name="局",
                organisation_path="/1/", terminal_ids=[terminal.id],
            )  # fmt: skip
    begin = time.perf_counter()
    for n in range(DAYS):
        since = first + timedelta(days=n)
        asked = {"since": since, "until": since + timedelta(days=1), "step": SECONDS,
                 "terminals": TERMINALS}  # fmt: skip
        with database.unit_of_work(OWNER) as session:
            session.execute(text(ROUTE), asked)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("analyze gps.fixes"))
        count = connection.execute(text("select count(*) from gps.fixes")).scalar_one()
    seconds = time.perf_counter() - begin
    print(f"\n{count:,} fixes of {TERMINALS} terminals over {DAYS} days, {seconds:.0f} s", end="")  # noqa: T201
    yield database
    database.close()


def timed(times: int, step: Callable[[int], object]) -> list[float]:
    found = []
    for n in range(times):
        begin = time.perf_counter()
        step(n)
        found.append((time.perf_counter() - begin) * 1000)
    return found


def test_one_units_day(history: Database) -> None:
    commander = Principal(
        7, "指挥长", frozenset({"CMD"}), frozenset({"unit.read", "track.read"}), 1, "/1/",
        Role.PERSON,
    )  # fmt: skip
    zone = days.ZoneInfo("Asia/Shanghai")

    def read(session: object, n: int) -> None:
        day = (LAST - timedelta(days=1 + n % DAYS)).astimezone(zone).date()
        unit = 1 + 17 * n % TERMINALS
        found = days.read(session, zone, unit, day)  # type: ignore[arg-type]
        assert found.fixes > 8_000

    with history.unit_of_work(commander) as session:
        session.get(Unit, 1)
        show(
            "a unit's day with its figures, other days and units",
            timed(20, lambda n: read(session, n)),
        )
        show("the same once more", timed(20, lambda n: read(session, n)))
        begin = time.process_time()
        timed(20, lambda n: read(session, n))
        show("  our own processor time", [(time.process_time() - begin) * 50])
        plain = text("select count(st_x(geom)) from gps.fixes where terminal_id = :t"
                     " and fixed_at between :since and :until")  # fmt: skip
    with history.unit_of_work(OWNER) as session:
        show("its fixes in SQL alone", timed(20, lambda n: session.execute(plain, {
            "t": 1 + 17 * n % TERMINALS, "since": LAST - timedelta(days=1), "until": LAST,
        }).scalar_one()))  # fmt: skip


def test_the_board_of_a_past_minute(history: Database) -> None:
    commander = Principal(
        7,
        "指挥长",
        frozenset({"CMD"}),
        frozenset({"unit.read", "track.read"}),
        1,
        "/1/",
        Role.PERSON,
    )
    with history.unit_of_work(commander) as session:
        show(f"where {TERMINALS} units were at a minute", timed(20, lambda n: playback.positions_at(
            session, "/1/", LAST - timedelta(minutes=60 * n + 1))))  # fmt: skip
        show(f"ten minutes of {TERMINALS} units, thinned", timed(20, lambda n: playback.chunk(
            session, "/1/", LAST - timedelta(minutes=60 * n + 11),
            LAST - timedelta(minutes=60 * n + 1))))  # fmt: skip
