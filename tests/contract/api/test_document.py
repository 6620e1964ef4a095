"""The OpenAPI document is made from the code and leaves nothing out."""

import re
from typing import Any

import pytest
from apiflask import APIFlask

from command_center.app import create_app
from kernel.settings import Settings


@pytest.fixture(scope="module")
def app(settings: Settings) -> APIFlask:
    return create_app(settings)


@pytest.fixture(scope="module")
def operations(app: APIFlask) -> dict[tuple[str, str], dict[str, Any]]:
    """(method, path) -> operation."""
    return {
        (method.upper(), path): operation
        for path, methods in app.spec["paths"].items()
        for method, operation in methods.items()
    }


def endpoints(app: APIFlask) -> set[tuple[str, str]]:
    return {
        (method, re.sub(r"<(?:[^:>]+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and rule.endpoint != "openapi.spec"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_endpoint_is_described(
    app: APIFlask, operations: dict[tuple[str, str], dict[str, Any]]
) -> None:
    assert endpoints(app) == set(operations)
    assert len(operations) > 50


def test_every_operation_has_a_name_of_its_own_an_answer_and_the_one_error_shape(
    operations: dict[tuple[str, str], dict[str, Any]],
) -> None:
    names = [operation["operationId"] for operation in operations.values()]
    assert len(set(names)) == len(names)
    for operation in operations.values():
        assert any(status.startswith(("2", "3")) for status in operation["responses"])
        content = operation["responses"]["default"]["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_every_reference_leads_somewhere(app: APIFlask) -> None:
    schemas = app.spec["components"]["schemas"]
    named = set(re.findall(r"#/components/schemas/([\w.-]+)", str(app.spec)))
    assert named <= set(schemas)


def test_every_endpoint_declares_who_may_pass(app: APIFlask) -> None:
    undeclared = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if not hasattr(app.view_functions[rule.endpoint], "required_permissions")
    ]
    assert undeclared == []


def test_what_is_open_to_everyone_is_a_short_list(app: APIFlask) -> None:
    public = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "required_permissions", None) is None
    }
    assert public == {
        "/", "/<path:name>", "/assets/<path:name>", "/healthz", "/metrics",
        "/api/v1/config", "/api/v1/codes", "/api/v1/session",
        "/api/v1/session/second", "/api/v1/session/provider", "/api/v1/session/provider/return",
        "/api/v1/public/submissions", "/api/v1/public/query",
        "/hooks/kannel/inbound", "/hooks/kannel/receipt", "/hooks/call/receipt",
            "/hooks/fax/inbound", "/hooks/conference/party",
    }  # fmt: skip


def test_what_asks_for_a_fresh_proof(app: APIFlask) -> None:
    """The steps of a case are told apart by their name: see tests/integration/cases."""
    fresh = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "requires_fresh", False)
    }
    assert fresh == {
        "cases.reveal", "cases.open_original", "cases.search_by_phone",
        "archive.export_person", "archive.approve",
        "escalation.write", "escalation.sign",
        "calendar.put_calendar",
        "orders.approve", "orders.refuse", "orders.confirm",
        "conferences.decide", "conferences.confirm",
        "account.remove", "account.renew_codes",
        "administration.create", "administration.change", "administration.reset_password",
        "administration.reset_second_factor", "administration.end_session",
        "administration.end_sessions", "administration.create_token",
        "administration.revoke_token",
        "terminals.register", "terminals.change", "terminals.open_window", "terminals.revoke",
    }  # fmt: skip


def test_an_unfinished_sign_in_opens_a_short_list(app: APIFlask) -> None:
    opened = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "while_unfinished", False)
    }
    assert opened == {
        "accounts.who_am_i", "accounts.sign_out", "account.get_account",
        "account.change_password", "account.propose", "account.enrol",
    }  # fmt: skip


def test_terminals_are_managed_by_administrators_alone(app: APIFlask) -> None:
    rules = {
        rule.endpoint: app.view_functions[rule.endpoint].required_permissions  # type: ignore[attr-defined]
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("terminals.")
    }
    assert len(rules) > 10
    assert set(rules.values()) == {("admin.terminals",)}


def test_accounts_are_administered_by_administrators_alone(app: APIFlask) -> None:
    rules = {
        rule.endpoint: app.view_functions[rule.endpoint].required_permissions  # type: ignore[attr-defined]
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("administration.")
    }
    assert len(rules) > 10
    assert set(rules.values()) == {("admin.users",)}
