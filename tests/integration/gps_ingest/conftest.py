"""The `ingest` process: one for all tests that only use it, and one's own for those that end it."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gps_ingest import terminals
from kernel.db import Database
from kernel.settings import Settings
from tests.ingest import PROCESSES, TEST, IngestProcess, known_soon
from tests.ports import free_port_base

Register = Callable[..., int]


def _register(database: Database) -> Register:
    """A function that registers a terminal and gives its id."""

    def register(identity: str, protocol: str = "nmea", **more: object) -> int:
        with database.unit_of_work(TEST) as session:
            return terminals.register(session, identity=identity, protocol=protocol, **more).id  # type: ignore[arg-type]

    return register


@pytest.fixture
def register(database: Database) -> Register:
    return _register(database)


@dataclass(frozen=True)
class Street:
    """A running process and the database that it writes to."""

    ingest: IngestProcess
    database: Database
    register: Register


@contextmanager
def running(address: str, redis_url: str, folder: Path, processes: int) -> Iterator[Street]:
    """So many processes on that database, until they are done with."""
    database = Database(address, pool_size=2)
    settings = Settings(var_dir=folder / "var", port_base=free_port_base())
    log = folder / "ingest.log"
    ingest = IngestProcess(settings, _url(database), redis_url, log, processes=processes)
    ingest.start()
    yield Street(ingest, database, _register(database))
    ingest.stop()
    database.close()


@pytest.fixture(scope="module")
def street(
    make_database: Callable[[], str],
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Street]:
    """For all tests of a module; each takes terminals of its own.

    A module that means a certain number of processes says so by its PROCESSES.
    """
    processes = getattr(request.module, "PROCESSES", PROCESSES)
    folder = tmp_path_factory.mktemp("ingest")
    with running(make_database(), redis_url, folder, processes) as street:
        yield street


_numbers = itertools.count(1)


@dataclass(frozen=True)
class Car:
    """A registered terminal that the listeners know."""

    id: int
    identity: str


@pytest.fixture
def car(street: Street) -> Car:
    identity = f"86000000000{next(_numbers):04}"
    terminal = street.register(identity)
    known_soon(street.ingest, identity)
    return Car(terminal, identity)


@pytest.fixture
def ingest(database: Database, redis_url: str, tmp_path: Path) -> Iterator[IngestProcess]:
    """A process that a test may kill, on an empty database of its own."""
    settings = Settings(var_dir=tmp_path / "var", port_base=free_port_base())
    process = IngestProcess(settings, _url(database), redis_url, tmp_path / "ingest.log")
    process.start()
    yield process
    process.kill()


def _url(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)
