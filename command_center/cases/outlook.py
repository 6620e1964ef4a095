"""What falls due soon, and what will probably be late: counted for whoever asks.

Whether a clock will be missed is told from those of the last `LOOK_BACK` that still ran at its
present age: the share of them that ran past its end (an empirical survival curve per limit).
"""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Double, func, select
from sqlalchemy.orm import Session

from command_center.cases import queries
from command_center.cases.models import Case, Deadline
from command_center.cases.office import Office
from kernel.clock import now
from kernel.db import principal_of

Due = Literal["late", "today", "tomorrow", "week", "likely"]
LOOK_BACK = timedelta(days=90)
FEWEST = 10
"""So many earlier ones make a prediction."""
PROBABLE = 0.5
AT_MOST = 5000
"""Clocks that are predicted at once, the next due first."""
_OPEN = Deadline.met_at.is_(None) & Deadline.void_at.is_(None)


@dataclass(frozen=True, slots=True)
class Outlook:
    """How many cases; `week` ends on Sunday and holds today and tomorrow too."""

    late: int
    today: int
    tomorrow: int
    week: int
    likely: int


def outlook(session: Session, office: Office) -> Outlook:
    """Of the open cases that whoever asks may see."""
    spans = _spans(office, now(session))
    counts = (func.count().filter(_between(*span)).label(name) for name, span in spans.items())
    latest = max(end for _, end in spans.values())
    statement = select(*counts).where(Case.due_at < latest, queries.visible(principal_of(session)))
    found = session.execute(statement).mappings().one()
    return Outlook(**found, likely=len(likely_late(session, office)))


def condition(session: Session, office: Office, due: Due) -> ColumnElement[bool]:
    """The cases that `outlook` counts under this name."""
    if due == "likely":
        return Case.id.in_(likely_late(session, office))
    return _between(*_spans(office, now(session))[due])


def likely_late(session: Session, office: Office) -> set[int]:
    """Cases with a clock that ends this week and that will probably not be met."""
    moment = now(session)
    visible = queries.visible(principal_of(session))
    soon = (
        select(Deadline.case_id, Deadline.rule, Deadline.started_at, Deadline.due_at)
        .join(Case, Case.id == Deadline.case_id)
        .where(_OPEN, Deadline.due_at.between(moment, _spans(office, moment)["week"][1]), visible)
        .order_by(Deadline.due_at)
        .limit(AT_MOST)
    )
    running = session.execute(soon).all()
    if not running:
        return set()
    took = _took(session, {row.rule for row in running})
    return {
        row.case_id
        for row in running
        if chance(took[row.rule], moment - row.started_at, row.due_at - row.started_at) >= PROBABLE
    }


def chance(took: list[float], age: timedelta, limit: timedelta) -> float:
    """The share of those that ran at this age that ran past the limit; 0 where too few are known.

    `took` in seconds, ascending.
    """
    older = len(took) - bisect_right(took, age.total_seconds())
    if older < FEWEST:
        return 0.0
    return (len(took) - bisect_right(took, limit.total_seconds())) / older


def _took(session: Session, rules: set[str]) -> dict[str, list[float]]:
    """Seconds that the clocks of each limit ran that were met lately, ascending."""
    ran = Deadline.met_at - Deadline.started_at
    seconds = func.date_part("epoch", ran, type_=Double).label("seconds")
    statement = (
        select(Deadline.rule, seconds)
        .join(Case, Case.id == Deadline.case_id)
        .where(
            Deadline.rule.in_(rules),
            Deadline.met_at > now(session) - LOOK_BACK,
            queries.visible(principal_of(session)),
        )
        .order_by(seconds)
    )
    found = defaultdict[str, list[float]](list)
    for row in session.execute(statement):
        found[row.rule].append(row.seconds)
    return found


def _spans(office: Office, moment: datetime) -> dict[str, tuple[datetime | None, datetime]]:
    """From when until when each name means; the days are the bureau's."""
    today = office.day(moment)

    def midnight(days: int) -> datetime:
        return datetime.combine(today + timedelta(days=days), time(), office.zone)

    return {
        "late": (None, moment),
        "today": (moment, midnight(1)),
        "tomorrow": (midnight(1), midnight(2)),
        "week": (moment, midnight(7 - today.weekday())),
    }


def _between(since: datetime | None, until: datetime) -> ColumnElement[bool]:
    before = Case.due_at < until
    return before if since is None else before & (Case.due_at >= since)
