"""Bodies and parameters that are too large, broken or absurd: always a refusal in the one shape,
never an error of ours, and never a long wait.
"""

import gzip
import json
import time
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from tests.factories.documented import Operation, changed, leaves, operations
from tests.factories.siege import ALL, Siege

JSON = "application/json"
SHAPE = {"status", "code", "message", "field", "params"}
DEEP = 10_000
HOOKS = ("/hooks/call/receipt", "/hooks/fax/inbound")
LONG = 2.0
"""Seconds: nothing that is refused may take so long."""


def refused(answer: TestResponse) -> str:
    """What is wrong with the answer as a refusal; nothing when it is one."""
    if not 400 <= answer.status_code < 500:
        return f"answered {answer.status_code}: {answer.text[:200]}"
    said = answer.get_json(silent=True)
    return "" if isinstance(said, dict) and said.keys() >= SHAPE else f"in no shape: {answer.text}"


def taking_json(besieged: Siege) -> list[Operation]:
    """Every operation with a JSON body."""
    found = [operation for operation in operations(besieged.app) if operation.body is not None]
    assert len(found) > 50
    return found


def broken_bodies() -> dict[str, dict[str, Any]]:
    """What no endpoint with a JSON body may take."""
    plain = {
        "cut off": b'{"case_id": 1, "no',
        "no object": b"[]",
        "a word": b'"x"',
        "too deep": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        "too deep, in lists": b"[" * DEEP + b"]" * DEEP,
        "more digits than Python reads": b'{"a": ' + b"9" * 5_000 + b"}",
        "no UTF-8": b'{"a": "\xff\xfe"}',
        "GBK": '{"a": "投诉"}'.encode("gbk"),
        "packed": gzip.compress(b" " * 1_000_000),
        "two megabytes": b"[" + b"[]," * 700_000 + b"[]]",
    }
    bodies = {name: {"data": body, "content_type": JSON} for name, body in plain.items()}
    for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded", "x"):
        bodies[kind] = {"data": b'{"a": 1}', "content_type": kind}
    bodies["a bomb"] = {**bodies["packed"], "headers": {"Content-Encoding": "gzip"}}
    bodies["ten times the limit"] = {"content_type": JSON, "content_length": 200 << 20}
    return bodies


def test_a_broken_body_is_refused_by_every_endpoint(besieged: Siege) -> None:
    wrong = []
    for operation in taking_json(besieged):
        for name, sent in broken_bodies().items():
            began = time.perf_counter()
            answer = besieged.send(ALL, operation.method, besieged.path(operation), **sent)
            fault = refused(answer)
            if time.perf_counter() - began > LONG:
                fault += " slow"
            if fault:
                wrong.append((str(operation), name, fault))
    assert wrong == []


TEXTS = ("\ud800", "a\0b", "x" * 50_000, [], 10**400)
NUMBERS = (2**63, 10**400, -1, float("nan"), float("inf"), "x", {})


def test_an_absurd_value_in_any_field_breaks_nothing(besieged: Siege) -> None:
    wrong, fields = [], 0
    for operation in taking_json(besieged):
        fitting = besieged.body(operation)
        for way, fit in leaves(fitting):
            fields += 1
            for value in TEXTS if isinstance(fit, str) else NUMBERS:
                sent = json.dumps(changed(fitting, way, value))
                answer = besieged.send(
                    ALL, operation.method, besieged.path(operation), data=sent, content_type=JSON
                )
                fault = refused(answer) if answer.status_code >= 400 else ""
                if fault:
                    wrong.append((str(operation), way, str(value)[:20], fault))
    assert fields > 240
    assert wrong == []


PARAMETERS = (
    "", "\0", "9" * 400, "-1", "1e400", "nan", "１", "%ff", "x" * 3_000, "a,b", "[]", "null",
)  # fmt: skip


def test_an_absurd_parameter_in_any_address_breaks_nothing(besieged: Siege) -> None:
    wrong, tried = [], 0
    for operation in operations(besieged.app):
        fit = {name: besieged.known[name] for name in operation.query if name in besieged.known}
        asked = [
            (besieged.path(operation), {**fit, name: value})
            for name in operation.query
            for value in PARAMETERS
        ] + [
            (operation.path({**besieged.known, name: quote(value, safe="")}), fit)
            for name in operation.parameters
            for value in (*PARAMETERS, str(2**63), "../1", "1;2")
        ]
        tried += len(operation.query) + len(operation.parameters)
        for path, query in asked:
            body = {"json": besieged.body(operation)} if operation.body else {}
            answer = besieged.send(ALL, operation.method, path, query_string=query, **body)
            fault = refused(answer) if answer.status_code >= 400 else ""
            if fault and not path.startswith("/hooks"):
                wrong.append((str(operation), path[-40:], str(query)[:80], fault))
    assert tried > 130
    assert wrong == []


