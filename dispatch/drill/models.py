"""Drills of the lines, and what each address of a branch and of its people did in one."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.drill.outcome import OUTCOMES
from kernel.db import Base, Key, Reference, Timestamp
from telephony.models import Message

SCHEMA = {"schema": "dispatch"}


class Drill(Base):
    """One drill of all branches at `organisation_path` and below. There is one at a time."""

    __tablename__ = "drills"
    __table_args__ = (
        Index(
            "uq_drills_open",
            "ended_at",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("ended_at is null"),
        ),
        SCHEMA,
    )

    id: Mapped[Key]
    organisation_path: Mapped[str] = mapped_column(String(200))
    began_at: Mapped[Timestamp]
    began_by: Mapped[Reference]
    began_by_name: Mapped[str] = mapped_column(String(80))
    ended_at: Mapped[Timestamp | None]
    stopped_by_name: Mapped[str | None] = mapped_column(String(80))
    """Who broke it off, empty where a grave order did; null where it came to its end."""


class DrillCall(Base):
    """One address that was tried: `organisation_path` is its branch's. Who has the same number as
    another shares its message.
    """

    __tablename__ = "drill_calls"
    __table_args__ = (CheckConstraint(f"outcome in {OUTCOMES}", name="outcome"), SCHEMA)

    id: Mapped[Key]
    drill_id: Mapped[int] = mapped_column(ForeignKey("dispatch.drills.id"), index=True)
    branch_id: Mapped[Reference]
    name: Mapped[str] = mapped_column(String(120))
    person: Mapped[str] = mapped_column(String(80), server_default="")
    """Whose mobile it is: of a crew, or on the roster; empty for the branch's own number."""
    organisation_path: Mapped[str] = mapped_column(String(200))
    channel: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(80))
    outcome: Mapped[str] = mapped_column(String(12))
    problem: Mapped[str | None] = mapped_column(String(60))
    message_id: Mapped[int | None] = mapped_column(ForeignKey(Message.id), index=True)
    """None where the directory has no number, or none that can be called."""
    message_version: Mapped[int] = mapped_column(Integer, server_default="0")
    sent_at: Mapped[Timestamp | None]
    """When it was handed to its engine, the last time."""
    ended_at: Mapped[Timestamp | None]

    @property
    def seconds(self) -> float | None:
        """How long the line took, for what was reached or failed."""
        if self.sent_at is None or self.ended_at is None:
            return None
        return max((self.ended_at - self.sent_at).total_seconds(), 0.0)
