"""Nothing but the sealed identity leads from a report to a person or to the complaint beside it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from command_center.accounts.roles import permissions
from command_center.cases import actions, identity
from command_center.cases.models import Case
from command_center.cases.office import Office
from command_center.intake import callers
from command_center.intake.service import Intake, Opened
from kernel.access import Principal
from kernel.clock import SystemClock
from kernel.crypto import Broken
from kernel.errors import BadInput
from kernel.log import correlation_id
from tests.factories.bureau import CANARY, Bureau, acting, mixed

SECRETS = [str(CANARY[name]) for name in ("name", "phone", "address", "id_number")] + [
    "01064001234",
    "MT20260921000123",
]
SAME_FOR_MANY = {
    # what any two cases of one business on one day may have in common
    "organisation_id", "organisation_path", "centre_id", "registered_by", "first_handler",
    "handler_id", "channel", "hotline", "subject_id", "place", "place_text", "place_level",
    "place_confidence", "place_evidence", "place_confirmed_by", "region_code", "cell",
    "map_status", "persons_affected", "urgency", "triggers", "due_at", "yellow_at", "red_at",
}  # fmt: skip


MAY_BE_EQUAL = {
    # the bureau's own people and organisations, the business registry, the business complained of
    "accounts.": {"*"},
    "maps.": {"*"},
    "cases.subjects": {"*"},
    # whoever else called about that business on that day has these too; `type`, `name` and
    # `coordinates` are the point where it stands
    "cases.cases": SAME_FOR_MANY | {"type", "name", "coordinates", "state"},
    "cases.timeline": {"kind", "actor", "channel", "urgency", "level"},
    # counted in whole days; the steps of the count name the rule and its days
    "cases.deadlines": {
        *("rule", "provisional", "due_at", "yellow_at", "red_at"),
        *("code", "unit", "day"),
    },
    # who works here, and the words of this house for what they do
    "cases.reveals": {"user_id", "fields", "roles"},
    # row numbers of two tables that meet by chance
    "kernel.": {"id"},
    # what kind of work waits; every case has it
    "kernel.jobs": {"kind"},
    "kernel.audit": {
        "organisation_path",
        "terminal",
        "actor",
        "actor_id",
        "action",
        "object_kind",
        "level",
        "fields",
        "roles",
    },
    "dispatch.alarms": {"kind", "reference_kind", "organisation_path", "level", "rung"},
}
"""Columns whose value may stand in rows of both halves, and why. Everything else is a link."""
COUNTS = 100
"""Numbers below it are counts and levels."""


def _count_each_table_far_from_the_others(session: Session) -> None:
    """Row numbers that no counter, level or row of another table has by chance."""
    tables = session.scalars(
        text(
            "select attrelid::regclass::text from pg_attribute join pg_class c on c.oid = attrelid"
            " where attidentity <> '' and attname = 'id' and not relispartition order by 1"
        )
    ).all()
    assert "cases.cases" in tables
    for place, table in enumerate(tables):
        begin = 740_017 + place * 10_000_019
        session.execute(text(f"alter table {table} alter id restart with {begin}"))


def dump(session: Session) -> Iterator[tuple[str, str]]:
    """Every row of every room as text, as a plain SQL dump would show it."""
    tables = session.scalars(
        text(
            "select format('%I.%I', table_schema, table_name) from information_schema.tables"
            " where table_schema not in ('pg_catalog', 'information_schema', 'public')"
            " and table_type = 'BASE TABLE'"
        )
    ).all()
    for table in tables:
        for row in session.scalars(text(f"select to_jsonb(t)::text from {table} t")):
            yield table, row


@pytest.fixture
def halves(session: Session, intake: Intake, bureau: Bureau) -> list[Opened]:
    """A mixed call about something urgent, typed by an agent, at the real clock's pace."""
    session.info["clock"] = SystemClock()
    _count_each_table_far_from_the_others(session)
    told = mixed(
        place={"lat": 39.92, "lon": 116.43, "level": "door", "confidence": 0.97,
               "text": "东区建国路88号", "confirmed": True},
        urgency=2, urgency_reason="顾客称当场不适，请尽快", persons_affected=3,
    )  # fmt: skip
    under_way = correlation_id.set("0123456789abcdef")
    with acting(session, bureau.person("AGENT")):
        opened = intake.register(session, told)
    correlation_id.reset(under_way)
    session.info["key"] = str(told.idempotency_key)
    session.flush()
    session.expire_all()
    return opened


