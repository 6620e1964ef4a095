"""Pauses of everything outbound; a step of escalation that found one."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
OUTCOMES = (
    "done", "nothing_left", "taken", "proposed", "sent_unit", "nobody", "refused", "late",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "outbound_pauses",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("began_by", sa.BigInteger(), nullable=False),
        sa.Column("began_by_name", sa.String(80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", TIME),
        sa.Column("ended_by", sa.BigInteger()),
        sa.Column("ended_by_name", sa.String(80)),
        sa.PrimaryKeyConstraint("id", name="pk_outbound_pauses"),
        schema="kernel",
    )
    op.create_index(
        "uq_outbound_pauses_open",
        "outbound_pauses",
        ["ended_at"],
        unique=True,
        schema="kernel",
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    _know(*OUTCOMES, "paused")


def downgrade() -> None:
    op.execute("update dispatch.escalation_steps set outcome = 'refused' where outcome = 'paused'")
    _know(*OUTCOMES)
    op.drop_table("outbound_pauses", schema="kernel")


def _know(*outcomes: str) -> None:
    name, table = "outcome", "escalation_steps"
    op.drop_constraint(name, table, schema="dispatch", type_="check")
    op.create_check_constraint(name, table, f"outcome in {outcomes}", schema="dispatch")
