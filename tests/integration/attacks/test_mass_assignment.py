"""More fields than an endpoint asks for: refused, or without any effect."""

from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from command_center.cases.models import Case
from kernel.db import Base
from tests.factories.documented import Operation, objects, operations
from tests.factories.siege import ALL, Siege

PROTECTED = (
    "id", "organisation_id", "organisation_path", "path", "role", "roles", "permissions",
    "is_admin", "is_system", "status", "state", "created_at", "created_by", "closed_at", "kind",
    "confidential", "secrecy", "principal_id", "user_id", "password", "password_hash", "totp",
    "secret", "session_id", "version", "approved_at", "approver_id", "approver_name",
    "database_role", "must_change_password", "case_no", "order_no", "reporter_ref", "handler_id",
    "registered_by", "confirmed_at", "is_real_name", "query_code", "organisation", "reply_number",
    "__class__", "__proto__", "constructor",
)  # fmt: skip
WORD, NUMBER = "UNASKED-7f3a", 990_077_661
FREE = "details"
"""The particulars of a submission are a dictionary: what is in it is data, whatever its name."""


def laden(body: Any, value: object) -> Any:
    """The body with every protected name in every object of it that does not know that name."""
    if isinstance(body, list):
        return [laden(one, value) for one in body]
    if not isinstance(body, dict):
        return body
    kept = {name: one if name == FREE else laden(one, value) for name, one in body.items()}
    return dict.fromkeys(PROTECTED, value) | kept


def where(connection: Connection, *marks: object) -> list[str]:
    """The tables in which one of the marks stands anywhere."""
    connection.execute(text("select set_config('role', 'none', true)"))
    tables = [f"{table.schema}.{table.name}" for table in Base.metadata.sorted_tables]
    held = " union all ".join(
        f"select '{name}' where exists (select from {name} t where t::text like any(:marks))"
        for name in tables
    )
    return list(connection.scalars(text(held), {"marks": [f"%{mark}%" for mark in marks]}))


def test_a_field_that_nobody_asked_for_is_refused_or_lost(besieged: Siege) -> None:
    wrong, asked = [], 0
    for operation in operations(besieged.app):
        if operation.body is None:
            continue
        path, plain = besieged.path(operation), besieged.body(operation)
        expected = besieged.send(ALL, operation.method, path, json=plain).status_code
        for value in (WORD, NUMBER, [WORD], True):
            asked += 1
            wrong += _unasked(besieged, operation, expected, laden(plain, value))
    assert asked > 200
    assert wrong == []


def _unasked(besieged: Siege, operation: Operation, expected: int, more: Any) -> list[Any]:
    path = besieged.path(operation)
    with besieged.database.attack() as connection:
        answer = besieged.request(ALL, operation.method, path, json=more)
        kept = where(connection, WORD, NUMBER) if answer.status_code < 400 else []
    echoed = answer.status_code < 400 and (WORD in answer.text or str(NUMBER) in answer.text)
    if answer.status_code not in (422, expected) or kept or echoed:
        return [(str(operation), expected, answer.status_code, kept, echoed)]
    return []


def test_parameters_that_nobody_asked_for_change_nothing(besieged: Siege) -> None:
    wrong, shown = [], 0
    for operation in operations(besieged.app):
        if operation.method != "GET":
            continue
        path, fit = besieged.path(operation), dict.fromkeys(operation.query, "")
        fit = {name: besieged.known[name] for name in fit if name in besieged.known}
        extra = {name: WORD for name in PROTECTED if name not in operation.query}
        plain = besieged.send(ALL, "GET", path, query_string=fit)
        laden = besieged.send(ALL, "GET", path, query_string={**extra, **fit})
        shown += plain.status_code == 200
        if (plain.status_code, len(plain.data)) != (laden.status_code, len(laden.data)):
            wrong.append((str(operation), plain.status_code, laden.status_code))
    assert shown > 45
    assert wrong == []


def test_no_request_shape_is_open_but_the_particulars(besieged: Siege) -> None:
    shapes = [
        (str(operation), way, schema)
        for operation in operations(besieged.app)
        for way, schema in objects(operation.body or {})
    ]
    assert len([schema for *_, schema in shapes if "properties" in schema]) > 60
    open_ones = [
        (operation, way)
        for operation, way, schema in shapes
        if schema.get("additionalProperties") not in (None, False) and FREE not in way
    ]
    assert open_ones == []


STAFF = {
    "channel": "phone", "hotline": "12315", "answer": "已答复", "answered": True,
    "caller_number": "13911112222", "consent_public": False,
    "place": {"lat": 39.9, "lon": 116.4, "level": "door", "confidence": 1, "confirmed": True,
              "evidence": ["registry"], "text": "东区"},
}  # fmt: skip


def test_the_public_sets_nothing_that_staff_set(besieged: Siege) -> None:
    submit = next(one for one in operations(besieged.app) if one.name == "submitPublicly")
    with besieged.database.attack() as connection:
        told = besieged.body(submit) | STAFF | {"idempotency_key": str(uuid4())}
        answer = besieged.request(None, "POST", besieged.path(submit), json=told)
        assert answer.status_code == 201, answer.text
        connection.execute(text("select set_config('role', 'none', true)"))
        with Session(connection) as session:
            number = answer.get_json()["receipts"][0]["case_no"]
            case = session.query(Case).filter_by(case_no=number).one()
            assert (case.channel, case.registered_by) == ("web", None)
            assert case.hotline == ""
            assert (case.place_confirmed_at, case.place_confirmed_by) == (None, None)
            assert case.first_handler == ""
    for name, value in (("urgency", 0), ("triggers", ["DEATH"]), ("urgency_reason", "x")):
        told = besieged.body(submit) | {name: value}
        assert besieged.send(None, "POST", besieged.path(submit), json=told).status_code == 422
