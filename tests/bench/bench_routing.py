"""Travel times of a fleet to one incident over the demo city's roads, and a tile's cost."""

import gzip
import time
from collections.abc import Callable, Iterator
from random import Random

import numpy as np
import pytest
from sqlalchemy import text

from command_center.demo import geography
from kernel.access import system
from kernel.db import Database
from kernel.settings import Settings
from maps import tiles
from maps.routing import Router

TEST = system("bench")
Place = tuple[float, float]


def show(what: str, milliseconds: list[float], more: str = "") -> None:
    p50, p95 = np.percentile(milliseconds, [50, 95])
    print(f"\n{what:34s} p50 {p50:6.2f} ms   p95 {p95:6.2f} ms   {more}", end="")  # noqa: T201


def timed(times: int, step: Callable[[], object]) -> list[float]:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        step()
        found.append((time.perf_counter() - start) * 1000)
    return found


@pytest.fixture(scope="module")
def city(make_database: Callable[[], str], settings: Settings) -> Iterator[Database]:
    database = Database(make_database(), pool_size=2)
    with database.unit_of_work(TEST) as session:
        geography.seed_geography(session, settings.model_copy(update={"demo_businesses": 10}))
    yield database
    database.close()


def places(random: Random, count: int) -> list[Place]:
    return [(random.uniform(116.25, 116.5), random.uniform(39.83, 40.02)) for _ in range(count)]


@pytest.mark.parametrize("units", [20, 200, 2000])
def test_units_to_one_incident(city: Database, units: int) -> None:
    random = Random(3)
    with city.unit_of_work(TEST) as session:
        router = Router.load(session)
        fleet, incident = places(random, units), places(random, 1)[0]
        computed = timed(100, lambda: router.travel_times(fleet, incident))
        bare = timed(100, lambda: session.scalar(text("select 1")))
    show(f"{units} units to one incident", computed, f"(select 1: {np.median(bare):.2f} ms)")
    assert np.percentile(computed, 95) < 100


def test_a_way_across_the_city(city: Database) -> None:
    random = Random(4)
    with city.unit_of_work(TEST) as session:
        router = Router.load(session)
        ends = places(random, 200)
        pairs = iter(zip(ends, reversed(ends), strict=True))
        show("a way along the roads", timed(100, lambda: router.route(*next(pairs))))


@pytest.mark.parametrize("zoom", [10, 12, 14, 15])
def test_a_tile_is_cut(city: Database, zoom: int) -> None:
    """Each tile of the centre once: what a map costs that nobody looked at before."""
    random = Random(zoom)
    scale = 1 << zoom
    sizes: list[int] = []
    with city.unit_of_work(TEST) as session:

        def cut() -> None:
            lon, lat = places(random, 1)[0]
            x = int((lon + 180) / 360 * scale)
            mercator = np.log(np.tan(np.radians(lat)) + 1 / np.cos(np.radians(lat)))
            y = int((1 - mercator / np.pi) / 2 * scale)
            sizes.append(len(gzip.compress(tiles._cut(session, zoom, x, y))))

        found = timed(40, cut)
    show(f"a tile of zoom {zoom}", found, f"largest {max(sizes) / 1024:.1f} KB packed")
    assert max(sizes) < 30 * 1024
