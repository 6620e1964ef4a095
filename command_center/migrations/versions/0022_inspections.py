"""Words of a phone that count once, and the records of inspections (现场笔录)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _reports_of_phones()


def downgrade() -> None:
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
