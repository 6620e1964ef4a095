"""What was known of an order's business, and when."""

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.subjects.ports import OUTCOMES
from kernel.db import Base, Json, Key, Reference, Timestamp


class SubjectFacts(Base):
    """One answer about the business of an order. Never changed: asked again, it is a new row."""

    __tablename__ = "subject_facts"
    __table_args__ = (
        CheckConstraint(f"outcome in {OUTCOMES}", name="outcome"),
        {"schema": "dispatch"},
    )

    id: Mapped[Key]
    order_id: Mapped[int] = mapped_column(ForeignKey("dispatch.orders.id"), index=True)
    asked_at: Mapped[Timestamp]
    asked_by: Mapped[Reference]
    asked_by_name: Mapped[str] = mapped_column(String(80))
    outcome: Mapped[str] = mapped_column(String(12))
    source: Mapped[str] = mapped_column(String(20))
    fetched_at: Mapped[Timestamp | None]
    """Since when the source knows it so."""
    content: Mapped[Json]
    """As `ports.Facts` has it."""
