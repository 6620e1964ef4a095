"""The same thing asked for many times at the same moment, with real commits: it happens once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from kernel.clock import FixedClock
from tests.factories.documented import operations
from tests.factories.door import Browser
from tests.factories.siege import ALL, SETTER, Siege

MANY = 6


def at_once(ask: Callable[[int], Any]) -> Counter[int]:
    """How often each status came back."""
    start = Barrier(MANY)

    def run(number: int) -> int:
        start.wait(10)
        return int(ask(number).status_code)

    with ThreadPoolExecutor(MANY) as pool:
        return Counter(pool.map(run, range(MANY)))


def count(stormed: Siege, query: str, **values: object) -> Any:
    with stormed.database.unit_of_work(SETTER) as session:
        return session.scalar(text(f"select count(*) from {query}"), values)


def test_an_order_is_approved_once_whoever_presses(stormed: Siege) -> None:
    order = stormed.ids["pending_id"]
    people = ("cmd", ALL, "lead")
    found = at_once(
        lambda n: stormed.request(people[n % 3], "POST", f"/api/v1/orders/{order}/approve", json={})
    )
    assert found[200] == 1, found
    assert set(found) <= {200, 403, 409}
    assert count(stormed, "kernel.audit where action = 'order.approved'") == 1
    twice = (
        "(select 1 from dispatch.deliveries where order_id = :order group by address, channel"
        " having count(*) > 1) d"
    )
    assert count(stormed, twice, order=order) == 0
    assert count(stormed, "dispatch.deliveries where order_id = :order", order=order) > 1


def test_an_approval_and_a_refusal_cannot_both_hold(stormed: Siege) -> None:
    wanted = {
        "case_id": stormed.ids["JB_id"], "branch_ids": [stormed.bureau.branch.id],
        "channels": ["sms"], "kind": "verify", "override_reason": "x",
        "idempotency_key": str(uuid4()),
    }  # fmt: skip
    order = stormed.kept("disp", "POST", "/orders", wanted)["id"]
    ways = (("approve", {}), ("refuse", {"reason": "不派"}), ("cancel", {"reason": "撤回"}))

    def decide(number: int) -> Any:
        way, body = ways[number % 3]
        return stormed.request("cmd", "POST", f"/api/v1/orders/{order}/{way}", json=body)

    found = at_once(decide)
    assert set(found) == {200, 409}, found
    both = (
        "dispatch.orders where id = :order and refused_at is not null and approved_at is not null"
    )
    assert count(stormed, both, order=order) == 0


def test_the_same_submission_from_six_lines_is_one_case(stormed: Siege) -> None:
    submit = next(op for op in operations(stormed.app) if op.name == "submitPublicly")
    told = stormed.body(submit) | {"idempotency_key": str(uuid4())}
    before = count(stormed, "cases.cases")
    found = at_once(lambda _: stormed.request(None, "POST", stormed.path(submit), json=told))
    assert found == {201: MANY}
    assert count(stormed, "cases.cases") == before + 1


def test_the_same_order_from_six_lines_is_one(stormed: Siege) -> None:
    wanted = {
        "case_id": stormed.ids["ZX_id"], "branch_ids": [stormed.bureau.branch.id],
        "channels": ["sms"], "kind": "inspect", "override_reason": "x",
        "idempotency_key": str(uuid4()),
    }  # fmt: skip
    before = count(stormed, "dispatch.orders")
    found = at_once(lambda _: stormed.request("disp", "POST", "/api/v1/orders", json=wanted))
    assert found == {201: MANY}
    assert count(stormed, "dispatch.orders") == before + 1


def test_an_alarm_is_taken_by_one(stormed: Siege) -> None:
    alarm = stormed.ids["alarm_id"]
    people = ("cmd", "disp", "lead", "shift", ALL, "stat")
    found = at_once(
        lambda n: stormed.request(people[n], "POST", f"/api/v1/alarms/{alarm}/take", json={})
    )
    assert found[200] == 1, found
    assert set(found) <= {200, 403, 404, 409}
    taken = "kernel.audit where action = 'alarm.taken' and object_id = :alarm"
    assert count(stormed, taken, alarm=str(alarm)) == 1


@pytest.mark.parametrize("kind", ["totp", "recovery"])
def test_a_code_lets_one_browser_in(stormed: Siege, kind: str) -> None:
    clock = stormed.database.clock
    assert isinstance(clock, FixedClock)
    account = "stat" if kind == "totp" else "agent"
    owner = Browser(stormed.app)
    owner.sign_in(account)
    phone = owner.enrol(clock)
    code = phone.next_code() if kind == "totp" else next(phone.recovery)
    browsers = [Browser(stormed.app) for _ in range(MANY)]
    for browser in browsers:
        assert browser.sign_in(account).status_code == 202
    found = at_once(lambda n: browsers[n].second(code))
    assert found[200] == 1, found
    assert set(found) <= {200, 401, 429}


def test_guesses_at_once_do_not_get_past_the_limit(stormed: Siege) -> None:
    found: Counter[int] = Counter()
    for _ in range(3):
        found += at_once(lambda _: Browser(stormed.app).sign_in("svc", "a wrong password"))
    assert 1 <= found[401] <= 5, found
    assert found[429] >= 3 * MANY - 5
