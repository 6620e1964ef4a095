"""Bad days of the whole system, with the peer's own log as witness."""

import os
import random
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import requests
from playwright.sync_api import Page

from command_center.engines.database import private_postgres
from tests.e2e.client import Client
from tests.e2e.desks import DispatchDesk
from tests.e2e.system import System, code_of, until

pytestmark = pytest.mark.timeout(240)


@dataclass
class Load:
    """Work that goes on from several threads until the block ends; keeps what was acknowledged."""

    acts: tuple[Callable[[], str | None], ...]
    acknowledged: list[str] = field(default_factory=list)
    refused: int = 0

    def __enter__(self) -> "Load":
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(act,)) for act in self.acts]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _work(self, act: Callable[[], str | None]) -> None:
        while not self._stop.is_set():
            try:
                said = act()
            except requests.RequestException:
                said = None
            if said is None:
                self.refused += 1
                time.sleep(0.05)
            else:
                self.acknowledged.append(said)


def free_units(system: System, count: int) -> list[int]:
    rows = system.sql(
        "select u.id from dispatch.units u join dispatch.unit_terminals t on t.unit_id = u.id"
        " where u.state = 'FREE' order by u.id desc limit %s",
        count,
    )
    return [row[0] for row in rows]


def crew_phone(system: System, unit_id: int) -> str:
    phone: str = system.sql(
        "select phone from dispatch.crew where unit_id = %s and signed_off_at is null"
        " order by id limit 1",
        unit_id,
    )[0][0]
    return phone


def open_case(system: System, agent: Client) -> int:
    """A plain complaint about a business of the registry."""
    shop = random.choice(
        system.sql(
            "select id, name, address, st_x(geom), st_y(geom) from maps.businesses"
            " where geom is not null limit 500"
        )
    )
    answer = agent.post(
        "/submissions",
        idempotency_key=str(uuid.uuid4()),
        channel="phone",
        hotline="12315",
        kinds=["TS"],
        person={"name": "坏天气", "phone": "+99913822220000", "address": "演示路1号"},
        subject={"business_id": shop[0], "name": shop[1], "address": shop[2]},
        place={"lon": shop[3], "lat": shop[4], "level": "door", "confidence": 1.0,
               "evidence": [], "text": shop[2], "confirmed": True},
        sealed_narrative="多收了钱。",
        dispatch_facts="标价与结账金额不符。",
        demands=[agent.get("/codes")["demands"][0]["code"]],
    )  # fmt: skip
    ident: int = answer["cases"][0]["id"]
    return ident


def order(dispatcher: Client, case_id: int, unit_id: int, **more: Any) -> requests.Response:
    return dispatcher.send(
        "POST",
        "/orders",
        case_id=case_id,
        unit_ids=[unit_id],
        branch_ids=[],
        channels=["sms"],
        kind="inspect",
        idempotency_key=str(uuid.uuid4()),
        override_reason="演练",
        **more,
    )


@pytest.fixture
def calm_smsc(running_system: System) -> Iterator[System]:
    """Whatever a test does to the SMSC is undone."""
    yield running_system
    running_system.smsc.back()
    running_system.smsc.rule()


