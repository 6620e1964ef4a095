"""Calls: keys that were pressed, when one was asked to stop, and which call a recording is of."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

KINDS = (
    "carried", "deferred", "page", "delivered", "failed", "expired", "rejected", "not_known",
    "busy", "no_answer", "dropped",
)  # fmt: skip


def upgrade() -> None:
    _know(*KINDS, "key")
    moment = sa.Column("stop_asked_at", sa.DateTime(timezone=True))
    op.add_column("messages", moment, schema="telephony")
    op.add_column("recordings", sa.Column("call", sa.String(40)), schema="cases")
    op.add_column("recordings", sa.Column("delivery_id", sa.BigInteger()), schema="cases")
    op.create_unique_constraint("uq_recordings_call", "recordings", ["call"], schema="cases")


def downgrade() -> None:
    op.drop_constraint("uq_recordings_call", "recordings", schema="cases")
    for name in ("delivery_id", "call"):
        op.drop_column("recordings", name, schema="cases")
    op.drop_column("messages", "stop_asked_at", schema="telephony")
    op.execute("delete from telephony.receipts where kind = 'key'")
    _know(*KINDS)


def _know(*kinds: str) -> None:
    op.drop_constraint("ck_receipts_kind", "receipts", schema="telephony", type_="check")
    op.create_check_constraint(
        "ck_receipts_kind", "receipts", f"kind in {kinds}", schema="telephony"
    )
