"""The clocks of a case: started, met and voided by its steps; the next one shows on the case."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import deadlines
from command_center.cases.deadlines import Due, WorkCalendar
from command_center.cases.holidays import calendar_of
from command_center.cases.models import Case, Deadline, WorkDay
from command_center.cases.office import Office

LAST_MOMENT = time(23, 59, 59)
"""Business hours do not matter: any act on the due date is in time (SPEC §2.6)."""
PROMISED = frozenset({"callback"})
"""Clocks whose end a person was promised: `start_promised` starts them, not the table."""


def calendar(session: Session) -> WorkCalendar:
    """The bureau's work calendar as it stands."""
    return calendar_of({row.day: row.is_workday for row in session.scalars(select(WorkDay))})


def start(session: Session, office: Office, case: Case, clock: str, moment: datetime) -> None:
    """Start a clock of the lifecycle; one of the same name that still runs is replaced."""
    rule = deadlines.rule_for(clock, office.day(case.received_at))
    counted = deadlines.due(rule, office.day(moment), calendar(session), office.roll_weekends)
    void(session, case, [clock], moment)
    session.add(Deadline(case_id=case.id, **values(office, counted, moment)))


def restart(session: Session, office: Office, case: Case, clock: str, moment: datetime) -> None:
    """Start a clock anew, unless the one that runs started later: nothing makes it shorter."""
    if all(row.started_at < moment for row in _running(session, case, [clock])):
        start(session, office, case, clock, moment)


def start_promised(
    session: Session, office: Office, case: Case, clock: str, moment: datetime, due_on: date
) -> None:
    """Start a clock whose end was agreed with a person."""
    rule = deadlines.RULES[next(iter(deadlines.rules_of(clock)))]
    counted = deadlines.promised(rule, office.day(moment), due_on)
    session.add(Deadline(case_id=case.id, **values(office, counted, moment)))


def values(office: Office, counted: Due, moment: datetime) -> dict[str, Any]:
    """The columns of a counted deadline that starts at this moment."""
    return {
        "rule": counted.rule.id,
        "started_at": moment,
        "due_at": _end(office, counted.on),
        "yellow_at": _begin(office, counted.yellow_on),
        "red_at": _begin(office, counted.red_on),
        "provisional": counted.provisional,
        "basis": counted.basis,
    }


def meet(session: Session, case: Case, clocks: Iterable[str], moment: datetime) -> None:
    """What these clocks measured has been done, in time or not."""
    for row in _running(session, case, clocks):
        row.met_at = moment


def void(session: Session, case: Case, clocks: Iterable[str], moment: datetime) -> None:
    """These clocks measure nothing any more."""
    for row in _running(session, case, clocks):
        row.void_at = moment


def void_all(session: Session, case: Case, moment: datetime) -> None:
    """The case has ended: nothing of it is due."""
    for row in _open(session, case):
        row.void_at = moment


def show_next(session: Session, case: Case) -> None:
    """Put the next due deadline onto the case, for the queue's order and its light."""
    session.flush()
    following = min(_open(session, case), key=lambda row: row.due_at, default=None)
    case.due_at = following.due_at if following else None
    case.yellow_at = following.yellow_at if following else None
    case.red_at = following.red_at if following else None


def _open(session: Session, case: Case) -> list[Deadline]:
    statement = select(Deadline).where(
        Deadline.case_id == case.id, Deadline.met_at.is_(None), Deadline.void_at.is_(None)
    )
    return list(session.scalars(statement))


def _running(session: Session, case: Case, clocks: Iterable[str]) -> list[Deadline]:
    rules = {rule for clock in clocks for rule in deadlines.rules_of(clock)}
    return [row for row in _open(session, case) if row.rule in rules]


def _begin(office: Office, day: date) -> datetime:
    return datetime.combine(day, time(), office.zone)


def _end(office: Office, day: date) -> datetime:
    return datetime.combine(day, LAST_MOMENT, office.zone)
