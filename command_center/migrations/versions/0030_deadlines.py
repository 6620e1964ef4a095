"""Pauses and extensions of a case's clocks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("pauses", "extensions"):
        column = sa.Column(name, JSONB(), nullable=False, server_default="[]")
        op.add_column("deadlines", column, schema="cases")


def downgrade() -> None:
    for name in ("extensions", "pauses"):
        op.drop_column("deadlines", name, schema="cases")
