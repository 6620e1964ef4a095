"""The clocks of a case: started, met and voided by its steps; the next one shows on the case."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import deadlines
from command_center.cases.deadlines import (
    RULES,
    Due,
    Expiry,
    Extension,
    Pause,
    Rule,
    WorkCalendar,
    rules_of,
)
from command_center.cases.holidays import calendar_of
from command_center.cases.models import Case, Deadline, WorkDay
from command_center.cases.office import Office
from command_center.cases.timeline import actor_of
from dispatch.moments import iso
from kernel.clock import now
from kernel.errors import BadInput, Conflict

LAST_MOMENT = time(23, 59, 59)
"""Business hours do not matter: any act on the due date is in time (SPEC §2.6)."""
LONGEST = timedelta(days=366)
PROMISED = frozenset({"callback"})
"""Clocks whose end a person was promised: `start_promised` starts them."""
OF_A_FACT = PROMISED | {"measure", "emergency"}
"""Clocks that start with what happened: the effect of their step starts them, not the table."""


def calendar(session: Session) -> WorkCalendar:
    """The bureau's work calendar as it stands."""
    return calendar_of({row.day: row.is_workday for row in session.scalars(select(WorkDay))})


def start(
    session: Session,
    office: Office,
    case: Case,
    clock: str,
    moment: datetime,
    pauses: Sequence[dict[str, Any]] = (),
    rule: Rule | None = None,
) -> None:
    """Start a clock of the lifecycle; one of the same name that still runs is replaced.

    Its rule is that of the day of receipt, unless what happened has one of its own.
    """
    rule = rule or deadlines.rule_for(clock, office.day(case.received_at))
    row = Deadline(
        case_id=case.id, rule=rule.id, started_at=moment, pauses=list(pauses), extensions=[]
    )
    recount(office, row, calendar(session))
    void(session, case, [clock], moment)
    session.add(row)


def restart(session: Session, office: Office, case: Case, clock: str, moment: datetime) -> None:
    """Start a clock anew, unless the one that runs started later: nothing makes it shorter.

    What it does not count goes on not counting.
    """
    running = _running(session, case, [clock])
    if all(row.started_at < moment for row in running):
        pauses = [pause for row in running for pause in row.pauses]
        start(session, office, case, clock, moment, pauses)


def pause(session: Session, office: Office, case: Case, days: Pause, evidence: str) -> None:
    """Days that the running clock with this ground does not count, both ends included.

    Raises BadInput naming the field for a ground that no running clock has, and for days that end
    before they begin, or more than a year later.
    """
    row = next((r for r in _open(session, case) if days.ground in RULES[r.rule].pauses), None)
    if row is None:
        raise BadInput("reason_code", "ground_not_of_clock")
    _check_span(days.first, days.last)
    row.pauses = [
        *row.pauses,
        {
            "first": days.first.isoformat(),
            "last": days.last.isoformat(),
            "ground": days.ground,
            "evidence": evidence,
            **_by(session),
        },
    ]
    recount(office, row, calendar(session))


def move_pause_end(
    session: Session, office: Office, case: Case, number: int, last: date, evidence: str
) -> dict[str, Any]:
    """The pause ended on another day than was recorded; gives it as it was.

    Raises BadInput naming the field for a pause that there is not, and as `pause` does.
    """
    row, before = _pause(session, case, number)
    _check_span(date.fromisoformat(before["first"]), last)
    if last.isoformat() == before["last"]:
        raise BadInput("paused_to", "same_day")
    moved = {"last": before["last"], "evidence": evidence, **_by(session)}
    after = {"last": last.isoformat(), "moved": [*before.get("moved", ()), moved]}
    _put_right(session, office, row, number, after)
    return before


def take_back_pause(
    session: Session, office: Office, case: Case, number: int, reason: str
) -> dict[str, Any]:
    """The pause had been entered wrongly: its days count. Gives it; raises BadInput `pause`."""
    row, before = _pause(session, case, number)
    _put_right(session, office, row, number, {"taken_back": {"reason": reason, **_by(session)}})
    return before


def facts(session: Session, case: Case) -> frozenset[str]:
    """What the steps ask of the running clocks (`lifecycle.FACTS`)."""
    found = set()
    for row in _open(session, case):
        found |= {clock for clock in ("measure", "emergency") if row.rule in rules_of(clock)}
        if (following := _grantable(row)) and following.amount is None:
            found.add("collective")
        if any("taken_back" not in one for one in row.pauses):
            found.add("paused")
    return frozenset(found)


