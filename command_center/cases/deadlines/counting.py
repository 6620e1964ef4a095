"""The counting of working days, natural days and hours (SPEC §2.6).

Dates are calendar days of the bureau's zone. The starting day is not counted, nor is a day of a
pause; an extension is counted on from the limit itself. The end rolls once: from a statutory
holiday to the first day after it (Order 121 art. 45), from a weekend too when `roll_weekends` is
set. Hours run from the very moment and never roll. A year without a published calendar counts
weekends alone, and its dates are marked provisional.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from command_center.cases.deadlines import telling
from command_center.cases.deadlines.calendar import (
    DAY,
    Pauses,
    WorkCalendar,
    is_of_unit,
    is_paused,
)
from command_center.cases.deadlines.rules import Rule
from command_center.cases.deadlines.telling import Step

CLOCK = {"h": timedelta(hours=1), "min": timedelta(minutes=1), "s": timedelta(seconds=1)}


@dataclass(frozen=True, slots=True)
class Due:
    """A counted deadline. `strict` is the end before any roll; `steps` say how it was counted."""

    rule: Rule
    started_on: date
    on: date
    strict: date
    yellow_on: date
    red_on: date
    provisional: bool
    steps: tuple[Step, ...]

    @property
    def basis(self) -> str:
        return "；".join(telling.words(step).zh for step in self.steps)


@lru_cache(maxsize=4096)
def due(
    rule: Rule,
    start: date,
    calendar: WorkCalendar,
    roll_weekends: bool = True,
    pauses: Pauses = (),
    extended: int = 0,
    collective: int = 0,
) -> Due:
    """When the limit in days that starts on `start` ends.

    `extended` is in the rule's unit, `collective` how much of it was decided together.

    Raises ValueError for a rule in hours, OverflowError beyond the last year there is.
    """
    if not rule.in_days:
        raise ValueError(f"{rule.id} runs in hours")
    wrong = tuple(pause for pause in pauses if pause.taken_back)
    pauses = tuple(pause for pause in pauses if not pause.taken_back)
    strict = _count(rule, start, calendar, pauses, extended)
    end = _rolled(strict, calendar, roll_weekends)
    # Natural days ask the calendar about their end alone, working days about every day.
    provisional = not calendar.is_published(strict if rule.unit == "d" else start + DAY, end)
    # A date counted without a published calendar is not trusted with the days it may have rolled.
    judged = strict if provisional else end
    yellow, red = _warnings(start, judged, calendar, pauses)
    steps = (
        *telling.limit(rule, start, extended, collective),
        telling.beginning(start),
        *telling.pauses(rule, start, strict, pauses, calendar),
        *([telling.taken_back(wrong)] if wrong else []),
        *telling.calendar(rule, start, strict, pauses, calendar),
        *telling.end(strict, end, provisional, calendar),
    )
    return Due(rule, start, end, strict, yellow, red, provisional, steps)


def promised(rule: Rule, start: date, on: date) -> Due:
    """A deadline whose day was agreed with a person, whatever the rule says."""
    return Due(rule, start, on, on, on, on, False, (telling.promised(rule, on),))


def _count(rule: Rule, start: date, calendar: WorkCalendar, pauses: Pauses, extended: int) -> date:
    day, left = start, rule.amount + extended
    while left:
        day += DAY
        left -= is_of_unit(rule, day, calendar) and not is_paused(day, pauses)
    return day


def _rolled(day: date, calendar: WorkCalendar, roll_weekends: bool) -> date:
    while day in calendar.holidays or (roll_weekends and not calendar.is_workday(day)):
        day += DAY
    return day


def _warnings(start: date, end: date, calendar: WorkCalendar, pauses: Pauses) -> tuple[date, date]:
    """The first yellow and red day: 40 % or 2 working days left, 1 working day left (§2.6).

    Days of a pause are none that are left. A limit of two working days or less would be born red:
    it turns red on its last day only.
    """
    back = (end - n * DAY for n in range((end - start).days))
    running = [day for day in back if not is_paused(day, pauses)]
    short = sum(map(calendar.is_workday, running)) <= 2
    yellow_left, red_left = (1, 0) if short else (2, 1)
    yellow = red = end
    left = 0  # working days from `day` up to and including the end
    for days, day in enumerate(running, start=1):
        left += calendar.is_workday(day)
        if left <= red_left:
            red = day - DAY
        if left <= yellow_left or (not short and days <= 0.4 * len(running)):
            yellow = day - DAY
    # Nothing warns on the very day the clock starts, unless that is all there is.
    return max(yellow, min(start + DAY, end)), max(red, min(start + DAY, end))


@dataclass(frozen=True, slots=True)
class Expiry:
    """When a limit of the clock ends, and how it was counted.

    It warns when 40 % are left, as days do (§2.6), and again when a fifth is: no source says when.
    """

    rule: Rule
    started_at: datetime
    at: datetime
    steps: tuple[Step, ...]

    @property
    def yellow_at(self) -> datetime:
        return self.at - 0.4 * (self.at - self.started_at)

    @property
    def red_at(self) -> datetime:
        return self.at - 0.2 * (self.at - self.started_at)


def expiry(rule: Rule, start: datetime, pauses: Pauses = ()) -> Expiry:
    """When the limit in hours (or less) that starts at a moment ends; pauses are whole days."""
    end, seen = start + rule.amount * CLOCK[rule.unit], start
    for pause in sorted(pauses, key=lambda pause: pause.first):
        opens = max(_midnight(pause.first, start), seen)
        closes = _midnight(pause.last + DAY, start)
        if opens < min(end, closes):
            end, seen = end + (closes - opens), closes
    steps = (
        *telling.limit(rule, start.date()),
        telling.beginning_at(start),
        *([telling.paused(rule, pauses)] if pauses else []),
        telling.end_at(end),
    )
    return Expiry(rule, start, end, steps)


def _midnight(day: date, like: datetime) -> datetime:
    return datetime.combine(day, time(), like.tzinfo)
