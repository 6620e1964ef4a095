"""What travels in headers: line breaks, foreign host names, methods in disguise, caches, and
addresses that lead elsewhere.
"""

from typing import Any
from urllib.parse import urlsplit

import pytest

from command_center.accounts.provider_views import OWN_PATH
from tests.factories.documented import Operation, changed, leaves, operations
from tests.factories.siege import ALL, Siege

BROKEN = "x\r\nX-Injected: yes\r\nSet-Cookie: planted=1\r\n\r\n<script>alert(1)</script>"
ELSEWHERE = "evil.example"


def fit(besieged: Siege, operation: Operation) -> dict[str, Any]:
    return {name: besieged.known[name] for name in operation.query if name in besieged.known}


def test_no_line_break_of_a_stranger_gets_into_a_header(besieged: Siege) -> None:
    wrong, tried = [], 0
    for operation in operations(besieged.app):
        body = besieged.body(operation) if operation.body else None
        asked: list[dict[str, Any]] = [
            {"query_string": {**fit(besieged, operation), name: BROKEN}} for name in operation.query
        ]
        asked += [
            {"json": changed(body, way, BROKEN)}
            for way, value in leaves(body)
            if isinstance(value, str)
        ]
        asked.append({"headers": {"Accept-Language": "zh;q=x", "User-Agent": "<b>" * 500}})
        for sent in asked:
            request = {"json": body, **sent} if body and "json" not in sent else sent
            answer = besieged.send(ALL, operation.method, besieged.path(operation), **request)
            tried += 1
            told = str(answer.headers).lower()
            if "x-injected" in told or "planted=1" in told:
                wrong.append((str(operation), sent))
    assert tried > 350
    assert wrong == []


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL",
                                    "Forwarded", "X-Forwarded-Server", "X-Host"])  # fmt: skip
def test_a_foreign_host_name_gets_into_no_answer(besieged: Siege, header: str) -> None:
    value = f"host={ELSEWHERE}" if header == "Forwarded" else ELSEWHERE
    wrong, shown = [], 0
    pages = [op for op in operations(besieged.app) if op.method == "GET"]
    assert len(pages) > 55
    for path in (*(besieged.path(op) for op in pages), "/", "/healthz", "/login"):
        with besieged.send(ALL, "GET", path, headers={header: value}) as answer:
            told = answer.get_data() + str(answer.headers).encode()
        if ELSEWHERE.encode() in told:
            wrong.append((path, answer.status_code))
        shown += answer.status_code == 200
        if header == "Host" and answer.status_code != 400:
            wrong.append((path, answer.status_code))
    assert shown > 45 or header == "Host"
    assert wrong == []


def test_a_page_under_a_strangers_name_cannot_sign_in(besieged: Siege) -> None:
    """A name that a stranger leads to this machine: their page and their host name agree."""
    given = {"account": ALL, "password": "x"}
    headers = {"Host": ELSEWHERE, "Origin": f"http://{ELSEWHERE}"}
    answer = besieged.send(None, "POST", "/api/v1/session", json=given, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")


def test_a_bureau_names_itself(besieged: Siege) -> None:
    settings = besieged.settings
    known = {"mode": "production", "public_url": "https://desk.example.gov.cn:8443"}
    assert settings.model_copy(update=known).host_names == [
        "127.0.0.1", "desk.example.gov.cn", "localhost",
    ]  # fmt: skip
    assert settings.model_copy(update={**known, "public_url": ""}).host_names is None
    assert settings.model_copy(update={"host": "::1"}).host_names is None


def test_no_method_hides_in_another(besieged: Siege) -> None:
    wrong, done = [], 0
    deletions = [op for op in operations(besieged.app) if op.method == "DELETE"]
    assert len(deletions) > 9
    for operation in deletions:
        path = besieged.path(operation)
        for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
            for method in ("GET", "POST", "HEAD"):
                with besieged.database.attack():
                    besieged.request(ALL, method, path, headers={name: "DELETE"},
                                     query_string={"_method": "DELETE"})  # fmt: skip
                    again = besieged.request(ALL, "DELETE", path)
                plain = besieged.send(ALL, "DELETE", path)
                done += plain.status_code < 300
                if again.status_code != plain.status_code:
                    wrong.append((path, name, method))
        for method in ("TRACE", "CONNECT", "PROPFIND", "X"):
            if besieged.send(ALL, method, path).status_code not in (404, 405):
                wrong.append((path, method, ""))
    assert done > 80, "most of what was to be deleted is there"
    assert wrong == []


def test_no_answer_for_somebody_may_be_kept_by_a_cache(besieged: Siege) -> None:
    wrong, told = [], 0
    for operation in operations(besieged.app):
        body = {"json": besieged.body(operation)} if operation.body else {}
        answer = besieged.send(ALL, operation.method, besieged.path(operation), **body)
        told += answer.status_code < 400
        said = answer.headers.get("Cache-Control", "")
        if "public" in said or not ("no-store" in said or "private" in said):
            wrong.append((str(operation), said))
    assert told > 90, "answers with something in them"
    assert wrong == []


AWAY = (
    "//evil.example", "///evil.example", "/\\evil.example", "/%5cevil.example",
    "/%2f%2fevil.example",
    "/.//evil.example", "//evil.example/%2e%2e", "/;@evil.example", "/http://evil.example",
    "/login//evil.example", "//evil.example@localhost/", "/x%0d%0aLocation:%20//evil.example",
)  # fmt: skip


@pytest.mark.parametrize("path", AWAY)
def test_no_address_leads_elsewhere(besieged: Siege, path: str) -> None:
    for method in ("GET", "POST", "HEAD"):
        with besieged.app.test_client().open(
            path, method=method, base_url="http://localhost", environ_overrides={"PATH_INFO": path}
        ) as answer:
            answer.get_data()
        goes = urlsplit(answer.headers.get("Location", "/"))
        assert goes.netloc in ("", "localhost"), (method, path, answer.headers["Location"])
        assert not (answer.headers.get("Location") or "/x").startswith(("//", "/\\"))


@pytest.mark.parametrize(
    "onward",
    [
        *AWAY,
        "javascript:alert(1)",
        "data:,x",
        "https://evil.example",
        "/\t/evil.example",
        " //evil.example",
        "/\n/evil.example",
    ],
)
def test_signing_in_leads_nowhere_else(onward: str) -> None:
    if OWN_PATH.fullmatch(onward):
        base = urlsplit(f"http://localhost{onward}")
        assert base.netloc == "localhost", onward
        assert not onward.startswith(("//", "/\\"))
