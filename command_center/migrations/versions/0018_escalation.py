"""Policies of escalation, where each assignment stands in its own, limits of its stages.

Assignments that wait for an acknowledgement keep the alarm that was set for them: as the only
step of a policy of their own.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
LIMITS = ("depart_due_at", "arrive_due_at", "feedback_due_at")
OF_OLD = """update dispatch.orders set policy = jsonb_build_object(
      'id', null, 'version', 0, 'signed', false, 'urgency', urgency, 'channels', channels,
      'limits', jsonb_build_object('ack', 300, 'depart', 900, 'arrive', 7200, 'feedback', 86400),
      'steps', jsonb_build_array(jsonb_build_object('after', 300, 'act', 'ring',
        'channels', jsonb_build_array(), 'reach', 'all', 'every', 0, 'rung', 'DISP')))
    where issued_at is not null and finished_at is null"""
WAITING = """insert into dispatch.escalations
      (assignment_id, order_id, state, position, began_at, due_at)
    select id, order_id, 'RUNNING', 0, ack_due_at - interval '300 seconds', ack_due_at
    from dispatch.assignments
    where ack_due_at is not null and acknowledged_at is null and closed_at is null
      and not is_copy"""
JOBS = """update kernel.jobs set kind = 'dispatch.escalate',
      payload = payload || '{"position": 0}'::jsonb
    where kind = 'dispatch.ack_due' and dead_at is null"""
JOBS_BACK = """update kernel.jobs set kind = 'dispatch.ack_due', payload = payload - 'position'
    where kind = 'dispatch.escalate' and dead_at is null"""


def upgrade() -> None:
    op.add_column("orders", sa.Column("policy", JSONB()), schema="dispatch")
    for name in LIMITS:
        op.add_column("assignments", sa.Column(name, TIME), schema="dispatch")
    op.add_column("assignments", sa.Column("predicted_by", sa.String(10)), schema="dispatch")
    _policies()
    _escalations()
    for statement in (OF_OLD, WAITING, JOBS):
        op.execute(statement)


def _policies() -> None:
    op.create_table(
        "policies",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("organisation_path", sa.String(200), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_by_name", sa.String(80), nullable=False),
        sa.Column("signed_at", TIME),
        sa.Column("signed_by", sa.BigInteger()),
        sa.Column("signed_by_name", sa.String(80)),
        sa.Column("replaced_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_policies"),
        sa.CheckConstraint("urgency between 0 and 3", name="urgency"),
        schema="dispatch",
    )
    op.create_index(
        "uq_policies_current",
        "policies",
        ["organisation_path", "urgency"],
        unique=True,
        schema="dispatch",
        postgresql_where=sa.text("replaced_at is null"),
    )


def _escalations() -> None:
    op.create_table(
        "escalations",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("assignment_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("due_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_escalations"),
        sa.UniqueConstraint("assignment_id", name="uq_escalations_assignment_id"),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["dispatch.assignments.id"],
            name="fk_escalations_assignment_id_assignments",
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["dispatch.orders.id"], name="fk_escalations_order_id_orders"
        ),
        sa.CheckConstraint(
            "state in ('RUNNING', 'ANSWERED', 'LATE', 'EXHAUSTED', 'STOPPED')",
            name="state",
        ),
        schema="dispatch",
    )
    op.create_index("ix_escalations_order_id", "escalations", ["order_id"], schema="dispatch")
    op.create_table(
        "escalation_steps",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("escalation_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(10), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.Column("details", JSONB(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_escalation_steps"),
        sa.ForeignKeyConstraint(
            ["escalation_id"],
            ["dispatch.escalations.id"],
            name="fk_escalation_steps_escalation_id_escalations",
        ),
        sa.CheckConstraint(
            "outcome in ('done', 'nothing_left', 'taken', 'proposed', 'sent_unit', 'nobody',"
            " 'refused', 'late')",
            name="outcome",
        ),
        schema="dispatch",
    )
    op.create_index(
        "ix_escalation_steps_escalation_id",
        "escalation_steps",
        ["escalation_id"],
        schema="dispatch",
    )


def downgrade() -> None:
    op.execute(JOBS_BACK)
    for table in ("escalation_steps", "escalations", "policies"):
        op.drop_table(table, schema="dispatch")
    for name in ("predicted_by", *reversed(LIMITS)):
        op.drop_column("assignments", name, schema="dispatch")
    op.drop_column("orders", "policy", schema="dispatch")
