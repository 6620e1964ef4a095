"""A unit's day in figures: way, driving, stops, and how fast it answered its orders.

Figures tell how a vehicle was used; where it stood is an old track, and needs a reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from dispatch.orders.models import Assignment, Order
from dispatch.units import queries
from dispatch.units.models import Unit
from dispatch.units.track import OLDEST, check_reason
from gps_ingest.flags import FixFlag
from gps_ingest.journeys import Journey, journey, track
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import BadInput

GUESSED = FixFlag.ESTIMATED | FixFlag.MANUAL
_FIXES = text("""
select count(*), array_agg(extract(epoch from f.fixed_at)::float8),
  array_agg(public.st_x(f.geom)), array_agg(public.st_y(f.geom)), array_agg(f.speed_kmh::float8)
from dispatch.unit_terminals t
cross join lateral gps.track(t.terminal_id, :since, :until, :most) f
where t.unit_id = :unit and f.flags & :guessed = 0
group by t.terminal_id order by 1 desc, t.terminal_id limit 1
""")
"""As columns: ten thousand rows would cost more than all that is reckoned with them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How fast one order was answered, seconds from its issue; None: not (yet)."""

    order_id: int
    order_no: str
    issued_at: datetime
    acknowledged: float | None
    arrived: float | None


@dataclass(frozen=True, slots=True)
class UnitDay:
    """The day of the bureau's zone, from `since` up to `until`."""

    unit: Unit
    since: datetime
    until: datetime
    fixes: int
    journey: Journey
    answers: Sequence[Answer]


@dataclass(frozen=True, slots=True)
class Why:
    """The reason for looking at places."""

    reason_code: str
    note: str


def read(
    session: Session, zone: ZoneInfo, unit_id: int, day: date, why: Why | None = None
) -> UnitDay:
    """The figures of a day; with a reason, which is logged, the places may be shown.

    Raises NotFound outside the jurisdiction, BadInput for a day to come, one over 90 days ago or
    an unknown reason, Forbidden for places without the right to old tracks.
    """
    principal = principal_of(session)
    unit = queries.visible(session, principal, unit_id)
    since = datetime.combine(day, time(), zone)
    if since > now(session):
        raise BadInput("date", "in_the_future")
    if since < now(session) - OLDEST - timedelta(days=1):
        raise BadInput("date", "too_long_ago", days=OLDEST.days)
    until = min(datetime.combine(day + timedelta(days=1), time(), zone), now(session))
    if why is not None:
        _justify(session, unit, since, until, why)
    fixes, driven = _driven(session, unit, since, until)
    return UnitDay(unit, since, until, fixes, driven, answers(session, unit, since, until))


def answers(session: Session, unit: Unit, since: datetime, until: datetime) -> list[Answer]:
    """How the unit answered the orders issued to it in the period, oldest first."""
    wanted = (
        select(
            Order.id, Order.order_no, Order.issued_at, Assignment.acknowledged_at,
            Assignment.on_scene_at,
        )
        .join(Order, Order.id == Assignment.order_id)
        .where(
            Assignment.unit_id == unit.id,
            Assignment.is_copy.is_(False),
            Order.issued_at >= since,
            Order.issued_at < until,
        )
        .order_by(Order.issued_at)
    )  # fmt: skip
    rows: Iterable[Any] = session.execute(wanted)
    return [
        Answer(ident, order_no, issued, _after(issued, acked), _after(issued, arrived))
        for ident, order_no, issued, acked, arrived in rows
    ]


def _driven(session: Session, unit: Unit, since: datetime, until: datetime) -> tuple[int, Journey]:
    """Of the terminal that told most: a phone in the same vehicle adds no way."""
    asked = {"unit": unit.id, "since": since, "until": until, "most": queries.EACH_AT_MOST,
             "guessed": int(GUESSED)}  # fmt: skip
    fullest: Any = session.execute(_FIXES, asked).one_or_none()
    count, *columns = fullest or (0, [], [], [], [])
    return count, journey(track(*columns))


def _justify(session: Session, unit: Unit, since: datetime, until: datetime, why: Why) -> None:
    principal_of(session).require("track.read")
    check_reason(why.reason_code)
    record(
        session, "track.read", "unit", unit.id,
        reason_code=why.reason_code, note=why.note,
        since=since.isoformat(), until=until.isoformat(),
    )  # fmt: skip


def _after(issued: datetime, at: datetime | None) -> float | None:
    return None if at is None else (at - issued).total_seconds()
