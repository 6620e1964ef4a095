"""An informant's sealed row opens to a person only while a reveal of theirs runs, in SQL itself."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from tests.factories.world import Cell, World
from tests.integration.secrecy.test_tables import (
    NOBODYS_ID,
    STAFF,
    become,
    connection,
    world,
)

__all__ = ["connection", "world"]

EAST, WEST = Cell("east", "JB"), Cell("west", "JB")
OPENED = text(
    "insert into cases.reveals (case_id, user_id, roles, reason_code, note, fields, at, expires_at,"
    " session_print, terminal, within_chain)"
    " values (:case_id, :user_id, '{}', 'verify', '', '{}', now(), now() + :lasts, '', '', true)"
)
SEEN = text("select count(*) from cases.reporter_identity")


@contextmanager
def sitting(connection: Connection, world: World, role: str) -> Iterator[None]:
    """Somebody of that role asks; whatever happens is taken back."""
    with connection.begin_nested() as savepoint:
        become(connection, role, world, STAFF[role])
        yield
        savepoint.rollback()


def reveal(
    connection: Connection, world: World, cell: Cell, who: int = NOBODYS_ID, minutes: int = 10
) -> None:
    given = {"case_id": world.key("cases.cases", cell), "user_id": who, "lasts": f"{minutes} min"}
    with connection.begin_nested():
        connection.execute(OPENED, given)


def test_a_commander_sees_one_informant_while_their_reveal_runs(
    connection: Connection, world: World
) -> None:
    with sitting(connection, world, "CMD"):
        assert connection.scalar(SEEN) == 0
        reveal(connection, world, EAST)
        assert connection.scalar(SEEN) == 1
        found = connection.scalar(text("select ref from cases.reporter_identity"))
        assert found == world.key("cases.reporter_identity", EAST)


def test_a_reveal_that_is_over_opens_nothing(connection: Connection, world: World) -> None:
    with sitting(connection, world, "CMD"):
        reveal(connection, world, EAST, minutes=0)
        assert connection.scalar(SEEN) == 0


def test_nobody_gives_themselves_longer_than_ten_minutes(
    connection: Connection, world: World
) -> None:
    with sitting(connection, world, "CMD"), pytest.raises(DBAPIError, match="row-level security"):
        reveal(connection, world, EAST, minutes=60)


def test_nobody_writes_a_reveal_in_anothers_name(connection: Connection, world: World) -> None:
    with sitting(connection, world, "CMD"), pytest.raises(DBAPIError, match="row-level security"):
        reveal(connection, world, EAST, who=1)


@pytest.mark.parametrize(
    "role", ["SHIFT", "DISP", "LEAD", "STAT", "ADMIN", "AUDIT", "DISC", "ARCH", "OFFICER", "SVC"]
)
def test_who_may_not_reveal_writes_none(connection: Connection, world: World, role: str) -> None:
    mine = world.key("accounts.users", Cell("east", "TS")) if role == "OFFICER" else NOBODYS_ID
    with sitting(connection, world, role), pytest.raises(DBAPIError, match="row-level security"):
        reveal(connection, world, EAST, who=mine)


@pytest.mark.parametrize(("handler", "allowed"), [(NOBODYS_ID, True), (1, False), (None, False)])
def test_at_the_unit_only_the_named_handler_reveals(
    connection: Connection, world: World, handler: int | None, allowed: bool
) -> None:
    name_handler(connection, world, EAST, "handler_id", handler)
    with sitting(connection, world, "UNIT"):
        if allowed:
            reveal(connection, world, EAST)
            assert connection.scalar(SEEN) == 1
        else:
            with pytest.raises(DBAPIError, match="row-level security"):
                reveal(connection, world, EAST)
    name_handler(connection, world, EAST, "handler_id", None)


def test_who_took_the_report_reveals_it_until_it_is_sent_on(
    connection: Connection, world: World
) -> None:
    name_handler(connection, world, WEST, "registered_by", NOBODYS_ID)
    with sitting(connection, world, "AGENT"):
        reveal(connection, world, WEST)
        assert connection.scalar(SEEN) == 1
    state = text("update cases.cases set state = :state where id = :id")
    ident = world.key("cases.cases", WEST)
    connection.execute(state, {"state": "ROUTED", "id": ident})
    with sitting(connection, world, "AGENT"), pytest.raises(DBAPIError, match="row-level security"):
        reveal(connection, world, WEST)
    connection.execute(state, {"state": "REGISTERED", "id": ident})
    name_handler(connection, world, WEST, "registered_by", None)


def test_a_reveal_is_neither_changed_nor_removed(connection: Connection, world: World) -> None:
    for statement in ("update cases.reveals set note = 'x'", "delete from cases.reveals"):
        with sitting(connection, world, "CMD"), pytest.raises(DBAPIError, match="permission"):
            connection.execute(text(statement))


def name_handler(
    connection: Connection, world: World, cell: Cell, column: str, who: int | None
) -> None:
    statement = text(f"update cases.cases set {column} = :who where id = :id")
    connection.execute(statement, {"who": who, "id": world.key("cases.cases", cell)})
