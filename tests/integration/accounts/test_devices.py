"""A desk that its user trusts skips the second step for thirty days, never a fresh proof."""

from collections.abc import Callable

import pytest
from apiflask import APIFlask

from kernel.clock import FixedClock
from kernel.settings import Settings
from tests.factories import door
from tests.factories.desk import OneTransaction
from tests.factories.door import PASSWORD, Browser, Phone, code_of

Enrol = Callable[[str], Phone]


@pytest.fixture
def desk(bureau_house: APIFlask, enrolled: Enrol) -> Browser:
    """A desk that the commander has just trusted."""
    phone = enrolled("cmd")
    browser = Browser(bureau_house)
    browser.sign_in("cmd")
    assert browser.second(phone.next_code(), trust=True).status_code == 200
    return browser


def test_a_trusted_desk_needs_the_password_alone(desk: Browser, clock: FixedClock) -> None:
    clock.advance(days=29)
    answer = desk.sign_in("cmd")
    assert answer.status_code == 200
    assert desk.get("/account/sessions").get_json()[0]["how"] == "device"
    clock.advance(days=2)
    assert desk.sign_in("cmd").status_code == 202


def test_a_trusted_desk_proves_nothing_where_a_fresh_proof_is_asked(
    desk: Browser, clock: FixedClock
) -> None:
    clock.advance(days=1)
    desk.sign_in("cmd")
    clock.advance(minutes=11)
    assert code_of(desk.post("/grave")) == (403, "step_up_required")


def test_trust_is_for_one_person_on_one_desk(
    desk: Browser, bureau_house: APIFlask, enrolled: Enrol
) -> None:
    enrolled("unit")
    assert desk.sign_in("unit").status_code == 202
    assert Browser(bureau_house).sign_in("cmd").status_code == 202


def test_a_changed_cookie_is_no_trust(desk: Browser) -> None:
    cookie = desk.client.get_cookie("__Host-cc_device")
    assert cookie is not None
    desk.client.set_cookie("__Host-cc_device", cookie.value[:-1] + "x", secure=True)
    assert desk.sign_in("cmd").status_code == 202


def test_trust_is_listed_and_revoked(desk: Browser) -> None:
    (held,) = desk.get("/account/devices").get_json()
    assert held["agent"] == desk.agent
    assert desk.delete(f"/account/devices/{held['id']}").status_code == 204
    assert desk.delete(f"/account/devices/{held['id']}").status_code == 404
    assert desk.get("/account/devices").get_json() == []
    assert desk.sign_in("cmd").status_code == 202


def test_a_new_password_ends_every_trust(desk: Browser) -> None:
    new = "quartz lantern harbour 9"
    assert desk.post("/account/password", old=PASSWORD, password=new).status_code == 204
    assert desk.sign_in("cmd", new).status_code == 202


def test_a_bureau_may_trust_no_desk(
    rooms: OneTransaction, settings: Settings, enrolled: Enrol
) -> None:
    phone = enrolled("cmd")
    wary = door.production(settings, trusted_device_days=0)
    browser = Browser(door.open_door(rooms, wary))
    assert browser.sign_in("cmd").get_json()["may_trust"] is False
    browser.second(phone.next_code(), trust=True)
    assert browser.client.get_cookie("__Host-cc_device") is None
