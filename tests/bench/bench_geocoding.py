"""Finding a business among 200,000 from what callers say: speed, accuracy, honesty; and loading.

Accuracy is that of our own noise (tests/factories/spoken.py): how people speak is not in it.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from command_center.demo import businesses, geography, roads, sources
from command_center.demo.businesses import DemoBusiness
from kernel.access import system
from kernel.db import Database
from kernel.settings import Settings
from maps.geocoding.resolver import Geocoder
from maps.registry import load
from tests.factories import heard, spoken

BUSINESSES, QUERIES, STRANGERS = 200_000, 2_100, 600
TEST = system("bench")
BINS = (0.0, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 1.01)


def show(line: str) -> None:
    print(f"\n{line}", end="")  # noqa: T201 (a benchmark)


@pytest.fixture(scope="module")
def known(settings: Settings) -> list[DemoBusiness]:
    edges = roads.load(Path(settings.var_dir) / "cache")
    return list(businesses.generate(edges, sources.districts(), BUSINESSES, settings.demo_seed))


@pytest.fixture(scope="module")
def registry(
    make_database: Callable[[], str], settings: Settings, known: list[DemoBusiness]
) -> Iterator[Database]:
    database = Database(make_database(), pool_size=2)
    with database.unit_of_work(TEST) as session:
        geography.seed_geography(session, settings.model_copy(update={"demo_businesses": 10}))
    rows = [geography.registry_row(business) for business in known]
    start = time.perf_counter()
    with database.unit_of_work(TEST) as session:
        load.load(session, rows, source="registry", replace=True)
    seconds = time.perf_counter() - start
    start = time.perf_counter()
    with database.unit_of_work(TEST) as session:
        session.execute(text("create temporary table plain (like maps.businesses)"))
        session.execute(text("insert into plain select * from maps.businesses"))
    plain = time.perf_counter() - start
    show(
        f"load {BUSINESSES:,} businesses with index: {seconds:.1f} s"
        f" (copying the same table without an index: {plain:.1f} s)"
    )
    yield database
    database.close()


def test_speed_accuracy_and_honesty(registry: Database, known: list[DemoBusiness]) -> None:
    geocoder = Geocoder()
    first: dict[str, list[bool]] = defaultdict(list)
    in_five: dict[str, list[bool]] = defaultdict(list)
    sure, right, milliseconds = [], [], []
    with registry.unit_of_work(TEST) as session:
        for query in spoken.queries(known, 50, 1):
            geocoder.geocode(session, query.text)
        for query in spoken.queries(known, QUERIES, 7):
            start = time.perf_counter()
            found = geocoder.geocode(session, query.text)
            milliseconds.append((time.perf_counter() - start) * 1000)
            rights = [query.right(c.name, c.address) for c in found]
            first[query.kind].append(rights[:1] == [True])
            in_five[query.kind].append(any(rights))
            sure.append(found[0].confidence if found else 0.0)
            right.append(rights[:1] == [True])
        strangers = [geocoder.geocode(session, said) for said in spoken.unknown(STRANGERS, 3)]
    p50, p95, p99 = np.percentile(milliseconds, [50, 95, 99])
    show(f"{QUERIES} queries: p50 {p50:.1f} ms   p95 {p95:.1f} ms   p99 {p99:.1f} ms")
    for kind in spoken.KINDS:
        show(f"{kind:45s} first {np.mean(first[kind]):.3f}  in five {np.mean(in_five[kind]):.3f}")
    show(f"{'all':45s} first {np.mean(right):.3f}")
    _reliability(np.array(sure), np.array(right))
    quiet = [max((c.confidence for c in found), default=0) < 0.9 for found in strangers]
    show(f"queries that mean nobody, below 0.9: {np.mean(quiet):.3f}")
    assert np.mean(right) >= 0.92
    assert np.mean(quiet) >= 0.95


def test_noise_that_nothing_was_fitted_on(registry: Database, known: list[DemoBusiness]) -> None:
    geocoder = Geocoder()
    rights: dict[str, list[bool]] = defaultdict(list)
    sure, right = [], []
    with registry.unit_of_work(TEST) as session:
        for query in heard.queries(known, heard.HELD_OUT, 900, 77):
            found = geocoder.geocode(session, query.text)
            right.append(bool(found) and query.right(found[0].name, found[0].address))
            sure.append(found[0].confidence if found else 0.0)
            rights[query.kind].append(right[-1])
    for kind, each in rights.items():
        show(f"held out: {kind:35s} first {np.mean(each):.3f}")
    _reliability(np.array(sure), np.array(right))
    assert np.mean(right) >= 0.75


def _reliability(sure: np.ndarray, right: np.ndarray) -> None:
    """How often an answer of each confidence was right."""
    for low, high in pairwise(BINS):
        within = (sure >= low) & (sure < high)
        if within.any():
            show(
                f"confidence {low:.2f}–{min(high, 1):.2f}: {within.sum():5d} answers,"
                f" said {sure[within].mean():.3f}, were right {right[within].mean():.3f}"
            )
    confident = sure >= 0.9
    show(f"at 0.9 or more: {confident.mean():.3f} of answers, right {right[confident].mean():.4f}")


def test_a_name_alone_is_the_hardest_to_pin_down(
    registry: Database, known: list[DemoBusiness]
) -> None:
    """The floor: the whole name as registered, which leaves only namesakes to confuse."""
    geocoder = Geocoder()
    with registry.unit_of_work(TEST) as session:
        rights = [
            bool(found := geocoder.geocode(session, business.name))
            and found[0].name == business.name
            for business in known[::1000]
        ]
    show(f"whole name as registered: first {np.mean(rights):.3f}")
    assert np.mean(rights) >= 0.97
