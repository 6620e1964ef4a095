"""Words within numbers, places and names of businesses are found by their trigrams."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SEARCHED = (
    ("cases", "case_no"),
    ("cases", "place_text"),
    ("subjects", "name"),
    ("subjects", "address"),
)


def upgrade() -> None:
    for table, column in SEARCHED:
        op.create_index(
            f"ix_{table}_{column}_words",
            table,
            [column],
            schema="cases",
            postgresql_using="gin",
            postgresql_ops={column: "gin_trgm_ops"},
        )


def downgrade() -> None:
    for table, column in SEARCHED:
        op.drop_index(f"ix_{table}_{column}_words", table, schema="cases")
