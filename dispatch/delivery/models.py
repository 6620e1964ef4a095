"""Deliveries: one message to one recipient over one channel."""

from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.delivery.letter import Letter
from dispatch.delivery.lifecycle import STATES
from gps_ingest.models import Downlink
from kernel.db import Base, Key, Reference, Timestamp
from telephony.models import Message


class Delivery(Base):
    """`message_id` is telephony's; acknowledgement is not here but on the assignment."""

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint(f"state in {STATES}", name="state"),
        {"schema": "dispatch"},
    )

    id: Mapped[Key]
    order_id: Mapped[int] = mapped_column(ForeignKey("dispatch.orders.id"), index=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("dispatch.assignments.id"), index=True)
    order_no: Mapped[str] = mapped_column(String(20))
    case_id: Mapped[Reference]
    organisation_path: Mapped[str] = mapped_column(String(200))
    urgency: Mapped[int] = mapped_column(Integer)
    channel: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(80), server_default="")
    text: Mapped[str] = mapped_column(Text)
    document: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The letter that a page channel lays out."""
    cleared: Mapped[str | None] = mapped_column(String(120))
    """The gate's stamp: the purpose, and a digest of the words as they were cleared."""
    pages: Mapped[int | None] = mapped_column(Integer)
    is_copy: Mapped[bool] = mapped_column(Boolean, server_default="false")
    state: Mapped[str] = mapped_column(String(20))
    held: Mapped[str | None] = mapped_column(String(40))
    released_with: Mapped[str | None] = mapped_column(String(120))
    """The person at the other end who said that somebody stands at the machine."""
    message_id: Mapped[int | None] = mapped_column(ForeignKey(Message.id), index=True)
    downlink_id: Mapped[int | None] = mapped_column(ForeignKey(Downlink.id), index=True)
    """The vehicles' message, of the channel `vehicle`."""
    message_version: Mapped[int] = mapped_column(Integer, server_default="0")
    repeats_id: Mapped[int | None] = mapped_column(ForeignKey("dispatch.deliveries.id"))
    repeat_reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Timestamp]
    queued_at: Mapped[Timestamp | None]
    sent_at: Mapped[Timestamp | None]
    delivered_at: Mapped[Timestamp | None]
    stopped_at: Mapped[Timestamp | None]
    """Since when nobody waits for it any more: no alarm if it fails now."""
    stopped_why: Mapped[str | None] = mapped_column(String(20))
    """`acknowledged`, `closed` (fed back), `cancelled` (the order), `repeated`, `by_hand`."""
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    parts_total: Mapped[int | None] = mapped_column(Integer)
    parts_confirmed: Mapped[int] = mapped_column(Integer, server_default="0")
    page_under_way: Mapped[int] = mapped_column(Integer, server_default="0")
    reported_as: Mapped[str | None] = mapped_column(String(20))
    """The end of a fax as the last transmission report in the case's file tells it."""
    problem: Mapped[str | None] = mapped_column(String(200))

    @property
    def engine_id(self) -> int | None:
        """Its message at whichever engine carries it."""
        return self.message_id or self.downlink_id

    @property
    def is_recall(self) -> bool:
        """Whether it takes an order back, by the purpose in the gate's stamp."""
        return "_recall." in (self.cleared or "")

    @property
    def letter(self) -> Letter | None:
        return Letter.from_json(self.document) if self.document else None
