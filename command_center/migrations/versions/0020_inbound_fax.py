"""Faxes that come in: how many pages, and the pages themselves, sealed beside what they were taken
for."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pages = sa.Column("pages", sa.Integer(), nullable=False, server_default="0")
    op.add_column("inbound", pages, schema="telephony")
    op.add_column("replies", sa.Column("sealed_pages", sa.LargeBinary()), schema="dispatch")
    op.add_column("replies", sa.Column("attachment_id", sa.BigInteger()), schema="dispatch")


def downgrade() -> None:
    op.drop_column("replies", "attachment_id", schema="dispatch")
    op.drop_column("replies", "sealed_pages", schema="dispatch")
    op.drop_column("inbound", "pages", schema="telephony")
