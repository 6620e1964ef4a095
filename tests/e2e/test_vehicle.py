"""A JT/T 808 terminal in a car, on the real system: its cry for help on the commander's screen, an
order on its own screen, and its buttons in the order's timeline.
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Event, Thread

import pytest
from playwright.sync_api import Page, expect

from command_center.demo.terminal import NoAnswer, SimulatedTerminal, at
from gps_ingest.protocols.jt808 import control, words
from gps_ingest.protocols.jt808.bits import SOS
from tests.e2e.client import Client
from tests.e2e.system import System, until

PLATE = "演A0003"
measured = logging.getLogger("measured")


@pytest.fixture(scope="module")
def terminal(running_system: System) -> Iterator[SimulatedTerminal]:
    made = running_system.terminal(PLATE, "13912310003")
    yield made
    made.close()


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def in_background(terminal: SimulatedTerminal) -> Callable[[], None]:
    """The terminal obeys until it is told to stop."""
    stop = Event()

    def run() -> None:
        while not stop.is_set():
            try:
                terminal.listen(0.2)
            except NoAnswer:
                return

    thread = Thread(target=run, daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(5)

    return end


@pytest.mark.timeout(180)
def test_a_cry_for_help_is_on_the_commanders_screen_at_once(
    running_system: System,
    terminal: SimulatedTerminal,
    signed_in: Callable[..., Page],
) -> None:
    page = signed_in("commander", "/cases")
    expect(page.get_by_text("在左边选一件案件")).to_be_visible(timeout=30_000)
    page.wait_for_timeout(1500)  # the desk's line is up
    began = time.monotonic()
    assert terminal.report(at(now(), 39.915, 116.40, alarm=SOS)) == 0
    bar = page.get_by_test_id("alarm-bar").filter(has_text="执法人员求助")
    expect(bar).to_be_visible(timeout=10_000)
    seconds = time.monotonic() - began
    measured.info("from the button to the commander's screen: %.2f s", seconds)
    bar.get_by_test_id("alarm-take").click()
    confirmed = terminal.wait_for(control.ConfirmAlarm)
    assert confirmed.alarm_type == SOS
    page.goto("about:blank")


@pytest.mark.timeout(180)
def test_an_order_is_taken_and_its_scene_reached_by_buttons(
    running_system: System, terminal: SimulatedTerminal
) -> None:
    assert terminal.report(at(now(), 39.915, 116.40)) == 0
    dispatcher, agent = Client(running_system, "dispatcher"), Client(running_system, "agent")
    Client(running_system, "officer05").send(
        "POST", "/field/sign-on", unit_id=_unit(running_system)
    )
    case_id = _case(running_system, agent)
    order = dispatcher.post(
        "/orders",
        idempotency_key=str(uuid.uuid4()),
        case_id=case_id,
        unit_ids=[_unit(running_system)],
        branch_ids=[],
        channels=["vehicle"],
        kind="verify",
        override_reason="演练",
    )
    choices = iter((1, 4))
    terminal.driver = lambda question: next(choices, None)
    end = in_background(terminal)

    def state() -> str:
        found: str = dispatcher.get(f"/orders/{order['id']}")["assignments"][0]["state"]
        return found

    until(lambda: state() == "ON_SCENE", 30, "the crew at the scene, by its buttons")
    end()
    told = [one.text for one in terminal.heard if isinstance(one, words.Text)]
    assert any(order["order_no"] in text for text in told)
    ways = running_system.sql(
        "select distinct via from dispatch.status_reports r join dispatch.assignments a"
        " on a.id = r.assignment_id where a.order_id = %s",
        order["id"],
    )
    assert ways == [("vehicle",)]


def _unit(system: System) -> int:
    return int(system.sql("select id from dispatch.units where plate = %s", PLATE)[0][0])


def _case(system: System, agent: Client) -> int:
    shop = system.sql(
        "select id, name, address, st_x(geom), st_y(geom) from maps.businesses"
        " where geom is not null order by geom <-> st_setsrid(st_makepoint(116.41, 39.92), 4326)"
        " limit 1"
    )[0]
    told = {
        "idempotency_key": str(uuid.uuid4()),
        "channel": "phone",
        "hotline": "12315",
        "kinds": ["TS"],
        "person": {"name": "演练人", "phone": "+99913800005555", "address": "演练路 1 号",
                   "anonymous": False},
        "subject": {"business_id": shop[0], "name": shop[1], "address": shop[2]},
        "place": {"lon": shop[3], "lat": shop[4], "level": "door", "confidence": 1.0,
                  "evidence": [], "text": shop[2], "confirmed": True},
        "sealed_narrative": "",
        "demands": ["repair"],
        "dispatch_facts": "价签不符。",
        "details": {},
        "urgency": 1,
        "urgency_reason": "证据可能灭失",
    }  # fmt: skip
    opened = agent.post("/submissions", **told)
    return int(opened["cases"][0]["id"])
