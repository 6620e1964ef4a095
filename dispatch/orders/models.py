"""Orders, the assignments they are made of, and the ledger of what was reported about each."""

from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dispatch.escalation.policy import Policy
from dispatch.orders.lifecycle import ORDER_STATES, STATES
from kernel.db import Base, Json, Key, Reference, Timestamp
from kernel.gate.gate import Confirmed

SCHEMA = {"schema": "dispatch"}
APPROVAL_MODES = {"online": "网上批准", "oral": "口头批准", "call": "三方通话批准"}
OPEN = text("closed_at is null")
CONFIRMED, DISMISSED, OVERTAKEN = "confirmed", "dismissed", "overtaken"
OUTCOMES = (CONFIRMED, DISMISSED, OVERTAKEN)
"""Of a proposal; `overtaken`: the assignment went on without it."""


class Order(Base):
    """One order. Its `state` is derived: written by one function, from its assignments."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("order_no"),
        UniqueConstraint("idempotency_key"),
        CheckConstraint(f"state in {ORDER_STATES}", name="state"),
        Index("ix_orders_created_at", "created_at"),
        Index("ix_orders_open", "created_at", postgresql_where=text("finished_at is null")),
        SCHEMA,
    )

    id: Mapped[Key]
    order_no: Mapped[str] = mapped_column(String(20))
    idempotency_key: Mapped[UUID] = mapped_column(Uuid)
    case_id: Mapped[int] = mapped_column(BigInteger, index=True)
    brief: Mapped[Json]
    organisation_path: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    urgency: Mapped[int] = mapped_column(Integer)
    closed: Mapped[bool] = mapped_column(Boolean)
    """Secrecy (封闭指令): subject and address appear in the app only."""
    note: Mapped[str] = mapped_column(Text, server_default="")
    channels: Mapped[list[str]] = mapped_column(JSONB)
    confirmed: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    """Who let which hit in its words leave, and when; digests, never the words."""
    override_reason: Mapped[str] = mapped_column(Text, server_default="")
    state: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[Timestamp]
    created_by: Mapped[Reference]
    created_by_name: Mapped[str] = mapped_column(String(80))
    issued_at: Mapped[Timestamp | None]
    finished_at: Mapped[Timestamp | None]
    approval_mode: Mapped[str | None] = mapped_column(String(10))
    """`online`; `oral`: a dispatcher says so; `call`: decided in a conference."""
    conference_id: Mapped[int | None] = mapped_column(
        ForeignKey("dispatch.conferences.id"), index=True
    )
    """Where it was approved or refused by voice: there are the words, and the recording."""
    approver_id: Mapped[int | None] = mapped_column(BigInteger)
    approver_name: Mapped[str | None] = mapped_column(String(80))
    approved_at: Mapped[Timestamp | None]
    confirm_due_at: Mapped[Timestamp | None]
    confirmed_at: Mapped[Timestamp | None]
    refused_at: Mapped[Timestamp | None]
    cancelled_at: Mapped[Timestamp | None]
    end_reason: Mapped[str] = mapped_column(Text, server_default="")
    policy: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What follows without an acknowledgement, as it stood when the order went out."""

    assignments: Mapped[list["Assignment"]] = relationship(
        back_populates="order", order_by="Assignment.id", lazy="selectin"
    )

    @property
    def followed(self) -> Policy:
        """The policy that it went out by; raises TypeError before that."""
        if self.policy is None:
            raise TypeError("the order has not gone out")
        return Policy.from_json(self.policy)

    @property
    def words_confirmed(self) -> list[Confirmed]:
        return [Confirmed.from_json(one) for one in self.confirmed or []]

    def approval_in_words(self, zone: tzinfo) -> str:
        """Who let it go, how, when and in which recording, as papers say it; empty before."""
        if not self.approver_name or self.approved_at is None:
            return self.approver_name or ""
        how = APPROVAL_MODES.get(self.approval_mode or "", "")
        heard = f"，录音T{self.conference_id}" if self.conference_id else ""
        return (
            f"{self.approver_name}（{how} {self.approved_at.astimezone(zone):%m-%d %H:%M}{heard}）"
        )

    @property
    def ack_due_at(self) -> datetime | None:
        """When the first unacknowledged assignment is overdue."""
        return min(
            (a.ack_due_at for a in self.assignments if a.ack_due_at and a.awaits_ack), default=None
        )


