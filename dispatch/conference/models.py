"""Conferences of a case, who was called into each, and what the leader decided there."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dispatch.conference.lifecycle import Part, State
from kernel.db import Base, Key, Reference, Timestamp

DECISIONS = ("approve", "refuse", "other")


class Conference(Base):
    """One call about a case between our own people and, where there is one, whoever called.

    The decision is the leader's; `recorded_by` is who wrote it down, themselves or the desk.
    """

    __tablename__ = "conferences"
    __table_args__ = (
        CheckConstraint(f"decision in {DECISIONS}", name="decision"),
        Index(
            "uq_conferences_open", "case_id", unique=True, postgresql_where=text("ended_at is null")
        ),
        Index("ix_conferences_case_id", "case_id"),
        {"schema": "dispatch"},
    )

    id: Mapped[Key]
    case_id: Mapped[Reference]
    case_no: Mapped[str] = mapped_column(String(40))
    organisation_path: Mapped[str] = mapped_column(String(200))
    is_report: Mapped[bool] = mapped_column(Boolean)
    started_by: Mapped[Reference]
    started_by_name: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[Timestamp]
    ended_at: Mapped[Timestamp | None]
    consent_at: Mapped[Timestamp | None]
    consent_by_name: Mapped[str | None] = mapped_column(String(80))
    consent_reason: Mapped[str] = mapped_column(Text, server_default="")
    """Why an informant may be heard by others than the desk: their own word, written down."""
    decision: Mapped[str | None] = mapped_column(String(10))
    words: Mapped[str] = mapped_column(Text, server_default="")
    decided_at: Mapped[Timestamp | None]
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    decided_by_name: Mapped[str | None] = mapped_column(String(80))
    recorded_by_name: Mapped[str | None] = mapped_column(String(80))
    confirm_due_at: Mapped[Timestamp | None]
    confirmed_at: Mapped[Timestamp | None]

    parties: Mapped[list["ConferenceParty"]] = relationship(
        order_by="ConferenceParty.id", lazy="selectin"
    )

    @property
    def apart(self) -> bool:
        """Whether an informant, if one is called, meets nobody but the desk."""
        return self.is_report and self.consent_at is None


class ConferenceParty(Base):
    """One line into a conference. A citizen's number is nowhere here: it is asked for when they
    are called."""

    __tablename__ = "conference_parties"
    __table_args__ = (
        CheckConstraint(f"part in {tuple(map(str, Part))}", name="part"),
        CheckConstraint(f"state in {tuple(map(str, State))}", name="state"),
        CheckConstraint("(part = 'caller') = (user_id is null)", name="who"),
        Index("ix_conference_parties_conference_id", "conference_id"),
        Index("ix_conference_parties_user_id", "user_id"),
        {"schema": "dispatch"},
    )

    id: Mapped[Key]
    conference_id: Mapped[int] = mapped_column(ForeignKey("dispatch.conferences.id"))
    part: Mapped[str] = mapped_column(String(10))
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(80), server_default="")
    takes_over: Mapped[bool] = mapped_column(Boolean, server_default="false")
    """Once they have joined, the desk leaves."""
    state: Mapped[str] = mapped_column(String(10), server_default=State.WAITING)
    problem: Mapped[str | None] = mapped_column(String(40))
    ring_at: Mapped[Timestamp | None]
    """Not called before; of a leader who is called by itself, because the one before was not
    reached."""
    rang_at: Mapped[Timestamp | None]
    joined_at: Mapped[Timestamp | None]
    ended_at: Mapped[Timestamp | None]
    hang_up_at: Mapped[Timestamp | None]
    """Since when somebody wants the line down."""
