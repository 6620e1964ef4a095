"""From the order to the first thing that leaves: the queue, the worker, Kannel, a desk's clicks.

Each figure stands beside its limit of the same run: the bare statements, or the engine asked
directly. ORDERS_A_MINUTE (50), MINUTES (2) and RECIPIENTS (1,000) may be changed.
"""

import itertools
import os
import statistics
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from playwright.sync_api import Page

from kernel.access import Principal, system
from kernel.db import Database
from kernel.gate import gate
from kernel.jobs import Handlers, Worker, enqueue
from telephony import outbound
from telephony.gateways.base import Outgoing
from telephony.gateways.sms_kannel import KannelGateway
from tests.e2e.client import Client
from tests.e2e.desks import DispatchDesk, IntakeDesk, Submission
from tests.e2e.system import System, until
from tests.e2e.test_bad_days import open_case
from tests.e2e.test_main_job import business

JOBS, THREADS = 2_000, 16
A_MINUTE = int(os.environ.get("ORDERS_A_MINUTE", "50"))
MINUTES = float(os.environ.get("MINUTES", "2"))
RECIPIENTS = int(os.environ.get("RECIPIENTS", "1000"))
ROUNDS = 5
pytestmark = pytest.mark.timeout(900)


def tell(line: str) -> None:
    print(f"\n{line}", end="")  # noqa: T201 (a benchmark)


def quantiles(values: list[float], unit: str) -> str:
    found = sorted(values)
    p50, p95 = statistics.median(found), found[int(len(found) * 0.95) - 1]
    return f"p50 {p50:,.2f} p95 {p95:,.2f} {unit} of {len(found)}"


# ------------------------------------------------------------------- the durable queue

BARE_PUT = "insert into public.bare (payload, run_at) values ('{}', now())"
BARE_TAKE = """
update public.bare set run_at = now() + interval '30 seconds' where id =
  (select id from public.bare where run_at <= now() order by run_at limit 1
   for update skip locked) returning id
"""
BARE_DONE = "delete from public.bare where id = %s"


