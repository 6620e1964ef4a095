"""Partners' programs: a token opens what its scopes say, and nothing about accounts."""

from datetime import timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from flask import g
from sqlalchemy import select

from command_center.accounts import queries, web
from command_center.accounts.models import ApiToken
from kernel.clock import FixedClock
from kernel.web import current_principal, require
from tests.factories.desk import OneTransaction
from tests.factories.door import SETTER, Browser, code_of


@pytest.fixture
def admin(house: APIFlask) -> Browser:
    @house.post("/api/v1/partner/cases")
    @require("case.create")
    def submit() -> dict[str, Any]:
        asked = current_principal()
        return {"id": asked.id, "name": asked.name, "path": asked.organisation_path}

    @house.get("/api/v1/anyone")
    @require()
    def anyone() -> dict[str, bool]:
        return {"seen": True}

    browser = Browser(house)
    browser.sign_in("admin")
    return browser


@pytest.fixture
def root(rooms: OneTransaction, people: dict[str, int]) -> int:
    with rooms.unit_of_work(SETTER) as session:
        return queries.root(session).id


def order(root: int, clock: FixedClock, **more: Any) -> dict[str, Any]:
    until = clock.now() + timedelta(days=30)
    return {
        "name": "上级平台", "organisation_id": root, "scopes": ["case.create", "case.read"],
        "expires_at": until.isoformat(), **more,
    }  # fmt: skip


@pytest.fixture
def token(admin: Browser, root: int, clock: FixedClock) -> str:
    made = admin.post("/admin/tokens", **order(root, clock))
    assert made.status_code == 201, made.text
    return str(made.get_json()["text"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_partner_sends_without_cookie_or_page_token(
    house: APIFlask, token: str, root: int
) -> None:
    answer = Browser(house).send("POST", "/partner/cases", {}, **bearer(token))
    said = answer.get_json()
    assert answer.status_code == 200, answer.text
    assert (said["name"], said["path"]) == ("上级平台", f"/{root}/")
    assert said["id"] < 0  # nobody of the staff, no part of the system


def test_a_token_does_only_what_its_scopes_say(
    admin: Browser, house: APIFlask, root: int, clock: FixedClock
) -> None:
    made = admin.post("/admin/tokens", **order(root, clock, scopes=["case.read"])).get_json()
    browser = Browser(house)
    assert browser.send("GET", "/desk", **bearer(made["text"])).status_code == 200
    refused = browser.send("POST", "/partner/cases", {}, **bearer(made["text"]))
    assert code_of(refused) == (403, "forbidden")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/session"),
        ("DELETE", "/session"),
        ("POST", "/session/confirm"),
        ("GET", "/account"),
        ("POST", "/account/password"),
        ("GET", "/users"),
        ("GET", "/organisations"),
        ("GET", "/admin/users"),
        ("POST", "/admin/users"),
        ("GET", "/admin/tokens"),
        ("POST", "/grave"),  # asks for a person's fresh proof
        ("GET", "/anyone"),  # names no permission that a token could hold
    ],
)
def test_what_no_token_opens(house: APIFlask, token: str, method: str, path: str) -> None:
    refused = Browser(house).send(method, path, {} if method == "POST" else None, **bearer(token))
    assert code_of(refused) == (403, "not_for_tokens")


def test_the_live_line_knows_no_tokens(house: APIFlask, token: str) -> None:
    with house.test_request_context(headers=bearer(token)):
        assert web.principal_of_request() is None


def test_a_token_beside_a_cookie_counts_alone(house: APIFlask, token: str) -> None:
    browser = Browser(house)
    browser.sign_in("disp")
    refused = browser.send("GET", "/account", **bearer(token))
    assert code_of(refused) == (403, "not_for_tokens")


def test_a_token_ends_on_its_day_and_when_it_is_revoked(
    admin: Browser, house: APIFlask, root: int, clock: FixedClock, token: str
) -> None:
    browser = Browser(house)
    (held,) = admin.get("/admin/tokens").get_json()
    browser.send("GET", "/desk", **bearer(token))
    assert admin.get("/admin/tokens").get_json()[0]["last_used_at"] is not None
    assert admin.delete(f"/admin/tokens/{held['id']}").status_code == 204
    assert code_of(browser.send("GET", "/desk", **bearer(token))) == (401, "bad_token")
    other = admin.post("/admin/tokens", **order(root, clock)).get_json()["text"]
    clock.advance(days=30)
    assert code_of(browser.send("GET", "/desk", **bearer(other))) == (401, "bad_token")


@pytest.mark.parametrize("text", ["", "cc_", "cc_" + "A" * 43, "é" * 8])
def test_an_invented_token_opens_nothing(house: APIFlask, text: str) -> None:
    answer = house.test_client().get(
        "/api/v1/desk", environ_overrides={"HTTP_AUTHORIZATION": f"Bearer {text}"}
    )
    assert code_of(answer) == (401, "bad_token")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scopes": ["identity.reveal"]}, "scopes"),
        ({"scopes": ["admin.users"]}, "scopes"),
        ({"scopes": ["order.approve"]}, "scopes"),
        ({"organisation_id": 999_999}, "organisation_id"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2099-01-01T00:00:00Z"}, "expires_at"),
    ],
)
def test_what_no_token_is_made_for(
    admin: Browser, root: int, clock: FixedClock, change: dict[str, Any], field: str
) -> None:
    refused = admin.post("/admin/tokens", **order(root, clock, **change))
    assert refused.status_code == 422
    assert refused.get_json()["field"] == field


def test_the_text_is_shown_once_and_kept_nowhere(
    admin: Browser, rooms: OneTransaction, token: str
) -> None:
    assert token not in admin.get("/admin/tokens").text
    with rooms.unit_of_work(SETTER) as session:
        held = session.scalars(select(ApiToken)).one()
        assert token.encode() not in held.token_hash
        assert held.hint == token[:8]


def test_nothing_of_a_person_is_left_beside_a_token(house: APIFlask, token: str) -> None:
    with house.test_request_context("/api/v1/desk", headers=bearer(token)):
        house.preprocess_request()
        assert g.login is None
        assert current_principal().session_id == ""
        assert current_principal().confirmed_at is None
