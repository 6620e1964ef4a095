"""Strangers' scripts in every desk's browser: they stand there as words, and nothing runs."""

import socket
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.client import Client
from tests.e2e.system import System, until
from tests.factories.pictures import picture

pytestmark = pytest.mark.timeout(240)
IMAGE = "<img src=x onerror=pwned=1>"
SCRIPT = '"><script>pwned=1</script>'
LINK = "javascript:pwned=1"
ALL = f"{IMAGE}{SCRIPT}"
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) =>
    window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


@pytest.fixture(scope="module")
def poisoned(running_system: System) -> Iterator[dict[str, Any]]:
    """A city in which strangers have written scripts wherever strangers write."""
    system = running_system
    unit_id, shop = _registers(system)
    for who in ("officer01", "officer02"):
        Client(system, who).send("POST", "/field/sign-on", unit_id=unit_id)
    receipt = _submission(system, shop)
    case_id = system.sql("select id from cases.cases where case_no = %s", receipt["case_no"])[0][0]
    _order(system, case_id, unit_id)
    _texts(system, unit_id)
    Client(system, "shift").post(f"/cases/{case_id}/escalate", level=1, reason=ALL)
    with socket.create_connection(("127.0.0.1", system.settings.nmea_tcp_port)) as vehicle:
        vehicle.sendall(f"$ID,{SCRIPT}\r\n{ALL}\r\n".encode())
    yield {"case_id": case_id, "unit_id": unit_id, "code": shop[3], **receipt}
    commander = Client(system, "commander")
    for alarm in commander.get("/alarms"):
        if alarm["kind"] == "officer_distress":
            commander.post(f"/alarms/{alarm['id']}/resolve", note="演练结束")


def _registers(system: System) -> tuple[int, tuple[Any, ...]]:
    """Names that came with a registry: of a car, its terminal, its crew, a business."""
    unit_id = system.sql("select id from dispatch.units where plate = '演A0001'")[0][0]
    shop = system.sql(
        "select id, st_x(geom), st_y(geom), credit_code from maps.businesses"
        " where geom is not null and credit_code is not null"
        " and not exists (select from cases.subjects where business_id = businesses.id)"
        " order by geom <-> st_setsrid(st_makepoint(116.45, 39.92), 4326) limit 1"
    )[0]
    _renamed(system, "update dispatch.units set name = %s, plate = '\"><b>' where id = %s", unit_id)
    _renamed(system, "update maps.businesses set name = '店' || %s where id = %s", shop[0])
    _renamed(
        system,
        "update gps.terminals set name = left(%s, 40) where id in"
        " (select terminal_id from dispatch.unit_terminals where unit_id = %s)",
        unit_id,
    )
    _renamed(
        system,
        "update accounts.users set name = left('员' || %s, 60) where account = any(%s)",
        ["officer01", "officer02", "dispatcher"],
    )
    return unit_id, shop


def _texts(system: System, unit_id: int) -> None:
    """A stranger's, which goes to the intake room, and one of the crew's that says nothing."""
    on_duty = "select phone from dispatch.crew where unit_id = %s and signed_off_at is null limit 1"
    system.smsc.inbound("+9991390000042", ALL)
    system.smsc.inbound(system.sql(on_duty, unit_id)[0][0], ALL)
    agent, dispatcher = Client(system, "agent"), Client(system, "dispatcher")
    until(lambda: agent.get("/strangers/texts"), 20, "the stranger's text at the intake desk")
    until(lambda: dispatcher.get("/inbound"), 20, "the crew's text at the dispatch desk")


def _renamed(system: System, statement: Any, which: object) -> None:
    system.sql(f"{statement} returning 1", ALL, which)


def _submission(system: System, shop: tuple[Any, ...]) -> dict[str, Any]:
    told = {
        "idempotency_key": str(uuid4()), "kinds": ["TS"], "channel": "web",
        "person": {"name": f"甲{IMAGE}", "phone": f"乙{SCRIPT}", "address": f"丙丁戊己{ALL}",
                   "id_kind": IMAGE, "id_number": f"庚辛壬癸{IMAGE}", "anonymous": False},
        "subject": {"business_id": shop[0], "name": f"店{ALL}", "address": f"路{ALL}",
                    "phone": LINK, "contact": IMAGE},
        "place": {"lon": shop[1], "lat": shop[2], "text": ALL, "evidence": [ALL]},
        "sealed_narrative": f"经过{ALL}", "dispatch_facts": f"事实{ALL}", "demands": ["refund"],
        "details": {"goods": ALL, "brand": LINK},
    }  # fmt: skip
    address = f"{system.settings.base_url}/api/v1/public/submissions"
    answer = requests.post(address, json=told, timeout=20)
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()["receipts"][0]
    return receipt


