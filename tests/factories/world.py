"""One row of every table for every place and kind of case: what a person may see can be counted.

Rows are made from the schema itself, so that a new table is there by itself; only values that a
check constraint restricts are named below.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from geoalchemy2 import Geography, Geometry
from sqlalchemy import Column, Connection, LargeBinary, Table, text, types
from sqlalchemy.dialects.postgresql import JSONB

from kernel.db import SCHEMAS, Base

PLACES = ("centre", "east", "west")
KINDS = ("TS", "JB", "ZX", "HF")
PATHS = {"centre": "/1/", "east": "/1/2/", "west": "/1/3/", "station": "/1/2/4/"}
ORDER = ("kernel", "accounts", "gps", "cases", "telephony", "dispatch")
LEFT_OUT = frozenset({"maps", "alembic_version", "work_calendar", "fixes", "retention_rules"})
FIXED: dict[str, Any] = {
    "kernel.outbound_pauses.ended_at": datetime(2026, 9, 22, tzinfo=UTC),
    "accounts.organisations.kind": "branch",
    "accounts.duties.post": "DISP",
    "accounts.duties.starts_at": datetime(2026, 9, 21, tzinfo=UTC),
    "accounts.push_subscriptions.session_id": text("(select min(id) from accounts.sessions)"),
    "cases.cases.state": "REGISTERED",
    "cases.cases.urgency": 1,
    "cases.destructions.state": "PROPOSED",
    "cases.supervisions.level": 1,
    "cases.supervisions.closed_at": datetime(2026, 9, 22, tzinfo=UTC),
    "dispatch.orders.state": "ACKED",
    "dispatch.assignments.state": "ACKED",
    "dispatch.assignments.target_kind": "unit",
    "dispatch.units.state": "FREE",
    "dispatch.units.kind": "vehicle",
    "dispatch.deliveries.state": "SENT",
    "dispatch.replies.outcome": "to_person",
    "dispatch.alarms.rung": "DISP",
    "dispatch.policies.urgency": 1,
    "dispatch.policies.replaced_at": datetime(2026, 9, 22, tzinfo=UTC),
    "dispatch.escalations.state": "RUNNING",
    "dispatch.escalation_steps.outcome": "done",
    "dispatch.subject_facts.outcome": "found",
    "dispatch.conferences.ended_at": datetime(2026, 9, 22, tzinfo=UTC),
    "dispatch.conferences.decision": "other",
    "dispatch.conference_parties.part": "desk",
    "dispatch.conference_parties.state": "LEFT",
    "dispatch.drills.ended_at": datetime(2026, 9, 22, tzinfo=UTC),
    "dispatch.drill_calls.outcome": "ok",
    "telephony.messages.channel": "sms",
    "telephony.messages.text": "x",
    "telephony.attempts.outcome": "accepted",
    "telephony.receipts.kind": "delivered",
    "telephony.inbound.channel": "sms",
}
"""Values that the schema restricts."""
OF_A_KIND = ("cases.cases", "cases.complainants", "cases.supervisions")
IMPOSSIBLE = {("complainants", "JB")}
EMPTY = frozenset({"assignments.closed_at", "crew.signed_off_at", "messages.document"})
REFERENCES: dict[str, str | None] = {
    "case_id": "cases.cases",
    "order_id": "dispatch.orders",
    "user_id": "accounts.users",
    "created_by": "accounts.users",
    "registered_by": None,
}
"""References upward carry no foreign key: whose row they name."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A place and a kind of case."""

    place: str
    kind: str

    def __str__(self) -> str:
        return f"{self.place[0]}:{self.kind}"


@dataclass
class World:
    """The rows: table -> {primary key: cell}."""

    rows: dict[str, dict[tuple[Any, ...], Cell]] = field(default_factory=dict)
    keys: dict[tuple[str | None, Cell], tuple[Any, ...]] = field(default_factory=dict)
    count: int = 100

    def key(self, table: str, cell: Cell) -> Any:
        return self.keys[table, cell][0]


def cells() -> Iterator[Cell]:
    for place in PLACES:
        for kind in KINDS:
            yield Cell(place, kind)


