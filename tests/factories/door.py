"""An application behind the real door, people who have an account there, and their browsers."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pyotp
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from command_center.accounts import passwords, room, service, web
from command_center.accounts.models import Organisation, User, UserRole
from command_center.app import _problem_of_validation
from kernel.access import system
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.settings import Settings
from kernel.web import install_error_handlers, require
from tests.factories.desk import OneTransaction

PASSWORD = "a good password"
SETTER = system("test")


def open_door(database: Database | OneTransaction, settings: Settings) -> APIFlask:
    """The application with nothing but signing in, accounts and one desk."""
    app = APIFlask("door")
    app.config["VALIDATION_ERROR_STATUS_CODE"] = 422
    app.extensions.update(database=database, settings=settings)
    app.error_processor(_problem_of_validation)  # type: ignore[arg-type]
    install_error_handlers(app)
    web.install(app)
    for blueprint in room.BLUEPRINTS:
        app.register_blueprint(blueprint)

    @app.get("/api/v1/desk")
    @require("case.read")
    def desk() -> dict[str, bool]:
        return {"seen": True}

    @app.post("/api/v1/grave")
    @require("case.read", fresh=True)
    def grave() -> dict[str, bool]:
        return {"done": True}

    return app


def production(settings: Settings, **more: Any) -> Settings:
    """The same installation as a bureau runs it."""
    return settings.model_copy(update={"mode": "production", **more})


def bureau(session: Session, parent: Organisation | None = None, code: str = "b") -> Organisation:
    return service.create_organisation(
        session, parent=parent, code=code, kind="bureau", name=f"局{code}", region_code="110000"
    )


def account(session: Session, organisation: Organisation, name: str, *roles: str) -> User:
    """Somebody of that name and roles whose password is `PASSWORD`."""
    made = User(
        account=name,
        name=name,
        organisation=organisation,
        password_hash=_hash(),
        roles=[UserRole(role=role) for role in roles],
    )
    session.add(made)
    session.flush()
    return made


@cache
def _hash() -> str:
    """Made once: each takes a seventh of a second of a core."""
    return passwords.make(PASSWORD)


class Browser:
    """One browser: keeps its cookies and sends its page's token with every change."""

    def __init__(self, app: APIFlask, agent: str = "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0"):
        self.client: FlaskClient = app.test_client()
        self.agent = agent
        self.https = not app.extensions["settings"].is_demo
        self.csrf = ""

    def send(self, method: str, path: str, json: Any = None, **headers: str) -> TestResponse:
        """The answer to a request; the page's token goes along."""
        given = {"User-Agent": self.agent, "X-CSRF-Token": self.csrf, **headers}
        answer = self.client.open(
            f"/api/v1{path}",
            method=method,
            json=json,
            headers=given,
            base_url="https://localhost" if self.https else "http://localhost",
        )
        said = answer.get_json(silent=True)
        if answer.status_code == 200 and isinstance(said, dict) and "csrf" in said:
            self.csrf = said["csrf"]
        return answer

    def get(self, path: str) -> TestResponse:
        return self.send("GET", path)

    def post(self, path: str, **body: Any) -> TestResponse:
        return self.send("POST", path, body)

    def put(self, path: str, **body: Any) -> TestResponse:
        return self.send("PUT", path, body)

    def delete(self, path: str) -> TestResponse:
        return self.send("DELETE", path)

    def sign_in(self, account: str, password: str = PASSWORD) -> TestResponse:
        return self.post("/session", account=account, password=password)

    def second(self, code: str, trust: bool = False) -> TestResponse:
        return self.post("/session/second", code=code, trust=trust)

    def enrol(self, clock: FixedClock) -> "Phone":
        """Enrol an authenticator for whoever is signed in."""
        phone = Phone(self.post("/account/second-factor").get_json()["secret"], clock)
        answer = self.post("/account/second-factor/confirm", code=phone.code())
        assert answer.status_code == 200, answer.text
        phone.recovery = iter(answer.get_json()["codes"])
        return phone


class Phone:
    """An authenticator, and the paper with the recovery codes."""

    def __init__(self, secret: str, clock: FixedClock):
        self.totp, self.clock = pyotp.TOTP(secret), clock
        self.recovery: Iterator[str] = iter(())

    def code(self) -> str:
        """The code that it shows now."""
        return str(self.totp.at(self.clock.now()))

    def next_code(self) -> str:
        """The code of the next half minute, after waiting for it."""
        self.clock.advance(seconds=30)
        return self.code()


def code_of(answer: TestResponse) -> tuple[int, str]:
    """Status and machine code of a refusal."""
    return answer.status_code, answer.get_json()["code"]