def _order(system: System, case_id: int, unit_id: int) -> None:
    """An order with words of its own, what its crew answers, their photo, their cry for help."""
    dispatcher, officer = Client(system, "dispatcher"), Client(system, "officer01")
    branch = dispatcher.get(f"/cases/{case_id}/recommendation")["branches"][0]["organisation_id"]
    order = dispatcher.post(
        "/orders", case_id=case_id, unit_ids=[unit_id], branch_ids=[branch], note=ALL,
        channels=["sms", "fax", "app"], kind="inspect", idempotency_key=str(uuid4()),
        override_reason=ALL,
    )  # fmt: skip
    if order["state"] == "PENDING_APPROVAL":  # several have reported that business by then
        Client(system, "commander").post(f"/orders/{order['id']}/approve")
    part = next(one for one in order["assignments"] if one["target"]["kind"] == "unit")
    path = f"/field/assignments/{part['id']}"
    for state in ("ACKED", "NEED_HELP"):
        officer.post(f"{path}/status", state=state, reason=ALL, text=ALL)
    file = {"file": (f"{IMAGE}.jpg", picture("JPEG"), "image/jpeg")}
    officer.http.post(f"{officer.address}{path}/photos", files=file, timeout=20).raise_for_status()
    officer.send("POST", "/field/sos", at="2026-09-22T01:00:00Z").raise_for_status()


@pytest.fixture(scope="module")
def watched(running_system: System, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a desk in a browser that keeps what a script of a stranger would do."""
    contexts: list[BrowserContext] = []

    def open_as(account: str | None, path: str) -> Page:
        context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
        context.add_init_script(WATCH)
        contexts.append(context)
        page = context.new_page()
        page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
        base = running_system.settings.base_url
        if account:
            page.goto(f"{base}/login")
            sign_in(page, account)
        page.goto(base + path)
        return page

    yield open_as
    for context in contexts:
        context.close()


def sign_in(page: Page, account: str) -> None:
    page.get_by_test_id("account").fill(account)
    page.get_by_test_id("password").fill("demo-12315")
    page.get_by_test_id("sign-in").click()
    page.wait_for_url(lambda url: "/login" not in url)


def unharmed(page: Page, *, shows: str = IMAGE) -> None:
    """The words stand there as words; nothing of them ran, or was only just kept from running."""
    look = "words => document.body.innerText.includes(words)"
    page.wait_for_function(look, arg=shows, timeout=30_000)
    page.wait_for_timeout(700)
    assert page.evaluate("typeof window.pwned") == "undefined"
    assert page.evaluate("window.violations") == []
    assert page.locator("img[src='x'], [onerror], [onload]").count() == 0
    assert page.locator("a[href^='javascript:' i], iframe[srcdoc]").count() == 0
    page.goto("about:blank")


def test_the_dispatcher_reads_strangers_words(
    poisoned: dict[str, Any], watched: Callable[..., Page]
) -> None:
    page = watched("dispatcher", "/dispatch")
    page.get_by_test_id(f"queue-case-{poisoned['case_id']}").click(timeout=30_000)
    page.get_by_test_id("case-head").wait_for()
    unharmed(page)


def test_a_case_s_page_says_everything_as_it_was_written(
    poisoned: dict[str, Any], watched: Callable[..., Page]
) -> None:
    page = watched("shift", f"/cases/{poisoned['case_id']}")
    page.get_by_test_id("detail-state").wait_for(timeout=30_000)
    unharmed(page, shows=f"事实{ALL}")


@pytest.mark.parametrize(
    ("account", "path"),
    [("commander", "/dispatch"), ("officer01", "/field"), ("admin", "/admin"), ("shift", "/cases"),
     ("dispatcher", "/account")],
)  # fmt: skip
def test_every_desk_stays_itself(
    poisoned: dict[str, Any], watched: Callable[..., Page], account: str, path: str
) -> None:
    page = watched(account, path)
    if path == "/admin":
        page.get_by_test_id("tab-people").click()
    unharmed(page)


@pytest.mark.parametrize(("account", "path"), [("head", "/cockpit"), ("audit", "/audit")])
def test_a_desk_that_shows_no_words_runs_none(
    poisoned: dict[str, Any], watched: Callable[..., Page], account: str, path: str
) -> None:
    page = watched(account, path)
    page.wait_for_timeout(3_000)
    unharmed(page, shows="")


def test_the_agent_reads_a_strangers_text(
    poisoned: dict[str, Any], watched: Callable[..., Page]
) -> None:
    page = watched("agent", "/desk")
    page.get_by_test_id("text-tray").wait_for(timeout=30_000)
    unharmed(page, shows=ALL)


def test_the_agent_finds_the_business(
    poisoned: dict[str, Any], watched: Callable[..., Page]
) -> None:
    page = watched("agent", "/desk")
    page.get_by_test_id("kind-TS").click(timeout=30_000)
    page.get_by_test_id("subject-search").fill(poisoned["code"])
    page.get_by_test_id("candidate-0").wait_for(timeout=30_000)
    unharmed(page)


def test_the_public_asks_how_far_it_is(
    poisoned: dict[str, Any], watched: Callable[..., Page]
) -> None:
    page = watched(None, f"/query?case_no={IMAGE}&next={LINK}")
    page.get_by_test_id("query-case-no").fill(poisoned["case_no"])
    page.get_by_test_id("query-query-code").fill(poisoned["query_code"])
    page.get_by_test_id("query-submit").click()
    unharmed(page, shows=poisoned["case_no"])


@pytest.mark.parametrize(
    "onward", ["//evil.example", "/\\evil.example", LINK, "https://evil.example"]
)
def test_signing_in_leads_nowhere_else(
    running_system: System, watched: Callable[..., Page], onward: str
) -> None:
    page = watched(None, f"/login?{urlencode({'next': onward})}")
    sign_in(page, "stat")
    assert page.url.startswith(running_system.settings.base_url)
    assert page.evaluate("typeof window.pwned") == "undefined"
