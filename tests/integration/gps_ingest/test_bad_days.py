"""Killed processes and restarted databases: what was acknowledged is there afterwards."""

import random
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from command_center.engines.postgres import Postgres
from command_center.engines.process import wait_until
from command_center.migrations import schema
from gps_ingest import terminals
from kernel.db import Database
from kernel.settings import Settings
from tests.factories.gps import osmand, rmc
from tests.ingest import LAT, LON, TEST, IngestProcess, ask, count, known_soon, now
from tests.integration.gps_ingest.test_killed import Car as Vehicle
from tests.ports import free_port_base

PHONES = 4


class Phone(threading.Thread):
    """Sends fixes one by one, again and again until each is acknowledged; keeps its own log."""

    def __init__(self, ingest: IngestProcess, identity: str) -> None:
        super().__init__(daemon=True)
        self.identity, self.ingest = identity, ingest
        self.acknowledged: list[int] = []
        self.statuses: set[int] = set()
        self.stopping = threading.Event()
        self.first = int((now() - timedelta(hours=2)).timestamp())

    def run(self) -> None:
        connection, number = self.ingest.phone(), 0
        while not self.stopping.is_set():
            second = self.first + number
            at = datetime.fromtimestamp(second, UTC)
            status = ask(connection, osmand(self.identity, at, LAT, LON))
            self.statuses.add(status)
            if status == 200:
                self.acknowledged.append(second)
                number += 1
            else:
                self.stopping.wait(0.05)
        connection.close()


@pytest.fixture
def phones(ingest: IngestProcess, register: Callable[..., int]) -> Iterator[list[Phone]]:
    yield from _phones(ingest, register)


def _phones(ingest: IngestProcess, register: Callable[..., int]) -> Iterator[list[Phone]]:
    phones = [Phone(ingest, f"phone-{number}") for number in range(PHONES)]
    for phone in phones:
        register(phone.identity, "osmand")
    for phone in phones:
        known_soon(ingest, phone.identity)
    for phone in phones:
        phone.start()
    yield phones
    for phone in phones:
        phone.stopping.set()


def acknowledged(phones: list[Phone]) -> int:
    return sum(len(phone.acknowledged) for phone in phones)


def end(phones: list[Phone]) -> None:
    for phone in phones:
        phone.stopping.set()
    for phone in phones:
        phone.join(20)


def missing(database: Database, phones: list[Phone]) -> list[tuple[str, int]]:
    """What the phones' own logs call acknowledged and the database does not have."""
    with database.unit_of_work(TEST) as session:
        found = session.execute(
            text(
                "select identity, extract(epoch from fixed_at)::bigint from gps.fixes"
                " join gps.terminals on terminals.id = terminal_id"
            )
        )
        stored = {(identity, second) for identity, second in found}
    return [
        (phone.identity, second)
        for phone in phones
        for second in phone.acknowledged
        if (phone.identity, second) not in stored
    ]


def test_a_killed_process_has_lost_nothing_that_it_acknowledged(
    ingest: IngestProcess, phones: list[Phone], database: Database
) -> None:
    chance = random.Random(808)
    for _ in range(3):
        before = acknowledged(phones)
        assert wait_until(lambda before=before: acknowledged(phones) > before + 10, 20)
        threading.Event().wait(chance.uniform(0, 0.1))
        ingest.kill()
        ingest.start()
    assert wait_until(lambda: all(len(p.acknowledged) > 5 for p in phones), 20)
    end(phones)
    assert missing(database, phones) == []
    # Sent again after a lost answer, stored once.
    assert count(database) <= acknowledged(phones) + PHONES


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[Postgres]:
    """A PostgreSQL that a test may stop: the shared one is not ours to trouble."""
    port, log = free_port_base() + 1, tmp_path / "pg.log"
    cluster = Postgres(tmp_path / "pg", port, "secret", "app secret", log)
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def own_database(own_cluster: Postgres) -> Iterator[Database]:
    url = own_cluster.owner_url().replace("postgresql:", "postgresql+psycopg:", 1)
    schema.upgrade(url)
    database = Database(url, pool_size=2)
    yield database
    database.close()


