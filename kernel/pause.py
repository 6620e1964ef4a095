"""Whether anything may leave the house just now: a person stops all of it, and starts it again.

Whoever hands words to an engine asks before the next message. What an engine has goes on; what
waits loses none of its time: `kernel.paused_since` says how much of it was spent in pauses.
"""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Index, String, Text, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.sql.functions import Function

from kernel.db import Base, Key, Reference, Timestamp


class Pause(Base):
    """One stop of everything outbound; open until somebody resumes. There is one at a time."""

    __tablename__ = "outbound_pauses"
    __table_args__ = (
        Index(
            "uq_outbound_pauses_open",
            "ended_at",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("ended_at is null"),
        ),
        {"schema": "kernel"},
    )

    id: Mapped[Key]
    began_at: Mapped[Timestamp]
    began_by: Mapped[Reference]
    began_by_name: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[Timestamp | None]
    ended_by: Mapped[int | None] = mapped_column(BigInteger)
    ended_by_name: Mapped[str | None] = mapped_column(String(80))


def current(session: Session, *, lock: bool = False) -> Pause | None:
    """The pause that lasts, if there is one."""
    wanted = select(Pause).where(Pause.ended_at.is_(None))
    return session.scalar(wanted.with_for_update() if lock else wanted)


def is_on(session: Session) -> bool:
    return session.scalar(select(Pause.id).where(Pause.ended_at.is_(None))) is not None


def spent(session: Session, since: datetime) -> timedelta:
    """How much of the time from `since` until now nothing could leave."""
    found: timedelta = session.scalar(select(in_sql(since))) or timedelta(0)
    return found


def in_sql(since: object) -> Function[timedelta]:
    """The same for a column of a statement."""
    return func.kernel.paused_since(since)
