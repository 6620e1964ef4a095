"""A terminal's messages are listed, newest first."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_downlinks_terminal_id_id", "downlinks", ["terminal_id", "id"], schema="gps")


def downgrade() -> None:
    op.drop_index("ix_downlinks_terminal_id_id", "downlinks", schema="gps")
