"""From one position to many desks: against send() in C and the stock server, and the whole way.

FANOUT_DESKS (1,000), CITY_VEHICLES (10,000) and CITY_DESKS (500) may be made smaller.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from command_center.engines.process import wait_until
from kernel.db import Database
from kernel.settings import Settings
from tests.factories import door
from tests.ingest import TEST, IngestProcess
from tests.ports import free_port_base
from tests.web import WebProcess

DESKS, HZ, ROWS = int(os.environ.get("FANOUT_DESKS", "1000")), 20, 25
VEHICLES = int(os.environ.get("CITY_VEHICLES", "10000"))
VIEWERS = int(os.environ.get("CITY_DESKS", "500"))
WIDE = 10
"""Desks among them that look at the whole city."""
SECONDS = 10
WEST, SOUTH, SIDE = 116.0, 39.5, 1.0
"""The city's square, degrees."""
TICKS = os.sysconf("SC_CLK_TCK")

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Measured:
    """What the desks say of one run."""

    desks: int
    messages: int
    bytes: int
    gone: int
    seconds: float
    p50: float
    p95: float
    p99: float
    cpu: dict[str, float]
    """Cores that each watched process used meanwhile."""

    @property
    def a_core(self) -> float:
        """Messages delivered by a second of the server's processor."""
        return self.messages / self.seconds / self.cpu["server"]


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of these processes, threads included."""
    fields = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids)
    return sum(int(one[11]) + int(one[12]) for one in fields) / TICKS


def listen(
    native: Path,
    port: int,
    desks: list[str],
    watched: dict[str, list[int]],
    folder: Path,
    *more: str,
) -> Measured:
    """Open the desks, wait until all are in, measure."""
    ready = folder / "ready"
    ready.unlink(missing_ok=True)
    command = [str(native / "consoles"), str(port), str(SECONDS), str(ready), *more]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as child:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write("".join(f"{desk}\n" for desk in desks))
        child.stdin.close()
        assert wait_until(lambda: ready.exists() or child.poll() is not None, 130)
        time.sleep(3.2)
        before = {name: cpu_seconds(pids) for name, pids in watched.items()}
        time.sleep(SECONDS - 0.5)
        cpu = {
            name: (cpu_seconds(pids) - before[name]) / (SECONDS - 0.5)
            for name, pids in watched.items()
        }
        said = child.stdout.read()
    assert child.returncode == 0
    return Measured(**json.loads(said), cpu=cpu)


@contextmanager
def running(command: list[str], port: int, **more: str) -> Iterator[list[int]]:
    """A server on that port; gives the pids that do the work."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **more}
    server = subprocess.Popen(command, env=env)
    try:
        assert wait_until(lambda: answers(port), 60)
        workers = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        yield [int(pid) for pid in workers] or [server.pid]
    finally:
        server.terminate()
        server.wait(30)


def answers(port: int) -> bool:
    found = f":{port:04X} 00000000:0000 0A"
    return found in Path("/proc/net/tcp").read_text()


def gunicorn(port: int) -> list[str]:
    app = "tests.bench.fanout_app:app"
    options = ["-k", "gevent", "-w", "1", "--worker-connections", "20000", "--no-control-socket"]
    options += ["--log-level", "warning"]
    return [sys.executable, "-m", "gunicorn", *options, "-b", f"127.0.0.1:{port}", app]


def test_fanout_against_send_in_c_and_the_stock_server(native: Path, tmp_path: Path) -> None:
    found: dict[str, Measured] = {}
    load = {"FANOUT_HZ": str(HZ), "FANOUT_ROWS": str(ROWS)}
    for name in ("send() in C", "ours", "stock"):
        port = free_port_base()
        is_c = name == "send() in C"
        command = [str(native / "limit_fanout"), str(port), str(HZ), str(ROWS)]
        more = {**load, "STOCK": str(int(name == "stock"))}
        with running(command if is_c else gunicorn(port), port, **more) as pids:
            desks = [f"{'raw' if is_c else 'x=y'}\t-"] * DESKS
            found[name] = listen(native, port, desks, {"server": pids}, tmp_path)
    limit, stock = found["send() in C"], found["stock"]
    for name, one in found.items():
        print(  # noqa: T201 (a benchmark)
            f"\nfan-out to {one.desks} desks, {name:12s}"
            f" {one.messages / one.seconds:>8,.0f} messages/s,"
            f" {one.a_core:>9,.0f} a core second, {one.a_core / limit.a_core:.2f} of C,"
            f" {one.a_core / stock.a_core:.1f} x stock; p50 {one.p50:.0f} p99 {one.p99:.0f} ms",
            end="",
        )
    assert found["ours"].gone == 0


