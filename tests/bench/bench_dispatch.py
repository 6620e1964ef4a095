"""What the dispatch room can do: ranking a large fleet, issuing orders, taking statuses.

Each figure stands beside its limit from the same run: the bare engine's work without our rules.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from geoalchemy2 import WKTElement
from sqlalchemy import insert, text

from command_center.demo import geography
from command_center.demo.roads import load
from dispatch.orders.presenting import SHOWN
from dispatch.units.models import CrewMember, Unit, UnitTerminal
from gps_ingest.models import LatestFix, Terminal
from maps.revisions import mark_changed
from tests.integration.dispatch.conftest import (
    COMPLAINT,
    DISPATCHER,
    EAST,
    PLACE,
    SETUP,
    Desk,
    desk,
    dispatch_database,
)

__all__ = ["desk", "dispatch_database"]

FLEET, EDGES, ORDERS = 2000, 5483, 100


def show(what: str, values_ms: list[float], limit_ms: float) -> None:
    values = sorted(values_ms)
    p50, p95 = statistics.median(values), values[int(len(values) * 0.95) - 1]
    line = (
        f"{what:46s} p50 {p50:7.1f} ms   p95 {p95:7.1f} ms   bare {limit_ms:7.1f} ms"
        f"   ratio {p50 / limit_ms:5.1f}"
    )
    print(f"\n{line}", end="")  # noqa: T201 (a benchmark)


def timed(times: int, step: Callable[[], object]) -> list[float]:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        step()
        found.append((time.perf_counter() - start) * 1000)
    return found


@pytest.fixture
def fleet(desk: Desk) -> None:
    """Two thousand cars over the city, two officers in each."""
    moment = desk.clock.now()
    numbers = range(1, FLEET + 1)
    with desk.database.unit_of_work(SETUP) as session:
        session.execute(insert(Terminal), [
            {"id": n, "identity": f"car-{n}", "protocol": "nmea", "created_at": moment}
            for n in numbers
        ])  # fmt: skip
        session.execute(insert(LatestFix), [
            {"terminal_id": n, "fixed_at": moment, "received_at": moment, "flags": 0,
             "geog": WKTElement(f"POINT({116.2 + n % 50 / 100} {39.8 + n // 50 / 200})", 4326)}
            for n in numbers
        ])  # fmt: skip
        session.execute(insert(Unit), [
            {"id": n, "name": f"京A{n:05}", "organisation_id": EAST.id, "state": "FREE",
             "organisation_name": EAST.name, "organisation_path": EAST.path,
             "state_since": moment}
            for n in numbers
        ])  # fmt: skip
        session.execute(insert(UnitTerminal), [{"terminal_id": n, "unit_id": n} for n in numbers])
        session.execute(insert(CrewMember), [
            {"unit_id": n, "user_id": n * 2 + k, "name": "某", "certified": True,
             "phone": f"+9991380{n * 2 + k:07}", "number": f"9991380{n * 2 + k:07}",
             "signed_on_at": moment}
            for n in numbers for k in (0, 1)
        ])  # fmt: skip
        # As it would stand after a minute: autovacuum has looked at the tables.
        session.execute(text("analyze"))


@pytest.fixture
def roads(desk: Desk) -> Iterator[None]:
    """The demo city's roads; no other test of the room's database finds them."""
    with desk.database.unit_of_work(SETUP) as session:
        geography.seed_roads(session, load(desk.room.orders.settings.var_dir / "cache"))
        assert session.scalar(text("select count(*) from maps.road_edges")) == EDGES
    yield
    with desk.database.unit_of_work(SETUP) as session:
        session.execute(text("truncate maps.road_edges"))
        mark_changed(session, "roads")


@pytest.mark.usefixtures("fleet", "roads")
def test_recommendation_over_two_thousand_units(desk: Desk) -> None:
    by_distance = text(
        "select terminal_id, ST_Distance(geog, ST_MakePoint(:lon, :lat)::geography) d"
        " from gps.latest order by d"
    )
    where = {"lon": PLACE[0], "lat": PLACE[1]}
    ranking = desk.room.orders.planner.ranking
    reasoned = lambda s: [one.reasons for one in ranking(s, COMPLAINT)[:SHOWN]]  # noqa: E731
    desk.do(reasoned)  # Reads the roads, once a process.
    bare = timed(100, lambda: desk.do(lambda s: s.execute(by_distance, where).all()))
    ours = timed(100, lambda: desk.do(reasoned))
    show(f"rank {FLEET} units over {EDGES} edges", ours, statistics.median(bare))


@pytest.mark.usefixtures("fleet")
def test_issuing_orders(desk: Desk) -> None:
    cars = iter(range(1, FLEET + 1))

    def issue() -> None:
        request = desk.request(unit_ids=(next(cars),), channels=("sms", "app"))
        with desk.database.unit_of_work(DISPATCHER) as session:
            desk.room.orders.issue(
                session, request, idempotency_key=uuid4(), override_reason="measured"
            )

    bare = timed(20, lambda: desk.do(lambda s: s.execute(text("select 1")).all()))
    show("issue an order (2 SMS, app; fleet of 2000)", timed(ORDERS, issue),
         statistics.median(bare))  # fmt: skip
    idents = [a.id for n in range(1, ORDERS + 1) for a in desk.order(n).assignments]
    answers = iter(idents)
    show("take a status", timed(ORDERS, lambda: desk.report(next(answers), "ACKED")),
         statistics.median(bare))  # fmt: skip