def test_the_database_restarts_under_load(running_system: System) -> None:
    system, agent = running_system, Client(running_system, "agent")
    identity, sent = "DEMO0040", iter(range(10**9))
    start = int(time.time()) - 3600

    def file() -> str | None:
        key = str(uuid.uuid4())
        answer = requests.post(
            f"{system.settings.base_url}/api/v1/public/submissions",
            json={
                "idempotency_key": key,
                "channel": "web",
                "hotline": "12315",
                "kinds": ["ZX"],
                "person": {"name": "询问人", "phone": "+99913822220001"},
                "question": f"重启时的问题 {key}",
            },
            timeout=15,
        )
        return f"case {answer.json()['receipts'][0]['case_no']}" if answer.ok else None

    def fix() -> str | None:
        moment = start + next(sent)
        answer = requests.get(
            f"http://127.0.0.1:{system.settings.osmand_port}/",
            params={"id": identity, "timestamp": moment, "lat": 39.9, "lon": 116.4},
            timeout=15,
        )
        return f"fix {moment}" if answer.ok else None

    cluster = private_postgres(system.settings)
    with Load((file, fix)) as load:
        until(lambda: len(load.acknowledged) > 10, 20, "the load to run")
        cluster.stop()
        before = len(load.acknowledged)
        time.sleep(1)
        cluster.start()
        until(lambda: len(load.acknowledged) > before + 20, 60, "the system to recover")
    stored = {f"case {row[0]}" for row in system.sql("select case_no from cases.cases")} | {
        f"fix {row[0]}"
        for row in system.sql(
            "select extract(epoch from f.fixed_at)::bigint from gps.fixes f"
            " join gps.terminals t on t.id = f.terminal_id where t.identity = %s",
            identity,
        )
    }
    assert set(load.acknowledged) - stored == set()
    assert load.refused > 0
    assert agent.get("/session")["account"] == "agent"
    until(lambda: system.get("/healthz").get("ok"), 30, "a healthy system again")


def test_a_worker_killed_while_the_engine_answers_leaves_an_unknown_and_no_second_text(
    calm_smsc: System,
) -> None:
    system = calm_smsc
    agent, dispatcher = Client(system, "agent"), Client(system, "dispatcher")
    (unit_id,) = free_units(system, 1)
    worker = system.settings.var_dir / "run" / "worker.pid"
    kannel_stopped = freeze_kannel(system)
    try:
        issued = order(dispatcher, open_case(system, agent), unit_id).json()
        until(lambda: states(system, issued["id"]) == {"SENDING"}, 10, "the worker to be sending")
        os.kill(int(worker.read_text().split()[0]), signal.SIGKILL)
    finally:
        kannel_stopped()
    until(lambda: states(system, issued["id"]) == {"UNKNOWN"}, 60, "the outcome to be unknown")
    texts = [m for m in system.smsc.messages() if issued["order_no"] in m["text"]]
    recipients = [message["to"] for message in texts]
    assert len(recipients) == len(set(recipients))
    problems = {alarm["kind"] for alarm in dispatcher.get("/alarms")}
    assert "delivery_problem" in problems


def freeze_kannel(system: System) -> Callable[[], None]:
    """SIGSTOP smsbox: it takes the connection and never answers. Gives the way back."""
    pids = [
        int(path.read_text().split()[0])
        for path in (system.settings.var_dir / "run").glob("*smsbox*.pid")
    ]
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    return lambda: [os.kill(pid, signal.SIGCONT) for pid in pids] and None


def states(system: System, order_id: int) -> set[str]:
    rows = system.sql("select state from dispatch.deliveries where order_id = %s", order_id)
    return {row[0] for row in rows}


def test_two_dispatchers_take_one_unit_at_once(running_system: System) -> None:
    system = running_system
    agent = Client(system, "agent")
    desks = [Client(system, "dispatcher"), Client(system, "commander")]
    cases = [open_case(system, agent) for _ in desks]
    (unit_id,) = free_units(system, 1)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda d, c: order(d, c, unit_id), desks, cases))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    won = next(answer.json() for answer in answers if answer.status_code == 201)
    lost = next(answer.json() for answer in answers if answer.status_code == 409)
    assert lost["code"] == "unit_taken"
    assert lost["params"]["order_no"] == won["order_no"]
    text = system.text_to(crew_phone(system, unit_id), won["order_no"])
    assert len(code_of(text)) == 4
    orders = system.sql("select count(*) from dispatch.orders where case_id = any(%s)", cases)
    assert orders == [(1,)]


