"""The append-only record of who did what to which object, and why."""

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel.clock import now
from kernel.db import Base, Json, Key, Reference, Timestamp, principal_of


class AuditEntry(Base):
    __tablename__ = "audit"
    __table_args__ = {"schema": "kernel"}

    id: Mapped[Key]
    at: Mapped[Timestamp] = mapped_column(index=True)
    actor_id: Mapped[Reference]
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(60))
    object_kind: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(60))
    detail: Mapped[Json]


def record(
    session: Session, action: str, object_kind: str, object_id: object, **detail: Any
) -> None:
    """Add one entry in the caller's transaction. `detail` never carries personal data."""
    principal = principal_of(session)
    session.add(
        AuditEntry(
            at=now(session),
            actor_id=principal.id,
            actor=principal.name,
            action=action,
            object_kind=object_kind,
            object_id=str(object_id),
            detail=detail,
        )
    )
