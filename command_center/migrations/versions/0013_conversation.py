"""Two-way terminals: their credentials, what they tell besides positions, what is sent to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _credentials()
    _happenings()
    _downlinks()
    op.add_column("deliveries", sa.Column("downlink_id", sa.BigInteger()), schema="dispatch")
    op.create_foreign_key(
        "fk_deliveries_downlink_id_downlinks",
        "deliveries",
        "downlinks",
        ["downlink_id"],
        ["id"],
        source_schema="dispatch",
        referent_schema="gps",
    )
    op.create_index("ix_deliveries_downlink_id", "deliveries", ["downlink_id"], schema="dispatch")


def _credentials() -> None:
    op.create_table(
        "credentials",
        sa.Column("terminal_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary()),
        sa.Column("issued_at", TIME),
        sa.Column("window_until", TIME),
        sa.Column("plate", sa.String(40), server_default="", nullable=False),
        sa.Column("device_id", sa.String(40), server_default="", nullable=False),
        sa.Column("source", sa.String(64), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("terminal_id", name="pk_credentials"),
        sa.ForeignKeyConstraint(
            ["terminal_id"],
            ["gps.terminals.id"],
            name="fk_credentials_terminal_id_terminals",
            ondelete="CASCADE",
        ),
        schema="gps",
    )


def _happenings() -> None:
    op.create_table(
        "happenings",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("lat", sa.Float()),
        sa.Column("lon", sa.Float()),
        sa.Column("details", JSONB(), nullable=False),
        sa.Column("raw", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="pk_happenings"),
        sa.UniqueConstraint(
            "terminal_id", "kind", "at", "key", name="uq_happenings_terminal_id_kind_at_key"
        ),
        schema="gps",
    )
    op.create_index("ix_happenings_received_at", "happenings", ["received_at"], schema="gps")


def _downlinks() -> None:
    op.create_table(
        "downlinks",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("reference_kind", sa.String(20), server_default="", nullable=False),
        sa.Column("reference_id", sa.BigInteger()),
        sa.Column("state", sa.String(20), server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("serial", sa.Integer()),
        sa.Column("answer", sa.Integer()),
        sa.Column("problem", sa.String(40), server_default="", nullable=False),
        sa.Column("as_text", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("sent_at", TIME),
        sa.Column("acknowledged_at", TIME),
        sa.Column("answered_at", TIME),
        sa.Column("ended_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_downlinks"),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["gps.terminals.id"], name="fk_downlinks_terminal_id_terminals"
        ),
        sa.CheckConstraint(
            "state in ('queued', 'sent', 'acknowledged', 'answered', 'failed', 'expired')",
            name="ck_downlinks_state",
        ),
        schema="gps",
    )
    op.create_index(
        "ix_downlinks_waiting",
        "downlinks",
        ["terminal_id", "id"],
        schema="gps",
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index(
        "ix_downlinks_reference", "downlinks", ["reference_kind", "reference_id"], schema="gps"
    )


def downgrade() -> None:
    op.drop_column("deliveries", "downlink_id", schema="dispatch")
    for table in ("downlinks", "happenings", "credentials"):
        op.drop_table(table, schema="gps")
