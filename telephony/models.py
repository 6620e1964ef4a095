"""Messages, the attempts to send them, what engines reported, and what came in."""

from collections.abc import Iterable

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kernel.db import Base, Json, Key, Timestamp
from telephony.lifecycle import Channel, Kind, State

SCHEMA = {"schema": "telephony"}
INBOUND_STATES = ("new", "handled", "to_person")
OUTCOMES = ("accepted", "put_off", "refused", "unknown")


def _one_of(column: str, values: Iterable[str]) -> str:
    return f"{column} in {tuple(str(value) for value in values)}"


class Message(Base):
    """One message to one number. `version` grows with every change that is told upward."""

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint(_one_of("channel", Channel), name="channel"),
        CheckConstraint(_one_of("state", State), name="state"),
        CheckConstraint("(text is null) != (document is null)", name="content"),
        Index("ix_messages_reference", "reference_kind", "reference_id"),
        Index("ix_messages_list_key", "list_key", postgresql_where=text("list_key is not null")),
        Index(
            "ix_messages_open",
            "state",
            postgresql_where=text("state in ('QUEUED', 'SENDING', 'SENT')"),
        ),
        SCHEMA,
    )

    id: Mapped[Key]
    channel: Mapped[str] = mapped_column(String(10))
    purpose: Mapped[str] = mapped_column(String(40))
    address: Mapped[str] = mapped_column(String(40))
    recipient_name: Mapped[str] = mapped_column(String(120), server_default="")
    subject: Mapped[str] = mapped_column(String(120), server_default="")
    """What it is about, in a word without personal data (an order number)."""
    text: Mapped[str | None] = mapped_column(Text)
    document: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the PDF in the outbox."""
    priority: Mapped[int] = mapped_column(Integer, server_default="0")
    demo: Mapped[bool] = mapped_column(Boolean)
    reference_kind: Mapped[str | None] = mapped_column(String(40))
    reference_id: Mapped[int | None] = mapped_column(BigInteger)
    """Whose message it is: opaque, a row of a higher room."""
    repeat_of_id: Mapped[int | None] = mapped_column(ForeignKey("telephony.messages.id"))
    list_key: Mapped[str | None] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(Integer, server_default="0")

    state: Mapped[str] = mapped_column(String(12), server_default=State.QUEUED)
    problem: Mapped[str | None] = mapped_column(String(60))
    version: Mapped[int] = mapped_column(Integer, server_default="0")
    attempts_made: Mapped[int] = mapped_column(Integer, server_default="0")
    gateway: Mapped[str | None] = mapped_column(String(40))
    provider_id: Mapped[str | None] = mapped_column(String(120))
    parts_total: Mapped[int] = mapped_column(Integer)
    """Parts of an SMS, pages of a fax; a call is one."""
    parts_accepted: Mapped[int] = mapped_column(Integer, server_default="0")
    """How many parts the engine has taken, from the first on; none is ever given to it again."""
    parts_confirmed: Mapped[int] = mapped_column(Integer, server_default="0")
    page_under_way: Mapped[int] = mapped_column(Integer, server_default="0")
    """Of a fax, the page that was being sent when we last heard of this attempt; 0: none yet."""

    queued_at: Mapped[Timestamp]
    try_at: Mapped[Timestamp]
    give_up_at: Mapped[Timestamp]
    stop_asked_at: Mapped[Timestamp | None]
    """Since when nobody wants this call any more: it is not tried again."""
    sent_at: Mapped[Timestamp | None]
    delivered_at: Mapped[Timestamp | None]
    ended_at: Mapped[Timestamp | None]

    attempts: Mapped[list["Attempt"]] = relationship(order_by="Attempt.number", viewonly=True)
    receipts: Mapped[list["Receipt"]] = relationship(order_by="Receipt.id", viewonly=True)

    @property
    def reference(self) -> tuple[str, int] | None:
        if self.reference_kind is None or self.reference_id is None:
            return None
        return self.reference_kind, self.reference_id


class Attempt(Base):
    """One try to hand a message to an engine. Written before the engine is called."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("message_id", "number"),
        CheckConstraint(_one_of("outcome", OUTCOMES), name="outcome"),
        SCHEMA,
    )

    id: Mapped[Key]
    message_id: Mapped[int] = mapped_column(ForeignKey("telephony.messages.id"))
    number: Mapped[int] = mapped_column(Integer)
    gateway: Mapped[str] = mapped_column(String(40))
    started_at: Mapped[Timestamp]
    finished_at: Mapped[Timestamp | None]
    outcome: Mapped[str | None] = mapped_column(String(12))
    detail: Mapped[str] = mapped_column(String(200), server_default="")
    provider_id: Mapped[str | None] = mapped_column(String(120))


class Receipt(Base):
    """What an engine reported, once per event. Without a message: we do not know that one."""

    __tablename__ = "receipts"
    __table_args__ = (
        UniqueConstraint("event_id"),
        CheckConstraint(_one_of("kind", Kind), name="kind"),
        Index("ix_receipts_message_id", "message_id"),
        SCHEMA,
    )

    id: Mapped[Key]
    event_id: Mapped[str] = mapped_column(String(160))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("telephony.messages.id"))
    attempt: Mapped[int] = mapped_column(Integer)
    part: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(12))
    raw: Mapped[Json]
    at: Mapped[Timestamp]


class Inbound(Base):
    """A text or a fax that came in; what it means is decided above."""

    __tablename__ = "inbound"
    __table_args__ = (
        UniqueConstraint("gateway", "provider_id"),
        CheckConstraint(_one_of("channel", Channel), name="channel"),
        CheckConstraint(_one_of("state", INBOUND_STATES), name="state"),
        SCHEMA,
    )

    id: Mapped[Key]
    channel: Mapped[str] = mapped_column(String(10))
    gateway: Mapped[str] = mapped_column(String(40))
    provider_id: Mapped[str] = mapped_column(String(120))
    sender: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    pages: Mapped[int] = mapped_column(Integer, server_default="0")
    """Of a fax, as the machines counted them; they lie in the fax tray until somebody has them."""
    received_at: Mapped[Timestamp]
    state: Mapped[str] = mapped_column(String(12), server_default="new")
