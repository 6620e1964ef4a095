"""Supervision orders of cases; of orders, what a registry said and offers to crews."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0026"
down_revision = "0024"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _supervisions()
    _subject_facts()
    _offers()


def _supervisions() -> None:
    op.create_table(
        "supervisions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("case_kind", sa.String(2), nullable=False),
        sa.Column("case_no", sa.String(24), nullable=False),
        sa.Column("number", sa.String(24)),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("cause", sa.String(40)),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_name", sa.String(120), nullable=False),
        sa.Column("unit_path", sa.String(200), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("demand", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), server_default="", nullable=False),
        sa.Column("entries", JSONB(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("sign_by", TIME),
        sa.Column("due_at", TIME),
        sa.Column("yellow_at", TIME),
        sa.Column("red_at", TIME),
        sa.Column("closed_at", TIME),
        sa.Column("replaces_id", sa.BigInteger()),
        sa.Column("document_id", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_supervisions"),
        sa.UniqueConstraint("number", name="uq_supervisions_number"),
        sa.CheckConstraint("level between 1 and 3", name="level"),
        sa.CheckConstraint("number is not null or sign_by is null", name="numbered_when_issued"),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{schema}.{table}.id"], name=f"fk_supervisions_{column}_{table}"
            )
            for column, schema, table in (
                ("case_id", "cases", "cases"),
                ("unit_id", "accounts", "organisations"),
                ("replaces_id", "cases", "supervisions"),
                ("document_id", "cases", "documents"),
            )
        ),
        schema="cases",
    )
    op.create_index(
        "uq_supervisions_open", "supervisions", ["case_id"], unique=True, schema="cases",
        postgresql_where=sa.text("closed_at is null"),
    )  # fmt: skip
    op.create_index(
        "uq_supervisions_cause", "supervisions", ["case_id", "cause"], unique=True, schema="cases"
    )
    op.create_index("ix_supervisions_closed_at", "supervisions", ["closed_at"], schema="cases")


def _subject_facts() -> None:
    op.create_table(
        "subject_facts",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_by_name", sa.String(80), nullable=False),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("fetched_at", TIME),
        sa.Column("content", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subject_facts"),
        sa.ForeignKeyConstraint(
            ["order_id"], ["dispatch.orders.id"], name="fk_subject_facts_order_id_orders"
        ),
        sa.CheckConstraint(
            "outcome in ('found', 'not_found', 'timeout', 'unavailable')", name="outcome"
        ),
        schema="dispatch",
    )
    op.create_index("ix_subject_facts_order_id", "subject_facts", ["order_id"], schema="dispatch")


def _offers() -> None:
    op.create_table(
        "offers",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("assignment_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_name", sa.String(120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("offered_at", TIME, nullable=False),
        sa.Column("offered_by", sa.BigInteger(), nullable=False),
        sa.Column("offered_by_name", sa.String(80), nullable=False),
        sa.Column("decided_at", TIME),
        sa.Column("decided_by", sa.BigInteger()),
        sa.Column("decided_by_name", sa.String(80)),
        sa.Column("outcome", sa.String(10)),
        sa.PrimaryKeyConstraint("id", name="pk_offers"),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["dispatch.assignments.id"],
            name="fk_offers_assignment_id_assignments",
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["dispatch.units.id"], name="fk_offers_unit_id_units"),
        sa.CheckConstraint("outcome in ('accepted', 'declined', 'withdrawn')", name="outcome"),
        schema="dispatch",
    )  # fmt: skip
    op.create_index(
        "uq_offers_open", "offers", ["assignment_id"], unique=True, schema="dispatch",
        postgresql_where=sa.text("decided_at is null"),
    )  # fmt: skip
    op.create_index("ix_offers_unit_id", "offers", ["unit_id"], schema="dispatch")


def downgrade() -> None:
    op.drop_table("offers", schema="dispatch")
    op.drop_table("subject_facts", schema="dispatch")
    op.drop_table("supervisions", schema="cases")
