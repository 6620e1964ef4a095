"""Alarms: each needs a person, has an owner once taken, and climbs while it has none."""

from sqlalchemy import BigInteger, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Json, Key, Timestamp


class Alarm(Base):
    """One open or past alarm; `reference` is an opaque pair (kind, id) of what it is about."""

    __tablename__ = "alarms"
    __table_args__ = (
        Index(
            "uq_alarms_open",
            "kind",
            "reference_kind",
            "reference_id",
            unique=True,
            postgresql_where=text("resolved_at is null"),
        ),
        {"schema": "dispatch"},
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(40))
    reference_kind: Mapped[str] = mapped_column(String(40))
    reference_id: Mapped[int] = mapped_column(BigInteger)
    organisation_path: Mapped[str] = mapped_column(String(200))
    level: Mapped[int] = mapped_column(Integer)
    rung: Mapped[str] = mapped_column(String(10))
    params: Mapped[Json]
    raised_at: Mapped[Timestamp]
    climbs_at: Mapped[Timestamp | None]
    taken_by: Mapped[int | None] = mapped_column(BigInteger)
    taken_by_name: Mapped[str | None] = mapped_column(String(80))
    taken_at: Mapped[Timestamp | None]
    resolved_by: Mapped[int | None] = mapped_column(BigInteger)
    resolved_at: Mapped[Timestamp | None]
    note: Mapped[str] = mapped_column(Text, server_default="")
    about_user_id: Mapped[int | None] = mapped_column(BigInteger)
    """Whom it is about: they neither see nor answer it."""
