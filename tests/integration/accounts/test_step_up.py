"""A fresh proof where identities are revealed, orders decided and accounts changed."""

from collections.abc import Callable

from apiflask import APIFlask

from command_center.accounts import attempts
from kernel.clock import FixedClock
from kernel.settings import Settings
from tests.factories import door
from tests.factories.desk import OneTransaction
from tests.factories.door import PASSWORD, Browser, Phone, code_of


def test_a_proof_grows_old_after_ten_minutes_and_a_password_renews_it(
    bureau_house: APIFlask, clock: FixedClock
) -> None:
    browser = Browser(bureau_house)
    browser.sign_in("disp")
    assert browser.post("/grave").status_code == 200
    clock.advance(minutes=11)
    assert browser.get("/desk").status_code == 200
    assert code_of(browser.post("/grave")) == (403, "step_up_required")
    assert browser.post("/session/confirm", password=PASSWORD).status_code == 200
    assert browser.post("/grave").status_code == 200
    clock.advance(minutes=11)
    assert code_of(browser.post("/grave")) == (403, "step_up_required")


def test_a_code_renews_it_too(
    bureau_house: APIFlask, enrolled: Callable[[str], Phone], clock: FixedClock
) -> None:
    phone = enrolled("cmd")
    browser = Browser(bureau_house)
    browser.sign_in("cmd")
    browser.second(phone.next_code())
    clock.advance(minutes=11)
    assert code_of(browser.post("/session/confirm", code="000000")) == (401, "bad_code")
    assert code_of(browser.post("/grave")) == (403, "step_up_required")
    assert browser.post("/session/confirm", code=phone.code()).status_code == 200
    assert browser.post("/grave").status_code == 200


def test_in_the_demo_the_proof_of_the_sign_in_holds_all_day(
    house: APIFlask, clock: FixedClock
) -> None:
    browser = Browser(house)
    browser.sign_in("disp")
    clock.advance(hours=11)
    assert browser.post("/grave").status_code == 200


def test_a_bureau_may_choose_another_time(
    rooms: OneTransaction, settings: Settings, people: dict[str, int], clock: FixedClock
) -> None:
    strict = door.open_door(rooms, settings.model_copy(update={"step_up_minutes": 2}))
    browser = Browser(strict)
    browser.sign_in("disp")
    clock.advance(minutes=3)
    assert code_of(browser.post("/grave")) == (403, "step_up_required")


def test_five_wrong_proofs_close_the_step_but_neither_the_session_nor_the_sign_in(
    bureau_house: APIFlask, clock: FixedClock
) -> None:
    browser = Browser(bureau_house)
    browser.sign_in("disp")
    for _ in range(attempts.PER_ACCOUNT):
        refused = browser.post("/session/confirm", password="wrong")
        assert code_of(refused) == (401, "bad_credentials")
    assert code_of(browser.post("/session/confirm", password=PASSWORD)) == (429, "account_locked")
    assert browser.get("/desk").status_code == 200
    assert Browser(bureau_house).sign_in("disp").status_code == 200


def test_exactly_one_proof_is_given(house: APIFlask) -> None:
    browser = Browser(house)
    browser.sign_in("disp")
    for body in ({}, {"password": PASSWORD, "code": "123456"}):
        assert code_of(browser.post("/session/confirm", **body)) == (422, "required")


def test_a_proof_gives_the_session_a_new_token_and_the_old_one_dies_within_a_minute(
    bureau_house: APIFlask, clock: FixedClock
) -> None:
    browser = Browser(bureau_house)
    browser.sign_in("disp")
    cookie = browser.client.get_cookie("__Host-cc_session")
    assert cookie is not None
    browser.post("/session/confirm", password=PASSWORD)
    renewed = browser.client.get_cookie("__Host-cc_session")
    assert renewed is not None
    assert renewed.value != cookie.value
    other_tab = Browser(bureau_house)
    other_tab.client.set_cookie("__Host-cc_session", cookie.value, secure=True)
    assert other_tab.get("/desk").status_code == 200
    clock.advance(seconds=61)
    assert other_tab.get("/desk").status_code == 401
    assert browser.get("/desk").status_code == 200
