"""Cases as they stood at a past moment, of what their timelines say."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from command_center.cases.models import Case, TimelineEntry
from command_center.cases.queries import points_of, visible
from command_center.cases.timeline import MAP_STATUS, symbol_after
from kernel.db import principal_of

AT_MOST = 1_000
LEVELS = ("urgency_changed", "escalated")
"""Entries that changed the urgency, `level` after and `before` it."""


@dataclass(frozen=True, slots=True)
class PastCase:
    """`status` is the symbol on the map; `lon`, `lat` the place as it is known now, or None."""

    case: Case
    status: str
    urgency: int
    lon: float | None
    lat: float | None


def open_at(session: Session, at: datetime) -> list[PastCase]:
    """The cases that the principal may know of and that were open then, the gravest first."""
    wanted = (
        select(Case)
        .where(
            visible(principal_of(session)),
            Case.received_at <= at,
            or_(Case.closed_at.is_(None), Case.closed_at > at),
        )
        .options(selectinload(Case.subject))
        .order_by(Case.urgency.desc(), Case.received_at.desc())
        .limit(AT_MOST)
    )
    cases = session.scalars(wanted).all()
    ids = [one.id for one in cases]
    told, points = _told(session, ids), points_of(session, ids)
    found = [
        PastCase(
            one,
            status_at(told[one.id], at),
            urgency_at(one.urgency, told[one.id], at),
            *points.get(one.id, (None, None)),
        )
        for one in cases
    ]
    return sorted(found, key=lambda past: (-past.urgency, -past.case.received_at.timestamp()))


def status_at(entries: Iterable[TimelineEntry], at: datetime) -> str:
    """The symbol then; `entries` oldest first."""
    status = "new"
    for entry in entries:
        if entry.at <= at:
            status = symbol_after(status, entry.kind)
    return status


def urgency_at(now: int, entries: Sequence[TimelineEntry], at: datetime) -> int:
    """The level then: what the last change before says, else what the first one after changed."""
    changes = [entry for entry in entries if entry.kind in LEVELS]
    before = [entry for entry in changes if entry.at <= at]
    if before:
        return int(before[-1].params.get("level", now))
    return int(changes[0].params.get("before", now)) if changes else now


def _told(session: Session, ids: Sequence[int]) -> dict[int, list[TimelineEntry]]:
    wanted = (
        select(TimelineEntry)
        .where(TimelineEntry.case_id.in_(ids), TimelineEntry.kind.in_((*MAP_STATUS, *LEVELS)))
        .order_by(TimelineEntry.at, TimelineEntry.id)
    )
    found: dict[int, list[TimelineEntry]] = defaultdict(list)
    for entry in session.scalars(wanted):
        found[entry.case_id].append(entry)
    return found
