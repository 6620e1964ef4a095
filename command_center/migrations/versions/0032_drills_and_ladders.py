"""Whose mobile a drill tried; from when on the next leader is called; texts that answer a drill."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    whose = sa.Column("person", sa.String(80), nullable=False, server_default="")
    op.add_column("drill_calls", whose, schema="dispatch")
    op.create_index("ix_drill_calls_message_id", "drill_calls", ["message_id"], schema="dispatch")
    ring_at = sa.Column("ring_at", sa.DateTime(timezone=True))
    op.add_column("conference_parties", ring_at, schema="dispatch")
    _outcomes("applied", "to_person", "drill")


def downgrade() -> None:
    op.execute("update dispatch.replies set outcome = 'applied' where outcome = 'drill'")
    _outcomes("applied", "to_person")
    op.drop_column("conference_parties", "ring_at", schema="dispatch")
    op.drop_index("ix_drill_calls_message_id", "drill_calls", schema="dispatch")
    op.drop_column("drill_calls", "person", schema="dispatch")


def _outcomes(*known: str) -> None:
    op.drop_constraint("outcome", "replies", schema="dispatch", type_="check")
    op.create_check_constraint("outcome", "replies", f"outcome in {known}", schema="dispatch")
