"""Choosing a password: the policy, the old one, and what ends with it."""

import pytest
from apiflask import APIFlask

from command_center.accounts import attempts
from tests.factories.door import PASSWORD, Browser, code_of

NEW = "quartz lantern harbour 9"


def test_a_new_password_takes_the_place_of_the_old(house: APIFlask) -> None:
    browser = Browser(house)
    browser.sign_in("disp")
    assert browser.post("/account/password", old=PASSWORD, password=NEW).status_code == 204
    assert browser.get("/desk").status_code == 200
    assert Browser(house).sign_in("disp").status_code == 401
    assert Browser(house).sign_in("disp", NEW).status_code == 200


def test_every_other_session_ends_with_the_old_password(house: APIFlask) -> None:
    other, browser = Browser(house), Browser(house)
    other.sign_in("disp")
    browser.sign_in("disp")
    browser.post("/account/password", old=PASSWORD, password=NEW)
    assert other.get("/desk").status_code == 401


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("kurz ab 9", "password_too_short"),
        ("password12345", "password_too_common"),
        ("qwertyuiop123", "password_too_common"),
        ("aaaaaaaaaaaaaaaa", "password_too_common"),
        ("12315shichangjianguan", "password_too_common"),
        ("harbour disp lantern 9", "password_tells_who"),
        ("HARBOUR DISP LANTERN 9", "password_tells_who"),
        (PASSWORD, "password_unchanged"),
    ],
)
def test_what_the_policy_refuses(bureau_house: APIFlask, password: str, code: str) -> None:
    browser = Browser(bureau_house)
    browser.sign_in("disp")
    refused = browser.post("/account/password", old=PASSWORD, password=password)
    assert code_of(refused) == (422, code)
    assert refused.get_json()["field"] == "password"


@pytest.mark.parametrize(
    "password", ["市场监督管理所的夜班灯还亮着三盏", "  spaces are letters too  "]
)
def test_any_letters_and_spaces_may_be_used(bureau_house: APIFlask, password: str) -> None:
    browser = Browser(bureau_house)
    browser.sign_in("disp")
    assert browser.post("/account/password", old=PASSWORD, password=password).status_code == 204
    assert Browser(bureau_house).sign_in("disp", password).status_code == 200


def test_the_old_password_is_asked_for_and_guessing_it_is_limited(house: APIFlask) -> None:
    browser = Browser(house)
    browser.sign_in("disp")
    for _ in range(attempts.PER_ACCOUNT):
        refused = browser.post("/account/password", old="wrong", password=NEW)
        assert code_of(refused) == (401, "bad_credentials")
    refused = browser.post("/account/password", old=PASSWORD, password=NEW)
    assert code_of(refused) == (429, "account_locked")
