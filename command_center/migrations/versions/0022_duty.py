"""The duty roster, and the hand-over at the end of a duty."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _duties()
    _handovers()


def _duties() -> None:
    op.create_table(
        "duties",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("post", sa.String(10), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("phone", sa.String(40), nullable=False),
        sa.Column("starts_at", TIME, nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_duties"),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["accounts.organisations.id"],
            name="fk_duties_organisation_id_organisations",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["accounts.users.id"], name="fk_duties_user_id_users"),
        sa.CheckConstraint("post in ('DISP', 'SHIFT', 'CMD', 'DEPUTY', 'HEAD')", name="post"),
        sa.CheckConstraint("ends_at > starts_at", name="span"),
        schema="accounts",
    )
    columns = ["organisation_id", "starts_at"]
    op.create_index("ix_duties_organisation_id_starts_at", "duties", columns, schema="accounts")
    op.create_index("ix_duties_user_id", "duties", ["user_id"], schema="accounts")


def _handovers() -> None:
    op.create_table(
        "handovers",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("organisation_path", sa.String(200), nullable=False),
        sa.Column("written_by", sa.BigInteger(), nullable=False),
        sa.Column("written_by_name", sa.String(80), nullable=False),
        sa.Column("written_at", TIME, nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("signed_by", sa.BigInteger()),
        sa.Column("signed_by_name", sa.String(80)),
        sa.Column("signed_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_handovers"),
        sa.UniqueConstraint("key", name="uq_handovers_key"),
        sa.CheckConstraint("signed_by is null or signed_by <> written_by", name="somebody_else"),
        schema="cases",
    )
    op.create_index("ix_handovers_written_at", "handovers", ["written_at"], schema="cases")


def downgrade() -> None:
    op.drop_table("handovers", schema="cases")
    op.drop_table("duties", schema="accounts")
