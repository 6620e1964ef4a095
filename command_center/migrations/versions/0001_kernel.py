"""The ground: durable jobs, running numbers, the audit record."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("key", sa.String(120)),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("run_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("correlation_id", sa.String(60), server_default="", nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.Column("dead_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        schema="kernel",
    )
    alive = sa.text("dead_at is null")
    op.create_index(
        "uq_jobs_kind_key",
        "jobs",
        ["kind", "key"],
        unique=True,
        schema="kernel",
        postgresql_where=alive,
    )
    op.create_index("ix_jobs_run_at", "jobs", ["run_at"], schema="kernel", postgresql_where=alive)
    op.create_table(
        "counters",
        sa.Column("series", sa.String(40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", "day", name="pk_counters"),
        schema="kernel",
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("object_kind", sa.String(40), nullable=False),
        sa.Column("object_id", sa.String(60), nullable=False),
        sa.Column("detail", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        schema="kernel",
    )
    op.create_index("ix_audit_at", "audit", ["at"], schema="kernel")


def downgrade() -> None:
    for table in ("audit", "counters", "jobs"):
        op.drop_table(table, schema="kernel")
