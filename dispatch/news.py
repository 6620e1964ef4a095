"""News for the floor above, written as jobs in the same transaction as the fact itself."""

from typing import Any

from sqlalchemy.orm import Session

from kernel.clock import now
from kernel.db import principal_of
from kernel.jobs import enqueue

TIMELINE = "dispatch.timeline"


def tell_timeline(
    session: Session,
    case_id: int,
    kind: str,
    *,
    order_id: int | None = None,
    actor: str | None = None,
    **params: Any,
) -> None:
    """One fact for the case's timeline; exactly once, even if the process dies after commit.

    `actor` is the name of the person who did it, by default of who runs this transaction; what
    happens by itself has none (an empty name). `params` never carry personal data of citizens.
    """
    principal = principal_of(session)
    payload = {
        "case_id": case_id,
        "at": now(session).isoformat(),
        "kind": kind,
        "actor": actor or ("" if principal.is_system else principal.name),
        "order_id": order_id,
        "params": params,
    }
    enqueue(session, TIMELINE, payload)
