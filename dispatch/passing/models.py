"""An assignment that a crew offers to another."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dispatch.orders.models import Assignment
from kernel.db import Base, Key, Reference, Timestamp

ACCEPTED, DECLINED, WITHDRAWN = "accepted", "declined", "withdrawn"
OUTCOMES = (ACCEPTED, DECLINED, WITHDRAWN)


class Offer(Base):
    """Made by the crew that has it, or by the desk; decided by the crew that is asked."""

    __tablename__ = "offers"
    __table_args__ = (
        CheckConstraint(f"outcome in {OUTCOMES}", name="outcome"),
        Index(
            "uq_offers_open",
            "assignment_id",
            unique=True,
            postgresql_where=text("decided_at is null"),
        ),
        Index("ix_offers_unit_id", "unit_id"),
        {"schema": "dispatch"},
    )

    id: Mapped[Key]
    assignment_id: Mapped[int] = mapped_column(ForeignKey("dispatch.assignments.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("dispatch.units.id"))
    """The one that is to take it."""
    unit_name: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(Text)
    offered_at: Mapped[Timestamp]
    offered_by: Mapped[Reference]
    offered_by_name: Mapped[str] = mapped_column(String(80))
    decided_at: Mapped[Timestamp | None]
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    decided_by_name: Mapped[str | None] = mapped_column(String(80))
    outcome: Mapped[str | None] = mapped_column(String(10))

    assignment: Mapped[Assignment] = relationship(lazy="raise_on_sql")

    @property
    def state(self) -> str:
        """`overtaken`: the assignment ended while nobody had decided."""
        if self.outcome is not None:
            return self.outcome
        return "open" if self.assignment.closed_at is None else "overtaken"
