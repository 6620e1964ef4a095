"""Which page of a fax is under way."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0023"
branch_labels = None
depends_on = None

KINDS = (
    "carried", "deferred", "page", "delivered", "failed", "expired", "rejected", "not_known",
    "busy", "no_answer", "dropped", "key",
)  # fmt: skip
PLACES = (("messages", "telephony"), ("deliveries", "dispatch"))


def upgrade() -> None:
    _allow(*KINDS, "page_begins")
    for table, schema in PLACES:
        column = sa.Column("page_under_way", sa.Integer(), server_default="0", nullable=False)
        op.add_column(table, column, schema=schema)


def downgrade() -> None:
    for table, schema in PLACES:
        op.drop_column(table, "page_under_way", schema=schema)
    op.execute("delete from telephony.receipts where kind = 'page_begins'")
    _allow(*KINDS)


def _allow(*kinds: str) -> None:
    name, table, schema = "ck_receipts_kind", "receipts", "telephony"
    op.drop_constraint(name, table, schema=schema, type_="check")
    op.create_check_constraint(name, table, f"kind in {kinds}", schema=schema)
