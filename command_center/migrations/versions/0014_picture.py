"""What tracks show: proposals, observations, the states of units over time, leave to look back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _proposals()
    _observations()
    _unit_states()
    op.create_index("ix_orders_created_at", "orders", ["created_at"], schema="dispatch")
    op.create_table(
        "playbacks",
        _key(),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("reason_code", sa.String(60), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_playbacks"),
        schema="dispatch",
    )


def _proposals() -> None:
    op.create_table(
        "proposals",
        _key(),
        sa.Column("assignment_id", sa.BigInteger(), nullable=False),
        sa.Column("happening_id", sa.BigInteger(), nullable=False),
        sa.Column("report", sa.String(20), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("metres", sa.Float(), nullable=False),
        sa.Column("decided_at", TIME),
        sa.Column("decided_by", sa.String(80)),
        sa.Column("decided_by_id", sa.BigInteger()),
        sa.Column("outcome", sa.String(10)),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
        sa.UniqueConstraint("happening_id", name="uq_proposals_happening_id"),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["dispatch.assignments.id"],
            name="fk_proposals_assignment_id_assignments",
        ),
        sa.CheckConstraint(
            "outcome in ('confirmed', 'dismissed', 'overtaken')", name="ck_proposals_outcome"
        ),
        schema="dispatch",
    )
    op.create_index("ix_proposals_assignment_id", "proposals", ["assignment_id"], schema="dispatch")
    op.create_index(
        "uq_proposals_open",
        "proposals",
        ["assignment_id"],
        unique=True,
        schema="dispatch",
        postgresql_where=sa.text("decided_at is null"),
    )


def _observations() -> None:
    op.create_table(
        "observations",
        _key(),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), nullable=False),
        sa.Column("happening_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        sa.Column("details", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_observations"),
        sa.UniqueConstraint("happening_id", name="uq_observations_happening_id"),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["dispatch.units.id"], name="fk_observations_unit_id_units"
        ),
        schema="dispatch",
    )
    op.create_index(
        "ix_observations_unit_id_at", "observations", ["unit_id", "at"], schema="dispatch"
    )
    op.create_index(
        "ix_observations_open",
        "observations",
        ["terminal_id"],
        schema="dispatch",
        postgresql_where=sa.text("kind = 'offline' and ended_at is null"),
    )


def _unit_states() -> None:
    op.create_table(
        "unit_states",
        _key(),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unit_states"),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["dispatch.units.id"], name="fk_unit_states_unit_id_units"
        ),
        schema="dispatch",
    )
    op.create_index(
        "ix_unit_states_unit_id_at", "unit_states", ["unit_id", "at"], schema="dispatch"
    )
    # What is known of the past begins with the present.
    op.execute(
        "insert into dispatch.unit_states (unit_id, at, state)"
        " select id, state_since, state from dispatch.units"
    )


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False)


def downgrade() -> None:
    op.drop_index("ix_orders_created_at", "orders", schema="dispatch")
    for table in ("playbacks", "unit_states", "observations", "proposals"):
        op.drop_table(table, schema="dispatch")
