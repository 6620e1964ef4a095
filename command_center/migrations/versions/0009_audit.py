"""The proof: more of who, where and why; entries that nobody changes; the chain over them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0007"
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


def downgrade() -> None:
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
