"""Organisations in one tree, people with roles, their sessions, failed attempts."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
ROOM = "accounts"


def upgrade() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("parent_id", sa.BigInteger()),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("region_code", sa.String(12), nullable=False),
        sa.Column("phone", sa.String(40), server_default="", nullable=False),
        sa.Column("fax", sa.String(40), server_default="", nullable=False),
        sa.Column("place", Geometry("POINT", srid=4326, spatial_index=False)),
        sa.Column("jurisdiction", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False)),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["accounts.organisations.id"],
            name="fk_organisations_parent_id_organisations",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_organisations"),
        sa.UniqueConstraint("code", name="uq_organisations_code"),
        schema=ROOM,
    )
    op.create_index(
        "idx_organisations_jurisdiction",
        "organisations",
        ["jurisdiction"],
        schema=ROOM,
        postgresql_using="gist",
    )
    op.create_index(
        "ix_organisations_path",
        "organisations",
        ["path"],
        schema=ROOM,
        postgresql_ops={"path": "text_pattern_ops"},
    )
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("account", sa.String(60), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("phone", sa.String(40), server_default="", nullable=False),
        sa.Column("certificate_no", sa.String(40), server_default="", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["accounts.organisations.id"],
            name="fk_users_organisation_id_organisations",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("account", name="uq_users_account"),
        schema=ROOM,
    )
    op.create_index("ix_users_organisation_id", "users", ["organisation_id"], schema=ROOM)
    op.create_table(
        "user_roles",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["accounts.users.id"], name="fk_user_roles_user_id_users"
        ),
        sa.PrimaryKeyConstraint("user_id", "role", name="pk_user_roles"),
        schema=ROOM,
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["accounts.users.id"], name="fk_sessions_user_id_users"
        ),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
        schema=ROOM,
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"], schema=ROOM)
    op.create_table(
        "login_failures",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("account", sa.String(60), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_login_failures"),
        schema=ROOM,
    )
    for column in ("account", "address"):
        op.create_index(
            f"ix_login_failures_{column}_at", "login_failures", [column, "at"], schema=ROOM
        )


def downgrade() -> None:
    for table in ("login_failures", "sessions", "user_roles", "users", "organisations"):
        op.drop_table(table, schema=ROOM)