def together(step: Callable[[psycopg.Connection], None], url: str) -> float:
    """Seconds until so many threads, each on a line of its own, have done it JOBS times."""

    def work(times: int) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            for _ in range(times):
                step(connection)

    begin = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, [JOBS // THREADS] * THREADS))
    return time.perf_counter() - begin


def test_durable_messages_a_second(make_database: Callable[[], str], principal: Principal) -> None:
    database = Database(make_database())
    url = database.engine.url.render_as_string(hide_password=False).replace("+psycopg", "", 1)

    def take(connection: psycopg.Connection) -> None:
        row = connection.execute(BARE_TAKE).fetchone()
        if row is not None:
            connection.execute(BARE_DONE, row)

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "create table public.bare (id bigserial primary key, payload jsonb, run_at timestamptz)"
        )
        connection.execute("create index on public.bare (run_at)")
    bare_put = together(lambda connection: connection.execute(BARE_PUT) and None, url)
    bare_take = together(take, url)

    done, all_done, count = threading.Lock(), threading.Event(), itertools.count(1)

    def handle(_session: object, _payload: object) -> None:
        with done:
            if next(count) == JOBS:
                all_done.set()

    def put(times: int) -> None:
        for _ in range(times):
            with database.unit_of_work(principal) as session:
                enqueue(session, "bench.note", {"n": 1})

    begin = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(put, [JOBS // THREADS] * THREADS))
    ours_put = time.perf_counter() - begin
    handlers = Handlers()
    handlers.transactional("bench.note", handle)
    worker = Worker(database, handlers, principal, size=THREADS)
    running = threading.Thread(target=worker.run, daemon=True)
    begin = time.perf_counter()
    running.start()
    assert all_done.wait(300)
    ours_take = time.perf_counter() - begin
    worker.stop()
    running.join(10)
    database.close()
    tell(
        f"durable queue, {JOBS} jobs, each in and out in transactions of its own:"
        f" in {JOBS / ours_put:,.0f} a second, {ours_put / bare_put:.1f} x bare;"
        f" out {JOBS / ours_take:,.0f} a second, {ours_take / bare_take:.1f} x bare;"
        f" both {JOBS / (ours_put + ours_take):,.0f} a second,"
        f" {(ours_put + ours_take) / (bare_put + bare_take):.1f} x bare"
    )


# ------------------------------------------------------------------- the whole system


def test_from_the_order_to_the_first_hop(running_system: System) -> None:
    """At a steady pace: issued over HTTP, until Kannel has the first text of it."""
    agent, dispatcher = Client(running_system, "agent"), Client(running_system, "dispatcher")
    cases = [open_case(running_system, agent) for _ in range(10)]
    found = dispatcher.get(f"/cases/{cases[0]}/recommendation")["branches"]
    branches = [one["organisation_id"] for one in found if one["phone"]]
    answered, orders = list[float](), list[int]()
    due = time.monotonic()
    for number in range(round(A_MINUTE * MINUTES)):
        begin = time.monotonic()
        made = dispatcher.post(
            "/orders", case_id=cases[number % len(cases)], unit_ids=[], kind="verify",
            branch_ids=[branches[number % len(branches)]], channels=["sms"],
            idempotency_key=str(uuid.uuid4()), override_reason="测量",
        )  # fmt: skip
        answered.append(time.monotonic() - begin)
        orders.append(made["id"])
        due += 60 / A_MINUTE
        time.sleep(max(0.0, due - time.monotonic()))

    def hops() -> list[float] | None:
        rows = running_system.sql(
            "select extract(epoch from min(m.sent_at) - o.created_at)"
            " from dispatch.orders o join dispatch.deliveries d on d.order_id = o.id"
            " left join telephony.messages m on m.id = d.message_id"
            " where o.id = any(%s) group by o.id",
            orders,
        )
        known = [float(one) for (one,) in rows if one is not None]
        return known if len(known) == len(orders) else None

    seconds = until(hops, 60, "a first hop of every order")
    tell(
        f"{A_MINUTE} orders a minute: the desk's answer {quantiles(answered, 's')};"
        f" order to first hop {quantiles(seconds, 's')}, goal p95 2 s"
    )


def test_from_the_ring_to_the_order_at_two_desks(
    running_system: System, signed_in: Callable[..., Page]
) -> None:
    """A person's clicks without their thinking: typed, found, pinned, saved, composed, sent."""
    agent = IntakeDesk(signed_in("agent", "/desk"))
    dispatcher = DispatchDesk(signed_in("dispatcher", "/dispatch"))
    registered, sent = list[float](), list[float]()
    for number in range(1, ROUNDS + 1):
        shop = business(running_system, number)
        begin = time.monotonic()
        case_no = agent.register(
            Submission(
                kind="TS", words=f"{shop.street}{shop.name}", narrative="买到过期牛奶。",
                facts=f"第{number}次：牛奶已过保质期。", name="周测试", phone="+99913811110000",
                address="演示市演示路9号",
            )
        )  # fmt: skip
        registered.append(time.monotonic() - begin)
        case_id = running_system.sql("select id from cases.cases where case_no = %s", case_no)[0][0]
        begin = time.monotonic()
        dispatcher.open_case(case_id)
        dispatcher.press(f"rec-branch-{shop.branch_id}-choose")
        dispatcher.press("compose-preview")
        dispatcher.send()
        sent.append(time.monotonic() - begin)
        agent.next_call()
    whole = [one + other for one, other in zip(registered, sent, strict=True)]
    tell(
        f"ring to case {quantiles(registered, 's')}; case to sent order {quantiles(sent, 's')};"
        f" together {quantiles(whole, 's')}"
    )


def test_a_text_to_a_thousand(running_system: System) -> None:
    """Queued in one transaction, until the SMSC has all; beside Kannel asked directly."""
    settings, smsc = running_system.settings, running_system.smsc
    gateway = KannelGateway(settings)
    words = gate.clear("drill.sms", {"minute": "11-23 12:00"}).written(lambda _: "演练：通信测试")

    def count(prefix: str) -> int:
        return sum(str(one["to"]).startswith(prefix) for one in smsc.events("message"))

    def straight(number: int) -> None:
        text = words.for_way("sms")
        gateway.send(Outgoing(number, 1, f"+9991392{number % 10**7:07}", text=text))

    begin = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(straight, range(10**9, 10**9 + RECIPIENTS)))
    until(lambda: count("+9991392") >= RECIPIENTS, 120, "all texts at the SMSC")
    bare = time.perf_counter() - begin

    database = Database(settings.owner_url, pool_size=2)
    begin = time.perf_counter()
    with database.unit_of_work(system("bench")) as session:
        for number in range(RECIPIENTS):
            outbound.queue_sms(session, words, to=f"+9991393{number:07}")
    queued = time.perf_counter() - begin
    until(lambda: count("+9991393") >= RECIPIENTS, 300, "all texts at the SMSC")
    ours = time.perf_counter() - begin
    database.close()
    tell(
        f"a text to {RECIPIENTS}: queued in {queued:.1f} s, all at the SMSC after {ours:.1f} s"
        f" ({RECIPIENTS / ours:,.0f} a second); Kannel asked directly {bare:.1f} s,"
        f" ratio {ours / bare:.1f}"
    )
