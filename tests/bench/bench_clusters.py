"""Linking one new case: BENCH_CASES (20,000) open in a city, 40 of them at one shop with a past."""

import os
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from command_center.accounts.roles import permissions
from command_center.cases import clusters, present, queries
from command_center.cases.queries import Filter
from kernel.access import Principal, Role, system
from kernel.clock import SystemClock
from kernel.db import Database
from kernel.settings import Settings
from tests.bench.conftest import milliseconds
from tests.factories.bureau import make_office

OPEN = int(os.environ.get("BENCH_CASES", "20000"))
CLOSED, HERE = 2 * OPEN, 40
WORKER = system("worker", role=Role.HOUSE)
CENTRE = Principal(
    900_001, "调度员", frozenset({"DISP"}), permissions(frozenset({"DISP"})), 1, "/1/"
)
ROW = """insert into cases.cases (case_no, kind, state, organisation_id, organisation_path,
    centre_id, channel, subject_id, place, place_level, dispatch_facts, received_at,
    changed_at, closed_at)"""
FILL = f"""
insert into accounts.organisations (code, kind, name, path, region_code)
  values ('o', 'bureau', '局', '/1/', '110101');
insert into cases.subjects (fingerprint, name, address, business_id)
  select sha256(n::text::bytea), '第' || n || '号店', '建国路' || n || '号', n
  from generate_series(1, 50001) n;
{ROW}
  select 'TS' || n, 'TS', 'ROUTED', 1, '/1/', 1, 'phone', 1 + n % {OPEN},
    st_setsrid(st_point(116.2 + n % 250 / 500.0, 39.7 + n % 50000 / 250 / 500.0), 4326),
    'door', '第' || n || '位顾客说商品有问题', now() - n * interval '20 seconds', now(), null
  from generate_series(1, {OPEN}) n;
{ROW}
  select 'OLD' || n, 'TS', 'CLOSED', 1, '/1/', 1, 'phone', 50001,
    st_setsrid(st_point(116.4015, 39.9015), 4326), 'door', '买到变质的羊肉',
    now() - n * interval '60 seconds', now(), now()
  from generate_series(1, {CLOSED}) n;
{ROW}
  select 'HERE' || n, 'TS', 'ROUTED', 1, '/1/', 1, 'phone', 50001,
    st_setsrid(st_point(116.4015, 39.9015), 4326), 'door', '买到变质的羊肉，要求退款',
    now() - n * interval '60 seconds', now(), null
  from generate_series(1, {HERE}) n
"""


@pytest.fixture(scope="module")
def filled(make_database: Callable[[], str]) -> Iterator[Database]:
    database = Database(make_database(), clock=SystemClock(), pool_size=2)
    with database.unit_of_work(system("bench")) as session:
        for statement in FILL.split(";\n"):
            session.execute(text(statement.replace(":", "\\:")))
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("vacuum analyze"))
    yield database
    database.close()


def test_one_case_among_many(filled: Database, settings: Settings) -> None:
    office = make_office(settings)
    last = OPEN + CLOSED + HERE

    def link(*idents: int) -> Callable[..., object]:
        return lambda s: clusters.link(office, s, [{"case_id": ident} for ident in idents])

    with filled.unit_of_work(WORKER) as session:
        link(*range(last - HERE + 1, last + 1))(session)
    with filled.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("analyze cases.links"))
    told = {
        "link one of 40 at a shop": milliseconds(filled, WORKER, link(last)),
        "link one of 2": milliseconds(filled, WORKER, link(777)),
        "the cluster of 40": milliseconds(filled, CENTRE, lambda s: clusters.of(s, [last])),
        "queue, first 200": milliseconds(
            filled, CENTRE, lambda s: present.summaries(s, queries.find(s, Filter(limit=200)))
        ),
        "of it the 40": milliseconds(
            filled, CENTRE, lambda s: clusters.of(s, range(last - 199, last + 1))
        ),
    }
    for name, spent in told.items():
        print(f"\n{name:30} {spent:7.1f} ms", end="")  # noqa: T201 (a benchmark)
    assert told["link one of 40 at a shop"] < 250
