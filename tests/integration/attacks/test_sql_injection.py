"""SQL in every text that reaches us: nothing breaks, nothing sleeps, nothing else is found."""

import time
from typing import Any
from urllib.parse import quote

from tests.factories.documented import Operation, changed, leaves, operations
from tests.factories.siege import ALL, Siege

ASLEEP = 3
SLEEPING = (
    f"'||(select pg_sleep({ASLEEP}))||'",
    f"x'); select pg_sleep({ASLEEP}); --",
    f"1 or (select 1 from pg_sleep({ASLEEP})) is null",
    f'"; select pg_sleep({ASLEEP}); -- \\',
    "$$;drop table cases.cases;--$$ :name %s %(id)s {0} ? \\' \" ` ",
)
TRUE, FALSE = "x' or '1'='1", "x' or '1'='2"
ANYTHING = ("%", "_", "%%", "\\", ".*")
NOTHING = "没有这样的词语"


def fit(besieged: Siege, operation: Operation) -> dict[str, Any]:
    return {name: besieged.known[name] for name in operation.query if name in besieged.known}


def test_sql_in_any_field_of_a_body_is_a_text_like_another(besieged: Siege) -> None:
    wrong = []
    for operation in operations(besieged.app):
        if operation.body is None:
            continue
        fitting = besieged.body(operation)
        for way, value in leaves(fitting):
            if not isinstance(value, str):
                continue
            for words in (SLEEPING[0], SLEEPING[-1]):
                began = time.perf_counter()
                answer = besieged.send(
                    ALL, operation.method, besieged.path(operation),
                    json=changed(fitting, way, words),
                )  # fmt: skip
                if answer.status_code >= 500 or time.perf_counter() - began >= ASLEEP:
                    wrong.append((str(operation), way, words, answer.text[:100]))
    assert wrong == []


def test_sql_in_any_parameter_is_a_text_like_another(besieged: Siege) -> None:
    wrong = []
    for operation in operations(besieged.app):
        body = {"json": besieged.body(operation)} if operation.body else {}
        addresses = [
            operation.path({**besieged.known, name: quote(words, safe="")})
            for name in operation.parameters
            for words in SLEEPING
        ]
        asked = [(address, {}) for address in addresses] + [
            (besieged.path(operation), {**fit(besieged, operation), name: words})
            for name in operation.query
            for words in SLEEPING
        ]
        for address, query in asked:
            began = time.perf_counter()
            answer = besieged.send(ALL, operation.method, address, query_string=query, **body)
            if answer.status_code >= 500 or time.perf_counter() - began >= ASLEEP:
                wrong.append((str(operation), address, query, answer.text[:100]))
    assert wrong == []


def found(besieged: Siege, operation: Operation, name: str, words: str) -> tuple[int, int]:
    """Status and how much came back, without the words themselves."""
    query = {**fit(besieged, operation), name: words}
    answer = besieged.send(ALL, operation.method, besieged.path(operation), query_string=query)
    said = answer.get_json(silent=True)
    items = said.get("items", said.get("candidates", ())) if isinstance(said, dict) else said
    return answer.status_code, len(items or ())


def test_a_search_finds_no_more_for_a_condition_that_holds(besieged: Siege) -> None:
    wrong, seen = [], 0
    for operation in operations(besieged.app):
        for name in operation.query:
            if operation.method != "GET":
                continue
            seen += 1
            nothing = found(besieged, operation, name, NOTHING)
            for words in (TRUE, FALSE, *ANYTHING):
                if (answer := found(besieged, operation, name, words)) != nothing:
                    wrong.append((str(operation), name, words, answer, nothing))
    assert seen > 20
    assert wrong == []


def test_the_tables_are_still_there(besieged: Siege) -> None:
    answer = besieged.send(ALL, "GET", "/api/v1/cases", query_string={"view": "all"})
    assert answer.status_code == 200
    assert len(answer.get_json()["items"]) >= 4
