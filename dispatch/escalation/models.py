"""Policies, where each assignment stands in its own, and the ledger of what was tried."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Json, Key, Reference, Timestamp

RUNNING, ANSWERED, LATE, EXHAUSTED, STOPPED = (
    "RUNNING", "ANSWERED", "LATE", "EXHAUSTED", "STOPPED",
)  # fmt: skip
STATES = (RUNNING, ANSWERED, LATE, EXHAUSTED, STOPPED)
"""LATE: a step came due while nobody could take it, and waits for a person. EXHAUSTED: all steps
were taken, and still nobody has answered. STOPPED: by a person, or with its order."""
DONE, NOTHING_LEFT, TAKEN, PROPOSED, SENT_UNIT, NOBODY, REFUSED = (
    "done", "nothing_left", "taken", "proposed", "sent_unit", "nobody", "refused",
)  # fmt: skip
MISSED, PAUSED = "late", "paused"
"""PAUSED: its last message waits until everything outbound is resumed; none is put behind it."""
OUTCOMES = (DONE, NOTHING_LEFT, TAKEN, PROPOSED, SENT_UNIT, NOBODY, REFUSED, MISSED, PAUSED)
SCHEMA = {"schema": "dispatch"}


class PolicyVersion(Base):
    """One version of a policy. It is never changed: an edit replaces it, a signature is added."""

    __tablename__ = "policies"
    __table_args__ = (
        CheckConstraint("urgency between 0 and 3", name="urgency"),
        Index(
            "uq_policies_current",
            "organisation_path",
            "urgency",
            unique=True,
            postgresql_where=text("replaced_at is null"),
        ),
        SCHEMA,
    )

    id: Mapped[Key]
    organisation_path: Mapped[str] = mapped_column(String(200))
    urgency: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)
    content: Mapped[Json]
    """`Policy.as_json`, without what stands in the columns."""
    created_at: Mapped[Timestamp]
    created_by: Mapped[Reference]
    created_by_name: Mapped[str] = mapped_column(String(80))
    signed_at: Mapped[Timestamp | None]
    signed_by: Mapped[int | None] = mapped_column(BigInteger)
    signed_by_name: Mapped[str | None] = mapped_column(String(80))
    replaced_at: Mapped[Timestamp | None]


class Escalation(Base):
    """How far an acting assignment has come in its order's policy."""

    __tablename__ = "escalations"
    __table_args__ = (
        UniqueConstraint("assignment_id"),
        CheckConstraint(f"state in {STATES}", name="state"),
        SCHEMA,
    )

    id: Mapped[Key]
    assignment_id: Mapped[int] = mapped_column(ForeignKey("dispatch.assignments.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("dispatch.orders.id"), index=True)
    state: Mapped[str] = mapped_column(String(12))
    position: Mapped[int] = mapped_column(Integer, server_default="0")
    """Number of the next step in `Order.policy`."""
    began_at: Mapped[Timestamp]
    """The steps' times count from here: moved when a step is brought forward or taken up late."""
    due_at: Mapped[Timestamp | None]


class EscalationStep(Base):
    """What was tried, or missed: append-only."""

    __tablename__ = "escalation_steps"
    __table_args__ = (CheckConstraint(f"outcome in {OUTCOMES}", name="outcome"), SCHEMA)

    id: Mapped[Key]
    escalation_id: Mapped[int] = mapped_column(ForeignKey("dispatch.escalations.id"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    act: Mapped[str] = mapped_column(String(10))
    due_at: Mapped[Timestamp]
    at: Mapped[Timestamp]
    outcome: Mapped[str] = mapped_column(String(12))
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
