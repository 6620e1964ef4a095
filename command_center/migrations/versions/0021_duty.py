"""The duty roster."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
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


def downgrade() -> None:
    op.drop_table("duties", schema="accounts")
