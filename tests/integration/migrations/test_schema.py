"""Migrations and models tell the same story."""

from collections.abc import Callable

from sqlalchemy import create_engine, text

from command_center.migrations import access, schema, state
from kernel.db import SCHEMAS


def test_the_migrations_make_exactly_what_the_models_describe(
    make_database: Callable[[], str],
) -> None:
    assert schema.differences(make_database()) == []


def test_a_database_knows_whether_it_is_current(make_database: Callable[[], str]) -> None:
    url = make_database()
    assert state.is_current(url)
    assert not state.has_data(url)
    schema.downgrade(url, "0001")
    assert not state.is_current(url)


def test_a_role_from_before_the_rules_is_told_that_the_database_is_old(
    make_database: Callable[[], str],
) -> None:
    """As after an upgrade from a version in which the processes signed in as the owner."""
    url = make_database()
    engine = create_engine(url)
    with engine.begin() as connection:
        access.take_back(connection)
    engine.dispose()
    assert not state.is_current(f"{url}?options=-c%20role%3Dcc_person")


def test_changed_rules_make_a_database_old(make_database: Callable[[], str]) -> None:
    url = make_database()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("comment on schema kernel is 'access rules of yesterday'"))
    engine.dispose()
    assert not state.is_current(url)
    schema.upgrade(url)
    assert state.is_current(url)


def test_migrating_twice_changes_nothing(make_database: Callable[[], str]) -> None:
    url = make_database()
    schema.upgrade(url)
    assert schema.differences(url) == []


def test_every_migration_can_be_taken_back(make_database: Callable[[], str]) -> None:
    url = make_database()
    schema.downgrade(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        left = connection.scalars(
            text(
                "select table_schema || '.' || table_name from information_schema.tables"
                " where table_schema = any(:rooms) and table_name <> 'alembic_version'"
            ),
            {"rooms": list(SCHEMAS)},
        ).all()
    engine.dispose()
    assert left == []
    schema.upgrade(url)
    assert schema.differences(url) == []
