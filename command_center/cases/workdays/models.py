"""Changes of the work calendar, and how far the clocks have been counted anew since."""

from sqlalchemy import Integer, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key, Reference, Timestamp

SCHEMA = {"schema": "cases"}


class CalendarChange(Base):
    """One change of a year. What comes after it takes over its counting."""

    __tablename__ = "calendar_changes"
    __table_args__ = SCHEMA

    id: Mapped[Key]
    year: Mapped[int] = mapped_column(SmallInteger)
    notice: Mapped[str] = mapped_column(String(120))
    """On which paper it rests."""
    days: Mapped[int] = mapped_column(Integer)
    """How many days of the year are other than before."""
    made_at: Mapped[Timestamp]
    made_by: Mapped[Reference]
    made_by_name: Mapped[str] = mapped_column(String(80))
    total: Mapped[int | None] = mapped_column(Integer)
    """Cases with an open clock when the counting began; null until then."""
    done: Mapped[int] = mapped_column(Integer, server_default="0")
    moved: Mapped[int] = mapped_column(Integer, server_default="0")
    """Clocks whose end is another day now."""
    ended_at: Mapped[Timestamp | None]
