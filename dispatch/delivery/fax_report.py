"""What became of an order's faxes, for the case's file: once none of them may still leave.

What changes afterwards (a repeat, a late receipt) makes a report of its own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.delivery import lifecycle
from dispatch.delivery.models import Delivery
from dispatch.orders import queries as orders
from telephony import outbound


@dataclass(frozen=True, slots=True)
class FaxLine:
    """One fax as the transmission report tells of it; `state` and `problem` are codes."""

    name: str
    address: str
    is_repeat: bool
    is_recall: bool
    state: str
    problem: str
    at: datetime | None
    """When it ended, UTC."""
    pages: int
    pages_total: int
    attempts: int
    rate: str
    """Bits a second; empty where the engine does not say, as the simulator."""
    mode: str
    """`T38` or `audio` (G.711)."""
    error: str
    """In the words of the engine."""


class FaxReports(Protocol):
    """Where reports go: into the case's file."""

    def file(
        self, session: Session, *, case_id: int, order_no: str, lines: list[FaxLine]
    ) -> None: ...


class FaxReporter:
    def __init__(self, reports: FaxReports):
        self.reports = reports

    def due(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler: file what has not been told yet, unless a fax may still leave."""
        order = orders.lock(session, payload["order_id"])
        faxes = select(Delivery).where(Delivery.order_id == order.id, Delivery.channel == "fax")
        found = session.scalars(faxes.order_by(Delivery.id).with_for_update()).all()
        if any(one.state in lifecycle.UNDER_WAY for one in found):
            return  # its end asks again
        called = [one for one in found if one.state in lifecycle.ENDED]
        if all(one.reported_as == one.state for one in called):
            return
        lines = [_line(session, one) for one in called]
        self.reports.file(session, case_id=order.case_id, order_no=order.order_no, lines=lines)
        for one in called:
            one.reported_as = one.state


def _line(session: Session, one: Delivery) -> FaxLine:
    sent = outbound.transmission(session, one.message_id) if one.message_id else None
    ended_badly = one.state in lifecycle.ENDED_BADLY
    return FaxLine(
        name=one.name,
        address=one.address,
        is_repeat=one.repeats_id is not None,
        is_recall=one.is_recall,
        state=one.state,
        problem=one.problem or "",
        at=sent.ended_at if sent else None,
        pages=sent.pages if sent else 0,
        pages_total=one.pages or 0,
        attempts=sent.dials if sent else 0,
        rate=sent.rate if sent else "",
        mode=sent.mode if sent else "",
        error=sent.error if sent and ended_badly else "",
    )
