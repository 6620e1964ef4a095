"""Units, the terminals that carry their position, and the officers signed on to them."""

from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dispatch.units.lifecycle import STATES
from gps_ingest.models import Terminal
from kernel.db import Base, Json, Key, Reference, Timestamp

SCHEMA = {"schema": "dispatch"}


class Unit(Base):
    """What is sent: a vehicle or foot patrol of one organisation."""

    __tablename__ = "units"
    __table_args__ = (
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint("kind in ('vehicle', 'foot')", name="kind"),
        Index("ix_units_path", "organisation_path", postgresql_ops={
            "organisation_path": "text_pattern_ops"
        }),
        SCHEMA,
    )  # fmt: skip

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(80))
    plate: Mapped[str] = mapped_column(String(20), server_default="", index=True)
    kind: Mapped[str] = mapped_column(String(20), server_default="vehicle")
    organisation_id: Mapped[Reference]
    organisation_name: Mapped[str] = mapped_column(String(120))
    organisation_path: Mapped[str] = mapped_column(String(200))
    equipment: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")
    state: Mapped[str] = mapped_column(String(20), server_default="OFF_DUTY")
    state_since: Mapped[Timestamp]
    state_reason: Mapped[str] = mapped_column(String(400), server_default="")
    engagement: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What holds it, as told by the orders: {id, order_id, order_no, state} of the assignment."""

    crew: Mapped[list["CrewMember"]] = relationship(
        primaryjoin="and_(Unit.id == CrewMember.unit_id, CrewMember.signed_off_at.is_(None))",
        order_by="CrewMember.id",
        viewonly=True,
        lazy="selectin",
    )
    terminals: Mapped[list["UnitTerminal"]] = relationship(viewonly=True, lazy="selectin")

    @property
    def certified(self) -> int:
        """How many of the crew hold an enforcement certificate."""
        return sum(member.certified for member in self.crew)


class UnitTerminal(Base):
    """Which terminal's fixes are this unit's position. A terminal belongs to one unit."""

    __tablename__ = "unit_terminals"
    __table_args__ = SCHEMA

    terminal_id: Mapped[int] = mapped_column(
        ForeignKey(Terminal.id), primary_key=True, autoincrement=False
    )
    unit_id: Mapped[int] = mapped_column(ForeignKey("dispatch.units.id"), index=True)

    terminal: Mapped[Terminal] = relationship(viewonly=True, lazy="joined")


class UnitState(Base):
    """The states that a unit has had, each from its moment on: what a past minute is told by."""

    __tablename__ = "unit_states"
    __table_args__ = (Index("ix_unit_states_unit_id_at", "unit_id", "at"), SCHEMA)

    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("dispatch.units.id"))
    at: Mapped[Timestamp]
    state: Mapped[str] = mapped_column(String(20))


class Observation(Base):
    """What the track of a unit's terminal shows besides where it is."""

    __tablename__ = "observations"
    __table_args__ = (
        UniqueConstraint("happening_id"),
        Index("ix_observations_unit_id_at", "unit_id", "at"),
        Index(
            "ix_observations_open",
            "terminal_id",
            postgresql_where=text("kind = 'offline' and ended_at is null"),
        ),
        SCHEMA,
    )

    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("dispatch.units.id"))
    terminal_id: Mapped[Reference]
    happening_id: Mapped[Reference]
    kind: Mapped[str] = mapped_column(String(20))
    """`entered`, `left`, `overspeed`, `moved_without_order` or `offline`."""
    at: Mapped[Timestamp]
    """By the terminal's clock; of `offline` its last fix."""
    ended_at: Mapped[Timestamp | None]
    """Of `offline`: when it was heard again."""
    details: Mapped[Json]


class CrewMember(Base):
    """One officer's duty on a unit, from signing on to signing off."""

    __tablename__ = "crew"
    __table_args__ = (
        Index(
            "uq_crew_on_duty",
            "user_id",
            unique=True,
            postgresql_where=text("signed_off_at is null"),
        ),
        Index("ix_crew_number", "number", postgresql_where=text("signed_off_at is null")),
        SCHEMA,
    )

    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("dispatch.units.id"), index=True)
    user_id: Mapped[Reference]
    name: Mapped[str] = mapped_column(String(60))
    phone: Mapped[str] = mapped_column(String(40), server_default="")
    number: Mapped[str] = mapped_column(String(20), server_default="")
    """The phone as replies are matched: national digits only."""
    certified: Mapped[bool] = mapped_column(Boolean)
    signed_on_at: Mapped[Timestamp]
    signed_off_at: Mapped[Timestamp | None]

    unit: Mapped[Unit] = relationship(viewonly=True)
