"""A desk that does not read costs nobody else anything, and comes back with a snapshot."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.integration.console.conftest import CITY, TEST, Web, positions
from tests.web import DeskLine

UNITS = 4_000
SECONDS = 14
CUT = b"cc_desks_cut_total"


@pytest.fixture(scope="module")
def fleet(web: Web) -> Iterator[list[int]]:
    """Many units more; a wide view takes a quarter of a megabyte a second."""
    with web.database.unit_of_work(TEST) as session:
        found = session.execute(
            text(
                """
                with t as (
                  insert into gps.terminals (identity, protocol, created_at)
                  select 'many-' || n, 'nmea', now() from generate_series(1, :n) n returning id
                ), u as (
                  insert into dispatch.units
                    (name, organisation_id, organisation_name, organisation_path, state_since)
                  select 'many', organisation_id, organisation_name, organisation_path, now()
                  from dispatch.units, generate_series(1, :n) where id = :one returning id
                )
                insert into dispatch.unit_terminals (terminal_id, unit_id)
                select t.id, u.id
                from (select id, row_number() over () n from t) t
                join (select id, row_number() over () n from u) u using (n)
                returning terminal_id
                """
            ),
            {"n": UNITS, "one": web.unit_id},
        )
        terminals = list(found.scalars())
    web.news("unit", web.unit_id)
    yield terminals


def memory_mb(web: Web) -> float:
    """Resident, of the workers together."""
    pages = (Path(f"/proc/{pid}/statm").read_text().split()[1] for pid in web.process.pids())
    return sum(map(int, pages)) * 4096 / 1e6


def times_cut(web: Web) -> float:
    lines = (line for told in web.bus.counted().values() for line in told.splitlines())
    return sum(float(line.split()[-1]) for line in lines if line.startswith(CUT))


@pytest.mark.timeout(180)
def test_slow_desks_are_cut_and_never_slow_the_others(web: Web, fleet: list[int]) -> None:
    with (
        web.process.desk(web.cookie) as one,
        web.process.desk(web.cookie) as two,
        web.process.desk(web.cookie) as three,
        web.process.desk(web.cookie, receive_buffer=4096) as slow,
        web.process.desk(web.cookie, receive_buffer=4096) as slower,
    ):
        wide = {"bbox": [115.0, 39.0, 118.0, 41.0]}
        fast = [one, two, three]
        for desk in (*fast, slow, slower):
            assert desk.ask("view", wide) == {"ok": True}
        before, cut, longest = memory_mb(web), times_cut(web), 0.0
        for second in range(SECONDS):
            began = time.monotonic()
            tell(web, fleet, 1_900_000_000 + second)
            for desk in fast:
                assert desk.until(lambda d=desk, s=second: has(d, 1_900_000_000 + s), 5)
                longest = max(longest, time.monotonic() - began)
            time.sleep(max(0.0, 1 - (time.monotonic() - began)))
        assert longest < 2.5
        assert memory_mb(web) - before < 60
        assert all(desk.is_open for desk in fast)
        for desk in (slow, slower):
            assert not desk.until(lambda: False, 20), "the line goes on for ever"
            assert not desk.is_open
    assert times_cut(web) >= cut + 2
    with web.process.desk(web.cookie) as back:
        assert len(back.ask("hello", {})["units"]) == UNITS + 1
        assert back.ask("view", CITY) == {"ok": True}


def tell(web: Web, terminals: list[int], second: int) -> None:
    for start in range(0, len(terminals), 1_000):
        web.bus.publish("positions", positions(terminals[start : start + 1_000], second))


def has(desk: DeskLine, second: int) -> bool:
    """Whether every unit's position of that second has come."""
    told = (row for body in desk.of("positions") for row in body["units"])
    return sum(row[5] == second * 1000 for row in told) == UNITS
