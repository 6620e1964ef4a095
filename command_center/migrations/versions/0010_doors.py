"""Second factors, trusted devices, what a session knows of itself, partners' tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
ROOM = "accounts"


def upgrade() -> None:
    _users_and_sessions()
    _second_steps()
    _devices()
    _tokens()


def _users_and_sessions() -> None:
    op.add_column(
        "users",
        sa.Column("must_change_password", sa.Boolean(), server_default="false", nullable=False),
        schema=ROOM,
    )
    op.add_column("users", sa.Column("password_until", TIME), schema=ROOM)
    op.add_column(
        "login_failures",
        sa.Column("kind", sa.String(10), server_default="password", nullable=False),
        schema=ROOM,
    )
    # Nobody stays signed in over this change: what the old sessions lack cannot be made up.
    op.execute("delete from accounts.sessions")
    for column in (
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("former_hash", sa.LargeBinary(32)),
        sa.Column("last_seen_at", TIME, server_default=sa.func.now(), nullable=False),
        sa.Column("confirmed_at", TIME, server_default=sa.func.now(), nullable=False),
        sa.Column("how", sa.String(12), server_default="password", nullable=False),
        sa.Column("lacks_second_factor", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("address", sa.String(45), server_default="", nullable=False),
        sa.Column("agent", sa.String(200), server_default="", nullable=False),
    ):
        op.add_column("sessions", column, schema=ROOM)
    op.create_unique_constraint("uq_sessions_id", "sessions", ["id"], schema=ROOM)
    op.create_index("ix_sessions_former_hash", "sessions", ["former_hash"], schema=ROOM)


def _second_steps() -> None:
    op.create_table(
        "challenges",
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        _of_user("challenges"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_challenges"),
        schema=ROOM,
    )
    op.create_index("ix_challenges_user_id", "challenges", ["user_id"], schema=ROOM)
    op.create_table(
        "second_factors",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("secret", sa.LargeBinary()),
        sa.Column("proposed", sa.LargeBinary()),
        sa.Column("last_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("enrolled_at", TIME),
        _of_user("second_factors"),
        sa.PrimaryKeyConstraint("user_id", name="pk_second_factors"),
        schema=ROOM,
    )
    op.create_table(
        "recovery_codes",
        sa.Column("code_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("used_at", TIME),
        _of_user("recovery_codes"),
        sa.PrimaryKeyConstraint("code_hash", name="pk_recovery_codes"),
        schema=ROOM,
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"], schema=ROOM)


def _devices() -> None:
    op.create_table(
        "trusted_devices",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("last_seen_at", TIME, nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("agent", sa.String(200), nullable=False),
        _of_user("trusted_devices"),
        sa.PrimaryKeyConstraint("id", name="pk_trusted_devices"),
        sa.UniqueConstraint("token_hash", name="uq_trusted_devices_token_hash"),
        schema=ROOM,
    )
    op.create_index("ix_trusted_devices_user_id", "trusted_devices", ["user_id"], schema=ROOM)


def _tokens() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("hint", sa.String(8), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.String(40)), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("last_used_at", TIME),
        sa.Column("revoked_at", TIME),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["accounts.organisations.id"],
            name="fk_api_tokens_organisation_id_organisations",
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["accounts.users.id"], name="fk_api_tokens_created_by_users"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_api_tokens_token_hash"),
        schema=ROOM,
    )
    for column in ("organisation_id", "created_by"):
        op.create_index(f"ix_api_tokens_{column}", "api_tokens", [column], schema=ROOM)


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["accounts.users.id"], name=f"fk_{table}_user_id_users"
    )


def downgrade() -> None:
    for table in (
        "api_tokens", "trusted_devices", "recovery_codes", "second_factors", "challenges",
    ):  # fmt: skip
        op.drop_table(table, schema=ROOM)
    op.drop_index("ix_sessions_former_hash", "sessions", schema=ROOM)
    op.drop_constraint("uq_sessions_id", "sessions", schema=ROOM)
    for column in (
        "id", "former_hash", "last_seen_at", "confirmed_at", "how", "lacks_second_factor",
        "address", "agent",
    ):  # fmt: skip
        op.drop_column("sessions", column, schema=ROOM)
    op.drop_column("login_failures", "kind", schema=ROOM)
    for column in ("password_until", "must_change_password"):
        op.drop_column("users", column, schema=ROOM)
