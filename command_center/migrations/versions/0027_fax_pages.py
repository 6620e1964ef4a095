"""Which page of a fax is under way, and which end of it a transmission report has told."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
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
    op.add_column("deliveries", sa.Column("reported_as", sa.String(20)), schema="dispatch")
    # What ended before stands in no report, and makes none now.
    op.execute("update dispatch.deliveries set reported_as = state where channel = 'fax'")


def downgrade() -> None:
    op.drop_column("deliveries", "reported_as", schema="dispatch")
    for table, schema in PLACES:
        op.drop_column(table, "page_under_way", schema=schema)
    op.execute("delete from telephony.receipts where kind = 'page_begins'")
    _allow(*KINDS)


def _allow(*kinds: str) -> None:
    name, table, schema = "ck_receipts_kind", "receipts", "telephony"
    op.drop_constraint(name, table, schema=schema, type_="check")
    op.create_check_constraint(name, table, f"kind in {kinds}", schema=schema)
