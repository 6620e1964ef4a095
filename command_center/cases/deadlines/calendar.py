"""Which days count: the work calendar, and the pauses of a clock."""

from dataclasses import dataclass
from datetime import date, timedelta

from command_center.cases.deadlines.rules import Rule

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Statutory holidays, make-up working days, and the years they are published for."""

    holidays: frozenset[date]
    makeup_days: frozenset[date]
    years: frozenset[int]

    def is_workday(self, day: date) -> bool:
        if day in self.makeup_days:
            return True
        return day.weekday() < 5 and day not in self.holidays

    def is_published(self, first: date, last: date) -> bool:
        return self.years.issuperset(range(first.year, last.year + 1))


@dataclass(frozen=True, slots=True)
class Pause:
    """Days that are not counted, both ends included, and on which ground.

    One that was `taken_back` had been entered wrongly: its days are counted.
    """

    first: date
    last: date
    ground: str = ""
    taken_back: bool = False


Pauses = tuple[Pause, ...]


def is_paused(day: date, pauses: Pauses) -> bool:
    return any(pause.first <= day <= pause.last for pause in pauses)


def is_of_unit(rule: Rule, day: date, calendar: WorkCalendar) -> bool:
    """Whether the rule counts such a day, unless it is paused."""
    return rule.unit == "d" or calendar.is_workday(day)
