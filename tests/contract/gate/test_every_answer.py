"""Every answer of the API is an allow-list: a declared schema, or a file named with its purpose."""

from collections.abc import Iterator
from typing import Any

import pytest
from apiflask import APIFlask
from flask import Response
from pydantic import BaseModel

from command_center.app import create_app
from kernel.gate.purposes import TABLE
from kernel.settings import Settings
from tests.contract.gate.reviewed import FILES_WITHOUT_SCHEMA, OPEN_ENDED

NOTHING = {"204", "304"}


@pytest.fixture(scope="module")
def app(settings: Settings) -> APIFlask:
    return create_app(settings)


def unlisted(app: APIFlask) -> set[str]:
    """Endpoints whose good answer has neither a declared schema nor an empty body."""
    found = set()
    for rule in app.url_map.iter_rules():
        spec = getattr(app.view_functions[rule.endpoint], "_spec", {})
        answers = {str(code) for code in (spec.get("responses") or {}) if str(code) < "400"}
        declared = (spec.get("response") or {}).get("schema")
        if not _is_model(declared) and not (answers and answers <= NOTHING):
            found.add(rule.endpoint)
    return found


def _is_model(declared: Any) -> bool:
    return isinstance(declared, type) and issubclass(declared, BaseModel)


def test_every_answer_is_a_declared_schema_or_a_named_file(app: APIFlask) -> None:
    assert unlisted(app) == set(FILES_WITHOUT_SCHEMA)
    assert set(FILES_WITHOUT_SCHEMA.values()) <= set(TABLE)


def test_an_answer_without_a_schema_is_seen() -> None:
    bare = APIFlask("bare")

    @bare.get("/leak")
    def leak() -> dict[str, str]:
        return {"informant": "诸葛青禾"}

    assert "leak" in unlisted(bare)


def test_what_is_not_in_the_schema_does_not_leave() -> None:
    class Told(BaseModel):
        case_no: str

    small = APIFlask("small")

    @small.get("/case")
    @small.output(Told)
    def case() -> Any:
        return {"case_no": "JB1", "informant": "诸葛青禾"}

    answer: Response = small.test_client().get("/case")
    assert answer.get_json() == {"case_no": "JB1"}


def open_ended(app: APIFlask) -> Iterator[str]:
    """Model.field of every answer that takes any key or any value."""
    for name, schema in app.spec["components"]["schemas"].items():
        for field, told in schema.get("properties", {}).items():
            shapes = [told, told.get("items", {}), *told.get("anyOf", [])]
            if any(_takes_anything(shape) for shape in shapes):
                yield f"{name}.{field}"


def _takes_anything(shape: dict[str, Any]) -> bool:
    return shape.get("type") == "object" and shape.get("additionalProperties") is True


def test_what_an_answer_leaves_open_is_on_a_short_list(app: APIFlask) -> None:
    assert set(open_ended(app)) == set(OPEN_ENDED)
