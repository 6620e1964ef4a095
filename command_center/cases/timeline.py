"""The timeline of a case: entries from its own acts, and from dispatch by job."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from command_center.cases.events import CaseChanged
from command_center.cases.models import Case, TimelineEntry
from kernel.clock import now
from kernel.db import principal_of
from kernel.events import emit

# What dispatch reports -> the symbol of the case on the map. A case that has ended keeps its own.
MAP_STATUS = {
    "order_issued": "sent",
    "status_acked": "acked",
    "status_en_route": "acked",
    "status_on_scene": "on_scene",
    "status_handling": "on_scene",
    "status_fed_back": "fed_back",
}
PROGRESS = ("new", "sent", "acked", "on_scene", "fed_back")
ENDED = frozenset({"closed", "referred"})


def actor_of(session: Session) -> str:
    """The name of the person who acts; what happens by itself has none."""
    principal = principal_of(session)
    return "" if principal.is_system else principal.name


def add(session: Session, case: Case, kind: str, **params: Any) -> None:
    """One entry now, by whoever acts, and the news that the case changed."""
    write(session, case, kind, now(session), actor_of(session), params)


def write(
    session: Session,
    case: Case,
    kind: str,
    at: datetime,
    actor: str,
    params: dict[str, Any],
    order_id: int | None = None,
) -> None:
    """One entry as it is given; the case counts as changed at that moment."""
    session.add(
        TimelineEntry(
            case_id=case.id, at=at, kind=kind, actor=actor, params=params, order_id=order_id
        )
    )
    case.changed_at = at
    emit(session, CaseChanged(case.id, case.organisation_path))


def from_dispatch(session: Session, payload: dict[str, Any]) -> None:
    """Job `dispatch.timeline`: what happened to an order stands in its case's timeline."""
    case = session.get(Case, payload["case_id"], with_for_update=True, populate_existing=True)
    if case is None:
        return
    kind, order_id = payload["kind"], payload.get("order_id")
    at = datetime.fromisoformat(payload["at"])
    write(session, case, kind, at, payload["actor"], payload.get("params", {}), order_id)
    case.map_status = symbol_after(case.map_status, kind)


def symbol_after(present: str, kind: str) -> str:
    """The symbol once this has been told. Pure.

    A new order starts it anew; reports that arrive late do not move it back.
    """
    status = MAP_STATUS.get(kind)
    if status is None or present in ENDED:
        return present
    ahead = status == "sent" or PROGRESS.index(status) > PROGRESS.index(present)
    return status if ahead else present
