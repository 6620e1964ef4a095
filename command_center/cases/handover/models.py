"""The report that one person leaves and another signs for."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Json, Key, Reference, Timestamp


class Handover(Base):
    """What was open in a jurisdiction when its person left; never changed but by the signature."""

    __tablename__ = "handovers"
    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint("signed_by is null or signed_by <> written_by", name="somebody_else"),
        Index("ix_handovers_written_at", "written_at"),
        {"schema": "cases"},
    )

    id: Mapped[Key]
    key: Mapped[UUID] = mapped_column(Uuid)
    """The sender's own name of it."""
    organisation_path: Mapped[str] = mapped_column(String(200))
    written_by: Mapped[Reference]
    written_by_name: Mapped[str] = mapped_column(String(80))
    written_at: Mapped[Timestamp]
    notes: Mapped[str] = mapped_column(Text)
    content: Mapped[Json]
    """Section -> its lines, as `standing.Section` has them."""
    due_at: Mapped[Timestamp]
    """When an alarm asks for the signature."""
    signed_by: Mapped[int | None] = mapped_column(BigInteger)
    signed_by_name: Mapped[str | None] = mapped_column(String(80))
    signed_at: Mapped[Timestamp | None]