def test_an_endpoint_without_a_body_does_not_care_for_one(besieged: Siege) -> None:
    wrong, tried = [], 0
    for operation in operations(besieged.app):
        if operation.body is None and operation.method != "GET":
            tried += 1
            for name in ("too deep", "ten times the limit", "text/plain"):
                sent, path = broken_bodies()[name], besieged.path(operation)
                answer = besieged.send(ALL, operation.method, path, **sent)
                if answer.status_code >= 500:
                    wrong.append((str(operation), name, answer.status_code))
    assert tried > 23
    assert wrong == []


FILES = ("addPhoto", "attachRecording")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", FILES)
def test_a_strange_form_is_refused(besieged: Siege, name: str) -> None:
    operation = next(one for one in operations(besieged.app) if one.name == name)
    parts = b"".join(b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n\r\n' % n
                     for n in range(10_000))  # fmt: skip
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    forms = {
        "ten thousand parts": parts + b"--x--\r\n",
        "no end": head + b"\xff\xd8\xff",
        "no file": b"--x--\r\n",
        "an empty file": head + b"\r\n--x--\r\n",
        "no picture": head + b"<script>alert(1)</script>\r\n--x--\r\n",
        "a broken picture": head + b"\xff\xd8\xff\xe0" + b"\0" * 100 + b"\r\n--x--\r\n",
        "a header without end": b'--x\r\nContent-Disposition: form-data; name="' + b"a" * 100_000,
        "a long field": b'--x\r\nContent-Disposition: form-data; name="kind"\r\n\r\n'
        + b"x" * 2_000_000 + b"\r\n--x--\r\n",
    }  # fmt: skip
    wrong = []
    for what, body in forms.items():
        for kind in ("multipart/form-data; boundary=x", "multipart/form-data"):
            began = time.perf_counter()
            answer = besieged.send(
                "officer" if name == "addPhoto" else "agent", operation.method,
                besieged.path(operation), data=body, content_type=kind,
            )  # fmt: skip
            fault = refused(answer) or ("slow" if time.perf_counter() - began > LONG else "")
            if fault:
                wrong.append((what, kind, fault))
    assert wrong == []


def test_what_an_engine_says_wrongly_breaks_nothing(besieged: Siege) -> None:
    """Kannel passes on what a carrier says; the texts' charset is the sender's choice."""
    wrong = []
    charsets = ("utf-7", "idna", "punycode", "unicode_escape", "hex", "zip", "undefined", "a\x00b",
                "utf-16", "x" * 500, "rot13", "big5")  # fmt: skip
    for number, charset in enumerate(charsets):
        for text in (b"\\ud800 +2AA- \xff\xfe\0", b"", b"xn--" + b"a" * 5_000):
            with besieged.database.attack():
                answer = besieged.hooked(
                    f"/hooks/kannel/inbound?id=charset-{number}&at=²",
                    data=text, headers={"X-Kannel-From": "\xff'\"<b>" + "9" * 100,
                                        "Content-Type": f"text/plain; charset={charset}"},
                )  # fmt: skip
            if answer.status_code != 202:
                wrong.append((charset, text[:20], answer.status_code))
    for query in ("message=9" * 30, "kind=1", "kind=1&message=1&attempt=99999999999&part=1&at=x",
                  f"kind=1&message={10**17}&attempt=1&part=1&at={'9' * 300}"):  # fmt: skip
        with besieged.database.attack():
            answer = besieged.hooked(f"/hooks/kannel/receipt?{query}", method="GET")
        if answer.status_code >= 500:
            wrong.append((query, b"", answer.status_code))
    for hook, (name, sent) in product(HOOKS, broken_bodies().items()):
        with besieged.database.attack():
            answer = besieged.hooked(hook, **sent)
        if not 400 <= answer.status_code < 500:
            wrong.append((f"{hook} {name}", b"", answer.status_code))
    assert wrong == []


@pytest.mark.parametrize(
    "words",
    ["1" * 9_900, "没有死亡" * 2_400, "138 " * 2_400, "a@" * 4_900, "省市区县路号" * 1_600,
     "( " * 4_900, "-" * 9_900, "我叫" * 4_900, "（回复码" * 2_400],
)  # fmt: skip
def test_no_words_take_long_to_read(besieged: Siege, words: str) -> None:
    """The longest text, made for the expressions that look through it."""
    submit = next(one for one in operations(besieged.app) if one.name == "submitPublicly")
    told = besieged.body(submit) | {
        "dispatch_facts": words, "sealed_narrative": words, "kinds": ["TS", "JB"],
        "report_facts": words + "另", "details": {"goods": words[:400]},
    }  # fmt: skip
    began = time.perf_counter()
    answer = besieged.send(None, "POST", "/api/v1/public/submissions", json=told)
    assert time.perf_counter() - began < LONG
    assert answer.status_code in (201, 422), answer.text
