"""Reveals, searches and recordings; a report's narrative moves to its informant's sealed row."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SCHEMA = "cases"
TIME = sa.DateTime(timezone=True)
BIG = sa.BigInteger()
WORDS = sa.ARRAY(sa.String(20))
MOVE_NARRATIVES = (
    # Shuffled, so that the order of the new rows does not tell which report each belongs to.
    "create temporary table moved on commit drop as"
    " select id, coalesce(reporter_ref, gen_random_uuid()) as ref, sealed_narrative"
    " from cases.cases where kind = 'JB' and sealed_narrative is not null order by random()",
    "insert into cases.reporter_identity (ref, sealed_narrative)"
    " select ref, sealed_narrative from moved"
    " on conflict (ref) do update set sealed_narrative = excluded.sealed_narrative",
    "update cases.cases c set reporter_ref = m.ref, sealed_narrative = null"
    " from moved m where m.id = c.id",
)
MOVE_BACK = (
    "update cases.cases c set sealed_narrative = r.sealed_narrative"
    " from cases.reporter_identity r where r.ref = c.reporter_ref",
    "update cases.cases set reporter_ref = null where reporter_ref in"
    " (select ref from cases.reporter_identity where sealed is null)",
    "delete from cases.reporter_identity where sealed is null",
)


def upgrade() -> None:
    op.alter_column("reporter_identity", "sealed", nullable=True, schema=SCHEMA)
    _add("reporter_identity", sa.Column("sealed_narrative", sa.LargeBinary()))
    for statement in MOVE_NARRATIVES:
        op.execute(statement)
    _add("complainants", sa.Column("caller_print", sa.LargeBinary(32)))
    _index("complainants", "caller_print")
    op.add_column("alarms", sa.Column("about_user_id", BIG), schema="dispatch")
    _reporter_prints()
    _reveals()
    _searches()
    _recordings()


def downgrade() -> None:
    for table in ("recordings", "identity_searches", "reveals", "reporter_prints"):
        op.drop_table(table, schema=SCHEMA)
    op.drop_column("alarms", "about_user_id", schema="dispatch")
    op.drop_column("complainants", "caller_print", schema=SCHEMA)
    for statement in MOVE_BACK:
        op.execute(statement)
    op.drop_column("reporter_identity", "sealed_narrative", schema=SCHEMA)
    op.alter_column("reporter_identity", "sealed", nullable=False, schema=SCHEMA)


def _add(table: str, column: sa.Column[Any]) -> None:
    op.add_column(table, column, schema=SCHEMA)


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns), schema=SCHEMA)


def _must(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _table(name: str, *parts: Any) -> None:
    key = sa.Column("id", BIG, sa.Identity(), nullable=False)
    primary = sa.PrimaryKeyConstraint("id", name=f"pk_{name}")
    op.create_table(name, key, *parts, primary, schema=SCHEMA)


def _of_case(name: str, *parts: Any) -> None:
    key = sa.ForeignKeyConstraint(["case_id"], ["cases.cases.id"], name=f"fk_{name}_case_id_cases")
    _table(name, _must("case_id", BIG), *parts, key)
    _index(name, "case_id")


def _reporter_prints() -> None:
    op.create_table(
        "reporter_prints",
        _must("print", sa.LargeBinary(32)),
        _must("ref", sa.Uuid()),
        sa.PrimaryKeyConstraint("print", "ref", name="pk_reporter_prints"),
        sa.ForeignKeyConstraint(
            ["ref"],
            ["cases.reporter_identity.ref"],
            name="fk_reporter_prints_ref_reporter_identity",
        ),
        schema=SCHEMA,
    )
    _index("reporter_prints", "ref")


def _reveals() -> None:
    _of_case(
        "reveals",
        _must("user_id", BIG),
        _must("roles", WORDS),
        _must("reason_code", sa.String(20)),
        _must("note", sa.String(400)),
        _must("fields", sa.ARRAY(sa.String(30))),
        _must("at", TIME),
        _must("expires_at", TIME),
        _must("session_print", sa.LargeBinary(32)),
        _must("terminal", sa.String(45)),
        _must("within_chain", sa.Boolean()),
    )
    _index("reveals", "user_id", "at")


def _searches() -> None:
    _table(
        "identity_searches",
        _must("user_id", BIG),
        _must("reason_code", sa.String(20)),
        _must("note", sa.String(400)),
        _must("at", TIME),
        _must("terminal", sa.String(45)),
        _must("matches", sa.Integer()),
    )


def _recordings() -> None:
    _of_case(
        "recordings",
        _must("kind", sa.String(20)),
        _must("media_type", sa.String(60)),
        _must("size", sa.Integer()),
        _must("file", sa.Uuid()),
        _must("sealed_key", sa.LargeBinary()),
        sa.Column("sealed_transcript", sa.LargeBinary()),
        _must("at", TIME),
        _must("added_by", BIG),
        sa.UniqueConstraint("file", name="uq_recordings_file"),
    )