@pytest.fixture(params=["jt808", "nmea"])
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def city(
    make_database: Callable[[], str], redis_url: str, tmp_path: Path, protocol: str
) -> Iterator[tuple[Database, WebProcess, IngestProcess]]:
    """The real processes before a bureau with a fleet."""
    database = Database(make_database(), pool_size=2)
    with database.unit_of_work(TEST) as session:
        bureau = door.bureau(session)
        door.account(session, bureau, "chief", "DISP")
        told = {"n": VEHICLES, "o": bureau.id, "path": bureau.path, "protocol": protocol}
        session.execute(text(FLEET), told)
    settings = Settings(var_dir=tmp_path / "var", port_base=free_port_base())
    url = database.engine.url.render_as_string(hide_password=False)
    web = WebProcess(settings, url, redis_url, tmp_path / "serve.log")
    ingest = IngestProcess(settings, url, redis_url, tmp_path / "ingest.log")
    web.start()
    ingest.start()
    yield database, web, ingest
    ingest.stop()
    web.stop()
    database.close()


FLEET = """
with t as (
  insert into gps.terminals (identity, protocol, settings, created_at)
  select (13900000000 + n)::text, cast(:protocol as text),
         jsonb_build_object('network', '127.0.0.0/8'), now()
    from generate_series(0, :n - 1) n returning id
), u as (
  insert into dispatch.units
    (name, organisation_id, organisation_name, organisation_path, state_since)
  select 'bench', :o, 'bench', :path, now() from generate_series(1, :n) returning id
)
insert into dispatch.unit_terminals (terminal_id, unit_id)
select t.id, u.id from (select id, row_number() over () n from t) t
join (select id, row_number() over () n from u) u using (n)
"""


def views() -> list[str]:
    """One for each desk, mostly of four map cells somewhere in the city; some of all of it."""
    chance = random.Random(12315)
    found = ['{"bbox":[115,39,118,41]}'] * min(WIDE, VIEWERS)
    while len(found) < VIEWERS:
        west = WEST + 0.05 * chance.randrange(18) + 0.01
        south = SOUTH + 0.05 * chance.randrange(18) + 0.01
        found.append(f'{{"bbox":[{west:.2f},{south:.2f},{west + 0.07:.2f},{south + 0.07:.2f}]}}')
    return found


def test_from_ten_thousand_vehicles_to_five_hundred_desks(
    city: tuple[Database, WebProcess, IngestProcess], native: Path, tmp_path: Path, protocol: str
) -> None:
    database, web, ingest = city
    is_jt808 = protocol == "jt808"
    port = ingest.settings.jt808_port if is_jt808 else ingest.settings.nmea_tcp_port
    told = map(str, (protocol, port, VEHICLES, 100_000, 1, WEST, SOUTH, SIDE))
    fleet = subprocess.Popen([native / "load_terminals", *told], stdout=subprocess.DEVNULL)
    try:
        assert wait_until(lambda: present(database) == VEHICLES, 120)
        cookie = web.cookie("chief")
        desks = [f"{cookie}\t{view}" for view in views()]
        watched = {"server": web.pids(), "ingest": [ingest.pid], "vehicles": [fleet.pid]}
        clock = ["course"] if is_jt808 else []
        one = listen(native, web.settings.http_port, desks, watched, tmp_path, *clock)
    finally:
        fleet.kill()
        fleet.wait()
    cores = ", ".join(f"{name} {share:.2f}" for name, share in one.cpu.items())
    print(  # noqa: T201 (a benchmark)
        f"\n{VEHICLES} vehicles ({protocol}) x 1 Hz, {one.desks} desks: oldest fix of a message to"
        f" the desk p50 {one.p50:.0f} p95 {one.p95:.0f} p99 {one.p99:.0f} ms, goal 250;"
        f" {one.messages / one.seconds:,.0f} messages/s, {one.bytes / one.seconds / 1e6:.1f} MB/s;"
        f" cores: {cores}; {one.gone} desks cut",
        end="",
    )


def present(database: Database) -> int:
    with database.unit_of_work(TEST) as session:
        return int(session.execute(text("select count(*) from gps.latest")).scalar_one())
