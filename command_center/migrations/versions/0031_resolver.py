"""Landmarks: named places that people tell the way by."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0031"
down_revision = "0030"
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


def downgrade() -> None:
    op.drop_table("landmarks", schema="maps")