class Assignment(Base):
    """One unit's or branch's part of an order. A copy is for information and awaits nothing."""

    __tablename__ = "assignments"
    __table_args__ = (
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint("(target_kind = 'unit') = (unit_id is not null)", name="target"),
        Index("uq_assignments_open_code", "code", unique=True, postgresql_where=OPEN),
        Index("uq_assignments_unit_taken", "unit_id", unique=True, postgresql_where=OPEN),
        SCHEMA,
    )

    id: Mapped[Key]
    order_id: Mapped[int] = mapped_column(ForeignKey("dispatch.orders.id"), index=True)
    target_kind: Mapped[str] = mapped_column(String(10))
    target_id: Mapped[Reference]
    target_name: Mapped[str] = mapped_column(String(120))
    target_path: Mapped[str] = mapped_column(String(200))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("dispatch.units.id"))
    is_copy: Mapped[bool] = mapped_column(Boolean, server_default="false")
    reply_number: Mapped[str] = mapped_column(String(20), server_default="")
    """A branch's own number; a unit's replies are known by its crew."""
    code: Mapped[str] = mapped_column(String(4))
    state: Mapped[str] = mapped_column(String(20))
    ack_due_at: Mapped[Timestamp | None]
    depart_due_at: Mapped[Timestamp | None]
    arrive_due_at: Mapped[Timestamp | None]
    feedback_due_at: Mapped[Timestamp | None]
    acknowledged_at: Mapped[Timestamp | None]
    acknowledged_by: Mapped[str | None] = mapped_column(String(80))
    acknowledged_via: Mapped[str | None] = mapped_column(String(10))
    read_at: Mapped[Timestamp | None]
    """When somebody of the branch was first shown it on the desk's page; no acknowledgement."""
    read_by: Mapped[str | None] = mapped_column(String(80))
    en_route_at: Mapped[Timestamp | None]
    on_scene_at: Mapped[Timestamp | None]
    handling_at: Mapped[Timestamp | None]
    fed_back_at: Mapped[Timestamp | None]
    cleared_at: Mapped[Timestamp | None]
    closed_at: Mapped[Timestamp | None]
    cannot_reason: Mapped[str | None] = mapped_column(Text)
    result_code: Mapped[str | None] = mapped_column(String(40))
    feedback: Mapped[str | None] = mapped_column(Text)
    predicted_seconds: Mapped[float | None] = mapped_column(Float)
    """Travel time expected when it was chosen, to be compared with the real one."""
    predicted_by: Mapped[str | None] = mapped_column(String(10))
    """The engine that expected it: `road` or `straight`."""

    order: Mapped[Order] = relationship(back_populates="assignments")

    @property
    def awaits_ack(self) -> bool:
        return self.acknowledged_at is None and self.closed_at is None and not self.is_copy


class Proposal(Base):
    """What a track shows of an assignment: that the crew is there. A person confirms it, or not.

    It never moves the assignment by itself; once decided it stays, for the record.
    """

    __tablename__ = "proposals"
    __table_args__ = (
        UniqueConstraint("happening_id"),
        CheckConstraint(f"outcome in {OUTCOMES}", name="outcome"),
        Index(
            "uq_proposals_open",
            "assignment_id",
            unique=True,
            postgresql_where=text("decided_at is null"),
        ),
        Index("ix_proposals_assignment_id", "assignment_id"),
        SCHEMA,
    )

    id: Mapped[Key]
    assignment_id: Mapped[int] = mapped_column(ForeignKey("dispatch.assignments.id"))
    happening_id: Mapped[Reference]
    """Of the positions' room: the crossing that it follows from."""
    report: Mapped[str] = mapped_column(String(20))
    since: Mapped[Timestamp]
    """Since when the unit has been there, by its terminal's clock."""
    at: Mapped[Timestamp]
    metres: Mapped[float] = mapped_column(Float)
    """From the scene."""
    decided_at: Mapped[Timestamp | None]
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_by_id: Mapped[int | None] = mapped_column(BigInteger)
    outcome: Mapped[str | None] = mapped_column(String(10))


class StatusReport(Base):
    """The ledger: who reported what, when, by which way, with what proof. Append-only."""

    __tablename__ = "status_reports"
    __table_args__ = (UniqueConstraint("key"), SCHEMA)

    id: Mapped[Key]
    assignment_id: Mapped[int] = mapped_column(ForeignKey("dispatch.assignments.id"), index=True)
    at: Mapped[Timestamp]
    device_time: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    report: Mapped[str] = mapped_column(String(20))
    state_before: Mapped[str] = mapped_column(String(20))
    state_after: Mapped[str] = mapped_column(String(20))
    via: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(String(80))
    proof: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    reason: Mapped[str] = mapped_column(Text, server_default="")
    words: Mapped[str] = mapped_column(Text, server_default="")
    result_code: Mapped[str | None] = mapped_column(String(40))
    key: Mapped[UUID | None] = mapped_column(Uuid)
    """The phone's own name of what it said: sent again after a lost answer, it is the same."""
    noted: Mapped[bool] = mapped_column(Boolean, server_default="false")
    """It came when the assignment was over: kept as a note, it moved nothing."""
