"""Open cases that are probably about the same thing are linked."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_cases_open_place",
        "cases",
        ["place"],
        schema="cases",
        postgresql_using="gist",
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_index(
        "ix_cases_open_subject_id",
        "cases",
        ["subject_id"],
        schema="cases",
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_table(
        "links",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("reasons", sa.ARRAY(sa.String(10)), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.cases.id"], "fk_links_case_id_cases"),
        sa.ForeignKeyConstraint(["other_id"], ["cases.cases.id"], "fk_links_other_id_cases"),
        sa.PrimaryKeyConstraint("case_id", "other_id", name="pk_links"),
        schema="cases",
    )
    op.create_index("ix_links_other_id", "links", ["other_id"], schema="cases")
    # Those that are open already look for their neighbours once.
    op.execute(
        "insert into kernel.jobs (kind, payload, run_at, created_at)"
        " select 'cases.link', jsonb_build_object('case_id', id), now(), now()"
        " from cases.cases where closed_at is null and disposition = ''"
    )


def downgrade() -> None:
    op.execute("delete from kernel.jobs where kind = 'cases.link'")
    op.drop_table("links", schema="cases")
    op.drop_index("ix_cases_open_subject_id", "cases", schema="cases")
    op.drop_index("ix_cases_open_place", "cases", schema="cases")
