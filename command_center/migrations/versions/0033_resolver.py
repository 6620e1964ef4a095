"""Landmarks, other names of businesses, and what people put right of the first answers."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "landmarks",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("district", sa.String(60), server_default="", nullable=False),
        sa.Column("geom", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("licence", sa.String(400), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_landmarks"),
        schema="maps",
    )
    op.create_index("ix_landmarks_key", "landmarks", ["key"], schema="maps")
    for name in ("former_names", "other_names"):
        op.add_column(
            "businesses",
            sa.Column(name, sa.Text(), server_default="", nullable=False),
            schema="maps",
        )
    op.create_table(
        "corrections",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("address", sa.String(400), server_default="", nullable=False),
        sa.Column("level", sa.String(10), nullable=False),
        sa.Column("geom", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column("business_id", sa.BigInteger()),
        sa.Column("times", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("times > 0", name="ck_corrections_times"),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
        schema="maps",
    )
    op.create_index("ix_corrections_key", "corrections", ["key"], schema="maps")
    op.create_table(
        "answer_counts",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("kept", sa.Integer(), server_default="0", nullable=False),
        sa.Column("corrected", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("month", name="pk_answer_counts"),
        schema="maps",
    )


def downgrade() -> None:
    op.drop_table("answer_counts", schema="maps")
    op.drop_table("corrections", schema="maps")
    for name in ("other_names", "former_names"):
        op.drop_column("businesses", name, schema="maps")
    op.drop_table("landmarks", schema="maps")
