"""The desk and the workers at once, on real row locks: nobody waits for one who waits for them."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from psycopg.errors import DeadlockDetected
from sqlalchemy import event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.orm import Session

from dispatch.delivery import queries as deliveries
from dispatch.delivery.models import Delivery
from dispatch.orders import queries
from kernel.errors import AppError
from tests.integration.dispatch.conftest import DISPATCHER, EAST, REPORT, WEST, Desk

ROUNDS, SECONDS = 6, 20
WAITING = text(
    "select count(*) from pg_locks"
    " where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))"
)


@pytest.fixture
def deadlocks(desk: Desk) -> list[str]:
    """What the database broke off, of the desk and of the workers alike."""
    found: list[str] = []

    def note(context: ExceptionContext) -> None:
        if isinstance(context.original_exception, DeadlockDetected):
            found.append(f"{context.statement}: {context.original_exception}")

    event.listen(desk.database.engine, "handle_error", note)
    return found


@contextmanager
def working(desk: Desk) -> Iterator[None]:
    """A worker and its pool of threads, as they run in a process of their own."""
    worker = desk.worker()
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(SECONDS)
    assert not thread.is_alive()


def until_somebody_waits(session: Session) -> None:
    """Return once another transaction waits for this one."""
    end = time.monotonic() + SECONDS
    while not session.scalar(WAITING):
        assert time.monotonic() < end, "nobody waits"
        time.sleep(0.02)


def code_of(act: Callable[[], object]) -> str:
    """The code of the refusal, or nothing."""
    try:
        act()
    except AppError as refusal:
        return refusal.code
    return ""


def test_orders_are_cancelled_while_they_are_being_sent(desk: Desk, deadlocks: list[str]) -> None:
    chance = random.Random(20260922)
    orders = []
    with working(desk):
        for _ in range(ROUNDS):
            orders.append(desk.issue(branch_ids=(EAST.id, WEST.id), channels=("sms", "fax")))
            time.sleep(chance.uniform(0, 0.4))
            desk.do(lambda s: desk.room.orders.cancel(s, orders[-1], "误派"))
    desk.work(seconds=2)
    assert not deadlocks
    assert {desk.order(one).state for one in orders} == {"CANCELLED"}
    assert not [d for one in orders for d in desk.deliveries(one) if d.document and not settled(d)]


def settled(page: Delivery) -> bool:
    """Whether it was laid out, or stopped before."""
    return page.message_id is not None or page.state == "CANCELLED"


def test_a_page_that_somebody_holds_is_passed_over_and_looked_at_again(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,), channels=("fax",))
    page = desk.deliveries(order_id)[0]
    with desk.database.unit_of_work(DISPATCHER) as session:
        session.get_one(Delivery, page.id, with_for_update=True)
        worker = threading.Thread(target=desk.work, daemon=True)
        worker.start()
        worker.join(SECONDS)
        assert not worker.is_alive()
    assert not desk.fax.sent
    desk.work(seconds=1)
    assert [one.to for one in desk.fax.sent] == [EAST.fax]


Verb = Callable[[Desk, Session, int], object]


@pytest.mark.parametrize(
    ("verb", "code"),
    [
        (lambda desk, s, ident: desk.room.deliveries.resend(s, ident, "?"), "order_cancelled"),
        (lambda desk, s, ident: desk.room.deliveries.release(s, ident, "?"), "illegal_transition"),
        (lambda desk, s, ident: desk.room.deliveries.cancel(s, ident), "illegal_transition"),
    ],
    ids=["resend", "release", "cancel"],
)
def test_who_touches_a_message_waits_for_the_end_of_its_order(
    desk: Desk, deadlocks: list[str], verb: Verb, code: str, request: pytest.FixtureRequest
) -> None:
    sent = "resend" in request.node.name
    order_id = desk.issue(branch_ids=(EAST.id,), case=REPORT, channels=("sms" if sent else "fax",))
    if sent:
        desk.work(seconds=1)
    ident = desk.deliveries(order_id)[0].id

    def act() -> str:
        return code_of(lambda: desk.do(lambda s: verb(desk, s, ident)))

    with ThreadPoolExecutor(1) as pool:
        with desk.database.unit_of_work(DISPATCHER) as session:
            queries.lock(session, order_id)
            refused = pool.submit(act)
            until_somebody_waits(session)
            desk.room.orders.cancel(session, order_id, "误派")
        assert refused.result(SECONDS) == code
    assert not deadlocks


def test_news_of_a_message_waits_for_the_end_of_its_order(desk: Desk, deadlocks: list[str]) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,), channels=("sms",))
    with ThreadPoolExecutor(1) as pool:
        with desk.database.unit_of_work(DISPATCHER) as session:
            queries.lock(session, order_id)
            done = pool.submit(desk.work)
            until_somebody_waits(session)
            desk.room.orders.cancel(session, order_id, "误派")
        done.result(SECONDS)
    first, recall = desk.deliveries(order_id)
    assert (first.state, first.stopped_why, recall.state) == ("SENT", "cancelled", "SENT")
    assert not deadlocks


def test_two_workers_with_news_of_the_same_order_go_one_after_the_other(
    desk: Desk, deadlocks: list[str]
) -> None:
    order_id = desk.issue(branch_ids=(EAST.id, WEST.id), channels=("sms",))
    first, second = (Delivery.id == one.id for one in desk.deliveries(order_id))

    def follow(session: Session) -> None:
        deliveries.locked(session, second)
        deliveries.locked(session, first)

    with ThreadPoolExecutor(1) as pool:
        with desk.database.unit_of_work(DISPATCHER) as session:
            deliveries.locked(session, first)
            other = pool.submit(desk.do, follow)
            until_somebody_waits(session)
            deliveries.locked(session, second)
        other.result(SECONDS)
    assert not deadlocks


def test_of_four_hands_at_once_one_repeats(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,), channels=("sms",))
    desk.work(seconds=1)
    first = desk.deliveries(order_id)[0]
    start = threading.Barrier(4)

    def press(_: int) -> str:
        start.wait(SECONDS)
        return code_of(lambda: desk.do(lambda s: desk.room.deliveries.resend(s, first.id, "?")))

    with ThreadPoolExecutor(4) as pool:
        codes = sorted(pool.map(press, range(4)))
    assert codes == ["", *["already_repeated"] * 3]
    assert [d.repeats_id for d in desk.deliveries(order_id)] == [None, first.id]
    desk.work(seconds=1)
    assert desk.told().count("delivery_resent") == 1
    newest = desk.deliveries(order_id)[1]
    desk.do(lambda s: desk.room.deliveries.resend(s, newest.id, "?"))
    assert [d.repeats_id for d in desk.deliveries(order_id)] == [None, first.id, newest.id]
