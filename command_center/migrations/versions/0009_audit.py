"""The proof: more of who, where and why; entries that nobody changes; the chain over them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
KEPT_FOR_EVER = ("audit", "audit_chain")

REFUSE = """
create function kernel.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_schema || '.' || tg_table_name
    using errcode = 'insufficient_privilege';
end $$
"""
# As its owner: who records an entry needs no right on the queue.
QUEUE = """
create function kernel.queue_for_chain() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into kernel.audit_unchained (entry_id) values (new.id);
  return null;
end $$
"""
APPEND_ONLY = """
create trigger append_only before update or delete or truncate on kernel.{0}
  for each statement execute function kernel.refuse_change();
alter table kernel.{0} enable always trigger append_only
"""
QUEUED = """
create trigger queued after insert on kernel.audit
  for each row execute function kernel.queue_for_chain()
"""

# Only whole days long past, whoever asks; the table's owner drops them for a role that may not.
DROP_DAY = """
create function gps.drop_day(part text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  told text;
begin
  if part !~ '^fixes_[0-9]{8}$' or to_date(right(part, 8), 'YYYYMMDD') > current_date - 30 then
    raise exception 'not a past day of positions: %', part;
  end if;
  if to_regclass('gps.' || part) is null then
    return 'absent';
  end if;
  execute format('select concat(count(*), chr(124), min(fixed_at), chr(124), max(fixed_at))'
    ' from gps.%I', part) into told;
  execute format('drop table gps.%I', part);
  return told;
end $$
"""
RULES = (
    ("TS", "D10", 3653, "本局规定：投诉卷自归档起十年（待档案部门核定）"),
    ("JB", "D30", 10958, "本局规定：举报卷自归档起三十年（待档案部门核定）"),
    ("ZX", "D3", 1096, "本局规定：咨询记录三年"),
    ("gps", "M6", 183, "《个人信息保护法》第十九条：实现目的所必要的最短时间；本局规定六个月"),
    ("outbox", "M3", 92, "本局规定：传真底稿发送完毕后三个月"),
    ("fax", "M3", 92, "本局规定：传真副本三个月"),
)


def _archive() -> None:
    case = sa.ForeignKeyConstraint(
        ["case_id"], ["cases.cases.id"], name="fk_legal_holds_case_id_cases"
    )
    rules = op.create_table(
        "retention_rules",
        sa.Column("target", sa.String(20), nullable=False),
        sa.Column("code", sa.String(10), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(400), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.PrimaryKeyConstraint("target", name="pk_retention_rules"),
        sa.CheckConstraint("days > 0", name="days"),
        schema="cases",
    )
    names = ("target", "code", "days", "basis")
    op.bulk_insert(rules, [dict(zip(names, row, strict=True)) for row in RULES])
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(400), nullable=False),
        sa.Column("placed_by", sa.BigInteger(), nullable=False),
        sa.Column("placed_by_name", sa.String(80), nullable=False),
        sa.Column("placed_at", TIME, nullable=False),
        sa.Column("lifted_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_legal_holds"),
        case,
        schema="cases",
    )
    op.create_index("ix_legal_holds_case_id", "legal_holds", ["case_id"], schema="cases")
    op.create_table(
        "destructions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("target", sa.String(20), nullable=False),
        sa.Column("state", sa.String(10), server_default="PROPOSED", nullable=False),
        sa.Column("rule", JSONB(), nullable=False),
        sa.Column("proposed_at", TIME, nullable=False),
        sa.Column("requested_by", sa.BigInteger()),
        sa.Column("requested_by_name", sa.String(80), server_default="", nullable=False),
        sa.Column("requested_at", TIME),
        sa.Column("decided_by", sa.BigInteger()),
        sa.Column("decided_by_name", sa.String(80), server_default="", nullable=False),
        sa.Column("decided_at", TIME),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("done_at", TIME),
        sa.Column("number", sa.String(60)),
        sa.Column("certificate", JSONB()),
        sa.Column("pdf", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="pk_destructions"),
        sa.UniqueConstraint("number", name="uq_destructions_number"),
        sa.CheckConstraint(
            "state in ('PROPOSED', 'REQUESTED', 'REFUSED', 'APPROVED', 'DONE')", name="state"
        ),
        sa.CheckConstraint(
            "decided_by is null or decided_by <> requested_by", name="somebody_else"
        ),
        schema="cases",
    )
    op.create_index(
        "uq_destructions_open", "destructions", ["target"], unique=True, schema="cases",
        postgresql_where=sa.text("state in ('PROPOSED', 'REQUESTED', 'APPROVED')"),
    )  # fmt: skip
    op.create_table(
        "destruction_items",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("destruction_id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(40), nullable=False),
        sa.Column("digest", sa.String(64), server_default="", nullable=False),
        sa.Column("outcome", sa.String(10), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_destruction_items"),
        sa.ForeignKeyConstraint(
            ["destruction_id"], ["cases.destructions.id"],
            name="fk_destruction_items_destruction_id_destructions",
        ),
        schema="cases",
    )  # fmt: skip
    op.create_index(
        "ix_destruction_items_destruction_id", "destruction_items", ["destruction_id"],
        schema="cases",
    )  # fmt: skip
    op.execute(DROP_DAY)


def upgrade() -> None:
    for name, kind in (
        ("roles", sa.ARRAY(sa.String(20))),
        ("organisation_path", sa.String(200)),
        ("reason_code", sa.String(60)),
        ("note", sa.String(400)),
        ("terminal", sa.String(200)),
        ("correlation_id", sa.String(60)),
    ):
        default = "{}" if name == "roles" else ""
        column = sa.Column(name, kind, server_default=default, nullable=False)
        op.add_column("audit", column, schema="kernel")
    op.create_index(
        "ix_audit_object_kind_object_id", "audit", ["object_kind", "object_id"], schema="kernel"
    )
    op.create_index("ix_audit_actor_id_at", "audit", ["actor_id", "at"], schema="kernel")
    op.create_table(
        "audit_chain",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("chained_at", TIME, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("link", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_audit_chain"),
        sa.UniqueConstraint("entry_id", name="uq_audit_chain_entry_id"),
        schema="kernel",
    )
    op.create_table(
        "audit_unchained",
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_audit_unchained"),
        schema="kernel",
    )
    op.create_table(
        "audit_checks",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("requested_at", TIME, nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("requested_by_name", sa.String(80), nullable=False),
        sa.Column("finished_at", TIME),
        sa.Column("result", JSONB()),
        sa.PrimaryKeyConstraint("id", name="pk_audit_checks"),
        schema="kernel",
    )
    op.execute("insert into kernel.audit_unchained select id from kernel.audit")
    op.execute(REFUSE)
    op.execute(QUEUE)
    op.execute(QUEUED)
    for table in KEPT_FOR_EVER:
        op.execute(APPEND_ONLY.format(table))
    _archive()


def downgrade() -> None:
    op.execute("drop function gps.drop_day(text)")
    for table in ("destruction_items", "destructions", "legal_holds", "retention_rules"):
        op.drop_table(table, schema="cases")
    for table in KEPT_FOR_EVER:
        op.execute(f"drop trigger append_only on kernel.{table}")
    op.execute("drop trigger queued on kernel.audit")
    op.execute("drop function kernel.queue_for_chain()")
    op.execute("drop function kernel.refuse_change()")
    for table in ("audit_checks", "audit_unchained", "audit_chain"):
        op.drop_table(table, schema="kernel")
    op.drop_index("ix_audit_actor_id_at", "audit", schema="kernel")
    op.drop_index("ix_audit_object_kind_object_id", "audit", schema="kernel")
    for name in (
        "correlation_id", "terminal", "note", "reason_code", "organisation_path", "roles",
    ):  # fmt: skip
        op.drop_column("audit", name, schema="kernel")
