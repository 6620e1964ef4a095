"""Pauses of everything outbound, a step of escalation that found one; drills of the lines."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
ONE_OPEN: dict[str, Any] = {
    "unique": True,
    "postgresql_nulls_not_distinct": True,
    "postgresql_where": sa.text("ended_at is null"),
}
FOUND = ("waiting", "ok", "busy", "no_answer", "dead", "unknown", "stopped")
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
        schema="kernel",
        **ONE_OPEN,
    )
    _know(*OUTCOMES, "paused")
    _drills()


def _drills() -> None:
    op.create_table(
        "drills",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("organisation_path", sa.String(200), nullable=False),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("began_by", sa.BigInteger(), nullable=False),
        sa.Column("began_by_name", sa.String(80), nullable=False),
        sa.Column("ended_at", TIME),
        sa.Column("stopped_by_name", sa.String(80)),
        sa.PrimaryKeyConstraint("id", name="pk_drills"),
        schema="dispatch",
    )
    op.create_index("uq_drills_open", "drills", ["ended_at"], schema="dispatch", **ONE_OPEN)
    op.create_table(
        "drill_calls",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("drill_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("organisation_path", sa.String(200), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("address", sa.String(80), nullable=False),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.Column("problem", sa.String(60)),
        sa.Column("message_id", sa.BigInteger()),
        sa.Column("message_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent_at", TIME),
        sa.Column("ended_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_drill_calls"),
        sa.ForeignKeyConstraint(
            ["drill_id"], ["dispatch.drills.id"], name="fk_drill_calls_drill_id_drills"
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["telephony.messages.id"], name="fk_drill_calls_message_id_messages"
        ),
        sa.CheckConstraint(f"outcome in {FOUND}", name="outcome"),
        schema="dispatch",
    )
    op.create_index("ix_drill_calls_drill_id", "drill_calls", ["drill_id"], schema="dispatch")


def downgrade() -> None:
    op.drop_table("drill_calls", schema="dispatch")
    op.drop_table("drills", schema="dispatch")
    op.execute("update dispatch.escalation_steps set outcome = 'refused' where outcome = 'paused'")
    _know(*OUTCOMES)
    op.drop_table("outbound_pauses", schema="kernel")


def _know(*outcomes: str) -> None:
    name, table = "outcome", "escalation_steps"
    op.drop_constraint(name, table, schema="dispatch", type_="check")
    op.create_check_constraint(name, table, f"outcome in {outcomes}", schema="dispatch")
