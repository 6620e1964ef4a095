"""The present place of a terminal has no index: all of them move each second."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_latest_geog", "latest", schema="gps")
    # A row that changes no index stays on its page, as long as there is room for its next version.
    op.execute("alter table gps.latest set (fillfactor = 50)")


def downgrade() -> None:
    op.execute("alter table gps.latest set (fillfactor = 70)")
    op.create_index("ix_latest_geog", "latest", ["geog"], schema="gps", postgresql_using="gist")
