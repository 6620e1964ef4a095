"""The README's picture of each desk, taken while the demo city lives.

The pictures go to the folder that `SCREENSHOTS` names, else nowhere that lasts.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.client import Client
from tests.e2e.desks import Cockpit, DispatchDesk, FieldPhone, IntakeDesk
from tests.e2e.system import System, until

pytestmark = pytest.mark.timeout(240)
CALLS = (
    ("TS", "购买的酸奶已过保质期三天，店员拒绝退款。", 0),
    ("TS", "标价牌每斤二十八元，结账按三十八元收取。", 0),
    ("JB", "后厨使用无标签散装调味料，正在加工晚餐。", 1),
    ("TS", "多名顾客就餐后腹泻，其中两人已送医。", 2),
)
LIVE_VEHICLES = 15


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path_factory.mktemp("pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def city(running_system: System) -> Iterator[System]:
    """The simulator drives, reports and answers, until the pictures are taken."""
    simulator = running_system.run("simulate")
    until(lambda: live_vehicles(running_system) >= LIVE_VEHICLES, 90, "a city that moves")
    yield running_system
    simulator.terminate()
    simulator.wait(30)


@pytest.fixture(scope="module")
def urgent_case(city: System) -> Iterator[int]:
    """Calls about four businesses near each other; the gravest has an order out. Gives its id."""
    agent, dispatcher, commander = (
        Client(city, who) for who in ("agent", "dispatcher", "commander")
    )
    for who in ("officer01", "officer02"):
        Client(city, who).send("POST", "/field/sign-on", unit_id=first_unit(city))
    for shop, call in zip(shops(city, len(CALLS)), CALLS, strict=True):
        case_id = register(agent, shop, *call)
    found = dispatcher.get(f"/cases/{case_id}/recommendation")
    best = next(one for one in found["items"] if one["eligible"])
    order = dispatcher.post(
        "/orders",
        case_id=case_id,
        unit_ids=[first_unit(city), best["unit_id"]],
        branch_ids=[found["branches"][0]["organisation_id"]],
        channels=["sms", "fax", "app"],
        kind="inspect",
        idempotency_key=str(uuid.uuid4()),
        override_reason="两组同时到场",
    )
    commander.post(f"/orders/{order['id']}/approve")
    yield case_id
    dispatcher.post(f"/orders/{order['id']}/cancel", reason="拍照结束")


def live_vehicles(system: System) -> int:
    rows = system.sql(
        "select count(*) from gps.latest where fixed_at > now() - interval '30 seconds'"
    )
    count: int = rows[0][0]
    return count


def first_unit(system: System) -> int:
    """The unit that nobody has signed on to yet: the officers' own."""
    ident: int = system.sql("select id from dispatch.units where plate = '演A0001'")[0][0]
    return ident


def shops(system: System, count: int) -> list[tuple[Any, ...]]:
    """Businesses around one that lies in the middle of the city."""
    return list(
        system.sql(
            "select id, name, address, st_x(geom), st_y(geom) from maps.businesses"
            " where geom is not null and street <> ''"
            " order by geom <-> st_setsrid(st_makepoint(116.45, 39.92), 4326) limit %s",
            count * 9,
        )
    )[::9]


def register(agent: Client, shop: tuple[Any, ...], kind: str, facts: str, urgency: int) -> int:
    answer = agent.post(
        "/submissions",
        idempotency_key=str(uuid.uuid4()),
        channel="phone",
        hotline="12315",
        kinds=[kind],
        person={"name": "演示", "phone": "+99913822220000", "address": "演示路1号"},
        subject={"business_id": shop[0], "name": shop[1], "address": shop[2]},
        place={"lon": shop[3], "lat": shop[4], "level": "door", "confidence": 1.0,
               "evidence": [], "text": shop[2], "confirmed": True},
        sealed_narrative=facts,
        dispatch_facts=facts,
        demands=["compensate"] if kind == "TS" else [],
        urgency=urgency,
        urgency_reason="按分级标准",
    )  # fmt: skip
    ident: int = answer["cases"][0]["id"]
    return ident


def take(page: Page, pictures: Path, name: str) -> None:
    """Take it once the page is quiet; no desk scrolls sideways."""
    page.wait_for_timeout(1_500)
    page.screenshot(path=pictures / f"{name}.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_screenshot_of_the_dispatch_desk(
    urgent_case: int, pictures: Path, signed_in: Callable[..., Page]
) -> None:
    desk = DispatchDesk(signed_in("dispatcher", "/dispatch"))
    desk.open_case(urgent_case)
    desk.sees_case_on_map(urgent_case)
    expect(desk.page.locator("[data-testid^=board-assignment-]").first).to_be_visible()
    take(desk.page, pictures, "dispatch")
    desk.leave()


def test_screenshot_of_the_intake_desk(
    city: System, pictures: Path, signed_in: Callable[..., Page]
) -> None:
    desk = IntakeDesk(signed_in("agent", "/desk"))
    shop = shops(city, 3)[2]
    desk.press("kind-TS")
    desk.write("person-name", "演示来电人")
    desk.write("subject-search", shop[1])
    desk.press("candidate-0")
    desk.press("pin-confirm")
    desk.write("sealed-narrative", "来电人说昨晚在店里就餐，今早起腹泻。")
    desk.write("dispatch-facts", "就餐后腹泻，疑似凉菜变质。")
    take(desk.page, pictures, "desk")
    desk.leave()


def test_screenshot_of_the_field_page(
    urgent_case: int, pictures: Path, signed_in: Callable[..., Page]
) -> None:
    phone = FieldPhone(signed_in("officer01", "/field", phone=True))
    expect(phone.page.locator("[data-testid^=step-]").first).to_be_visible()
    take(phone.page, pictures, "field")
    phone.leave()


def test_screenshot_of_the_cockpit(
    city: System, pictures: Path, signed_in: Callable[..., Page]
) -> None:
    cockpit = Cockpit(signed_in("head", "/cockpit"))
    expect(cockpit.page.locator("[data-testid^=region-count-]").first).to_be_visible()
    cockpit.page.frame_locator("iframe").locator(".leaflet-interactive").first.wait_for()
    take(cockpit.page, pictures, "cockpit")
    cockpit.leave()
