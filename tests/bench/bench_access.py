"""What row-level security costs: the same queries as a person, and as the owner without it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from command_center.accounts.roles import permissions
from command_center.cases import clusters, present, queries
from command_center.cases.likeness import Facts
from command_center.cases.queries import Filter
from command_center.insight import queries as insight
from command_center.insight.periods import Period
from dispatch.orders import queries as orders
from dispatch.units import queries as units
from kernel.access import Principal, Role, system
from kernel.clock import SystemClock
from kernel.db import Database, principal_of
from kernel.settings import Settings
from tests.bench.conftest import milliseconds
from tests.factories.bureau import make_office

CASES, BRANCHES, UNITS = 300_000, 20, 2_000
HELD = permissions(frozenset({"CMD"}))
CENTRE = Principal(900_001, "指挥长", frozenset({"CMD"}), HELD, 1, "/1/")
BRANCH = Principal(
    900_002, "所长", frozenset({"UNIT"}), permissions(frozenset({"UNIT"})), 3, "/1/3/"
)
FILL = f"""
insert into accounts.organisations (code, kind, name, path, region_code, parent_id)
  select 'o' || n, case when n = 1 then 'bureau' else 'branch' end, '所' || n,
    case when n = 1 then '/1/' else '/1/' || n || '/' end, '110101', nullif(least(n - 1, 1), 0)
  from generate_series(1, {BRANCHES + 1}) n;
insert into cases.subjects (fingerprint, name, address)
  select sha256(n::text::bytea), '第' || n || '号老王饭店', '建国路' || n || '号'
  from generate_series(1, {CASES // 10}) n;
insert into cases.cases (case_no, kind, state, organisation_id, organisation_path, centre_id,
    channel, subject_id, place, place_text, region_code, cell, received_at, changed_at, due_at,
    urgency, closed_at)
  select 'TS' || n, (array['TS', 'JB', 'ZX'])[1 + n % 3], 'ROUTED', 2 + n % {BRANCHES},
    '/1/' || 2 + n % {BRANCHES} || '/', 1, 'phone', 1 + n % {CASES // 10},
    st_setsrid(st_point(116 + (n % 1000) / 1000.0, 39.5 + (n / 1000) / 300.0), 4326),
    '建国路' || n || '号', '110101', '89318' || n % 500, now() - n * interval '100 seconds',
    now(), now() + n % 100 * interval '1 hour', n % 4,
    case when n % 10 > 0 then now() - interval '2 days' end
  from generate_series(1, {CASES}) n;
insert into gps.terminals (identity, protocol, created_at)
  select 't' || n, 'nmea', now() from generate_series(1, {UNITS}) n;
insert into gps.latest (terminal_id, fixed_at, received_at, geog, flags)
  select n, now(), now(), st_setsrid(st_point(116 + n / 4000.0, 39.9), 4326)::geography, 0
  from generate_series(1, {UNITS}) n;
insert into dispatch.units (name, organisation_id, organisation_name, organisation_path,
    state, state_since)
  select '车' || n, 2 + n % {BRANCHES}, '所', '/1/' || 2 + n % {BRANCHES} || '/', 'FREE', now()
  from generate_series(1, {UNITS}) n;
insert into dispatch.unit_terminals (terminal_id, unit_id) select n, n
  from generate_series(1, {UNITS}) n;
insert into dispatch.orders (order_no, idempotency_key, case_id, brief, organisation_path, kind,
    urgency, closed, channels, state, created_at, created_by, created_by_name)
  select 'DD' || n, gen_random_uuid(), n, '{{}}', '/1/' || 2 + n % {BRANCHES} || '/', 'inspect', 1,
    false, '[]', 'ACKED', now(), 1, '某' from generate_series(1, 20000) n;
"""


def show(line: str) -> None:
    print(f"\n{line}", end="")  # noqa: T201 (a benchmark)


@pytest.fixture(scope="module")
def filled(make_database: Callable[[], str]) -> Iterator[Database]:
    database = Database(make_database(), clock=SystemClock(), pool_size=2)
    with database.unit_of_work(system("bench")) as session:
        for statement in FILL.split(";\n"):
            if statement.strip():
                session.execute(text(statement.replace(":", "\\:")))
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("vacuum analyze"))
    yield database
    database.close()


def test_the_cost_of_row_level_security(filled: Database, settings: Settings) -> None:
    office = make_office(settings)
    month = Period.last_days(30, SystemClock().now(), settings.zone)
    for who in (CENTRE, BRANCH):
        for name, what in {
            "queue, first 50": lambda s: present.summaries(s, queries.find(s, Filter())),
            "newest 50": lambda s: present.summaries(s, queries.find(s, Filter("all"))),
            "search, 5 characters": lambda s: queries.find(s, Filter("all", text="77号老王")),
            "search, 2 characters": lambda s: queries.find(s, Filter("all", text="老王")),
            "same business": lambda s: clusters.like(s, office, Facts(name="第77号老王饭店")),
            "map frame, 1/50 of the city": lambda s: queries.on_map(s, (116.4, 39.9, 116.5, 40.1)),
            "one case": lambda s: queries.get(s, 7777 // 20 * 20 + 1),
            "orders, open": lambda s: orders.listed(s, principal_of(s), only_open=True),
            "units with positions": lambda s: units.board(s, principal_of(s).organisation_path),
            "indicator counts, 30 days": lambda s: insight.by_day(s, month),
        }.items():
            if "indicator" in name and not who.can("stats.read"):
                continue
            owner = replace(who, database_role=Role.LOGIN)
            plain = milliseconds(filled, owner, what) if "indicator" not in name else None
            held = milliseconds(filled, who, what)
            ratio = f"{held / plain:.2f} × {plain:.1f} ms without" if plain else "–"
            show(f"{who.name}: {name}: {held:.1f} ms ({ratio})")


def test_an_index_lost_to_row_level_security(filled: Database) -> None:
    """Why candidates come from functions: the plain operator on the protected table."""
    frame = text(
        "select count(*) from cases.cases"
        " where place && st_makeenvelope(116.4, 39.9, 116.5, 40.1, 4326)"
    )
    owner = replace(CENTRE, database_role=Role.LOGIN)
    plain, held = (milliseconds(filled, who, lambda s: s.scalar(frame)) for who in (owner, CENTRE))
    show(f"geometry overlap on the table itself: {held:.1f} ms ({held / plain:.1f} × {plain:.1f})")
