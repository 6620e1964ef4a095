"""The process is killed again and again; the terminals' own journals are the witness.

`KILLS=200` kills oftener; the seed is printed where a run fails.
"""

import os
import random
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from command_center.demo.terminal import NoAnswer, SimulatedTerminal, at
from command_center.engines.process import wait_until
from gps_ingest import terminals
from gps_ingest.protocols.jt808 import link
from gps_ingest.protocols.jt808.bits import SOS
from gps_ingest.protocols.jt808.location import Location
from kernel.db import Database
from tests.ingest import LAT, LON, TEST, IngestProcess, now

KILLS = int(os.environ.get("KILLS", "30"))
SEED = int(os.environ.get("SEED", "12315"))
CARS = 4
EVERY_SOS = 7
"""One report in so many cries for help; the next one does not, so that the one after is new."""


class Car(threading.Thread):
    """Reports one second after the other, each until it is acknowledged, whatever happens."""

    def __init__(self, port: int, number: int) -> None:
        super().__init__(daemon=True)
        self.terminal = SimulatedTerminal(f"1360000{number:04}", 2019 if number % 2 else 2013)
        self.port, self.number = port, number
        self.first = now().replace(microsecond=0) - timedelta(hours=3)
        self.stopping = threading.Event()
        self.failures: list[str] = []

    def run(self) -> None:
        second, connected = 0, False
        while not self.stopping.is_set():
            try:
                connected = connected or self._connect()
                batch = [self.location(second + n) for n in range(1 + second % 3)]
                if self.terminal.report(*batch) == link.OK:
                    second += len(batch)
            except (OSError, NoAnswer):
                connected = False
                self.stopping.wait(0.2)
        self.terminal.close()

    def _connect(self) -> bool:
        self.terminal.connect(self.port)
        if not self.terminal.code and self.terminal.register().result != link.OK:
            raise NoAnswer("the listeners do not know it yet")
        if self.terminal.authenticate() != link.OK:
            self.failures.append("a right code was refused")
        return True

    def location(self, second: int) -> Location:
        alarm = SOS if second % EVERY_SOS == 0 else 0
        lat = LAT + self.number * 0.01
        moment = self.first + timedelta(seconds=second)
        return at(moment, lat, LON + second * 5e-5, speed_kmh=30, alarm=alarm)


@pytest.fixture
def cars(
    ingest: IngestProcess, database: Database, register: Callable[..., int]
) -> Iterator[list[Car]]:
    made = [Car(ingest.settings.jt808_port, number) for number in range(CARS)]
    for car in made:
        terminal = register(car.terminal.name.identity, "jt808")
        with database.unit_of_work(TEST) as session:  # whose clock stands still
            terminals.open_window(session, terminal)
            session.execute(text("update gps.credentials set window_until = now() + '1 hour'"))
    yield made
    for car in made:
        car.stopping.set()
    for car in made:
        car.join(15)


@pytest.mark.timeout(KILLS * 20 + 60)
def test_no_acknowledged_fix_and_no_cry_for_help_is_lost(
    ingest: IngestProcess, database: Database, cars: list[Car]
) -> None:
    chance = random.Random(SEED)
    for car in cars:
        car.start()
    assert wait_until(lambda: all(car.terminal.acknowledged for car in cars), 30)
    for _ in range(KILLS):
        ingest.log.write_bytes(b"")
        threading.Event().wait(chance.random() * 0.8)
        ingest.kill()
        ingest.start()
    before = [len(car.terminal.acknowledged) for car in cars]
    assert wait_until(
        lambda: all(
            len(car.terminal.acknowledged) > n for car, n in zip(cars, before, strict=True)
        ),
        30,
    )
    for car in cars:
        car.stopping.set()
        car.join(15)
        assert not car.failures
    stored, cries = _stored(database)
    for car in cars:
        told = car.terminal.acknowledged
        assert len(told) > KILLS, SEED
        for location in told:
            key = (car.terminal.name.identity, location.time)
            assert key in stored, (SEED, key)
            assert not location.alarm & SOS or key in cries, (SEED, key)
    assert len(stored) == _rows(database)  # repeated, and stored once


Key = tuple[str, object]


def _stored(database: Database) -> tuple[set[Key], set[Key]]:
    with database.unit_of_work(TEST) as session:
        found = session.execute(
            text(
                "select identity, fixed_at from gps.fixes join gps.terminals t on t.id=terminal_id"
            )
        )
        stored = {(row[0], row[1]) for row in found}
        found = session.execute(
            text(
                "select identity, at from gps.happenings join gps.terminals t on t.id=terminal_id"
                " where kind = 'alarm' and (details->>'sos')::bool"
            )
        )
        return stored, {(row[0], row[1]) for row in found}


def _rows(database: Database) -> int:
    with database.unit_of_work(TEST) as session:
        return int(session.execute(text("select count(*) from gps.fixes")).scalar_one())