def _pause(session: Session, case: Case, number: int) -> tuple[Deadline, dict[str, Any]]:
    """The pause of the running clock with this number, from 1, in the order of recording."""
    for row in _open(session, case):
        for at, one in enumerate(row.pauses, start=1):
            if at == number and "taken_back" not in one:
                return row, one
    raise BadInput("pause", "unknown_pause")


def _put_right(
    session: Session, office: Office, row: Deadline, number: int, change: dict[str, Any]
) -> None:
    at = number - 1
    row.pauses = [*row.pauses[:at], {**row.pauses[at], **change}, *row.pauses[number:]]
    recount(office, row, calendar(session))


def _check_span(first: date, last: date) -> None:
    if last < first:
        raise BadInput("paused_to", "empty_period")
    if last - first > LONGEST:
        raise BadInput("paused_to", "pause_too_long", days=LONGEST.days)


def _by(session: Session) -> dict[str, str]:
    return {"name": actor_of(session), "at": iso(now(session))}


def extend(
    session: Session,
    office: Office,
    case: Case,
    reason: str,
    decided: int | None = None,
    evidence: str = "",
) -> date:
    """Grant the running clock what its rule allows next, in time; gives the new due day.

    `decided` is the term, in the rule's unit, where no rule has it but those who decide together;
    `evidence` the record of their decision. Raises Conflict `no_more_time` where nothing more may
    be granted, `clock_ended` when it is late.
    """
    moment = now(session)
    for row in _open(session, case):
        following = _grantable(row)
        if not following or (following.amount is None) != (decided is not None):
            continue
        if row.due_at < moment:
            raise Conflict("clock_ended")
        granted = {
            "amount": following.amount or decided,
            "by": following.by,
            "reason": reason,
            "evidence": evidence,
            "before": iso(row.due_at),
            **_by(session),
        }
        row.extensions = [*row.extensions, granted]
        recount(office, row, calendar(session))
        return office.day(row.due_at)
    raise Conflict("no_more_time")


def _grantable(row: Deadline) -> Extension | None:
    """What its rule allows next."""
    return next(iter(RULES[row.rule].extensions[len(row.extensions) :]), None)


def recount(office: Office, row: Deadline, days: WorkCalendar) -> None:
    """Count a clock of the lifecycle from its start, with all that it was given since."""
    for name, value in _counted(office, row, days).items():
        setattr(row, name, value)


def is_stale(office: Office, row: Deadline, days: WorkCalendar) -> bool:
    """Whether this calendar gives another end; what a person was promised stays."""
    if any(row.rule in rules_of(clock) for clock in PROMISED):
        return False
    counted = _counted(office, row, days)
    return any(getattr(row, name) != value for name, value in counted.items())


def _counted(office: Office, row: Deadline, days: WorkCalendar) -> dict[str, Any]:
    rule = RULES[row.rule]
    if not rule.in_days:
        return _values_in_hours(deadlines.expiry(rule, row.started_at.astimezone(office.zone)))
    counted = deadlines.due(
        rule,
        office.day(row.started_at),
        days,
        office.roll_weekends,
        tuple(_days(one) for one in row.pauses),
        sum(one["amount"] for one in row.extensions),
        sum(one["amount"] for one in row.extensions if one["by"] == "collective"),
    )
    return values(office, counted, row.started_at)


def _days(one: dict[str, Any]) -> Pause:
    first, last = date.fromisoformat(one["first"]), date.fromisoformat(one["last"])
    return Pause(first, last, one["ground"], "taken_back" in one)


def start_promised(
    session: Session, office: Office, case: Case, clock: str, moment: datetime, due_on: date
) -> None:
    """Start a clock whose end was agreed with a person."""
    rule = RULES[next(iter(rules_of(clock)))]
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
        "steps": [step._asdict() for step in counted.steps],
    }


def _values_in_hours(counted: Expiry) -> dict[str, Any]:
    return {
        "rule": counted.rule.id,
        "started_at": counted.started_at,
        "due_at": counted.at,
        "yellow_at": counted.yellow_at,
        "red_at": counted.red_at,
        "provisional": False,
        "steps": [step._asdict() for step in counted.steps],
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
    rules = {rule for clock in clocks for rule in rules_of(clock)}
    return [row for row in _open(session, case) if row.rule in rules]


def _begin(office: Office, day: date) -> datetime:
    return datetime.combine(day, time(), office.zone)


def _end(office: Office, day: date) -> datetime:
    return datetime.combine(day, LAST_MOMENT, office.zone)
