"""One person's duty at one post."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from command_center.accounts.models import Organisation
from dispatch.alarms.ladder import RUNGS
from kernel.db import Base, Key, Timestamp


class Duty(Base):
    """`post` is a rung of the alarm ladder, at one organisation. What is over is never changed."""

    __tablename__ = "duties"
    __table_args__ = (
        CheckConstraint(f"post in {RUNGS}", name="post"),
        CheckConstraint("ends_at > starts_at", name="span"),
        Index("ix_duties_organisation_id_starts_at", "organisation_id", "starts_at"),
        {"schema": "accounts"},
    )

    id: Mapped[Key]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("accounts.organisations.id"))
    post: Mapped[str] = mapped_column(String(10))
    user_id: Mapped[int] = mapped_column(ForeignKey("accounts.users.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    """As it was when it was written: the roster of a past week still says who it was."""
    phone: Mapped[str] = mapped_column(String(40))
    """Where the person is reached on this duty."""
    starts_at: Mapped[Timestamp]
    ends_at: Mapped[Timestamp]

    organisation: Mapped[Organisation] = relationship(lazy="joined")
