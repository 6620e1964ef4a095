"""A web application with some rooms' views, and people who send requests to it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from apiflask import APIFlask
from flask import Blueprint, g, request
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from command_center.accounts import web as door
from command_center.app import _problem_of_validation
from kernel.access import Principal
from kernel.db import Database, acting
from kernel.settings import Settings
from kernel.web import install_error_handlers


class OneTransaction:
    """Stands in for the database: every unit of work is a savepoint of one test's transaction.

    Nothing is committed and no database is made, so a test takes milliseconds. What is committed
    or concurrent is tested on a database of its own.
    """

    def __init__(self, session: Session):
        self.session = session
        self.clock = session.info["clock"]

    @contextmanager
    def unit_of_work(self, principal: Principal) -> Iterator[Session]:
        self.session.flush()
        if not principal.is_system:
            self.session.expire_all()
        with acting(self.session, principal), self.session.begin_nested():
            yield self.session


class Desk:
    """`desk.get(who, "/cases")`; the door (sessions, CSRF) is tested where it stands."""

    def __init__(
        self,
        database: Database | OneTransaction,
        settings: Settings,
        blueprints: Sequence[Blueprint],
    ):
        self.app = APIFlask(__name__)
        self.app.config["VALIDATION_ERROR_STATUS_CODE"] = 422
        self.app.extensions.update(database=database, settings=settings)
        self.app.error_processor(_problem_of_validation)  # type: ignore[arg-type]
        install_error_handlers(self.app)
        self.who: Principal | None = None

        @self.app.before_request
        def let_in() -> None:
            g.principal, g.login = self.who, None
            if view := self.app.view_functions.get(request.endpoint or ""):
                door.check_rule(view)

        for blueprint in blueprints:
            self.app.register_blueprint(blueprint)
        self.client: FlaskClient = self.app.test_client()

    def send(self, method: str, who: Principal | None, path: str, **more: Any) -> TestResponse:
        self.who = who
        return self.client.open(f"/api/v1{path}", method=method, **more)

    def get(self, who: Principal | None, path: str, **query: Any) -> TestResponse:
        return self.send("GET", who, path, query_string=query)

    def post(self, who: Principal | None, path: str, body: Any) -> TestResponse:
        return self.send("POST", who, path, json=body)

    def put(self, who: Principal | None, path: str, body: Any) -> TestResponse:
        return self.send("PUT", who, path, json=body)
