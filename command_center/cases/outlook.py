"""What falls due soon, and what will probably be late: counted for whoever asks.

Whether a clock will be missed is told from those of the last `LOOK_BACK` that still ran at its
present age: the share of them that ran past its end (an empirical survival curve per limit, which
a job measures every hour over the whole house).
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from sqlalchemy import ARRAY, ColumnElement, Double, delete, func, select
from sqlalchemy.orm import Session

from command_center.cases import queries
from command_center.cases.models import Case, Deadline, Duration
from command_center.cases.office import Office
from kernel.clock import now
from kernel.db import principal_of

Due = Literal["late", "today", "tomorrow", "week", "likely"]
LOOK_BACK = timedelta(days=90)
FEWEST = 10
"""So many earlier ones make a prediction."""
PROBABLE = 0.5
MEASURE, MEASURE_SECONDS = "cases.durations", 3600
QUANTILES = tuple(n / 200 for n in range(1, 200, 2))
"""The middle of each hundredth."""
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
    taken = {one.rule: one for one in session.scalars(select(Duration))}
    return {
        row.case_id
        for row in running
        if row.rule in taken
        and chance(taken[row.rule], moment - row.started_at, row.due_at - row.started_at)
        >= PROBABLE
    }


def chance(taken: Duration, age: timedelta, limit: timedelta) -> float:
    """Of those that ran at this age the share that ran past the limit; 0 where few are known."""
    older, later = (
        len(taken.seconds) - bisect_right(taken.seconds, span.total_seconds())
        for span in (age, limit)
    )
    if older * taken.known < FEWEST * len(taken.seconds):
        return 0.0
    return later / older


def measure(session: Session) -> None:
    """Every hour: how long the clocks of each limit ran that were met lately."""
    seconds = func.date_part("epoch", Deadline.met_at - Deadline.started_at, type_=Double)
    spread = func.percentile_disc(list(QUANTILES), type_=ARRAY(Double)).within_group(seconds)
    statement = (
        select(Deadline.rule, func.count().label("known"), spread.label("seconds"))
        .where(Deadline.met_at > now(session) - LOOK_BACK)
        .group_by(Deadline.rule)
    )
    found = session.execute(statement).mappings().all()
    session.execute(delete(Duration))
    session.add_all(Duration(**row) for row in found)


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
