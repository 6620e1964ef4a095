"""What each role may see, add, change and remove of every table, proved by the database itself.

No query of ours runs here, so that no filter of ours can help. `golden/tables.txt` is what was
reviewed against SPEC §1.2; `SECRECY_GOLDEN=write` writes it anew.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, TextClause, create_engine, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from command_center.accounts.roles import ROLES, permissions
from command_center.migrations import access
from kernel.access import Role
from kernel.db import SCHEMAS
from tests.factories import world as worlds
from tests.factories.world import PATHS, Cell, World

GOLDEN = Path(__file__).parent / "golden" / "tables.txt"
NOBODYS_ID = 999_999
STAFF = {
    **{role: "centre" for role in ("AGENT", "ENTRY", "SHIFT", "DISP", "CMD", "LEAD", "STAT")},
    **{role: "centre" for role in ("ADMIN", "AUDIT", "DISC", "ARCH")},
    "UNIT": "east",
    "OFFICER": "east",
    "SVC": "station",
}
"""Each role of SPEC §1.2, and where it sits."""


@pytest.fixture(scope="module")
def connection(make_database: Callable[[], str]) -> Iterator[Connection]:
    """The owner's connection to a world of its own; every test's changes are taken back."""
    engine = create_engine(make_database())
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture(scope="module")
def world(connection: Connection) -> World:
    return worlds.build(connection)


def become(connection: Connection, role: str, world: World, place: str) -> None:
    """From here on the transaction runs as somebody of that role."""
    mine = world.key("accounts.users", Cell("east", "TS")) if role == "OFFICER" else NOBODYS_ID
    connection.execute(
        text(
            "select set_config('cc.principal', :me, true),"
            " set_config('cc.organisation_path', :path, true),"
            " set_config('cc.permissions', :may, true), set_config('role', :role, true)"
        ),
        {
            "me": str(mine),
            "path": PATHS[place],
            "may": f",{','.join(permissions(frozenset({role})))},",
            "role": Role.PERSON,
        },
    )


def reached(connection: Connection, world: World, role: str, table: Table, verb: str) -> str:
    """Whose rows somebody of this role reaches with this verb."""
    name = f"{table.schema}.{table.name}"
    rows = world.rows[name]
    with connection.begin_nested() as savepoint:
        found = {
            "see": _seen,
            "add": _added,
            "change": _changed,
            "remove": _removed,
        }[verb](connection, world, role, table)
        savepoint.rollback()
    return worlds.summary(found, set(rows.values()))


def _as(connection: Connection, world: World, role: str) -> None:
    become(connection, role, world, STAFF[role])


def _seen(connection: Connection, world: World, role: str, table: Table) -> set[Cell]:
    return _returned(connection, world, role, table, select(*table.primary_key))


def _changed(connection: Connection, world: World, role: str, table: Table) -> set[Cell]:
    column = next((c for c in table.columns if not c.primary_key), table.columns[0])
    statement = table.update().values({column: column}).returning(*table.primary_key)
    return _returned(connection, world, role, table, statement)


def _removed(connection: Connection, world: World, role: str, table: Table) -> set[Cell]:
    name = f"{table.schema}.{table.name}"
    where = " and ".join(f"{c.name} = :k{n}" for n, c in enumerate(table.primary_key))
    keys = {key: {f"k{n}": part for n, part in enumerate(key)} for key in world.rows[name]}
    return _row_by_row(
        connection, world, role, name, "delete", f"delete from {name} where {where}", keys
    )


def _returned(
    connection: Connection, world: World, role: str, table: Table, statement: object
) -> set[Cell]:
    _as(connection, world, role)
    try:
        found = connection.execute(statement).all()  # type: ignore[call-overload]
    except DBAPIError as refused:
        assert "permission denied" in str(refused) or "row-level security" in str(refused), refused
        return set()
    rows = world.rows[f"{table.schema}.{table.name}"]
    # The chain's trigger adds rows of its own.
    return {rows[tuple(key)] for key in found if tuple(key) in rows}


def _added(connection: Connection, world: World, role: str, table: Table) -> set[Cell]:
    """Rights are asked before anything else: a copy that fails by its key was allowed."""
    name = f"{table.schema}.{table.name}"
    where = " and ".join(f"{c.name} = :k{n}" for n, c in enumerate(table.primary_key))
    copies = {
        key: connection.scalar(
            text(f"select t::text from {name} t where {where}"),
            {f"k{n}": part for n, part in enumerate(key)},
        )
        for key in world.rows[name]
    }
    rows = {key: {"row": str(copy)} for key, copy in copies.items()}
    insert = f"insert into {name} select (cast(:row as {name})).*"
    return _row_by_row(connection, world, role, name, "insert", insert, rows)


def _row_by_row(
    connection: Connection,
    world: World,
    role: str,
    name: str,
    verb: str,
    statement: str,
    values: dict[tuple[Any, ...], dict[str, Any]],
) -> set[Cell]:
    _as(connection, world, role)
    allowed = text("select has_any_column_privilege(:table, :verb)")
    if verb == "delete":
        allowed = text("select has_table_privilege(:table, :verb)")
    if not connection.scalar(allowed, {"table": name, "verb": verb}):
        return set()
    return {
        cell
        for key, cell in world.rows[name].items()
        if _may(connection, text(statement), values[key])
    }


def _may(connection: Connection, statement: TextClause, values: dict[str, Any]) -> bool:
    """Whether the row was reached, even where a key or a reference then stands in the way."""
    with connection.begin_nested() as savepoint:
        try:
            return connection.execute(statement, values).rowcount == 1
        except IntegrityError:
            return True
        except DBAPIError as refused:
            assert "row-level security" in str(refused) or "permission" in str(refused), refused
            return False
        finally:
            savepoint.rollback()


def described(connection: Connection, world: World) -> str:
    """The whole matrix as text: per table and verb, what each role reaches."""
    lines = ["# c centre, e east branch, w west branch; a role that is not named reaches nothing"]
    for table in worlds.tables():
        lines.append(f"\n{table.schema}.{table.name}")
        for verb in ("see", "add", "change", "remove"):
            by_reach: dict[str, list[str]] = {}
            for role in STAFF:
                found = reached(connection, world, role, table, verb)
                by_reach.setdefault(found, []).append(role)
            lines += [
                f"  {verb:<7} {found:<40} {' '.join(roles)}"
                for found, roles in by_reach.items()
                if found != "-"
            ]
    return "\n".join(lines) + "\n"


def test_every_role_reaches_what_the_reviewed_table_says(
    connection: Connection, world: World
) -> None:
    found = described(connection, world)
    if os.environ.get("SECRECY_GOLDEN") == "write":
        GOLDEN.write_text(found, "utf-8")
    assert found == GOLDEN.read_text("utf-8")


def test_every_role_of_the_house_stands_in_the_matrix() -> None:
    assert set(STAFF) | {"DEPUTY", "HEAD"} == set(ROLES)


def test_every_table_has_its_rules_or_a_reason(connection: Connection) -> None:
    """A new table without one is closed to everybody, and fails here."""
    found = connection.execute(
        text(
            "select n.nspname || '.' || c.relname, c.relrowsecurity from pg_class c"
            " join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'p') and not c.relispartition and n.nspname = any(:schemas)"
        ),
        {"schemas": list(SCHEMAS)},
    )
    open_tables = {name for name, protected in found if not protected}
    assert open_tables == set(access.REFERENCE)


def test_the_roles_of_the_processes_own_nothing_and_pass_no_rule(connection: Connection) -> None:
    names = [*access.ROLES, "command_center_app"]
    found = connection.execute(
        text(
            "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,"
            " exists (select from pg_class where relowner = r.oid) as owns"
            " from pg_roles r where rolname = any(:names)"
        ),
        {"names": names},
    ).all()
    assert sorted(row.rolname for row in found) == sorted(names)
    assert not any(any(row[1:]) for row in found)


@pytest.mark.parametrize("verb", ["select", "insert", "update", "delete"])
def test_the_login_of_the_processes_may_do_nothing_by_itself(
    connection: Connection, verb: str
) -> None:
    """It takes one of the roles for every transaction, and inherits none."""
    allowed = text("select has_any_column_privilege('command_center_app', :table, :verb)")
    if verb == "delete":
        allowed = text("select has_table_privilege('command_center_app', :table, :verb)")
    for table in worlds.tables():
        given = {"table": f"{table.schema}.{table.name}", "verb": verb}
        assert not connection.scalar(allowed, given)


def test_a_track_is_read_only_by_whose_unit_it_was(connection: Connection, world: World) -> None:
    track = text("select count(*) from gps.track(:terminal, '2026-09-01Z', '2026-09-30Z', 10) as t")
    for role, place, expected in (("DISP", "west", 1), ("UNIT", "east", 1), ("UNIT", "west", 0)):
        terminal = world.key("gps.terminals", Cell(place, "TS"))
        with connection.begin_nested() as savepoint:
            connection.execute(
                text(
                    "insert into gps.fixes (terminal_id, fixed_at, geom, received_at, flags)"
                    " values (:t, '2026-09-22Z', st_setsrid(st_point(116, 39), 4326), now(), 0)"
                ),
                {"t": terminal},
            )
            become(connection, role, world, STAFF[role])
            assert connection.scalar(track, {"terminal": terminal}) == expected
            with pytest.raises(DBAPIError, match="permission denied"):
                connection.execute(text("select from gps.fixes"))
            savepoint.rollback()


def test_without_a_word_of_who_asks_nobody_sees_anything(
    connection: Connection, world: World
) -> None:
    with connection.begin_nested() as savepoint:
        connection.execute(text("set local role cc_person"))
        assert connection.scalar(text("select count(*) from cases.cases")) == 0
        assert connection.scalar(text("select count(*) from dispatch.orders")) == 0
        savepoint.rollback()