def tables() -> list[Table]:
    """Every table of ours that may hold somebody's data; those that others refer to come first."""
    found = [
        table
        for table in Base.metadata.sorted_tables
        if table.schema in SCHEMAS and table.schema not in LEFT_OUT and table.name not in LEFT_OUT
    ]
    return sorted(found, key=lambda table: ORDER.index(str(table.schema)))


def build(connection: Connection) -> World:
    """Fill the empty database of the connection, whose login owns it."""
    world = World()
    connection.execute(text("alter table cases.cases drop constraint ck_cases_kind"))
    connection.execute(text("select gps.ensure_partitions('2026-09-01', '2026-09-30')"))
    for table in tables():
        for cell in cells():
            if (table.name, cell.kind) not in IMPOSSIBLE:
                _insert(connection, world, table, cell)
    return world


def _insert(connection: Connection, world: World, table: Table, cell: Cell) -> None:
    world.count += 1
    name = f"{table.schema}.{table.name}"
    values = {c.name: _value(world, name, c, cell) for c in table.columns if _is_needed(c)}
    made = connection.execute(table.insert().values(values).returning(*table.primary_key))
    key = tuple(made.one())
    world.rows.setdefault(name, {})[key] = cell
    world.keys[name, cell] = key


def _is_needed(column: Column[Any]) -> bool:
    named = f"{column.table.name}.{column.name}"
    if column.identity is not None or named in EMPTY:
        return False
    return (
        column.name in REFERENCES
        or column.name.endswith("path")
        or bool(column.foreign_keys)
        or f"{column.table.schema}.{named}" in FIXED
        or (not column.nullable and column.server_default is None)
        or column.name in ("reporter_ref", "is_stranger")
    )


def _value(world: World, table: str, column: Column[Any], cell: Cell) -> Any:
    full = f"{table}.{column.name}"
    if full in FIXED:
        return FIXED[full]
    if column.name == "is_stranger":
        return cell.kind == "ZX"
    if column.name in ("kind", "case_kind") and table in OF_A_KIND:
        return cell.kind
    if column.name in ("organisation_path", "target_path", "unit_path", "path"):
        return PATHS[cell.place]
    if (found := _reference(world, table, column, cell)) is not _NOTHING:
        return found
    return _of_type(world, column)


_NOTHING = object()


def _reference(world: World, table: str, column: Column[Any], cell: Cell) -> Any:
    if column.name == "reporter_ref" and cell.kind != "JB":
        return None
    for foreign in column.foreign_keys:
        target = f"{foreign.column.table.schema}.{foreign.column.table.name}"
        if target == table or column.name in ("repeats_id", "repeat_of_id"):
            return None
        return world.key(target, cell) if foreign.column.primary_key else cell.kind
    if column.name in REFERENCES and column.name != table:
        target = REFERENCES[column.name]
        if (target, cell) in world.keys:
            return world.keys[target, cell][0]
        return None if column.nullable else _NOTHING
    return _NOTHING


def _of_type(world: World, column: Column[Any]) -> Any:
    kind, n = column.type, world.count
    if isinstance(kind, Geometry | Geography):
        multi = "MULTIPOLYGON" in str(kind.geometry_type)
        return "SRID=4326;" + ("MULTIPOLYGON EMPTY" if multi else f"POINT(116.4 {30 + n / 1e4})")
    makers: dict[type, Any] = {
        types.String: str(n)[-(getattr(kind, "length", None) or 9) :],
        types.DateTime: text("timestamptz '2026-09-22 02:00Z'"),
        types.Date: date(2000, 1, 1) + timedelta(n),
        types.Boolean: False,
        types.Float: 1.0,
        types.Integer: n,
        types.Uuid: UUID(int=n),
        LargeBinary: str(n).encode().rjust(32),
        JSONB: {},
        types.ARRAY: [],
    }
    return next(made for base, made in makers.items() if isinstance(kind, base))


def summary(found: set[Cell], all_cells: set[Cell]) -> str:
    """`everything`, `-`, or each place's initial with its kinds: `c:TS,ZX e:JB`."""
    if found == all_cells:
        return "everything"
    by_place = {
        place: ",".join(kind for kind in KINDS if Cell(place, kind) in found) for place in PLACES
    }
    return " ".join(f"{place[0]}:{kinds}" for place, kinds in by_place.items() if kinds) or "-"
