"""An order to a unit to move a case, from its draft to the verdict."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, SmallInteger, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key, Timestamp


class Supervision(Base):
    """One supervision order; a case has one open at most.

    It stands by itself, so that a unit which may not open the case still reads what it is asked:
    no word of it leads to a complainant or an informant.
    """

    __tablename__ = "supervisions"
    __table_args__ = (
        CheckConstraint("level between 1 and 3", name="level"),
        CheckConstraint("number is not null or sign_by is null", name="numbered_when_issued"),
        Index(
            "uq_supervisions_open",
            "case_id",
            unique=True,
            postgresql_where=text("closed_at is null"),
        ),
        Index("uq_supervisions_cause", "case_id", "cause", unique=True),
        Index("ix_supervisions_closed_at", "closed_at"),
        {"schema": "cases"},
    )

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.cases.id"))
    case_kind: Mapped[str] = mapped_column(String(2))
    case_no: Mapped[str] = mapped_column(String(24))
    number: Mapped[str | None] = mapped_column(String(24), unique=True)
    """Of the type DB (SPEC §3.9), drawn when it is issued."""
    state: Mapped[str] = mapped_column(String(12))
    version: Mapped[int] = mapped_column(Integer, server_default="1", default=1)
    level: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[str] = mapped_column(String(20))
    cause: Mapped[str | None] = mapped_column(String(40))
    """What the house drafted it for by itself: once for each."""
    unit_id: Mapped[int] = mapped_column(ForeignKey("accounts.organisations.id"))
    unit_name: Mapped[str] = mapped_column(String(120))
    unit_path: Mapped[str] = mapped_column(String(200))
    problem: Mapped[str] = mapped_column(Text)
    demand: Mapped[str] = mapped_column(Text)
    reply: Mapped[str] = mapped_column(Text, server_default="", default="")
    entries: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """What was done, by whom, when, with which words: {at, act, by, name, text}."""
    created_at: Mapped[Timestamp]
    sign_by: Mapped[Timestamp | None]
    due_at: Mapped[Timestamp | None]
    yellow_at: Mapped[Timestamp | None]
    red_at: Mapped[Timestamp | None]
    closed_at: Mapped[Timestamp | None]
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("cases.supervisions.id"))
    """The order of the level below that this one goes on from."""
    document_id: Mapped[int | None] = mapped_column(ForeignKey("cases.documents.id"))
    """The newest paper: as it went out, and then as it ended."""