def test_no_table_tells_who_the_informant_is(session: Session, halves: list[Opened]) -> None:
    complaint_no = halves[0].case.case_no
    found = list(dump(session))
    assert any(complaint_no in row for _, row in found), "the dump is a dump"
    for table, row in found:
        readable = row + _hex_as_text(row)
        if complaint_no in row and table == "cases.cases":
            continue  # the complaint's own row: its order number is its own
        for secret in SECRETS:
            assert secret not in readable, f"{secret} lies open in {table}"


def test_no_row_names_both_halves_nor_the_key_they_came_with(
    session: Session, halves: list[Opened]
) -> None:
    complaint, report = (one.case for one in halves)
    for table, row in dump(session):
        values = set(_leaves(json.loads(row)))
        named = ({c.id, c.case_no} & values for c in (complaint, report))
        assert not all(named), f"{table} names both"
        assert session.info["key"] not in row, table
        assert halves[0].query_code not in values and halves[1].query_code not in values


def test_the_halves_share_no_value_that_others_do_not(
    session: Session, halves: list[Opened]
) -> None:
    first, second = (
        json.loads(session.scalar(
            text("select to_jsonb(t)::text from cases.cases t where id = :id"), {"id": one.case.id}
        ) or "")
        for one in halves
    )  # fmt: skip
    plain = (None, "", 0, 1, True, False, [], {}, "REGISTERED")
    shared = {name for name in first if first[name] == second[name] and first[name] not in plain}
    assert shared <= SAME_FOR_MANY
    narrative = session.scalar(
        text("select sealed_narrative from cases.reporter_identity where ref = :ref"),
        {"ref": second["reporter_ref"]},
    )
    assert second["sealed_narrative"] is None, "it lies with the informant"
    assert len(first["sealed_narrative"]) == 2 * len(narrative) + len("\\x"), "padded alike"


def test_what_happened_to_the_halves_has_no_moment_in_common(
    session: Session, halves: list[Opened]
) -> None:
    moments: dict[str, set[str]] = {"TS": set(), "JB": set()}
    for table in ("timeline", "deadlines"):
        for one in halves:
            column = "at" if table == "timeline" else "started_at"
            found = session.scalars(
                text(f"select {column}::text from cases.{table} where case_id = :id"),
                {"id": one.case.id},
            )
            moments[one.case.kind] |= set(found)
    assert moments["TS"] and moments["JB"]
    assert not moments["TS"] & moments["JB"]


def test_of_all_that_lies_in_any_table_the_halves_share_only_what_many_calls_share(
    session: Session, office: Office, halves: list[Opened], bureau: Bureau
) -> None:
    """After the agent looked the caller up and opened the report again, as bytes."""
    complaint, report = (one.case for one in halves)
    held = frozenset({"AGENT"})
    agent = Principal(
        complaint.registered_by or 0, complaint.first_handler, held, permissions(held),
        bureau.root.id, bureau.root.path,
    )  # fmt: skip
    with acting(session, agent):
        callers.earlier(session, office, callers.Limits(), str(CANARY["phone"]))
        identity.reveal(session, office.vault, report, identity.Seat(b"x" * 32), "verify", "")
    session.flush()
    rows = [(table, json.loads(row)) for table, row in dump(session)]
    first = belonging(rows, {complaint.id, complaint.case_no})
    second = belonging(rows, {report.id, report.case_no, str(report.reporter_ref)})
    tables = {table for table, _ in first + second}
    assert {"cases.complainants", "cases.reporter_identity", "cases.reporter_prints",
            "cases.reveals", "kernel.audit"} <= tables, "the dump is a dump"  # fmt: skip
    of_first, of_second = columns_by_value(first), columns_by_value(second)
    unexplained = {
        value: places
        for value in of_first.keys() & of_second.keys()
        if not all(map(may_be_equal, places := of_first[value] | of_second[value]))
    }
    assert unexplained == {}
    assert not windows(first) & windows(second), "no run of 12 sealed bytes stands in both"


