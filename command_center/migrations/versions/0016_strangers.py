"""Texts of strangers are for the intake room alone.

Of what came in before, all that was found to be no crew's on duty and no open order's went to the
bureau's own desk with `no_open_assignment`. All of it is taken for strangers' words, settled or
not: a branch that wrote without an open order is among it, but no citizen stays disclosed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

THEIRS = """update dispatch.replies set is_stranger = true
    where outcome = 'to_person' and why = 'no_open_assignment' and organisation_path in
      (select path from accounts.organisations where parent_id is null)"""
ALARMS = """update dispatch.alarms a set kind = 'text_from_stranger',
      reference_kind = 'stranger_text', params = '{}'::jsonb,
      rung = case a.rung when 'DISP' then 'SHIFT' else a.rung end
    from dispatch.replies r where a.kind = 'reply_unmatched' and a.reference_kind = 'inbound'
      and a.reference_id = r.inbound_id and r.is_stranger"""
OLD_ALARMS = """update dispatch.alarms set kind = 'reply_unmatched', reference_kind = 'inbound',
      params = jsonb_build_object('inbound_id', reference_id, 'why', 'no_open_assignment')
    where kind = 'text_from_stranger'"""


def upgrade() -> None:
    op.add_column(
        "replies",
        sa.Column("is_stranger", sa.Boolean(), server_default=sa.false(), nullable=False),
        schema="dispatch",
    )
    op.execute(THEIRS)
    op.execute(ALARMS)


def downgrade() -> None:
    op.execute(OLD_ALARMS)
    op.drop_column("replies", "is_stranger", schema="dispatch")
