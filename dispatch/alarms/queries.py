"""Reads: the alarms that concern a principal, by rung and jurisdiction."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.alarms import ladder
from dispatch.alarms.models import Alarm
from dispatch.scope import within
from kernel.access import Principal
from kernel.errors import NotFound


def concerns(principal: Principal, alarm: Alarm) -> bool:
    """Whether this alarm is this principal's to see and take."""
    return (
        principal.can("alarm.take")
        and principal.covers(alarm.organisation_path)
        and alarm.rung in ladder.rungs_seen(principal.roles)
        and alarm.kind not in ladder.kinds_hidden(principal.roles)
        and (alarm.about_user_id is None or alarm.about_user_id != principal.id)
    )


def open_alarms(session: Session, principal: Principal) -> Sequence[Alarm]:
    """Open alarms that concern the principal: untaken first, then by level and age."""
    if not principal.can("alarm.take"):
        return []
    return session.scalars(
        select(Alarm)
        .where(
            Alarm.resolved_at.is_(None),
            within(Alarm.organisation_path, principal),
            Alarm.rung.in_(ladder.rungs_seen(principal.roles)),
            Alarm.kind.not_in(ladder.kinds_hidden(principal.roles)),
            Alarm.about_user_id.is_distinct_from(principal.id),
        )
        .order_by(Alarm.taken_at.is_not(None), Alarm.level.desc(), Alarm.raised_at)
    ).all()


def alarm(session: Session, alarm_id: int) -> Alarm | None:
    return session.get(Alarm, alarm_id)


def visible(session: Session, principal: Principal, alarm_id: int, *, lock: bool = False) -> Alarm:
    """Raises NotFound when there is none or it does not concern the principal."""
    found = session.get(Alarm, alarm_id, with_for_update=lock or None, populate_existing=lock)
    if found is None or not concerns(principal, found):
        raise NotFound("alarm", alarm_id)
    return found


def open_of(session: Session, reference_kind: str, ids: Iterable[int]) -> dict[int, Alarm]:
    """Open alarm by reference id, for lists of cases or orders; the highest level wins."""
    found = session.scalars(
        select(Alarm)
        .where(
            Alarm.reference_kind == reference_kind,
            Alarm.reference_id.in_(list(ids)),
            Alarm.resolved_at.is_(None),
        )
        .order_by(Alarm.level)
    )
    return {one.reference_id: one for one in found}
