"""Deadlines as data and the counting of working and natural days (SPEC §2.5-2.6).

Pure. Dates are calendar days of the bureau's zone. The starting day is not counted; an end on a
statutory holiday moves to the first day after it (Order 121 art. 45), and one on a weekend too
when `roll_weekends` is set. A year without a published calendar counts weekends alone, and its
dates are marked provisional.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

DAY = timedelta(days=1)
ORDER_121 = date(2026, 4, 15)
"""Order 121 is in force for what was received from this day on; Order 20 before it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit: `wd` working days or `d` natural days, with its article."""

    id: str
    amount: int
    unit: Literal["wd", "d"]
    basis: str
    fixed_by_law: bool = True


RULES = {
    rule.id: rule
    for rule in (
        Rule("CENTRE.route", 1, "wd", "市场监督管理投诉举报处理办法第四十一条（及时）", False),
        Rule("L121.accept", 7, "wd", "市场监督管理投诉举报处理办法第十五条"),
        Rule("L121.mediate", 60, "d", "市场监督管理投诉举报处理办法第二十三条"),
        Rule("L121.notify", 7, "wd", "市场监督管理投诉举报处理办法第二十三条"),
        Rule("L121.clue", 15, "wd", "市场监督管理投诉举报处理办法第二十七条"),
        Rule("L121.dispute", 7, "wd", "市场监督管理投诉举报处理办法第三十三条"),
        Rule("L20.accept", 7, "wd", "市场监督管理投诉举报处理暂行办法第十四条"),
        Rule("L20.mediate", 45, "wd", "市场监督管理投诉举报处理暂行办法第二十一条"),
        Rule("L20.notify", 7, "wd", "市场监督管理投诉举报处理暂行办法第二十一条"),
        Rule("LAP.verify", 15, "wd", "市场监督管理行政处罚程序规定第十八条"),
        Rule("LAP.decide", 90, "d", "市场监督管理行政处罚程序规定第六十四条"),
        Rule("LAP.review", 10, "wd", "市场监督管理行政处罚程序规定"),
        Rule("LAP.close", 15, "wd", "市场监督管理行政处罚程序规定"),
        Rule("12365.consult", 2, "d", "12365 咨询答复时限", False),
        Rule("CENTRE.callback", 2, "d", "与咨询人约定的回复时间", False),
    )
}

_CLOCKS = {"route": "CENTRE.route", "verify": "LAP.verify", "decide": "LAP.decide",
           "answer": "12365.consult", "callback": "CENTRE.callback"}  # fmt: skip
_CONSUMER_CLOCKS = ("accept", "mediate", "notify")


def rule_for(clock: str, received_on: date) -> Rule:
    """The rule behind a clock of the lifecycle, by the day the case was received."""
    if clock in _CONSUMER_CLOCKS:
        return RULES[f"{'L121' if received_on >= ORDER_121 else 'L20'}.{clock}"]
    return RULES[_CLOCKS[clock]]


def rules_of(clock: str) -> frozenset[str]:
    """Every rule id that may stand behind a clock."""
    if clock in _CONSUMER_CLOCKS:
        return frozenset({f"L121.{clock}", f"L20.{clock}"})
    return frozenset({_CLOCKS[clock]})


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

    def is_published(self, day: date) -> bool:
        return day.year in self.years


@dataclass(frozen=True, slots=True)
class Due:
    """A counted deadline. `strict` is the end before any roll; `basis` says how it was counted."""

    rule: Rule
    started_on: date
    on: date
    strict: date
    yellow_on: date
    red_on: date
    provisional: bool
    basis: str


@lru_cache(maxsize=4096)
def due(rule: Rule, start: date, calendar: WorkCalendar, roll_weekends: bool = True) -> Due:
    """When the limit that starts on `start` ends."""
    strict = _count(rule, start, calendar)
    end = _rolled(strict, calendar, roll_weekends)
    provisional = not (calendar.is_published(strict) and calendar.is_published(end))
    # A date counted without a published calendar is not trusted with the days it may have rolled.
    judged = strict if provisional else end
    yellow, red = _warnings(start, judged, calendar)
    return Due(
        rule, start, end, strict, yellow, red, provisional,
        _basis(rule, start, strict, end, provisional, calendar),
    )  # fmt: skip


def _count(rule: Rule, start: date, calendar: WorkCalendar) -> date:
    if rule.unit == "d":
        return start + rule.amount * DAY
    day, left = start, rule.amount
    while left:
        day += DAY
        left -= calendar.is_workday(day)
    return day


def _rolled(day: date, calendar: WorkCalendar, roll_weekends: bool) -> date:
    while day in calendar.holidays or (roll_weekends and not calendar.is_workday(day)):
        day += DAY
    return day


def working_days_between(start: date, end: date, calendar: WorkCalendar) -> int:
    """Working days after `start` up to and including `end`; 0 when `end` is not after it."""
    days = (end - start).days
    return sum(calendar.is_workday(start + n * DAY) for n in range(1, days + 1))


def _warnings(start: date, end: date, calendar: WorkCalendar) -> tuple[date, date]:
    """The first yellow and red day: 40 % or 2 working days left, 1 working day left (§2.6).

    A limit of two working days or less would be born red: it turns red on its last day only.
    """
    total = (end - start).days
    short = working_days_between(start, end, calendar) <= 2
    yellow_left, red_left = (1, 0) if short else (2, 1)
    yellow = red = end
    day, left = end, 0  # `left` = working days after `day` up to and including the end
    while day > start:
        left += calendar.is_workday(day)
        day -= DAY
        if left <= red_left:
            red = day
        if left <= yellow_left or (not short and (end - day).days <= 0.4 * total):
            yellow = day
    # Nothing warns on the very day the clock starts, unless that is all there is.
    return max(yellow, min(start + DAY, end)), max(red, min(start + DAY, end))


def _basis(
    rule: Rule, start: date, strict: date, end: date, provisional: bool, calendar: WorkCalendar
) -> str:
    unit = "个工作日" if rule.unit == "wd" else "日"
    parts = [f"{rule.id}：{rule.basis}，{rule.amount}{unit}", f"{start}起算，当日不计"]
    skipped = sorted(d for d in calendar.holidays if start < d <= strict and d.weekday() < 5)
    if rule.unit == "wd" and skipped:
        parts.append(f"跳过法定节假日{len(skipped)}天")
    parts.append(f"至{strict}届满")
    if end != strict:
        parts.append(f"期末逢休息日，顺延至{end}")
    if provisional:
        parts.append("当年放假安排未公布，日期为暂定")
    return "；".join(parts)


Light = Literal["green", "yellow", "red", "black", "none"]


def light(
    moment: datetime,
    due_at: datetime | None,
    yellow_at: datetime | None = None,
    red_at: datetime | None = None,
) -> Light:
    """The light of an open deadline at a moment (SPEC §2.6)."""
    if due_at is None:
        return "none"
    if moment > due_at:
        return "black"
    if red_at is not None and moment >= red_at:
        return "red"
    if yellow_at is not None and moment >= yellow_at:
        return "yellow"
    return "green"
