"""A slow database slows the acknowledgement: nothing is lost, memory is bounded, all drains."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text

from command_center.demo.terminal import NoAnswer, SimulatedTerminal, at
from command_center.engines.process import wait_until
from gps_ingest import terminals
from gps_ingest.positions import StoreLimits
from gps_ingest.protocols.jt808 import Batch, link
from kernel.db import Database
from tests.ingest import LAT, LON, TEST, IngestProcess, count, now, resident_kib

CARS, BATCHES, BATCH = 25, 80, 30
ROOM = StoreLimits().max_waiting


@pytest.fixture
def cars(
    ingest: IngestProcess, database: Database, register: Callable[..., int]
) -> Iterator[list[SimulatedTerminal]]:
    made = [SimulatedTerminal(f"1370000{number:04}") for number in range(CARS)]
    for car in made:
        ident = register(car.name.identity, "jt808")
        with database.unit_of_work(TEST) as session:  # whose clock stands still
            terminals.open_window(session, ident)
            session.execute(text("update gps.credentials set window_until = now() + '1 hour'"))
    for car in made:

        def registers(car: SimulatedTerminal = car) -> bool:
            car.connect(ingest.settings.jt808_port)
            return car.register().result == link.OK

        assert wait_until(registers, 15)
        assert car.authenticate() == link.OK
    yield made
    for car in made:
        car.close()


@contextmanager
def hindered(database: Database) -> Iterator[None]:
    """A database that answers and stores nothing: somebody holds the table."""
    with database.unit_of_work(TEST) as session:
        session.execute(text("lock table gps.fixes in access exclusive mode"))
        yield


def replies(car: SimulatedTerminal, seconds: float) -> int:
    """Reports acknowledged so far."""
    car.listen(seconds)
    return sum(isinstance(one, link.PlatformReply) and one.ack_id == 0x0704 for one in car.heard)


def test_nothing_is_acknowledged_before_it_is_stored_and_all_that_waited_is_stored(
    ingest: IngestProcess, database: Database, cars: list[SimulatedTerminal]
) -> None:
    begin = now().replace(microsecond=0) - timedelta(hours=2)
    before = resident_kib(*ingest.pids)
    with hindered(database):
        for number in range(BATCHES):
            for place, car in enumerate(cars):
                first = number * BATCH
                fixes = (
                    at(begin + timedelta(seconds=first + n), LAT + place * 0.01, LON, speed_kmh=9)
                    for n in range(BATCH)
                )
                car.send(Batch(0, tuple(fixes)))
        time.sleep(4)
        assert sum(replies(car, 0.05) for car in cars) == 0
        assert resident_kib(*ingest.pids) - before < 120 * 1024  # ROOM fixes and what they came in
    sent = CARS * BATCHES * BATCH
    assert sent > ROOM, "the valve has to close"
    assert wait_until(lambda: count(database) == sent, 60)
    for car in cars:
        assert wait_until(lambda car=car: replies(car, 0.1) == BATCHES, 10)  # type: ignore[misc]
    # And it is as quick as before.
    started = time.monotonic()
    assert cars[0].report(at(now().replace(microsecond=0), LAT, LON)) == link.OK
    assert time.monotonic() - started < 1


def test_who_waits_for_a_slow_database_is_not_sent_away(
    ingest: IngestProcess, database: Database, cars: list[SimulatedTerminal]
) -> None:
    """Longer than a statement may take: the batch is tried again and again."""
    car, result = cars[0], list[int]()

    def reports() -> None:
        until = time.monotonic() + 60
        location = at(now().replace(microsecond=0), LAT, LON)
        while not result and time.monotonic() < until:
            try:
                result.append(car.report(location))
            except NoAnswer:  # it asks again, as the standard says
                continue

    asking = threading.Thread(target=reports)
    with hindered(database):
        asking.start()
        time.sleep(23)
        assert not result
    asking.join(60)
    assert result == [link.OK]
    assert count(database) == 1
