"""The append-only record of who did what to which object, where from, and why.

The database refuses to change or remove an entry (triggers of migration 0009). `kernel.audit_chain`
ties the committed entries together, so that whoever gets round the triggers is found out.
"""

from contextvars import ContextVar
from typing import Any

from sqlalchemy import ARRAY, Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel.clock import now
from kernel.db import Base, Json, Key, Reference, Timestamp, principal_of
from kernel.log import correlation_id

terminal: ContextVar[str] = ContextVar("terminal", default="")
"""Where a member of staff sits: address, session and device of their request. The web layer's door
sets it; it stays empty for the public, whose address is nobody's business."""


class AuditEntry(Base):
    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_object_kind_object_id", "object_kind", "object_id"),
        Index("ix_audit_actor_id_at", "actor_id", "at"),
        {"schema": "kernel"},
    )

    id: Mapped[Key]
    at: Mapped[Timestamp] = mapped_column(index=True)
    actor_id: Mapped[Reference]
    actor: Mapped[str] = mapped_column(String(80))
    roles: Mapped[list[str]] = mapped_column(ARRAY(String(20)), server_default="{}")
    organisation_path: Mapped[str] = mapped_column(String(200), server_default="")
    """Of the actor: an auditor reads the log of their own subtree."""
    action: Mapped[str] = mapped_column(String(60))
    object_kind: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(60))
    reason_code: Mapped[str] = mapped_column(String(60), server_default="")
    note: Mapped[str] = mapped_column(String(400), server_default="")
    terminal: Mapped[str] = mapped_column(String(200), server_default="")
    correlation_id: Mapped[str] = mapped_column(String(60), server_default="")
    detail: Mapped[Json]


def record(
    session: Session,
    action: str,
    object_kind: str,
    object_id: object,
    *,
    reason_code: str = "",
    note: str = "",
    **detail: Any,
) -> None:
    """Add one entry in the caller's transaction. `detail` and `note` never carry personal data
    or the words of a case: the auditor, who reads them, may know neither.

    `alert=True` in the detail puts the entry on top of the auditor's desk.
    """
    principal = principal_of(session)
    session.add(
        AuditEntry(
            at=now(session),
            actor_id=principal.id,
            actor=principal.name,
            roles=sorted(principal.roles),
            organisation_path=principal.organisation_path,
            action=action,
            object_kind=object_kind,
            object_id=str(object_id),
            reason_code=reason_code,
            note=note[:400],
            terminal=terminal.get(),
            correlation_id=correlation_id.get()[:60],
            detail=detail,
        )
    )