def test_a_row_of_the_caller_log_leads_to_no_case(
    session: Session, office: Office, halves: list[Opened], bureau: Bureau
) -> None:
    with acting(session, bureau.person("AGENT")):
        callers.earlier(session, office, callers.Limits(), str(CANARY["phone"]))
    session.flush()
    logged = session.scalars(
        text("select to_jsonb(t)::text from kernel.audit t where action = 'caller.shown'")
    ).all()
    named = {str(value) for one in halves for value in (one.case.id, one.case.case_no)}
    assert logged and not any(
        str(leaf) in named for row in logged for leaf in _leaves(json.loads(row))
    )


def belonging(rows: list[tuple[str, Any]], known: set[Any]) -> list[tuple[str, Any]]:
    """The rows that name a case by its id, number or reference."""
    names = known | {str(one) for one in known}
    return [(table, row) for table, row in rows if names & set(_leaves(row))]


def columns_by_value(rows: list[tuple[str, Any]]) -> dict[Any, set[tuple[str, str]]]:
    found: dict[Any, set[tuple[str, str]]] = {}
    for table, row in rows:
        for column, value in _named_leaves(row):
            if value and (isinstance(value, str) or value >= COUNTS or value % 1):
                found.setdefault(value, set()).add((table, column))
    return found


def may_be_equal(place: tuple[str, str]) -> bool:
    table, column = place
    return any(
        table.startswith(prefix) and ("*" in columns or column in columns)
        for prefix, columns in MAY_BE_EQUAL.items()
    )


def windows(rows: list[tuple[str, Any]]) -> set[bytes]:
    """Every run of 12 bytes, the length of a nonce, in what is stored as bytes."""
    blobs = [
        bytes.fromhex(value[2:])
        for _, row in rows
        for value in _leaves(row)
        if isinstance(value, str) and value.startswith("\\x")
    ]
    return {blob[at : at + 12] for blob in blobs for at in range(len(blob) - 11)}


def _named_leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Each plain value under the name of its column, or of its key within it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _named_leaves(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _named_leaves(inner, name)
    else:
        yield name, value


def test_the_link_stands_in_the_sealed_identity_alone(
    session: Session, office: Office, halves: list[Opened]
) -> None:
    complaint, report = (one.case for one in halves)
    person = identity.person_of(session, office.vault, report)
    assert person and person.linked_case_no == complaint.case_no


def test_acts_on_a_report_cannot_name_its_informant(
    session: Session, office: Office, halves: list[Opened], bureau: Bureau
) -> None:
    report = halves[1].case
    given = {"organisation_id": bureau.branch.id, "note": f"{CANARY['name']}再次来电催办"}
    with acting(session, bureau.person("CMD")), pytest.raises(BadInput) as refused:
        actions.act(session, office, report.id, "route", given)
    assert (refused.value.code, refused.value.field) == ("facts_contain_identity", "note")


def test_sealed_things_of_one_case_do_not_open_as_those_of_another(
    session: Session, office: Office, halves: list[Opened]
) -> None:
    complaint, report = (session.get_one(Case, one.case.id) for one in halves)
    with pytest.raises(Broken):
        identity.open_text(office.vault, report.sealed_facts, complaint.case_no)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


def _hex_as_text(row: str) -> str:
    """Bytes that are not sealed would be readable in a dump after unhexing."""
    found = [v[2:] for v in _leaves(json.loads(row)) if isinstance(v, str) and v[:2] == "\\x"]
    return "".join(bytes.fromhex(v).decode("utf-8", "ignore") for v in found)
