import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from command_center.accounts import attempts, passwords, secret_values, service, sessions
from command_center.accounts.models import LoginFailure, LoginSession, User
from kernel.access import Principal
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.settings import Settings
from kernel.web import public, require
from tests.factories import door
from tests.factories.door import PASSWORD

HOUR = timedelta(hours=1)


@pytest.fixture
def app(database: Database, settings: Settings, principal: Principal) -> Iterator[APIFlask]:
    with database.unit_of_work(principal) as session:
        bureau = door.bureau(session)
        for name, role in (("disp", "DISP"), ("admin", "ADMIN")):
            door.account(session, bureau, name, role)
    app = door.open_door(database, settings)

    @app.post("/api/v1/change")
    @require("unit.manage")
    def change() -> dict[str, bool]:
        return {"changed": True}

    @app.post("/api/v1/public/said")
    @app.post("/hooks/engine", endpoint="hook")
    @public
    def said() -> dict[str, bool]:
        return {"heard": True}

    @app.get("/api/v1/forgotten")
    def forgotten() -> dict[str, bool]:
        return {"open": True}

    yield app


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sign_in(client: FlaskClient) -> Callable[..., str]:
    def sign_in(account: str, password: str = PASSWORD) -> str:
        answer = client.post("/api/v1/session", json={"account": account, "password": password})
        assert answer.status_code == 200, answer.text
        return str(answer.get_json()["csrf"])

    return sign_in


def test_the_right_password_opens_a_session_with_its_permissions(
    client: FlaskClient, sign_in: Callable[..., str]
) -> None:
    sign_in("disp")
    me = client.get("/api/v1/session").get_json()
    assert me["account"] == "disp"
    assert "order.create" in me["permissions"]


@pytest.mark.parametrize(("account", "password"), [("disp", "wrong"), ("nobody", PASSWORD)])
def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(
    client: FlaskClient, account: str, password: str
) -> None:
    answer = client.post("/api/v1/session", json={"account": account, "password": password})
    assert (answer.status_code, answer.get_json()["code"]) == (401, "bad_credentials")


def test_five_failures_close_the_account_for_fifteen_minutes(
    client: FlaskClient, sign_in: Callable[..., str], clock: FixedClock
) -> None:
    for _ in range(attempts.PER_ACCOUNT):
        client.post("/api/v1/session", json={"account": "disp", "password": "wrong"})
    closed = client.post("/api/v1/session", json={"account": "disp", "password": PASSWORD})
    assert (closed.status_code, closed.get_json()["code"]) == (429, "account_locked")
    clock.advance(minutes=16)
    sign_in("disp")


