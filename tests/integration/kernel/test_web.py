"""What the database or the parser cannot take is the sender's fault, and said so."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import text

from kernel.access import Principal
from kernel.db import Database
from kernel.web import install_error_handlers


@pytest.fixture
def client(shared_database: Database, principal: Principal) -> Iterator[FlaskClient]:
    app = Flask(__name__)
    install_error_handlers(app)

    @app.post("/keep")
    def keep() -> dict[str, Any]:
        with shared_database.unit_of_work(principal) as session:
            given = request.get_json()
            return {"kept": session.scalar(text("select cast(:given as text)"), {"given": given})}

    @app.post("/count")
    def count() -> dict[str, Any]:
        with shared_database.unit_of_work(principal) as session:
            given = request.get_json()
            return {"n": session.scalar(text("select cast(:given as bigint)"), {"given": given})}

    yield app.test_client()


@pytest.mark.parametrize(("path", "given"), [("/keep", "a\0b"), ("/count", 2**63)])
def test_what_no_column_holds_is_bad_input_and_no_failure_of_ours(
    client: FlaskClient, path: str, given: object, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.post(path, json=given)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "bad_input")
    assert answer.content_type == "application/problem+json"
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "Traceback" not in caplog.text


def test_json_without_a_bottom_is_a_bad_request(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.post("/keep", data="[" * 200_000, content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "Traceback" not in caplog.text
