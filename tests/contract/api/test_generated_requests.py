"""Requests that nobody thought of: schemathesis makes them from the OpenAPI document, right ones
and wrong ones, and somebody with the right to ask sends each through the real door.

No answer may be an error of ours, and each has the shape that the document promises. Every request
is rolled back, so that none spoils the next. `GENERATED_REQUESTS=500` asks longer.
"""

import os
import re
from collections.abc import Iterator
from itertools import cycle

import hypothesis
import pytest
import schemathesis
from apiflask import APIFlask
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from command_center.accounts.roles import ROLES
from command_center.app import create_app
from kernel.db import SCHEMAS, Base
from kernel.settings import Settings
from tests.factories import door, world
from tests.factories.desk import OneTransaction

EXAMPLES = int(os.environ.get("GENERATED_REQUESTS", "4"))
NEEDS_ENGINES = {"/api/v1/session/provider"}
"""Answers 503 where no identity provider is set."""
CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance]
NO_SHRINKING = [Phase.explicit, Phase.generate]


class Sender:
    """Sends a generated request as the first role that is let in, and undoes what it did.

    Every second id is exchanged for one that exists: nobody guesses those.
    """

    def __init__(self, session: Session, settings: Settings, redis_url: str):
        self.session = session
        world.build(session.connection())
        # The world's audit entries have ids of their own: the log goes on far behind them.
        session.execute(text("alter sequence kernel.audit_id_seq restart with 1000000"))
        self.app: APIFlask = create_app(settings.model_copy(update={"redis_url": redis_url}))
        self.rooms = OneTransaction(session)
        self.app.extensions["database"] = self.rooms
        self.app.extensions["house"].auditing.database = self.rooms
        with self.rooms.unit_of_work(door.SETTER) as opened:
            bureau = door.bureau(opened)
            for role in ROLES:
                door.account(opened, bureau, role.lower(), role)
        self.browsers = {role: door.Browser(self.app) for role in ROLES}
        for role, browser in self.browsers.items():
            assert browser.sign_in(role.lower()).status_code == 200
        self.ids = {name: cycle(keys) for name, keys in self._keys()}

    def _keys(self) -> Iterator[tuple[str, list[int]]]:
        """(parameter, ids that exist) of every table with a number for its key."""
        for table in Base.metadata.tables.values():
            name = re.sub(r"ie$", "y", table.name.removesuffix("s")) + "_id"
            if table.schema in SCHEMAS and [c.name for c in table.primary_key] == ["id"]:
                found = list(self.session.scalars(table.select().limit(50)))
                if found:
                    yield name, found

    def send(self, case: Case) -> TestResponse:
        for name, value in (case.path_parameters or {}).items():
            if name in self.ids and isinstance(value, int) and value % 2:
                case.path_parameters[name] = next(self.ids[name])
        browser = self.browsers[self._who(case)]
        self.session.expire_all()
        undo = self.session.begin_nested()
        try:
            return self._call(case, browser)
        finally:
            undo.rollback()

    def _who(self, case: Case) -> str:
        rule = re.sub(r"{(\w+)}", r"<\1>", case.operation.path)
        for found in self.app.url_map.iter_rules():
            if re.sub(r"<[^>]*:(\w+)>", r"<\1>", found.rule) == rule and case.method in (
                found.methods or ()
            ):
                view = self.app.view_functions[found.endpoint]
                needed = set(getattr(view, "required_permissions", None) or ())
                return next((role for role, held in ROLES.items() if held & needed), "CMD")
        raise AssertionError(f"no rule for {case.operation.path}")

    def _call(self, case: Case, browser: door.Browser) -> TestResponse:
        cookies = {c.key: c.value for c in browser.client._cookies.values()}  # type: ignore[union-attr]
        headers = {"X-CSRF-Token": browser.csrf, "User-Agent": browser.agent}
        return case.call(headers=headers, cookies=cookies)  # type: ignore[return-value]


@pytest.fixture
def sender(session: Session, settings: Settings, redis_url: str) -> Iterator[Sender]:
    sender = Sender(session, settings, redis_url)
    yield sender
    sender.app.extensions["house"].database.close()


@pytest.mark.timeout(3600)
def test_no_request_makes_the_server_fail_or_break_its_promises(
    sender: Sender, subtests: pytest.Subtests
) -> None:
    document = schemathesis.openapi.from_dict(dict(sender.app.spec))
    document.app = sender.app
    asked = 0
    for result in document.get_all_operations():
        operation = result.ok()
        asked += 1
        for mode in GenerationMode:
            with subtests.test(operation=operation.label, mode=mode.value):
                _ask(sender, operation.as_strategy(mode))
    assert asked > 100


def _ask(sender: Sender, cases: SearchStrategy[Case]) -> None:
    @seed(12315)
    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=NO_SHRINKING,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def ask(case: Case) -> None:
        case.validate_response(sender.send(case), checks=CHECKS)

    try:
        ask()
    except Unsatisfiable:  # an operation without parameters cannot be asked wrongly
        pass
