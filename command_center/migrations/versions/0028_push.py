"""Browsers that are woken, and read receipts of branches."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "push_subscriptions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_push_subscriptions"),
        sa.UniqueConstraint("endpoint", name="uq_push_subscriptions_endpoint"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["accounts.sessions.id"],
            name="fk_push_subscriptions_session_id_sessions",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["accounts.users.id"], name="fk_push_subscriptions_user_id_users"
        ),
        schema="accounts",
    )
    for column in ("session_id", "user_id"):
        name = f"ix_push_subscriptions_{column}"
        op.create_index(name, "push_subscriptions", [column], schema="accounts")
    op.add_column("assignments", sa.Column("read_at", TIME), schema="dispatch")
    op.add_column("assignments", sa.Column("read_by", sa.String(80)), schema="dispatch")


def downgrade() -> None:
    op.drop_column("assignments", "read_by", schema="dispatch")
    op.drop_column("assignments", "read_at", schema="dispatch")
    op.drop_table("push_subscriptions", schema="accounts")