def test_the_smsc_throttles_refuses_goes_away_and_comes_back(calm_smsc: System) -> None:
    system = calm_smsc
    agent, dispatcher = Client(system, "agent"), Client(system, "dispatcher")
    throttled, refused, away = free_units(system, 3)

    system.smsc.rule(submit="throttle", count=2)
    slow = order(dispatcher, open_case(system, agent), throttled).json()
    assert code_of(system.text_to(crew_phone(system, throttled), slow["order_no"]))

    system.smsc.rule(submit="refuse")
    failed = order(dispatcher, open_case(system, agent), refused).json()
    until(lambda: states(system, failed["id"]) == {"FAILED"}, 40, "the refusal to be visible")
    assert "delivery_problem" in {alarm["kind"] for alarm in dispatcher.get("/alarms")}
    system.smsc.rule()

    system.smsc.away()
    waiting = order(dispatcher, open_case(system, agent), away).json()
    time.sleep(2)
    assert not [m for m in system.smsc.messages() if waiting["order_no"] in m["text"]]
    system.smsc.back()
    phone = crew_phone(system, away)
    until(
        lambda: [m for m in system.smsc.messages(phone) if waiting["order_no"] in m["text"]],
        60,
        "the text that had waited",
    )
    for issued in (slow, waiting):
        texts = [m for m in system.smsc.messages() if issued["order_no"] in m["text"]]
        assert len(texts) == len({message["to"] for message in texts}), "sent twice"


def test_garbage_on_the_vehicles_port_holds_up_nobody(running_system: System) -> None:
    system, identity = running_system, "DEMO0038"
    address = ("127.0.0.1", system.settings.nmea_tcp_port)
    source = random.Random(12315)

    def flood() -> str | None:
        try:
            # From an address of its own: whoever floods is shut out by address.
            with socket.create_connection(address, 5, ("127.0.0.66", 0)) as link:
                link.sendall(source.randbytes(20_000) + b"$" * 20_000 + b"$GPRMC,1*00\r\r\rx\n")
        except OSError:
            return None
        return "sent"

    with Load((flood, flood, flood)) as load:
        until(lambda: len(load.acknowledged) > 10, 20, "the flood")
        moved = 0
        for step in range(5):
            lon = 116.40 + step * 0.001
            system.drive_to(identity, lon, 39.93)
            until(partial(at, system, identity, lon), 5, f"fix {step} stored")
            moved += 1
            time.sleep(1.1)
    assert moved == 5
    assert system.get("/healthz")["ok"]


def test_a_killed_bus_never_leaves_a_desk_with_an_old_picture(
    running_system: System, signed_in: Callable[..., Page]
) -> None:
    system, identity = running_system, "DEMO0037"
    unit_id = system.sql(
        "select x.unit_id from dispatch.unit_terminals x"
        " join gps.terminals t on t.id = x.terminal_id where t.identity = %s",
        identity,
    )[0][0]
    desk = DispatchDesk(signed_in("dispatcher", "/dispatch"))
    system.drive_to(identity, 116.4000, 39.9300)
    desk.sees_unit_near(unit_id, 116.4000, 39.9300)
    os.kill(int((system.settings.var_dir / "run" / "redis.pid").read_text().split()[0]), 9)
    time.sleep(1.1)
    # While the bus is away: stored, but nobody is told. The desk must come to know it all the same.
    system.drive_to(identity, 116.4003, 39.9300)
    until(partial(at, system, identity, 116.4003), 10, "the fix stored without the bus")
    desk.sees_unit_near(unit_id, 116.4003, 39.9300)
    until(lambda: system.get("/healthz").get("ok"), 30, "a healthy system again")


def at(system: System, identity: str, lon: float) -> bool:
    rows = system.sql(
        "select st_x(l.geog::geometry) from gps.latest l join gps.terminals t"
        " on t.id = l.terminal_id where t.identity = %s",
        identity,
    )
    return bool(rows) and abs(rows[0][0] - lon) < 1e-4
