"""Three-party calls: who was called into each, what was decided; people's extensions."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
PARTS = ("desk", "leader", "colleague", "caller")
STATES = ("WAITING", "RINGING", "JOINED", "LEFT", "FAILED")
DECISIONS = ("approve", "refuse", "other")


def upgrade() -> None:
    op.add_column(
        "users",
        sa.Column("extension", sa.String(6), server_default="", nullable=False),
        schema="accounts",
    )
    op.create_index(
        "uq_users_extension",
        "users",
        ["extension"],
        unique=True,
        schema="accounts",
        postgresql_where=sa.text("extension <> ''"),
    )
    _conferences()
    _parties()
    op.add_column("orders", sa.Column("conference_id", sa.BigInteger()), schema="dispatch")
    op.create_foreign_key(
        "fk_orders_conference_id_conferences",
        "orders",
        "conferences",
        ["conference_id"],
        ["id"],
        source_schema="dispatch",
        referent_schema="dispatch",
    )
    op.create_index("ix_orders_conference_id", "orders", ["conference_id"], schema="dispatch")


def _conferences() -> None:
    op.create_table(
        "conferences",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("case_no", sa.String(40), nullable=False),
        sa.Column("organisation_path", sa.String(200), nullable=False),
        sa.Column("is_report", sa.Boolean(), nullable=False),
        sa.Column("started_by", sa.BigInteger(), nullable=False),
        sa.Column("started_by_name", sa.String(80), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        sa.Column("consent_at", TIME),
        sa.Column("consent_by_name", sa.String(80)),
        sa.Column("consent_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("decision", sa.String(10)),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", TIME),
        sa.Column("decided_by", sa.BigInteger()),
        sa.Column("decided_by_name", sa.String(80)),
        sa.Column("recorded_by_name", sa.String(80)),
        sa.Column("confirm_due_at", TIME),
        sa.Column("confirmed_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_conferences"),
        sa.CheckConstraint(f"decision in {DECISIONS}", name="decision"),
        schema="dispatch",
    )
    op.create_index(
        "uq_conferences_open",
        "conferences",
        ["case_id"],
        unique=True,
        schema="dispatch",
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index("ix_conferences_case_id", "conferences", ["case_id"], schema="dispatch")


def _parties() -> None:
    op.create_table(
        "conference_parties",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("conference_id", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.String(10), nullable=False),
        sa.Column("user_id", sa.BigInteger()),
        sa.Column("name", sa.String(80), server_default="", nullable=False),
        sa.Column("takes_over", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("state", sa.String(10), server_default="WAITING", nullable=False),
        sa.Column("problem", sa.String(40)),
        sa.Column("rang_at", TIME),
        sa.Column("joined_at", TIME),
        sa.Column("ended_at", TIME),
        sa.Column("hang_up_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_conference_parties"),
        sa.ForeignKeyConstraint(
            ["conference_id"],
            ["dispatch.conferences.id"],
            name="fk_conference_parties_conference_id_conferences",
        ),
        sa.CheckConstraint(f"part in {PARTS}", name="part"),
        sa.CheckConstraint(f"state in {STATES}", name="state"),
        sa.CheckConstraint("(part = 'caller') = (user_id is null)", name="who"),
        schema="dispatch",
    )
    for column in ("conference_id", "user_id"):
        op.create_index(
            f"ix_conference_parties_{column}", "conference_parties", [column], schema="dispatch"
        )


def downgrade() -> None:
    op.drop_column("orders", "conference_id", schema="dispatch")
    op.drop_table("conference_parties", schema="dispatch")
    op.drop_table("conferences", schema="dispatch")
    op.drop_column("users", "extension", schema="accounts")
