"""A unit's old track: where officers were is their own business, unless there is a reason.

The reason is asked for, kept, and shown to the auditor; the live trail (`queries.trail`) ends with
the present duty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from dispatch.units import queries
from dispatch.units.models import Unit
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import BadInput

REASONS = (
    ("complaint", "核查对执法人员的投诉", "A complaint about an officer"),
    ("accident", "交通事故或人身安全", "An accident, or somebody's safety"),
    ("evidence", "还原执法过程", "Evidence of how an inspection went"),
    ("review", "案件复盘", "Review of a case"),
    ("vehicle", "核查公务车辆使用", "Use of an official vehicle"),
)
"""(code, Chinese, English)"""
LONGEST, OLDEST = timedelta(hours=24), timedelta(days=90)
POINTS_AT_MOST = 20_000
"""A longer track is thinned; a file holds it whole."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which track, and why."""

    since: datetime
    until: datetime
    reason_code: str
    note: str


def read(session: Session, unit_id: int, wanted: Wanted) -> list[tuple[float, float, int]]:
    """[longitude, latitude, epoch ms], oldest first; logged with its reason, found or not.

    Raises Forbidden, NotFound outside the jurisdiction, BadInput for a period that is empty,
    longer than a day, in the future or over 90 days ago, and for an unknown reason.
    """
    _, rows = fixes(session, unit_id, wanted, POINTS_AT_MOST, "track.read")
    return [(lon, lat, int(at.timestamp() * 1000)) for lon, lat, at, _ in rows]


def fixes(
    session: Session, unit_id: int, wanted: Wanted, at_most: int, action: str
) -> tuple[Unit, Sequence[queries.PastFix]]:
    """The unit and its fixes as `queries.fixes` gives them, logged; raises what `read` raises."""
    principal = principal_of(session)
    principal.require("track.read")
    unit = queries.visible(session, principal, unit_id)
    check(session, wanted)
    rows = queries.fixes(session, unit.id, wanted.since, wanted.until, at_most)
    record(
        session, action, "unit", unit.id,
        reason_code=wanted.reason_code, note=wanted.note,
        since=wanted.since.isoformat(), until=wanted.until.isoformat(), points=len(rows),
    )  # fmt: skip
    return unit, rows


def check(session: Session, wanted: Wanted) -> None:
    """Raises BadInput for a wrong period or an unknown reason."""
    check_reason(wanted.reason_code)
    if wanted.since >= wanted.until:
        raise BadInput("to", "empty_period")
    if wanted.until - wanted.since > LONGEST:
        raise BadInput("to", "period_too_long", hours=24)
    check_moment(session, "from", wanted.since)


def check_reason(code: str) -> None:
    """Raises BadInput for an unknown reason."""
    if code not in {reason[0] for reason in REASONS}:
        raise BadInput("reason_code", "unknown_code")


def check_moment(session: Session, field: str, at: datetime) -> None:
    """Raises BadInput for a moment in the future, or over 90 days ago."""
    if at > now(session):
        raise BadInput(field, "in_the_future")
    if at < now(session) - OLDEST:
        raise BadInput(field, "too_long_ago", days=OLDEST.days)
