"""Real engines for the tests: one private PostGIS and one Redis per run, on free ports."""

import itertools
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from sqlalchemy.orm import Session

from command_center.engines.database import private_postgres, private_redis
from command_center.engines.kannel import Kannel
from command_center.engines.postgres import EXTENSIONS, OWNER, ensure_roles
from command_center.engines.process import wait_until
from command_center.engines.smsc import Smsc
from command_center.migrations import schema
from kernel import log
from kernel.access import Principal, system
from kernel.bus import Bus
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.settings import PORTS, Settings, load
from tests.ports import free_port_base

LONG = {
    "test_every_gateway",
    "test_killed",
    "test_a_million",
    "test_abuse",
    "test_generated_requests",
    "test_up",
}
"""Files that take minutes: begun first, so that no process is left alone with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The whole system and its browsers come last: they leave a small machine no breath."""
    items.sort(key=lambda item: ("/e2e/" in item.path.as_posix(), item.path.stem not in LONG))


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """The product's own log format, shown by pytest where a test fails."""
    log.configure(json=False, level="INFO")
    logging.getLogger().handlers.clear()


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Demo settings with their own var/ and ports; engines named in the environment are kept."""
    return load(
        var_dir=tmp_path_factory.mktemp("var"),
        port_base=free_port_base(),
        **{name: 0 for name in PORTS},
        mode="demo",
        simulate=False,
    )


@dataclass(frozen=True)
class Server:
    """A PostgreSQL that tests may make databases on: as its administrator, and as their owner."""

    admin_url: str
    product_url: str
    product_role: str

    def create(self, name: str, template: str = "template0") -> str:
        """Make a database that belongs to the product's role; gives its SQLAlchemy address."""
        owner = f"owner {self.product_role}" if self.product_role else ""
        self._run(f"create database {name} {owner} template {template}")
        return self.product_url.replace("postgresql:", "postgresql+psycopg:", 1) + name

    def drop(self, name: str) -> None:
        self._run(f"drop database if exists {name} with (force)")

    def extend(self, name: str) -> None:
        """Make the extensions, which only an administrator may."""
        with psycopg.connect(self.admin_url + name, autocommit=True) as connection:
            for extension in EXTENSIONS:
                connection.execute(f"create extension if not exists {extension}")

    def _run(self, statement: LiteralString) -> None:
        with psycopg.connect(self.admin_url + "postgres", autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture(scope="session")
def server(settings: Settings) -> Iterator[Server]:
    """The server named in CC_DATABASE_URL, else a private cluster for this run."""
    if settings.database_url:
        url = settings.owner_url.replace("+psycopg", "").rpartition("/")[0] + "/"
        with psycopg.connect(url + "postgres", autocommit=True) as connection:
            ensure_roles(connection, ())
        yield Server(url, url, "")
        return
    cluster = private_postgres(settings)
    cluster.start()
    yield Server(cluster.admin_url(""), cluster.owner_url(""), OWNER)
    cluster.stop()


@pytest.fixture(scope="session")
def make_database(server: Server) -> Iterator[Callable[[], str]]:
    """A function that gives the SQLAlchemy address of a new, migrated, empty database."""
    template = f"cc_test_{os.getpid()}_template"
    server.drop(template)
    address = server.create(template)
    server.extend(template)
    schema.upgrade(address)
    made = [template]

    def make() -> str:
        made.append(f"cc_test_{os.getpid()}_{len(made)}")
        return server.create(made[-1], template)

    yield make
    for name in made:
        server.drop(name)


@pytest.fixture(scope="session")
def shared_database(make_database: Callable[[], str]) -> Iterator[Database]:
    """One migrated database for all tests that roll back. Commit nothing into it."""
    database = Database(make_database(), pool_size=2)
    yield database
    database.close()


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands until the test moves it."""
    return FixedClock()


@pytest.fixture
def principal() -> Principal:
    """A system principal that covers every organisation and holds no permission."""
    return system("test")


@pytest.fixture
def make_principal() -> Callable[..., Principal]:
    """Makes people: `make_principal("dispatch.issue", path="/1/4/")`."""
    numbers = itertools.count(1001)

    def make(*permissions: str, path: str = "/1/", **more: object) -> Principal:
        number = next(numbers)
        given = {
            "id": number,
            "name": f"person {number}",
            "permissions": frozenset(permissions),
            "organisation_path": path,
            "organisation_id": int(path.strip("/").rpartition("/")[2] or 0) or None,
        }
        return Principal(**{**given, **more})  # type: ignore[arg-type]

    return make


@pytest.fixture
def session(
    shared_database: Database, clock: FixedClock, principal: Principal
) -> Iterator[Session]:
    """A unit of work on real PostGIS whose every trace is rolled back.

    `session.commit()` only ends a savepoint; emitted events collect in `session.info["events"]`.
    """
    with shared_database.engine.connect() as connection, connection.begin() as outer:
        session = Session(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        session.info.update(principal=principal, clock=clock, events=[])
        yield session
        session.close()
        outer.rollback()


@pytest.fixture
def database(make_database: Callable[[], str], clock: FixedClock) -> Iterator[Database]:
    """A migrated, empty database of the test's own, for code that commits."""
    database = Database(make_database(), clock=clock, pool_size=4)
    yield database
    database.close()


@pytest.fixture(scope="session")
def redis_url(settings: Settings) -> Iterator[str]:
    """Address of a real Redis."""
    if settings.redis_url:
        yield settings.redis_url
        return
    server = private_redis(settings)
    server.start()
    yield server.url
    server.stop()


@pytest.fixture
def bus(redis_url: str) -> Bus:
    """The bus between processes, on real Redis."""
    return Bus(redis_url)


@pytest.fixture(scope="session")
def sms_line(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Settings, Kannel, Smsc]]:
    """Kannel bound to the simulated SMSC; its callbacks go to `settings.http_port`."""
    settings = Settings(var_dir=tmp_path_factory.mktemp("sms"), port_base=free_port_base())
    kannel, smsc = Kannel(settings), Smsc(settings)
    smsc.start()
    kannel.start()
    assert wait_until(lambda: bool(smsc.state()["bound"]), 15)
    yield settings, kannel, smsc
    kannel.stop()
    smsc.stop()


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder of shared vectors beside the repository; skips where it is absent."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("no folder shared/ beside the repository")
    return folder
