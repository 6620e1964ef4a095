"""Changes of the work calendar, and how far the clocks have been counted anew."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "calendar_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("notice", sa.String(120), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_by_name", sa.String(80), nullable=False),
        sa.Column("total", sa.Integer()),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("moved", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended_at", moment),
        schema="cases",
    )


def downgrade() -> None:
    op.drop_table("calendar_changes", schema="cases")
