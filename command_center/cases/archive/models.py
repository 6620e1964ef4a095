"""Retention rules, legal holds, and destructions with what each of them destroyed."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from kernel.db import Base, Key, Reference, Timestamp

SCHEMA = {"schema": "cases"}
STATES = ("PROPOSED", "REQUESTED", "REFUSED", "APPROVED", "DONE")


class RetentionRule(Base):
    """How long one kind of thing is kept."""

    __tablename__ = "retention_rules"
    __table_args__ = (CheckConstraint("days > 0", name="days"), SCHEMA)

    target: Mapped[str] = mapped_column(String(20), primary_key=True)
    code: Mapped[str] = mapped_column(String(10))
    days: Mapped[int] = mapped_column(Integer)
    basis: Mapped[str] = mapped_column(String(400))
    active: Mapped[bool] = mapped_column(Boolean, server_default="true")


class LegalHold(Base):
    """A case that nothing may be destroyed of while somebody's rights depend on it."""

    __tablename__ = "legal_holds"
    __table_args__ = SCHEMA

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.cases.id"), index=True)
    reason: Mapped[str] = mapped_column(String(400))
    placed_by: Mapped[Reference]
    placed_by_name: Mapped[str] = mapped_column(String(80))
    placed_at: Mapped[Timestamp]
    lifted_at: Mapped[Timestamp | None]


class DestroyedItem(Base):
    """One case or one day of positions: its number and a digest, never what it said."""

    __tablename__ = "destruction_items"
    __table_args__ = SCHEMA

    id: Mapped[Key]
    destruction_id: Mapped[int] = mapped_column(ForeignKey("cases.destructions.id"), index=True)
    reference: Mapped[str] = mapped_column(String(40))
    digest: Mapped[str] = mapped_column(String(64), server_default="")
    outcome: Mapped[str] = mapped_column(String(10), server_default="")
    """`destroyed` or `held`."""


class Destruction(Base):
    """A list of what is due: proposed by the clock, asked for by one, approved by another."""

    __tablename__ = "destructions"
    __table_args__ = (
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint("decided_by is null or decided_by <> requested_by", name="somebody_else"),
        Index(
            "uq_destructions_open",
            "target",
            unique=True,
            postgresql_where=text("state in ('PROPOSED', 'REQUESTED', 'APPROVED')"),
        ),
        SCHEMA,
    )

    id: Mapped[Key] = mapped_column()
    target: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), server_default="PROPOSED")
    rule: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The rule as it was when this was proposed."""
    proposed_at: Mapped[Timestamp]
    requested_by: Mapped[int | None] = mapped_column(BigInteger)
    requested_by_name: Mapped[str] = mapped_column(String(80), server_default="")
    requested_at: Mapped[Timestamp | None]
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    decided_by_name: Mapped[str] = mapped_column(String(80), server_default="")
    decided_at: Mapped[Timestamp | None]
    reason: Mapped[str] = mapped_column(Text, server_default="")
    done_at: Mapped[Timestamp | None]
    number: Mapped[str | None] = mapped_column(String(60), unique=True)
    certificate: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The frozen data of the certificate: the PDF is made of it alone."""
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    items: Mapped[list[DestroyedItem]] = relationship(order_by=DestroyedItem.id, lazy="raise")
    count: Mapped[int] = column_property(
        select(func.count())
        .where(DestroyedItem.destruction_id == id)
        .correlate_except(DestroyedItem)
        .scalar_subquery()
    )
    """How many things the list names."""
