"""Messages, attempts to send them, receipts, and what came in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
ROOM = "telephony"
CHANNELS = "channel in ('sms', 'fax', 'voice')"
STATES = "state in ('QUEUED', 'SENDING', 'SENT', 'DELIVERED', 'FAILED', 'UNKNOWN', 'CANCELLED')"
OUTCOMES = "outcome in ('accepted', 'put_off', 'refused', 'unknown')"
KINDS = (
    "kind in ('carried', 'deferred', 'page', 'delivered', 'failed', 'expired', 'rejected',"
    " 'not_known', 'busy', 'no_answer', 'dropped')"
)
INBOUND_STATES = "state in ('new', 'handled', 'to_person')"


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default="0", nullable=False)


def _words(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), server_default="", nullable=False)


def upgrade() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("address", sa.String(40), nullable=False),
        _words("recipient_name", 120),
        _words("subject", 120),
        sa.Column("text", sa.Text()),
        sa.Column("document", sa.String(64)),
        _count("priority"),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("reference_kind", sa.String(40)),
        sa.Column("reference_id", sa.BigInteger()),
        sa.Column("repeat_of_id", sa.BigInteger()),
        sa.Column("list_key", sa.String(80)),
        _count("position"),
        sa.Column("state", sa.String(12), server_default="QUEUED", nullable=False),
        sa.Column("problem", sa.String(60)),
        _count("version"),
        _count("attempts_made"),
        sa.Column("gateway", sa.String(40)),
        sa.Column("provider_id", sa.String(120)),
        sa.Column("parts_total", sa.Integer(), nullable=False),
        _count("parts_accepted"),
        _count("parts_confirmed"),
        sa.Column("queued_at", TIME, nullable=False),
        sa.Column("try_at", TIME, nullable=False),
        sa.Column("give_up_at", TIME, nullable=False),
        sa.Column("sent_at", TIME),
        sa.Column("delivered_at", TIME),
        sa.Column("ended_at", TIME),
        sa.CheckConstraint(CHANNELS, name="ck_messages_channel"),
        sa.CheckConstraint(STATES, name="ck_messages_state"),
        sa.CheckConstraint("(text is null) != (document is null)", name="ck_messages_content"),
        sa.ForeignKeyConstraint(
            ["repeat_of_id"], ["telephony.messages.id"], name="fk_messages_repeat_of_id_messages"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        schema=ROOM,
    )
    op.create_index(
        "ix_messages_list_key",
        "messages",
        ["list_key"],
        schema=ROOM,
        postgresql_where=sa.text("list_key is not null"),
    )
    op.create_index(
        "ix_messages_open",
        "messages",
        ["state"],
        schema=ROOM,
        postgresql_where=sa.text("state in ('QUEUED', 'SENDING', 'SENT')"),
    )
    op.create_index(
        "ix_messages_reference", "messages", ["reference_kind", "reference_id"], schema=ROOM
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("gateway", sa.String(40), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("finished_at", TIME),
        sa.Column("outcome", sa.String(12)),
        _words("detail", 200),
        sa.Column("provider_id", sa.String(120)),
        sa.CheckConstraint(OUTCOMES, name="ck_attempts_outcome"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["telephony.messages.id"], name="fk_attempts_message_id_messages"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        sa.UniqueConstraint("message_id", "number", name="uq_attempts_message_id_number"),
        schema=ROOM,
    )
    op.create_table(
        "receipts",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("event_id", sa.String(160), nullable=False),
        sa.Column("message_id", sa.BigInteger()),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("raw", JSONB(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint(KINDS, name="ck_receipts_kind"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["telephony.messages.id"], name="fk_receipts_message_id_messages"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_receipts"),
        sa.UniqueConstraint("event_id", name="uq_receipts_event_id"),
        schema=ROOM,
    )
    op.create_index("ix_receipts_message_id", "receipts", ["message_id"], schema=ROOM)
    op.create_table(
        "inbound",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("gateway", sa.String(40), nullable=False),
        sa.Column("provider_id", sa.String(120), nullable=False),
        sa.Column("sender", sa.String(40), nullable=False),
        sa.Column("recipient", sa.String(40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("state", sa.String(12), server_default="new", nullable=False),
        sa.CheckConstraint(CHANNELS, name="ck_inbound_channel"),
        sa.CheckConstraint(INBOUND_STATES, name="ck_inbound_state"),
        sa.PrimaryKeyConstraint("id", name="pk_inbound"),
        sa.UniqueConstraint("gateway", "provider_id", name="uq_inbound_gateway_provider_id"),
        schema=ROOM,
    )


def downgrade() -> None:
    for table in ("inbound", "receipts", "attempts", "messages"):
        op.drop_table(table, schema=ROOM)
