"""Who may read and write which rows: the rights of every database role, laid down anew as a whole.

The tables of this package are the only source. `apply` takes everything back and grants it again
in the migration's transaction, so that nothing of an older version stays behind.
"""

import re

from sqlalchemy import Connection, text

from command_center.migrations.access import accounts, cases, dispatch, gps, kernel, maps, telephony
from command_center.migrations.access.rule import Rule
from command_center.migrations.state import access_digest
from kernel.access import Role
from kernel.db import SCHEMAS

ROOMS = (kernel, accounts, maps, gps, telephony, dispatch, cases)
RULES: tuple[Rule, ...] = tuple(rule for room in ROOMS for rule in room.RULES)
REFERENCE: dict[str, str] = {table: why for room in ROOMS for table, why in room.REFERENCE.items()}
"""Tables without row-level security, each with its reason."""
FUNCTION = re.compile(r"create or replace function ([\w.]+)")
ROLES = tuple(role for role in Role if role is not Role.LOGIN)


def apply(connection: Connection) -> None:
    """Lay the rights down; raises an SQLAlchemy error when a role does not exist."""
    take_back(connection)
    for statement in _laid_down():
        connection.exec_driver_sql(statement)


def take_back(connection: Connection) -> None:
    """Nobody but the owner may do anything any more; tables can be changed and dropped."""
    roles = ", ".join(ROLES)
    found = connection.execute(
        text(
            "select schemaname, tablename, policyname from pg_policies where schemaname = any(:s)"
        ),
        {"s": list(SCHEMAS)},
    )
    dropped = [f'drop policy "{p.policyname}" on {p.schemaname}.{p.tablename}' for p in found]
    schemas = ", ".join(SCHEMAS)
    for statement in (
        *dropped,
        f"revoke all on all tables in schema {schemas} from public, {roles}",
        f"revoke all on all functions in schema {schemas} from public, {roles}",
        f"revoke all on schema {schemas} from public",
        *(f"drop function if exists {name}" for name in FUNCTION.findall(_functions())),
    ):
        connection.exec_driver_sql(statement)


def _functions() -> str:
    return "\n".join(function for room in ROOMS for function in room.FUNCTIONS)


def _laid_down() -> list[str]:
    roles = ", ".join(ROLES)
    policies = [statement for rule in RULES for statement in rule.statements()]
    protected = sorted({rule.table for rule in RULES} - REFERENCE.keys())
    return [
        f"grant usage on schema {', '.join(SCHEMAS)} to {roles}",
        "grant usage on schema kernel to public",
        "grant select on kernel.alembic_version to public",
        *(function for room in ROOMS for function in room.FUNCTIONS),
        *(f"alter table {table} enable row level security" for table in protected),
        *policies,
        f"comment on schema kernel is 'access rules {access_digest()}'",
    ]
