"""The store under a slow, failing and returning database."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import gevent
import psycopg
import pytest

from gps_ingest.fixes import Row, Table, table
from gps_ingest.history import Oddity
from gps_ingest.notices import MAX_WAITING, Notices, decode, encode
from gps_ingest.positions import PositionStore, StoreLimits
from gps_ingest.server import connector
from kernel.db import Database
from tests.ingest import LAT, LON, count

LIMITS = StoreLimits(flush_seconds=0.01, enough=50, max_waiting=200, retry_seconds=(0.01, 0.02))


@dataclass
class Line:
    """The way to the database, which a test may cut."""

    open: Callable[[], psycopg.Connection]
    is_cut: bool = False
    attempts: int = 0
    connections: list[psycopg.Connection] = field(default_factory=list)

    def connect(self) -> psycopg.Connection:
        self.attempts += 1
        if self.is_cut:
            raise psycopg.OperationalError("cut")
        self.connections.append(self.open())
        return self.connections[-1]

    def cut(self) -> None:
        self.is_cut = True
        for connection in self.connections:
            connection.close()


@pytest.fixture
def line(database: Database) -> Line:
    return Line(connector(database))


@pytest.fixture
def told() -> list[Table]:
    return []


@pytest.fixture
def store(line: Line, told: list[Table]) -> Iterator[PositionStore]:
    store = PositionStore(line.connect, told.append, LIMITS)
    store.start()
    yield store
    store.stop(1)


def row(terminal_id: int, second: int) -> Row:
    at = 843_364_800_000_000 + second * 1_000_000
    return Row(terminal_id, at, at, LAT, LON, None, None, None, 0)


def let_run(happens: Callable[[], bool], seconds: float = 10) -> bool:
    """Let the greenlets run until `happens()`, at most for some seconds."""
    with gevent.Timeout(seconds, False):
        while not happens():
            gevent.sleep(0.005)
        return True
    return False


def test_a_fix_is_acknowledged_after_it_is_committed_and_told_after_that(
    store: PositionStore,
    database: Database,
    register: Callable[..., int],
    told: list[Table],
) -> None:
    one, seen = register("one"), list[tuple[int, int]]()
    store.add(row(one, 1), lambda: seen.append((count(database), len(told))))
    assert seen == []
    assert let_run(lambda: bool(told))
    assert seen == [(1, 0)]
    assert [fixes["terminal_id"].tolist() for fixes in told] == [[one]]


def test_an_oddity_and_a_repetition_are_acknowledged_in_their_turn(
    store: PositionStore, register: Callable[..., int]
) -> None:
    one, order = register("one"), list[str]()
    store.add(row(one, 1), lambda: order.append("fix"))
    store.after_all_before(lambda: order.append("repetition"))
    store.quarantine(
        Oddity(0, one, "jump", None, None, None, None, b""), lambda: order.append("oddity")
    )
    assert let_run(lambda: len(order) == 3)
    assert order == ["fix", "repetition", "oddity"]


def test_while_the_database_is_away_nothing_is_acknowledged_and_everything_waits(
    store: PositionStore, database: Database, register: Callable[..., int], line: Line
) -> None:
    one, done = register("one"), list[int]()
    store.add(row(one, 0), lambda: done.append(0))
    assert let_run(lambda: done == [0])
    line.cut()
    for second in range(1, 120):
        store.add(row(one, second), lambda second=second: done.append(second))  # type: ignore[misc]
    assert let_run(lambda: store.is_away and line.attempts > 3)
    assert (done, store.waiting) == ([0], 119)
    line.is_cut = False
    assert let_run(lambda: len(done) == 120)
    assert done == list(range(120))
    assert not store.is_away
    assert count(database) == 120


def test_the_valve_closes_when_no_more_fit_and_opens_when_they_are_stored(
    store: PositionStore, register: Callable[..., int], line: Line
) -> None:
    one, opened = register("one"), list[int]()
    line.cut()
    for second in range(199):
        store.add(row(one, second))
    assert store.valve.is_open
    store.add(row(one, 199))
    assert not store.valve.is_open
    store.valve.wait(lambda: opened.append(store.waiting))
    line.is_cut = False
    assert let_run(lambda: store.valve.is_open)
    assert opened == [0]


def test_a_stop_stores_what_waits(
    line: Line, database: Database, register: Callable[..., int], told: list[Table]
) -> None:
    one = register("one")
    store = PositionStore(line.connect, told.append, LIMITS)
    store.start()
    for second in range(150):
        store.add(row(one, second))
    assert store.stop(10) == 0
    assert count(database) == 150


def test_a_stop_without_a_database_says_how_much_is_lost(
    line: Line, register: Callable[..., int], told: list[Table]
) -> None:
    store = PositionStore(line.connect, told.append, LIMITS)
    line.cut()
    store.start()
    for second in range(3):
        store.add(row(1, second))
    assert store.stop(0.2) == 3


def test_a_listener_that_fails_on_its_acknowledgement_holds_up_nobody(
    store: PositionStore, register: Callable[..., int]
) -> None:
    one, done = register("one"), list[int]()

    def broken() -> None:
        raise RuntimeError("the link is gone")

    store.add(row(one, 1), broken)
    store.add(row(one, 2), lambda: done.append(2))
    assert let_run(lambda: done == [2])


def test_a_bus_that_hangs_costs_notices_and_nothing_else() -> None:
    class HangingBus:
        def publish(self, channel: str, data: bytes) -> None:
            gevent.sleep(60)

    notices = Notices(HangingBus())  # type: ignore[arg-type]
    notices.start()
    with gevent.Timeout(2):
        for second in range(MAX_WAITING * 2):
            notices.tell(table([row(1, second)]))
            gevent.sleep(0)
    notices.stop()


def test_a_notice_tells_each_fix_in_few_bytes() -> None:
    one = Row(7, 843_364_800_123_000, 843_364_800_456_000, LAT, LON, 36.04, 87.54, 16.0, 5)
    two = row(8, 0)
    assert decode(encode(table([one, two]))) == [
        (7, LAT, LON, 36.0, 87.5, 1790049600123, 1790049600456, 5),
        (8, LAT, LON, None, None, 1790049600000, 1790049600000, 0),
    ]
    assert len(encode(table([one, two]))) < 2 * 60
