"""The dispatch room: units and crews, alarms, orders and assignments, deliveries, replies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
BIG = sa.BigInteger()
NEEDED = {"nullable": False}
EMPTY = {"server_default": "", "nullable": False}
TABLES = (
    "units",
    "unit_terminals",
    "crew",
    "alarms",
    "orders",
    "assignments",
    "status_reports",
    "deliveries",
    "replies",
)
UNIT_STATES = (
    "OFF_DUTY", "FREE", "ASSIGNED", "EN_ROUTE", "ON_SCENE", "HANDLING", "RETURNING",
    "OUT_OF_SERVICE",
)  # fmt: skip
ORDER_STATES = (
    "PENDING_APPROVAL", "REFUSED", "ISSUED", "ACKED", "EN_ROUTE", "ON_SCENE", "HANDLING",
    "FED_BACK", "CLEARED", "CANNOT", "CANCELLED",
)  # fmt: skip
ASSIGNMENT_STATES = (
    "PENDING", "ISSUED", "ACKED", "EN_ROUTE", "ON_SCENE", "HANDLING", "FED_BACK", "CLEARED",
    "CANNOT", "CANCELLED",
)  # fmt: skip
DELIVERY_STATES = (
    "HELD", "QUEUED", "SENDING", "SENT", "DELIVERED", "FAILED", "UNKNOWN", "CANCELLED",
)  # fmt: skip


def upgrade() -> None:
    _units()
    _alarms()
    _orders()
    _assignments()
    _deliveries()
    _replies()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table, schema="dispatch")


def _key() -> sa.Column[int]:
    return sa.Column("id", BIG, sa.Identity(), nullable=False)


def _times(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, TIME) for name in names]


def _one_of(states: tuple[str, ...]) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"state in {states}", name="state")


def _points_to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{target.split('.')[1]}"
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name)


def _index(name: str, table: str, column: str, *, where: str = "", unique: bool = False) -> None:
    condition = {"postgresql_where": sa.text(where)} if where else {}
    op.create_index(name, table, [column], schema="dispatch", unique=unique, **condition)


def _units() -> None:
    op.create_table(
        "units",
        _key(),
        sa.Column("name", sa.String(80), **NEEDED),
        sa.Column("plate", sa.String(20), **EMPTY),
        sa.Column("kind", sa.String(20), server_default="vehicle", nullable=False),
        sa.Column("organisation_id", BIG, **NEEDED),
        sa.Column("organisation_name", sa.String(120), **NEEDED),
        sa.Column("organisation_path", sa.String(200), **NEEDED),
        sa.Column("equipment", JSONB(), server_default="[]", nullable=False),
        sa.Column("state", sa.String(20), server_default="OFF_DUTY", nullable=False),
        sa.Column("state_since", TIME, **NEEDED),
        sa.Column("state_reason", sa.String(400), **EMPTY),
        sa.Column("engagement", JSONB()),
        _one_of(UNIT_STATES),
        sa.CheckConstraint("kind in ('vehicle', 'foot')", name="kind"),
        sa.PrimaryKeyConstraint("id", name="pk_units"),
        schema="dispatch",
    )
    op.create_index(
        "ix_units_path",
        "units",
        ["organisation_path"],
        schema="dispatch",
        postgresql_ops={"organisation_path": "text_pattern_ops"},
    )
    _index("ix_units_plate", "units", "plate")
    op.create_table(
        "unit_terminals",
        sa.Column("terminal_id", BIG, autoincrement=False, nullable=False),
        sa.Column("unit_id", BIG, **NEEDED),
        _points_to("unit_terminals", "terminal_id", "gps.terminals"),
        _points_to("unit_terminals", "unit_id", "dispatch.units"),
        sa.PrimaryKeyConstraint("terminal_id", name="pk_unit_terminals"),
        schema="dispatch",
    )
    _index("ix_unit_terminals_unit_id", "unit_terminals", "unit_id")
    op.create_table(
        "crew",
        _key(),
        sa.Column("unit_id", BIG, **NEEDED),
        sa.Column("user_id", BIG, **NEEDED),
        sa.Column("name", sa.String(60), **NEEDED),
        sa.Column("phone", sa.String(40), **EMPTY),
        sa.Column("number", sa.String(20), **EMPTY),
        sa.Column("certified", sa.Boolean(), **NEEDED),
        sa.Column("signed_on_at", TIME, **NEEDED),
        *_times("signed_off_at"),
        _points_to("crew", "unit_id", "dispatch.units"),
        sa.PrimaryKeyConstraint("id", name="pk_crew"),
        schema="dispatch",
    )
    on_duty = "signed_off_at is null"
    _index("ix_crew_unit_id", "crew", "unit_id")
    _index("ix_crew_number", "crew", "number", where=on_duty)
    _index("uq_crew_on_duty", "crew", "user_id", where=on_duty, unique=True)


def _alarms() -> None:
    op.create_table(
        "alarms",
        _key(),
        sa.Column("kind", sa.String(40), **NEEDED),
        sa.Column("reference_kind", sa.String(40), **NEEDED),
        sa.Column("reference_id", BIG, **NEEDED),
        sa.Column("organisation_path", sa.String(200), **NEEDED),
        sa.Column("level", sa.Integer(), **NEEDED),
        sa.Column("rung", sa.String(10), **NEEDED),
        sa.Column("params", JSONB(), **NEEDED),
        sa.Column("raised_at", TIME, **NEEDED),
        sa.Column("climbs_at", TIME),
        sa.Column("taken_by", BIG),
        sa.Column("taken_by_name", sa.String(80)),
        sa.Column("taken_at", TIME),
        sa.Column("resolved_by", BIG),
        sa.Column("resolved_at", TIME),
        sa.Column("note", sa.Text(), **EMPTY),
        sa.PrimaryKeyConstraint("id", name="pk_alarms"),
        schema="dispatch",
    )
    op.create_index(
        "uq_alarms_open",
        "alarms",
        ["kind", "reference_kind", "reference_id"],
        unique=True,
        schema="dispatch",
        postgresql_where=sa.text("resolved_at is null"),
    )


def _orders() -> None:
    op.create_table(
        "orders",
        _key(),
        sa.Column("order_no", sa.String(20), **NEEDED),
        sa.Column("idempotency_key", sa.Uuid(), **NEEDED),
        sa.Column("case_id", BIG, **NEEDED),
        sa.Column("brief", JSONB(), **NEEDED),
        sa.Column("organisation_path", sa.String(200), **NEEDED),
        sa.Column("kind", sa.String(20), **NEEDED),
        sa.Column("urgency", sa.Integer(), **NEEDED),
        sa.Column("closed", sa.Boolean(), **NEEDED),
        sa.Column("note", sa.Text(), **EMPTY),
        sa.Column("channels", JSONB(), **NEEDED),
        sa.Column("override_reason", sa.Text(), **EMPTY),
        sa.Column("state", sa.String(20), **NEEDED),
        sa.Column("created_at", TIME, **NEEDED),
        sa.Column("created_by", BIG, **NEEDED),
        sa.Column("created_by_name", sa.String(80), **NEEDED),
        *_times("issued_at", "finished_at"),
        sa.Column("approval_mode", sa.String(10)),
        sa.Column("approver_id", BIG),
        sa.Column("approver_name", sa.String(80)),
        *_times("approved_at", "confirm_due_at", "confirmed_at", "refused_at", "cancelled_at"),
        sa.Column("end_reason", sa.Text(), **EMPTY),
        _one_of(ORDER_STATES),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.UniqueConstraint("order_no", name="uq_orders_order_no"),
        sa.UniqueConstraint("idempotency_key", name="uq_orders_idempotency_key"),
        schema="dispatch",
    )
    _index("ix_orders_case_id", "orders", "case_id")
    _index("ix_orders_open", "orders", "created_at", where="finished_at is null")


def _assignments() -> None:
    op.create_table(
        "assignments",
        _key(),
        sa.Column("order_id", BIG, **NEEDED),
        sa.Column("target_kind", sa.String(10), **NEEDED),
        sa.Column("target_id", BIG, **NEEDED),
        sa.Column("target_name", sa.String(120), **NEEDED),
        sa.Column("target_path", sa.String(200), **NEEDED),
        sa.Column("unit_id", BIG),
        sa.Column("is_copy", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("reply_number", sa.String(20), **EMPTY),
        sa.Column("code", sa.String(4), **NEEDED),
        sa.Column("state", sa.String(20), **NEEDED),
        *_times("ack_due_at", "acknowledged_at"),
        sa.Column("acknowledged_by", sa.String(80)),
        sa.Column("acknowledged_via", sa.String(10)),
        *_times("en_route_at", "on_scene_at", "handling_at", "fed_back_at"),
        *_times("cleared_at", "closed_at"),
        sa.Column("cannot_reason", sa.Text()),
        sa.Column("result_code", sa.String(40)),
        sa.Column("feedback", sa.Text()),
        sa.Column("predicted_seconds", sa.Float()),
        _one_of(ASSIGNMENT_STATES),
        sa.CheckConstraint("(target_kind = 'unit') = (unit_id is not null)", name="target"),
        _points_to("assignments", "order_id", "dispatch.orders"),
        _points_to("assignments", "unit_id", "dispatch.units"),
        sa.PrimaryKeyConstraint("id", name="pk_assignments"),
        schema="dispatch",
    )
    still_open = "closed_at is null"
    _index("ix_assignments_order_id", "assignments", "order_id")
    _index("uq_assignments_open_code", "assignments", "code", where=still_open, unique=True)
    _index("uq_assignments_unit_taken", "assignments", "unit_id", where=still_open, unique=True)
    op.create_table(
        "status_reports",
        _key(),
        sa.Column("assignment_id", BIG, **NEEDED),
        sa.Column("at", TIME, **NEEDED),
        *_times("device_time"),
        sa.Column("report", sa.String(20), **NEEDED),
        sa.Column("state_before", sa.String(20), **NEEDED),
        sa.Column("state_after", sa.String(20), **NEEDED),
        sa.Column("via", sa.String(10), **NEEDED),
        sa.Column("actor_id", BIG),
        sa.Column("actor", sa.String(80), **NEEDED),
        sa.Column("proof", JSONB(), server_default="{}", nullable=False),
        sa.Column("reason", sa.Text(), **EMPTY),
        sa.Column("words", sa.Text(), **EMPTY),
        sa.Column("result_code", sa.String(40)),
        _points_to("status_reports", "assignment_id", "dispatch.assignments"),
        sa.PrimaryKeyConstraint("id", name="pk_status_reports"),
        schema="dispatch",
    )
    _index("ix_status_reports_assignment_id", "status_reports", "assignment_id")


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        _key(),
        sa.Column("order_id", BIG, **NEEDED),
        sa.Column("assignment_id", BIG, **NEEDED),
        sa.Column("order_no", sa.String(20), **NEEDED),
        sa.Column("case_id", BIG, **NEEDED),
        sa.Column("organisation_path", sa.String(200), **NEEDED),
        sa.Column("urgency", sa.Integer(), **NEEDED),
        sa.Column("channel", sa.String(10), **NEEDED),
        sa.Column("name", sa.String(120), **NEEDED),
        sa.Column("address", sa.String(80), **EMPTY),
        sa.Column("text", sa.Text(), **NEEDED),
        sa.Column("document", JSONB()),
        sa.Column("pages", sa.Integer()),
        sa.Column("is_copy", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("state", sa.String(20), **NEEDED),
        sa.Column("held", sa.String(40)),
        sa.Column("released_with", sa.String(120)),
        sa.Column("message_id", BIG),
        sa.Column("message_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("repeats_id", BIG),
        sa.Column("repeat_reason", sa.Text()),
        sa.Column("created_at", TIME, **NEEDED),
        *_times("queued_at", "sent_at", "delivered_at", "stopped_at"),
        sa.Column("stopped_why", sa.String(20)),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("parts_total", sa.Integer()),
        sa.Column("parts_confirmed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("problem", sa.String(200)),
        _one_of(DELIVERY_STATES),
        _points_to("deliveries", "order_id", "dispatch.orders"),
        _points_to("deliveries", "assignment_id", "dispatch.assignments"),
        _points_to("deliveries", "message_id", "telephony.messages"),
        _points_to("deliveries", "repeats_id", "dispatch.deliveries"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        schema="dispatch",
    )
    for column in ("order_id", "assignment_id", "message_id"):
        _index(f"ix_deliveries_{column}", "deliveries", column)


def _replies() -> None:
    op.create_table(
        "replies",
        sa.Column("inbound_id", BIG, autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(20), **NEEDED),
        sa.Column("why", sa.String(40), **EMPTY),
        sa.Column("organisation_path", sa.String(200), **NEEDED),
        sa.Column("assignment_id", BIG),
        sa.Column("report", sa.String(20)),
        sa.Column("alarm_of", BIG),
        *_times("settled_at"),
        sa.Column("settled_by", sa.String(80)),
        sa.Column("note", sa.Text(), **EMPTY),
        sa.CheckConstraint("outcome in ('applied', 'to_person')", name="outcome"),
        _points_to("replies", "inbound_id", "telephony.inbound"),
        _points_to("replies", "assignment_id", "dispatch.assignments"),
        sa.PrimaryKeyConstraint("inbound_id", name="pk_replies"),
        schema="dispatch",
    )
    waiting = "outcome = 'to_person' and settled_at is null"
    _index("ix_replies_open", "replies", "inbound_id", where=waiting)
