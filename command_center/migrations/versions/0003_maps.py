"""The map room: regions, roads, streets, the business registry and its token index."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

EMPTY = {"server_default": "", "nullable": False}


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False)


def _geometry(name: str, kind: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, Geometry(kind, srid=4326, spatial_index=False), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "regions",
        _key(),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("parent_code", sa.String(20)),
        sa.Column("level", sa.String(20), nullable=False),
        _geometry("geom", "MULTIPOLYGON"),
        sa.CheckConstraint("level in ('district', 'subdistrict', 'beat')", name="level"),
        sa.PrimaryKeyConstraint("id", name="pk_regions"),
        sa.UniqueConstraint("code", name="uq_regions_code"),
        schema="maps",
    )
    op.create_table(
        "road_edges",
        _key(),
        sa.Column("source", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("class", sa.String(20), nullable=False),
        sa.Column("length_m", sa.Float(), nullable=False),
        sa.Column("speed_kmh", sa.Float(), nullable=False),
        sa.Column("one_way", sa.Boolean(), server_default="false", nullable=False),
        _geometry("geom", "LINESTRING"),
        sa.PrimaryKeyConstraint("id", name="pk_road_edges"),
        schema="maps",
    )
    op.create_table(
        "streets",
        _key(),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("district", sa.String(60), **EMPTY),
        sa.Column("source", sa.String(20), nullable=False),
        _geometry("centre", "POINT", nullable=True),
        _geometry("geom", "MULTILINESTRING", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_streets"),
        sa.UniqueConstraint("name", "district", name="uq_streets_name_district"),
        schema="maps",
    )
    _businesses()
    op.create_table(
        "token_frequency",
        sa.Column("token", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("frequency", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("token", name="pk_token_frequency"),
        schema="maps",
    )
    op.create_table(
        "revisions",
        sa.Column("subject", sa.String(20), nullable=False),
        sa.Column("stamp", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_revisions"),
        schema="maps",
    )
    for table in ("regions", "road_edges"):
        op.create_index(f"ix_{table}_geom", table, ["geom"], schema="maps", postgresql_using="gist")


def _businesses() -> None:
    op.create_table(
        "businesses",
        _key(),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("credit_code", sa.String(18)),
        sa.Column("address", sa.String(400), **EMPTY),
        sa.Column("district", sa.String(60), **EMPTY),
        sa.Column("street", sa.String(200), **EMPTY),
        sa.Column("number", sa.String(20), **EMPTY),
        _geometry("geom", "POINT", nullable=True),
        sa.Column("point_level", sa.String(10), server_default="unknown", nullable=False),
        sa.Column("phone", sa.String(400), **EMPTY),
        sa.Column("legal_representative", sa.String(400), **EMPTY),
        sa.Column("scope", sa.Text(), **EMPTY),
        sa.Column("promises", sa.Text(), **EMPTY),
        sa.Column("service_standards", sa.Text(), **EMPTY),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("tokens", ARRAY(sa.Integer()), nullable=False),
        sa.CheckConstraint(
            "point_level in ('door', 'street', 'district', 'unknown')", name="point_level"
        ),
        sa.CheckConstraint("(geom is null) = (point_level = 'unknown')", name="point"),
        sa.PrimaryKeyConstraint("id", name="pk_businesses"),
        sa.UniqueConstraint("credit_code", name="uq_businesses_credit_code"),
        schema="maps",
    )
    op.create_index(
        "ix_businesses_street_number", "businesses", ["street", "number"], schema="maps"
    )
    op.create_index(
        "ix_businesses_tokens",
        "businesses",
        ["tokens"],
        schema="maps",
        postgresql_using="gin",
        postgresql_ops={"tokens": "gin__int_ops"},
    )


def downgrade() -> None:
    for table in ("revisions", "token_frequency", "businesses", "streets", "road_edges", "regions"):
        op.drop_table(table, schema="maps")
