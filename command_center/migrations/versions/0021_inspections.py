"""Words of a phone that count once, and the records of inspections (现场笔录)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _reports_of_phones()
    _inspections()


def downgrade() -> None:
    op.drop_table("inspections", schema="cases")
    op.drop_constraint("uq_status_reports_key", "status_reports", schema="dispatch")
    for name in ("noted", "key"):
        op.drop_column("status_reports", name, schema="dispatch")


def _reports_of_phones() -> None:
    op.add_column("status_reports", sa.Column("key", sa.Uuid()), schema="dispatch")
    noted = sa.Column("noted", sa.Boolean(), nullable=False, server_default="false")
    op.add_column("status_reports", noted, schema="dispatch")
    op.create_unique_constraint(
        "uq_status_reports_key", "status_reports", ["key"], schema="dispatch"
    )


def _inspections() -> None:
    op.create_table(
        "inspections",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("assignment_id", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("replaces_id", sa.BigInteger()),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("sealed_id", sa.LargeBinary()),
        sa.Column("device_time", TIME, nullable=False),
        sa.Column("filed_at", TIME, nullable=False),
        sa.Column("filed_by", sa.BigInteger(), nullable=False),
        sa.Column("filed_by_name", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inspections"),
        sa.UniqueConstraint("key", name="uq_inspections_key"),
        sa.UniqueConstraint("replaces_id", name="uq_inspections_replaces_id"),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"cases.{table}.id"], name=f"fk_inspections_{column}_{table}"
            )
            for column, table in (
                ("case_id", "cases"), ("document_id", "documents"), ("replaces_id", "inspections"),
            )
        ),
        schema="cases",
    )  # fmt: skip
    for column in ("case_id", "assignment_id"):
        op.create_index(f"ix_inspections_{column}", "inspections", [column], schema="cases")
