"""Leaders' figures and the desks' lists over a year of cases; each beside a bare `select 1`."""

import time
from collections.abc import Callable, Iterator
from random import Random
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from geoalchemy2.shape import from_shape
from shapely import Point
from sqlalchemy import text

from command_center.cases import present, queries
from command_center.cases.queries import Filter
from command_center.demo.past_cases import seed_past_cases
from command_center.insight import heatmap
from command_center.insight import queries as insight
from command_center.insight.periods import Period
from command_center.insight.queries import Scope
from kernel.access import system
from kernel.clock import SystemClock, now
from kernel.db import Database
from kernel.settings import Settings
from maps import density, folium_assets, folium_page
from maps.models import Business
from tests.factories.bureau import EAST, WEST, complaint, make_bureau, make_intake, make_office

CASES, BUSINESSES, ROUNDS = 12_000, 5_000, 20
READER = system("bench", "case.read", "stats.read")
ZONE = ZoneInfo("Asia/Shanghai")


def show(line: str) -> None:
    print(f"\n{line}", end="")  # noqa: T201 (a benchmark)


@pytest.fixture(scope="module")
def year(make_database: Callable[[], str], settings: Settings) -> Iterator[Database]:
    database = Database(make_database(), clock=SystemClock(), pool_size=2)
    random = Random(1)
    with database.unit_of_work(READER) as session:
        make_bureau(session)
        for number in range(BUSINESSES):
            west, south, east, north = random.choice((EAST, WEST))
            point = Point(random.uniform(west, east), random.uniform(south, north))
            session.add(
                Business(
                    name=f"{number}号饭店", address=f"某街{number}号", scope="餐饮", tokens=[],
                    geom=from_shape(point, 4326), point_level="door", fetched_at=now(session),
                    source="demo", district="东区",
                )
            )  # fmt: skip
    start, cpu = time.perf_counter(), time.process_time()
    with database.unit_of_work(READER) as session:
        seed_past_cases(session, settings.model_copy(update={"demo_past_cases": CASES}))
    show(
        f"{CASES:,} past cases: {time.perf_counter() - start:.1f} s"
        f" ({time.process_time() - cpu:.1f} s of it our own CPU)"
    )
    yield database
    database.close()


def milliseconds(database: Database, what: Callable[..., object]) -> float:
    spent = []
    for _ in range(ROUNDS):
        with database.unit_of_work(READER) as session:
            start = time.perf_counter()
            what(session)
            spent.append((time.perf_counter() - start) * 1000)
    return median(spent)


def test_reading(year: Database, settings: Settings) -> None:
    office = make_office(settings)
    period = Period.last_days(30, SystemClock().now(), ZONE)
    with year.unit_of_work(READER) as session:
        busiest = session.scalars(
            text("select case_id from cases.timeline group by 1 order by count(*) desc limit 1")
        ).one()
    one = milliseconds(year, lambda s: s.execute(text("select 1")))
    for name, what in {
        "indicators, 30 days": lambda s: insight.tally(s, period, Scope()),
        "regions, 365 days": lambda s: insight.by_region(s, Period.last_days(365, now(s), ZONE)),
        "trend, 30 days": lambda s: insight.by_day(s, period),
        "cells, 365 days": lambda s: insight.by_cell(s, Period.last_days(365, now(s), ZONE), None),
        "queue, first 50": lambda s: present.summaries(s, queries.find(s, Filter())),
        "case page": lambda s: present.detail(s, office, queries.get(s, busiest)),
        "map frame": lambda s: queries.on_map(s, (116.0, 39.0, 117.0, 41.0)),
    }.items():
        took = milliseconds(year, what)
        show(f"{name}: {took:.1f} ms ({took / one:.0f} × select 1)")


def test_registering(year: Database, settings: Settings) -> None:
    intake, spent = make_intake(make_office(settings)), []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        with year.unit_of_work(READER) as session:
            intake.register(session, complaint())
        spent.append((time.perf_counter() - start) * 1000)
    show(f"register a complaint, committed: {median(spent):.1f} ms")


@pytest.mark.skipif(not folium_assets.available(), reason="the front end is not built")
def test_the_page(year: Database) -> None:
    with year.unit_of_work(READER) as session:
        period = Period.last_days(365, now(session), ZONE)
        page = heatmap.page(session, period, None, "zh", "")
    start = time.perf_counter()
    html = folium_page.render(page).content
    show(
        f"heat map page: {len(html) // 1024} KB, {len(page.content.cells)} cells of at least"
        f" {density.FEWEST}, rendered in {(time.perf_counter() - start) * 1000:.0f} ms"
    )
