from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import pytest

from command_center.demo import businesses, geography, roads, sources
from command_center.demo.businesses import DemoBusiness
from kernel.access import system
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.settings import Settings

BUSINESSES = 8_000
SEED = 12315


@dataclass(frozen=True)
class City:
    """The demo city's ground, committed into a database that no test may change."""

    database: Database
    businesses: list[DemoBusiness]
    seconds: float
    cache: Path


@pytest.fixture(scope="session")
def city(
    make_database: Callable[[], str], settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[City]:
    folder = tmp_path_factory.mktemp("city")
    wanted = settings.model_copy(
        update={"var_dir": folder, "demo_businesses": BUSINESSES, "demo_seed": SEED}
    )
    database = Database(make_database(), clock=FixedClock(), pool_size=2)
    start = perf_counter()
    with database.unit_of_work(system("seed")) as session:
        geography.seed_geography(session, wanted)
    seconds = perf_counter() - start
    edges = roads.load(folder / "cache")
    known = list(businesses.generate(edges, sources.districts(), BUSINESSES, SEED))
    yield City(database, known, seconds, folder / "cache")
    database.close()
