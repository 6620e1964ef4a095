"""The arithmetic of a clock as steps of codes: its words are those of whoever reads it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("steps", JSONB(), nullable=False, server_default="[]")
    op.add_column("deadlines", column, schema="cases")
    op.execute("""
        update cases.deadlines set steps = (
            select jsonb_agg(jsonb_build_object(
                'code', 'written', 'about', jsonb_build_object('zh', told)
            ))
            from unnest(string_to_array(basis, '；')) told
        )
        where basis <> ''
    """)
    op.alter_column("deadlines", "basis", server_default="", schema="cases")


def downgrade() -> None:
    op.alter_column("deadlines", "basis", server_default=None, schema="cases")
    op.drop_column("deadlines", "steps", schema="cases")
