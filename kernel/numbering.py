"""Gapless running numbers: one locked row per series and day."""

from datetime import date

from sqlalchemy import Date, Integer, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel.db import Base


class Counter(Base):
    __tablename__ = "counters"
    __table_args__ = {"schema": "kernel"}

    series: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


def next_number(session: Session, series: str, day: date) -> int:
    """The next number of the series on that day, from 1; a rollback gives it back."""
    return session.execute(select(func.kernel.next_number(series, day))).scalar_one()
