"""Statutory holidays and make-up working days as the State Council published them.

The first filling of the table `work_calendar`, which the bureau edits once a year.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from command_center.cases.deadlines import WorkCalendar

HOLIDAYS = (  # first day, days, name
    (date(2025, 1, 1), 1, "元旦"),
    (date(2025, 1, 28), 8, "春节"),
    (date(2025, 4, 4), 3, "清明节"),
    (date(2025, 5, 1), 5, "劳动节"),
    (date(2025, 5, 31), 3, "端午节"),
    (date(2025, 10, 1), 8, "国庆节、中秋节"),
    (date(2026, 1, 1), 3, "元旦"),
    (date(2026, 2, 15), 9, "春节"),
    (date(2026, 4, 4), 3, "清明节"),
    (date(2026, 5, 1), 5, "劳动节"),
    (date(2026, 6, 19), 3, "端午节"),
    (date(2026, 9, 25), 3, "中秋节"),
    (date(2026, 10, 1), 7, "国庆节"),
)
MAKEUP_DAYS = (
    (date(2025, 1, 26), "春节"),
    (date(2025, 2, 8), "春节"),
    (date(2025, 4, 27), "劳动节"),
    (date(2025, 9, 28), "国庆节、中秋节"),
    (date(2025, 10, 11), "国庆节、中秋节"),
    (date(2026, 1, 4), "元旦"),
    (date(2026, 2, 14), "春节"),
    (date(2026, 2, 28), "春节"),
    (date(2026, 5, 9), "劳动节"),
    (date(2026, 9, 20), "国庆节"),
    (date(2026, 10, 10), "国庆节"),
)


def rows() -> Iterator[tuple[date, bool, str]]:
    """(day, is a working day, why) of every day that differs from its weekday."""
    for first, days, name in HOLIDAYS:
        for n in range(days):
            yield first + timedelta(days=n), False, f"{name}放假"
    for day, name in MAKEUP_DAYS:
        yield day, True, f"{name}调休上班"


def calendar_of(days: dict[date, bool]) -> WorkCalendar:
    """The calendar that (day -> is a working day) describes; a year with holidays is published."""
    holidays = frozenset(day for day, works in days.items() if not works)
    return WorkCalendar(
        holidays, frozenset(days) - holidays, frozenset(day.year for day in holidays)
    )


def published() -> WorkCalendar:
    """The calendar of the years above, without a database."""
    return calendar_of({day: works for day, works, _ in rows()})
