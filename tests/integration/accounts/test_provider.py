"""Signing in through the bureau's identity provider, against a simulator on loopback."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from apiflask import APIFlask
from joserfc.jwk import RSAKey
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from command_center.accounts.models import User
from kernel.settings import Settings
from tests.factories import door
from tests.factories.desk import OneTransaction
from tests.factories.door import SETTER, Browser, Phone, code_of
from tests.fakes.provider import CLIENT_ID, CLIENT_SECRET, Simulator

PROVIDER = "/session/provider"
REFUSED = "/login?refused=provider_refused"


@pytest.fixture
def provider() -> Iterator[Simulator]:
    simulator = Simulator({"preferred_username": "disp"})
    yield simulator
    simulator.stop()


def settings_for(settings: Settings, provider: Simulator, **more: Any) -> Settings:
    return settings.model_copy(
        update={
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": CLIENT_SECRET,
            **more,
        }
    )


@pytest.fixture
def linked(
    rooms: OneTransaction, settings: Settings, people: dict[str, int], provider: Simulator
) -> APIFlask:
    """The demo with the simulated provider."""
    return door.open_door(rooms, settings_for(settings, provider))


@pytest.fixture
def browser(linked: APIFlask) -> Browser:
    return Browser(linked)


def come_back(browser: Browser, address: str) -> TestResponse:
    """Follow the provider's redirect to us."""
    parts = urlsplit(address)
    return browser.get(f"{PROVIDER}/return?{parts.query}")


def through(browser: Browser, provider: Simulator, onward: str = "/dispatch") -> TestResponse:
    there = browser.get(f"{PROVIDER}?{urlencode({'next': onward})}")
    assert there.status_code == 302, there.text
    return come_back(browser, provider.authorise(there.location))


def test_whom_the_provider_recognises_comes_in_where_they_wanted_to_go(
    browser: Browser, provider: Simulator
) -> None:
    answer = through(browser, provider)
    assert (answer.status_code, answer.location) == (302, "/dispatch")
    assert browser.get("/session").get_json()["account"] == "disp"
    assert browser.get("/account/sessions").get_json()[0]["how"] == "provider"


def test_nobody_gets_an_account_on_the_way(
    browser: Browser, provider: Simulator, rooms: OneTransaction
) -> None:
    with rooms.unit_of_work(SETTER) as session:
        before = session.scalar(select(func.count()).select_from(User))
    provider.claims = {"preferred_username": "stranger"}
    assert through(browser, provider).location == "/login?refused=provider_unknown_account"
    with rooms.unit_of_work(SETTER) as session:
        assert session.scalar(select(func.count()).select_from(User)) == before


def test_a_closed_account_stays_closed(
    browser: Browser, provider: Simulator, rooms: OneTransaction
) -> None:
    with rooms.unit_of_work(SETTER) as session:
        session.scalars(select(User).where(User.account == "disp")).one().active = False
    assert through(browser, provider).location == "/login?refused=provider_unknown_account"


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"azp": "another-client"},
        {"iss": "http://127.0.0.1:1"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": None},
        {"iat": 4_000_000_000},
    ],
)
def test_an_identity_token_that_was_not_made_for_this_sign_in_is_refused(
    browser: Browser, provider: Simulator, lie: dict[str, Any]
) -> None:
    provider.lies = lie
    assert through(browser, provider).location == REFUSED
    assert browser.get("/session").status_code == 401


def test_a_token_signed_with_another_key_is_refused(browser: Browser, provider: Simulator) -> None:
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "one"})
    assert through(browser, provider).location == REFUSED


def test_a_discovery_document_that_names_another_issuer_is_refused(
    browser: Browser, provider: Simulator
) -> None:
    provider.lies = {"issuer_named": "http://elsewhere.example"}
    assert browser.get(PROVIDER).location == "/login?refused=unavailable"


def test_a_state_of_another_browser_is_refused(
    browser: Browser, linked: APIFlask, provider: Simulator
) -> None:
    other = Browser(linked)
    stolen = provider.authorise(other.get(PROVIDER).location)
    assert come_back(browser, stolen).location == REFUSED
    browser.get(PROVIDER)
    assert come_back(browser, stolen).location == REFUSED


def test_a_code_is_used_once(browser: Browser, provider: Simulator) -> None:
    back = provider.authorise(browser.get(PROVIDER).location)
    cookie = browser.client.get_cookie("cc_provider", path="/")
    assert cookie is not None
    assert come_back(browser, back).location == "/"
    browser.client.set_cookie("cc_provider", cookie.value)
    assert come_back(browser, back).location == REFUSED


def test_the_code_goes_with_its_verifier_and_the_flow_is_sealed(
    browser: Browser, provider: Simulator
) -> None:
    address = browser.get(PROVIDER).location
    asked = {name: one[0] for name, one in parse_qs(urlsplit(address).query).items()}
    cookie = browser.client.get_cookie("cc_provider", path="/")
    assert cookie is not None
    assert asked["state"] not in bytes.fromhex(cookie.value).decode("latin-1")
    assert len(asked["code_challenge"]) == 43


@pytest.mark.parametrize("onward", ["https://elsewhere.example", "//elsewhere.example", "/\\x", ""])
def test_the_way_on_never_leaves_the_house(
    browser: Browser, provider: Simulator, onward: str
) -> None:
    assert through(browser, provider, onward).location == "/"


def test_the_second_step_stays_ours_unless_the_provider_proved_two_factors(
    rooms: OneTransaction,
    settings: Settings,
    people: dict[str, int],
    provider: Simulator,
    enrolled: Callable[[str], Phone],
) -> None:
    phone = enrolled("cmd")
    linked = door.open_door(rooms, door.production(settings_for(settings, provider)))
    provider.claims = {"preferred_username": "cmd", "amr": ["pwd"]}
    browser = Browser(linked)
    assert through(browser, provider).location == "/login?second=1"
    assert browser.get("/session").status_code == 401
    assert browser.second(phone.next_code()).status_code == 200
    provider.claims = {"preferred_username": "cmd", "amr": ["pwd", "otp"]}
    strong = Browser(linked)
    assert through(strong, provider).location == "/dispatch"
    assert strong.get("/desk").status_code == 200


def test_another_claim_may_name_the_account(
    rooms: OneTransaction, settings: Settings, people: dict[str, int], provider: Simulator
) -> None:
    provider.claims = {"employee": "agent", "preferred_username": "cmd"}
    linked = door.open_door(rooms, settings_for(settings, provider, oidc_claim="employee"))
    browser = Browser(linked)
    through(browser, provider)
    assert browser.get("/session").get_json()["account"] == "agent"


def test_without_a_provider_there_is_no_such_way_in(house: APIFlask) -> None:
    browser = Browser(house)
    assert code_of(browser.get(PROVIDER)) == (404, "not_found")
    assert code_of(browser.get(f"{PROVIDER}/return?code=1&state=1")) == (404, "not_found")


def test_a_provider_that_is_away_is_said_so(browser: Browser, provider: Simulator) -> None:
    provider.stop()
    assert browser.get(PROVIDER).location == "/login?refused=unavailable"
    provider.__post_init__()  # the fixture stops it once more
