"""What strangers write is sealed; the worker seals what is there already."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("sealed", "sender_print"):
        op.add_column("replies", sa.Column(name, sa.LargeBinary()), schema="dispatch")


def downgrade() -> None:
    """Only while nothing is sealed: the former version could not read it."""
    op.execute(
        "do $$ begin if exists (select from dispatch.replies where sealed is not null) then"
        " raise exception 'strangers'' texts are sealed'; end if; end $$"
    )
    for name in ("sender_print", "sealed"):
        op.drop_column("replies", name, schema="dispatch")
