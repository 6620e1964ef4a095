"""The gate: who confirmed which words, what was cleared to leave, and sealed originals of files."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)

# What waits or may be repeated was composed by the house itself, of listed fields alone.
STAMP = """
update dispatch.deliveries d
   set cleared = case when o.brief ->> 'confidential' = 'true' then 'report_order' else 'order' end
       || '.' || d.channel || ':' || encode(sha256(convert_to(d.text, 'UTF8')), 'hex')
  from dispatch.orders o
 where o.id = d.order_id
"""


def upgrade() -> None:
    op.add_column(
        "orders", sa.Column("confirmed", JSONB(), nullable=False, server_default="[]"),
        schema="dispatch",
    )  # fmt: skip
    op.add_column("deliveries", sa.Column("cleared", sa.String(120)), schema="dispatch")
    op.execute(STAMP)
    _attachments()
    op.create_table(
        "sealed_originals",
        sa.Column("attachment_id", sa.BigInteger(), nullable=False),
        sa.Column("ref", sa.Uuid(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("attachment_id", name="pk_sealed_originals"),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["cases.attachments.id"],
            name="fk_sealed_originals_attachment_id_attachments",
        ),
        sa.UniqueConstraint("ref", name="uq_sealed_originals_ref"),
        schema="cases",
    )


def _attachments() -> None:
    # Files that were there before were never looked into.
    for column in (
        sa.Column("metadata_kept", sa.Boolean(), nullable=False, server_default="true"),
        sa.Column("cleared_for", sa.String(40)),
        sa.Column("cleared_by", sa.BigInteger()),
        sa.Column("cleared_by_name", sa.String(80), nullable=False, server_default=""),
        sa.Column("cleared_at", TIME),
    ):
        op.add_column("attachments", column, schema="cases")
    op.create_check_constraint(
        "cleared",
        "attachments",
        "(cleared_for is null) = (cleared_by is null)"
        " and (cleared_for is null) = (cleared_at is null)",
        schema="cases",
    )


def downgrade() -> None:
    op.drop_table("sealed_originals", schema="cases")
    op.drop_constraint("cleared", "attachments", schema="cases", type_="check")
    for column in ("cleared_at", "cleared_by_name", "cleared_by", "cleared_for", "metadata_kept"):
        op.drop_column("attachments", column, schema="cases")
    op.drop_column("deliveries", "cleared", schema="dispatch")
    op.drop_column("orders", "confirmed", schema="dispatch")
