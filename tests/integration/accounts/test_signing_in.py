from collections.abc import Callable, Iterator

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from command_center.accounts import service
from command_center.accounts import views as accounts_views
from command_center.accounts import web as door
from command_center.accounts.models import LoginFailure, LoginSession
from kernel.access import Principal
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.settings import Settings
from kernel.web import install_error_handlers, require

PASSWORD = "a good password"


@pytest.fixture
def app(database: Database, settings: Settings, principal: Principal) -> Iterator[APIFlask]:
    with database.unit_of_work(principal) as session:
        bureau = service.create_organisation(
            session, parent=None, code="b", kind="bureau", name="局", region_code="110000"
        )
        for account, role in (("disp", "DISP"), ("admin", "ADMIN")):
            service.create_user(
                session,
                password=PASSWORD,
                roles=frozenset({role}),
                account=account,
                name=account,
                organisation_id=bureau.id,
            )
    app = APIFlask(__name__)
    app.extensions.update(database=database, settings=settings)
    install_error_handlers(app)
    door.install(app)
    app.register_blueprint(accounts_views.blueprint)

    @app.post("/api/v1/change")
    @require("unit.manage")
    def change() -> dict[str, bool]:
        return {"changed": True}

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
    for _ in range(service.PER_ACCOUNT):
        client.post("/api/v1/session", json={"account": "disp", "password": "wrong"})
    closed = client.post("/api/v1/session", json={"account": "disp", "password": PASSWORD})
    assert (closed.status_code, closed.get_json()["code"]) == (429, "account_locked")
    clock.advance(minutes=16)
    sign_in("disp")


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
        assert service.user_of(session, cookie.value) is not None
        assert service.user_of(session, service.token_hash(cookie.value).hex()) is None


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