@pytest.fixture
def own_ingest(own_database: Database, redis_url: str, tmp_path: Path) -> Iterator[IngestProcess]:
    settings = Settings(var_dir=tmp_path / "var", port_base=free_port_base())
    url = own_database.engine.url.render_as_string(hide_password=False)
    process = IngestProcess(settings, url, redis_url, tmp_path / "ingest.log")
    process.start()
    yield process
    process.kill()


@pytest.fixture
def own_register(own_database: Database) -> Callable[..., int]:
    def register(identity: str, protocol: str = "nmea") -> int:
        with own_database.unit_of_work(TEST) as session:
            return terminals.register(session, identity=identity, protocol=protocol).id

    return register


@pytest.fixture
def own_phones(
    own_ingest: IngestProcess, own_register: Callable[..., int]
) -> Iterator[list[Phone]]:
    yield from _phones(own_ingest, own_register)


class Car:
    """A receiver that sends a fix for every second from an hour ago on, as fast as it can."""

    def __init__(self, ingest: IngestProcess, identity: str) -> None:
        self.identity, self.sent = identity, 0
        self._socket = ingest.receiver(identity)
        self._start = now() - timedelta(hours=2)

    def drive(self, fixes: int) -> None:
        for number in range(self.sent, self.sent + fixes):
            at = self._start + timedelta(seconds=number)
            self._socket.sendall(rmc(at, LAT, LON + number * 1e-6))
        self.sent += fixes

    def stop(self) -> None:
        self._socket.close()


def test_a_database_restarted_under_load_loses_nothing_and_is_caught_up(
    own_ingest: IngestProcess,
    own_database: Database,
    own_cluster: Postgres,
    own_register: Callable[..., int],
    own_phones: list[Phone],
) -> None:
    terminal = own_register("860000000000007")
    known_soon(own_ingest, "860000000000007")
    car = Car(own_ingest, "860000000000007")
    car.drive(500)
    assert wait_until(lambda: acknowledged(own_phones) > 20, 20)
    own_cluster.stop()
    car.drive(3000)  # they wait in memory
    assert wait_until(lambda: all({503, 0} & phone.statuses for phone in own_phones), 20)
    before = acknowledged(own_phones)
    own_cluster.start()
    assert wait_until(lambda: acknowledged(own_phones) > before + 20, 30)
    car.drive(500)
    end(own_phones)
    assert wait_until(
        lambda: count(own_database, where=f"terminal_id = {terminal}") == car.sent, 30
    )
    assert missing(own_database, own_phones) == []
    car.stop()


def test_terminals_outlast_a_database_that_goes_away(
    own_ingest: IngestProcess,
    own_database: Database,
    own_cluster: Postgres,
    own_register: Callable[..., int],
) -> None:
    cars = [Vehicle(own_ingest.settings.jt808_port, number) for number in range(PHONES)]
    for car in cars:
        terminal = own_register(car.terminal.name.identity, "jt808")
        with own_database.unit_of_work(TEST) as session:
            terminals.open_window(session, terminal)
    for car in cars:
        car.start()
    for _ in range(2):
        before = [len(car.terminal.acknowledged) for car in cars]
        assert wait_until(lambda before=before: all_moved(cars, before), 30)  # type: ignore[misc]
        own_cluster.stop()
        threading.Event().wait(3)
        own_cluster.start()
    before = [len(car.terminal.acknowledged) for car in cars]
    assert wait_until(lambda: all_moved(cars, before), 30)
    for car in cars:
        car.stopping.set()
        car.join(15)
        assert not car.failures
    with own_database.unit_of_work(TEST) as session:
        found = session.execute(
            text(
                "select identity, fixed_at from gps.fixes"
                " join gps.terminals on terminals.id = terminal_id"
            )
        )
        stored = {(identity, fixed_at) for identity, fixed_at in found}
    for car in cars:
        told = {(car.terminal.name.identity, fix.time) for fix in car.terminal.acknowledged}
        assert told <= stored


def all_moved(cars: list[Vehicle], before: list[int]) -> bool:
    """Whether each has had more acknowledged since."""
    return all(len(car.terminal.acknowledged) > n + 5 for car, n in zip(cars, before, strict=True))
