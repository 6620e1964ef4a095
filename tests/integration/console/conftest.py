"""A small bureau with its desks, and the real web process in front of it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from dispatch.units.models import Unit
from gps_ingest.fixes import Row, table, to_us
from gps_ingest.notices import encode
from kernel.access import system
from kernel.bus import Bus
from kernel.clock import now
from kernel.db import Database
from kernel.settings import Settings
from tests.factories import door
from tests.ports import free_port_base
from tests.web import WebProcess

TEST = system("test")
CITY = {"bbox": [116.3, 39.8, 116.5, 40.0]}


def positions(terminals: Iterable[int], second: int) -> bytes:
    """What the listeners tell of terminals that reported at that epoch second."""
    at = to_us(second)
    return encode(table([Row(n, at, at, 39.9, 116.4, 30.0, 90.0, None, 0) for n in terminals]))


@dataclass
class Web:
    """Web processes on a database with one dispatcher and one unit with a terminal."""

    process: WebProcess
    bus: Bus
    database: Database
    path: str
    unit_id: int
    terminal_id: int
    cookie: str = ""

    def drive(self, number: int) -> None:
        """A batch of the listeners with the unit's position, a new second each."""
        self.bus.publish("positions", positions([self.terminal_id], number))

    def news(self, kind: str, ident: int) -> int:
        """Tell news of the bureau; gives its order."""
        return self.bus.publish_json("news", {"kind": kind, "id": ident, "paths": [self.path]})


@pytest.fixture(scope="module")
def web(
    make_database: Callable[[], str], redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Web]:
    """Two workers."""
    folder = tmp_path_factory.mktemp("web")
    database, bus = Database(make_database(), pool_size=2), Bus(redis_url)
    with database.unit_of_work(TEST) as session:
        bureau = door.bureau(session)
        door.account(session, bureau, "chief", "DISP")
        unit = Unit(
            name="车1",
            organisation_id=bureau.id,
            organisation_name=bureau.name,
            organisation_path=bureau.path,
            state_since=now(session),
        )
        session.add(unit)
        session.flush()
        terminal = session.execute(
            text(
                "insert into gps.terminals (identity, protocol, created_at)"
                " values ('car-1', 'nmea', now()) returning id"
            )
        ).scalar_one()
        session.execute(
            text("insert into dispatch.unit_terminals (unit_id, terminal_id) values (:u, :t)"),
            {"u": unit.id, "t": terminal},
        )
        path, unit_id = bureau.path, unit.id
    settings = Settings(var_dir=folder / "var", port_base=free_port_base())
    url = database.engine.url.render_as_string(hide_password=False)
    process = WebProcess(settings, url, redis_url, folder / "serve.log", workers=2)
    process.start()
    made = Web(process, bus, database, path, unit_id, terminal)
    made.cookie = process.cookie("chief")
    yield made
    process.stop()
    bus.redis.close()
    database.close()