def test_many_wrong_passwords_at_once_are_five_tries(app: APIFlask) -> None:
    answers: Counter[int] = Counter()

    def guess() -> None:
        given = {"account": "disp", "password": "wrong"}
        answers[app.test_client().post("/api/v1/session", json=given).status_code] += 1

    threads = [threading.Thread(target=guess) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {401: attempts.PER_ACCOUNT, 429: 24 - attempts.PER_ACCOUNT}


def test_a_right_password_counts_as_no_failure(
    sign_in: Callable[..., str], database: Database, principal: Principal
) -> None:
    for _ in range(attempts.PER_ACCOUNT + 1):
        sign_in("disp")
    with database.unit_of_work(principal) as session:
        assert session.scalar(select(func.count()).select_from(LoginFailure)) == 0


def test_no_connection_is_held_while_a_password_is_verified(
    sign_in: Callable[..., str], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []
    pool: Any = database.engine.pool

    def verify(stored: str | None, password: str) -> bool:
        held.append(pool.checkedout())
        return True

    monkeypatch.setattr(passwords, "verify", verify)
    sign_in("disp")
    assert held == [0]


def test_whoever_finds_the_line_full_is_refused_and_not_counted(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    database: Database,
    principal: Principal,
) -> None:
    monkeypatch.setattr(passwords, "_places", threading.BoundedSemaphore(1))
    with passwords.place_in_line():
        refused = client.post("/api/v1/session", json={"account": "disp", "password": "wrong"})
    assert (refused.status_code, refused.get_json()["code"]) == (429, "too_many")
    with database.unit_of_work(principal) as session:
        assert session.scalar(select(func.count()).select_from(LoginFailure)) == 0


@pytest.mark.parametrize("change", [{"active": False}, {"password_hash": "another"}])
def test_an_account_closed_while_its_password_was_verified_stays_shut(
    client: FlaskClient,
    database: Database,
    principal: Principal,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
) -> None:
    def verify(stored: str | None, password: str) -> bool:
        with database.unit_of_work(principal) as session:
            session.execute(update(User).where(User.account == "disp").values(change))
        return True

    monkeypatch.setattr(passwords, "verify", verify)
    answer = client.post("/api/v1/session", json={"account": "disp", "password": PASSWORD})
    assert (answer.status_code, answer.get_json()["code"]) == (401, "bad_credentials")


@pytest.mark.parametrize("account", ["disp\0", "\0", "x" * 61, "\ud800"])
def test_an_account_that_no_database_keeps_is_refused(client: FlaskClient, account: str) -> None:
    given = json.dumps({"account": account, "password": PASSWORD})
    answer = client.post("/api/v1/session", data=given, content_type="application/json")
    assert answer.status_code in (400, 422), answer.text


def test_signing_out_ends_the_session_at_once(
    client: FlaskClient, sign_in: Callable[..., str]
) -> None:
    token = sign_in("disp")
    assert client.delete("/api/v1/session", headers={"X-CSRF-Token": token}).status_code == 204
    assert client.get("/api/v1/session").status_code == 401


def test_a_session_ends_by_itself(
    client: FlaskClient, sign_in: Callable[..., str], clock: FixedClock
) -> None:
    sign_in("disp")
    clock.advance(hours=13)
    assert client.get("/api/v1/session").status_code == 401


def test_a_change_without_the_page_s_token_is_refused(
    client: FlaskClient, sign_in: Callable[..., str]
) -> None:
    token = sign_in("disp")
    assert client.post("/api/v1/change").get_json()["code"] == "csrf"
    assert client.post("/api/v1/change", headers={"X-CSRF-Token": token}).status_code == 200


@pytest.mark.parametrize("token", ["é", "ÿ" * 64, "中".encode().decode("latin-1")])
def test_a_page_s_token_in_strange_letters_is_refused_like_any_other(
    client: FlaskClient, sign_in: Callable[..., str], token: str
) -> None:
    sign_in("disp")
    refused = client.post("/api/v1/change", environ_overrides={"HTTP_X_CSRF_TOKEN": token})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "csrf")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
@pytest.mark.parametrize("path", ["/api/v1/session", "/api/v1/public/said"])
def test_a_body_that_is_not_said_to_be_json_is_refused(
    client: FlaskClient, path: str, kind: str
) -> None:
    given = json.dumps({"account": "disp", "password": PASSWORD})
    refused = client.post(path, data=given, content_type=kind)
    assert (refused.status_code, refused.get_json()["code"]) == (415, "unsupported_media_type")
    assert "Set-Cookie" not in refused.headers


def test_a_body_of_unknown_length_needs_its_type_too(client: FlaskClient) -> None:
    chunked = {"Transfer-Encoding": "chunked"}
    assert client.post("/api/v1/public/said", headers=chunked).status_code == 415


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, 200),
        ({"json": {}}, 200),
        ({"data": "{}", "content_type": "application/json; charset=utf-8"}, 200),
        ({"data": {"file": "x"}, "content_type": "multipart/form-data"}, 200),
        ({"headers": {"Origin": "http://localhost"}}, 200),
        ({"headers": {"Origin": "https://localhost", "Sec-Fetch-Site": "same-origin"}}, 200),
        ({"headers": {"Origin": "http://elsewhere.example"}}, 403),
        ({"headers": {"Origin": "http://localhost:8080"}}, 403),
        ({"headers": {"Origin": "http://localhost.elsewhere.example"}}, 403),
        ({"headers": {"Origin": "http://["}}, 403),
        ({"headers": {"Origin": "null"}}, 403),
        ({"headers": {"Origin": ""}}, 403),
        ({"headers": {"Sec-Fetch-Site": "cross-site"}}, 403),
    ],
)
def test_what_another_site_s_page_sends_is_refused_even_where_all_may_ask(
    client: FlaskClient, more: dict[str, Any], status: int
) -> None:
    answer = client.post("/api/v1/public/said", **more)
    assert answer.status_code == status
    if status == 403:
        assert answer.get_json()["code"] == "cross_site"


def test_nobody_is_signed_in_by_another_site(client: FlaskClient) -> None:
    given = {"account": "disp", "password": PASSWORD}
    foreign = {"Origin": "http://elsewhere.example"}
    refused = client.post("/api/v1/session", json=given, headers=foreign)
    assert refused.status_code == 403
    assert "Set-Cookie" not in refused.headers


def test_engines_may_send_what_they_like(client: FlaskClient) -> None:
    answer = client.post("/hooks/engine", data="1", content_type="text/plain")
    assert answer.status_code == 200


def test_a_change_needs_the_permission(client: FlaskClient, sign_in: Callable[..., str]) -> None:
    token = sign_in("admin")
    refused = client.post("/api/v1/change", headers={"X-CSRF-Token": token})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "forbidden")


def test_a_view_that_declares_no_rule_stays_shut(
    client: FlaskClient, sign_in: Callable[..., str]
) -> None:
    sign_in("admin")
    assert client.get("/api/v1/forgotten").status_code == 403


def test_the_database_holds_no_usable_token(
    client: FlaskClient, sign_in: Callable[..., str], database: Database, principal: Principal
) -> None:
    sign_in("disp")
    cookie = client.get_cookie("cc_session")
    assert cookie is not None
    with database.unit_of_work(principal) as session:
        assert sessions.find(session, cookie.value, HOUR) is not None
        assert sessions.find(session, secret_values.print_of(cookie.value).hex(), HOUR) is None


def test_what_has_ended_is_forgotten(
    client: FlaskClient,
    sign_in: Callable[..., str],
    database: Database,
    principal: Principal,
    clock: FixedClock,
) -> None:
    client.post("/api/v1/session", json={"account": "disp", "password": "wrong"})
    sign_in("disp")
    clock.advance(hours=6)
    sign_in("admin")
    clock.advance(hours=7)
    with database.unit_of_work(principal) as session:
        service.sweep(session)
        left = session.scalars(select(LoginSession)).unique().all()
        assert [held.user.account for held in left] == ["admin"]
        assert session.scalar(select(func.count()).select_from(LoginFailure)) == 0
