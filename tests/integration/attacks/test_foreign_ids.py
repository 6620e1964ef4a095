"""Ids of another jurisdiction in bodies and queries; those in addresses are tried in
tests/integration/secrecy/test_endpoints.py.
"""

from typing import Any

from sqlalchemy import Connection, text

from kernel.db import Base
from tests.factories.documented import changed, leaves, operations
from tests.factories.siege import Siege

EAST = "east"
"""Holds every role, at the eastern branch alone."""


def western(connection: Connection, path: str) -> str:
    """A digest of all that belongs to the western branch."""
    connection.execute(text("select set_config('role', 'none', true)"))
    parts = [
        f"select md5(coalesce(string_agg(t::text, '' order by t::text), '')) as digest"
        f" from {table.schema}.{table.name} t where {name} like :path"
        for table in Base.metadata.sorted_tables
        for name in ("organisation_path", "target_path")
        if name in table.columns and table.name != "audit"
    ]
    statement = f"select md5(string_agg(digest, '')) from ({' union all '.join(parts)}) d"
    return str(connection.scalar(text(statement), {"path": f"{path}%"}))


def attacks(besieged: Siege) -> list[tuple[str, str, str, dict[str, Any]]]:
    """(what, method, address, request): one foreign id at a time, everything else one's own."""
    made, foreign = [], besieged.foreign
    for operation in operations(besieged.app):
        path = besieged.path(operation)
        body = besieged.body(operation) if operation.body else None
        for name in operation.query:
            if name in foreign:
                made.append((f"{operation}?{name}", operation.method, path,
                             {"query_string": {name: foreign[name]}}))  # fmt: skip
        if body is None:
            continue
        ways = {way[: next((n for n, k in enumerate(way) if k in foreign), -1) + 1]
                for way, _ in leaves(body) if any(k in foreign for k in way)}  # fmt: skip
        for way in sorted(ways, key=str):
            sent = changed(body, way, foreign[str(way[-1])])
            made.append((f"{operation} {way}", operation.method, path, {"json": sent}))
    return made


def test_a_foreign_id_opens_and_changes_nothing(besieged: Siege) -> None:
    path, wrong, tried = besieged.bureau.other.path, [], []
    for what, method, address, sent in attacks(besieged):
        tried.append(what)
        with besieged.database.attack() as connection:
            before = western(connection, path)
            answer = besieged.request(EAST, method, address, **sent)
            after = western(connection, path)
        asked = str(sent)
        told = [w for w in besieged.foreign_words if w in answer.text and w not in asked]
        if told or after != before or answer.status_code >= 500:
            wrong.append((what, answer.status_code, told, after != before))
    assert len(tried) > 15, tried
    assert wrong == []


def test_the_same_ids_open_what_they_name_to_whom_it_belongs(besieged: Siege) -> None:
    """Without this the test above could pass because the ids name nothing."""
    case = besieged.foreign["case_id"]
    said = besieged.send("all", "GET", f"/api/v1/cases/{case}").text
    listed = besieged.send("all", "GET", "/api/v1/orders", query_string={"case_id": case}).text
    left = besieged.send("all", "GET", f"/api/v1/handovers/{besieged.foreign['handover_id']}").text
    branch = {"organisation_id": besieged.foreign["organisation_id"]}
    duty = besieged.send("all", "GET", "/api/v1/duties", query_string=branch).text
    put = besieged.send(
        "all", "GET", f"/api/v1/supervisions/{besieged.foreign['supervision_id']}"
    ).text
    order = besieged.foreign["order_id"]
    passed = besieged.send("all", "GET", f"/api/v1/orders/{order}/offers").text
    told = said + listed + left + duty + put + passed
    assert {word for word in besieged.foreign_words if word not in told} <= {"京W99999"}
    answer = besieged.send(EAST, "GET", f"/api/v1/cases/{case}")
    assert answer.status_code == 404
