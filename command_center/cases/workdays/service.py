"""The work calendar, as the State Council publishes it once a year and an administrator enters it.

A year without holidays counts as not published: its dates are provisional (SPEC §2.6).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from command_center.accounts.models import Organisation
from command_center.cases import clocks, timeline
from command_center.cases.models import Case, Deadline, WorkDay
from command_center.cases.office import Office
from command_center.cases.workdays.models import CalendarChange
from kernel import jobs
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import BadInput, Conflict, NotFound

COUNT = "cases.count_anew"
"""Job: {change_id, after}: the open clocks of the next cases are counted anew."""
AT_ONCE = 500
"""Cases of one transaction."""
SETTLED = timedelta(seconds=10)
"""By then whoever still counted by the calendar of before has ended."""
SATURDAY = 5
YEARS = range(2020, 2101)
"""Years that a clock may run in."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day that differs from its weekday."""

    day: date
    is_workday: bool
    note: str


def of_year(session: Session, year: int) -> Sequence[WorkDay]:
    """The days of a year that differ from their weekday, in order. Raises NotFound."""
    if year not in YEARS:
        raise NotFound("calendar", year)
    first, last = date(year, 1, 1), date(year, 12, 31)
    statement = select(WorkDay).where(WorkDay.day.between(first, last)).order_by(WorkDay.day)
    return session.scalars(statement).all()


def changes(session: Session, at_most: int = 10) -> Sequence[CalendarChange]:
    """The last changes, the newest first."""
    statement = select(CalendarChange).order_by(CalendarChange.id.desc()).limit(at_most)
    return session.scalars(statement).all()


def change(
    session: Session, year: int, days: Sequence[Day], notice: str, based_on: int | None
) -> CalendarChange:
    """Let the year have these days, and have every open clock counted anew.

    Raises NotFound for whoever is not of the root organisation: the calendar is everybody's;
    Conflict `calendar_changed` where somebody changed it since `based_on` (the last change that
    was read), `nothing_to_change`; BadInput for days of another year, named twice, or told to be
    worked that are worked anyway.
    """
    who = principal_of(session)
    root = select(Organisation.path).where(Organisation.parent_id.is_(None))
    if who.organisation_path not in session.scalars(root).all():
        raise NotFound("calendar", year)
    _check(year, days)
    # One at a time: whoever waited finds the other's change.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("cases.work_calendar"))))
    last = next(iter(changes(session, 1)), None)
    if (last.id if last else None) != based_on:
        raise Conflict("calendar_changed")
    before = {Day(row.day, row.is_workday, row.note) for row in of_year(session, year)}
    differing = before ^ set(days)
    if not differing:
        raise Conflict("nothing_to_change")
    session.execute(delete(WorkDay).where(func.extract("year", WorkDay.day) == year))
    session.add_all(WorkDay(day=one.day, is_workday=one.is_workday, note=one.note) for one in days)
    made = CalendarChange(
        year=year,
        notice=notice,
        days=len({one.day for one in differing}),
        made_at=now(session),
        made_by=who.id,
        made_by_name=who.name,
    )
    session.add(made)
    session.flush()
    record(session, "calendar.changed", "calendar", year, days=made.days, notice=notice)
    began = now(session) + SETTLED
    jobs.enqueue(session, COUNT, {"change_id": made.id, "after": 0}, run_at=began)
    return made


def _check(year: int, days: Sequence[Day]) -> None:
    if len({one.day for one in days}) < len(days):
        raise BadInput("days", "day_twice")
    for one in days:
        if one.day.year != year:
            raise BadInput("days", "not_of_year", day=one.day.isoformat())
        if one.is_workday and one.day.weekday() < SATURDAY:
            raise BadInput("days", "worked_anyway", day=one.day.isoformat())


def count_anew(office: Office, session: Session, payload: dict[str, Any]) -> None:
    """Job handler: the next cases' open clocks, and a job for those that follow."""
    made = session.get_one(CalendarChange, payload["change_id"], with_for_update=True)
    if made.total is None:
        made.total = session.scalar(select(func.count(Deadline.case_id.distinct())).where(_OPEN))
    if changes(session, 1)[0].id != made.id:
        made.ended_at = now(session)
        return
    upcoming = (
        select(Deadline.case_id)
        .where(_OPEN, Deadline.case_id > payload["after"])
        .group_by(Deadline.case_id)
        .order_by(Deadline.case_id)
        .limit(AT_ONCE)
    )
    ids = session.scalars(upcoming).all()
    if not ids:
        made.ended_at = now(session)
        return
    made.done += len(ids)
    made.moved += _recount(session, office, ids)
    jobs.enqueue(session, COUNT, {"change_id": made.id, "after": ids[-1]})


_OPEN = Deadline.met_at.is_(None) & Deadline.void_at.is_(None)


def _recount(session: Session, office: Office, ids: Sequence[int]) -> int:
    """How many ends moved. Most cases are not touched: what is not locked cannot be in the way."""
    days = clocks.calendar(session)
    clocks_of = select(Deadline).where(_OPEN, Deadline.case_id.in_(ids)).order_by(Deadline.id)
    stale = {
        row.case_id for row in session.scalars(clocks_of) if clocks.is_stale(office, row, days)
    }
    moved = 0
    locked = select(Case).where(Case.id.in_(stale)).order_by(Case.id).with_for_update(of=Case)
    for case in session.scalars(locked).all():
        mine = select(Deadline).where(_OPEN, Deadline.case_id == case.id)
        for row in session.scalars(mine.execution_options(populate_existing=True)).all():
            before = office.day(row.due_at)
            if clocks.is_stale(office, row, days):
                clocks.recount(office, row, days)
            after = office.day(row.due_at)
            if after != before:
                moved += 1
                timeline.add(
                    session, case, "clock_moved",
                    rule=row.rule, due_before=before.isoformat(), due_after=after.isoformat(),
                )  # fmt: skip
        clocks.show_next(session, case)
    return moved
