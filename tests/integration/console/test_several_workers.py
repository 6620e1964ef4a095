"""Desks of several web processes hear the same, once each, whichever process took the news."""

import itertools
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from command_center.engines.process import wait_until
from kernel.settings import Settings
from tests.factories.gps import rmc
from tests.ingest import IngestProcess
from tests.integration.console.conftest import CITY, Web
from tests.ports import free_port_base
from tests.web import DeskLine

_seconds = itertools.count(1_800_000_000)


@pytest.fixture
def desks(web: Web) -> Iterator[list[DeskLine]]:
    """At least one on each worker; all look at the city."""
    with ExitStack() as stack:
        made: list[DeskLine] = []
        while len(made) < 4 or not all(
            lines(pid, web.process.settings.http_port) for pid in web.process.pids()
        ):
            assert len(made) < 200, "the kernel gives one worker everything"
            made.append(stack.enter_context(web.process.desk(web.cookie)))
            time.sleep(0.1)  # a worker that was just started may still be loading
        for desk in made:
            assert len(desk.ask("hello", {})["units"]) == 1
            assert desk.ask("view", CITY) == {"ok": True}
        yield made


ESTABLISHED = "01"


def lines(pid: int, port: int) -> int:
    """How many connections to that port a process holds (proc(5): net/tcp, fd)."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    theirs = {
        f"socket:[{row[9]}]"
        for row in rows
        if int(row[1].rpartition(":")[2], 16) == port and row[3] == ESTABLISHED
    }
    held = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            held.add(os.readlink(link))
    return len(theirs & held)


def test_news_are_heard_by_every_desk_once_with_one_number(web: Web, desks: list[DeskLine]) -> None:
    orders = [web.news("case", ident) for ident in range(100, 120)]
    for desk in desks:
        assert desk.until(lambda desk=desk: len(desk.of("changed")) >= 20, 10)
    for desk in desks:
        desk.read(0.2)
        told = {body["id"]: body["seq"] for body in desk.of("changed")}
        assert sorted(told.items()) == list(zip(range(100, 120), orders, strict=True))
        assert len(desk.of("changed")) == 20


def test_the_object_itself_comes_with_the_number_of_its_news(
    web: Web, desks: list[DeskLine]
) -> None:
    order = web.news("unit", web.unit_id)
    for desk in desks:
        assert desk.until(lambda desk=desk: bool(desk.of("unit")), 10)
        (unit,) = desk.of("unit")
        assert (unit["id"], unit["seq"]) == (web.unit_id, order)
        assert desk.until(lambda desk=desk: desk.ask("hello", {})["seq"] >= order, 10)


def test_positions_reach_the_desks_of_every_worker(web: Web, desks: list[DeskLine]) -> None:
    second = next(_seconds)
    web.drive(second)
    for desk in desks:
        assert desk.until(lambda desk=desk: bool(desk.of("positions")), 10)
        (row,) = desk.of("positions")[-1]["units"]
        assert row == [web.unit_id, 116.4, 39.9, 90.0, 30.0, second * 1000]


@pytest.fixture
def street(web: Web, tmp_path: Path) -> Iterator[IngestProcess]:
    """Two listening processes behind a balancer, before the same desks."""
    settings = Settings(var_dir=tmp_path / "var", port_base=free_port_base())
    process = IngestProcess(
        settings, web.process.database_url, web.process.redis_url, tmp_path / "log", processes=2
    )
    process.start()
    yield process
    process.stop()


def test_two_listeners_and_two_web_processes_agree(
    web: Web, desks: list[DeskLine], street: IngestProcess
) -> None:
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=60)
    links = [street.receiver("car-1") for _ in range(2)]  # one at each process
    for step in range(6):
        moment = began + timedelta(seconds=5 * step)
        links[step % 2].sendall(rmc(moment, 39.9, 116.4 + step * 1e-4))
        at = moment.timestamp() * 1000
        for desk in desks:
            assert desk.until(lambda d=desk, at=at: at in moments(d), 10), step
    with web.database.engine.connect() as connection:
        newest = connection.exec_driver_sql("select fixed_at from gps.latest").scalar_one()
    assert newest == moment
    for desk in desks:
        assert moments(desk) == sorted(moments(desk))
        assert moments(desk)[-1] == newest.timestamp() * 1000
    for link in links:
        link.close()


def moments(desk: DeskLine) -> list[float]:
    """Of the fixes that it has heard, in ms."""
    return [row[5] for body in desk.of("positions") for row in body["units"]]


def test_who_sits_at_any_worker_is_there(web: Web, desks: list[DeskLine]) -> None:
    with web.database.engine.connect() as connection:
        (ident,) = connection.exec_driver_sql("select id from accounts.users").scalars()
    assert wait_until(lambda: web.bus.is_anybody_here([ident]), 10)


def test_a_worker_that_is_killed_takes_no_news_with_it(web: Web, desks: list[DeskLine]) -> None:
    victim = web.process.pids()[0]
    os.kill(victim, signal.SIGSTOP)  # it may have taken what nobody else can take then
    told = [web.news("case", ident) for ident in range(200, 220)]
    os.kill(victim, signal.SIGKILL)
    assert wait_until(lambda: victim not in web.process.pids(), 10)
    time.sleep(0.5)
    alive = [desk for desk in desks if desk.until(lambda d=desk: len(d.of("changed")) >= 1, 8)]
    assert 0 < len(alive) < len(desks)
    for desk in alive:
        assert desk.until(lambda d=desk: {body["seq"] for body in d.of("changed")} >= set(told), 20)
    assert wait_until(lambda: len(web.process.pids()) == 2, 10)
    with web.process.desk(web.cookie) as again:
        assert len(again.ask("hello", {})["units"]) == 1


def test_a_bus_that_was_away_costs_no_desk_its_line(web: Web, desks: list[DeskLine]) -> None:
    cast(Any, web.bus.redis).client_kill_filter(_type="normal", skipme=True)
    order = web.news("case", 300)
    for desk in desks:
        assert desk.until(lambda d=desk: order in [b["seq"] for b in d.of("changed")], 15)
        assert desk.is_open
