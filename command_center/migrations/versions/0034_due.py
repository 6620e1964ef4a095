"""What falls due is counted on every desk."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_cases_due_at",
        "cases",
        ["due_at"],
        schema="cases",
        postgresql_where=sa.text("due_at is not null"),
    )
    op.create_table(
        "durations",
        sa.Column("rule", sa.String(30), primary_key=True),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.ARRAY(sa.Double()), nullable=False),
        schema="cases",
    )


def downgrade() -> None:
    op.drop_table("durations", schema="cases")
    op.drop_index("ix_cases_due_at", "cases", schema="cases")
