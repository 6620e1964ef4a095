"""How a deadline was counted: steps as codes with what they are about, and their words.

A clock keeps the steps as they are; `words` is the one place that says them.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from command_center.cases.deadlines.calendar import (
    DAY,
    Pause,
    Pauses,
    WorkCalendar,
    is_of_unit,
    is_paused,
)
from command_center.cases.deadlines.rules import GROUNDS, RULES, UNITS, Rule, Unit, Words


class Step(NamedTuple):
    """One step of the arithmetic: its code, and what it is about as JSON keeps it."""

    code: str
    about: dict[str, Any]


Span = Sequence[str]
"""First day, last day, ground."""


# -- the steps --------------------------------------------------------------------------------


def limit(rule: Rule, start: date, extended: int = 0, collective: int = 0) -> Iterator[Step]:
    """The rule and its article; what it was extended by."""
    yield Step("limit", {"rule": rule.id, "amount": rule.amount, "unit": rule.unit})
    since = rule.law.since
    if since and start < since:
        yield Step("since", {"day": f"{since}"})
    if extended:
        whole = rule.amount + extended
        yield Step("extended", {"amount": extended, "whole": whole, "unit": rule.unit})
    if collective:
        yield Step("collective", {"amount": collective, "unit": rule.unit})


def beginning(start: date) -> Step:
    return Step("beginning", {"day": f"{start}"})


def beginning_at(start: datetime) -> Step:
    return Step("beginning_at", {"at": _at(start)})


def promised(rule: Rule, on: date) -> Step:
    return Step("promised", {"rule": rule.id, "day": f"{on}"})


def pauses(
    rule: Rule, start: date, strict: date, stopped: Pauses, calendar: WorkCalendar
) -> Iterator[Step]:
    """The pauses as given, and how many days of the rule's unit they took from the count."""
    if not stopped:
        return
    yield paused(rule, stopped)
    lost = [
        day
        for day in _days(start, strict)
        if is_paused(day, stopped) and is_of_unit(rule, day, calendar)
    ]
    yield Step("lost", {"amount": len(lost), "unit": rule.unit})


def paused(rule: Rule, stopped: Pauses) -> Step:
    """The pauses as given; said when the rule itself knows no ground for one."""
    return Step("paused", {"spans": _given(stopped), "known": bool(rule.pauses)})


def taken_back(wrong: Pauses) -> Step:
    """The pauses that had been entered wrongly."""
    return Step("taken_back", {"spans": _given(wrong)})


def calendar(
    rule: Rule, start: date, strict: date, stopped: Pauses, days: WorkCalendar
) -> Iterator[Step]:
    """What the work calendar changed in a count of working days."""
    if rule.unit != "wd":
        return
    counted = [day for day in _days(start, strict) if not is_paused(day, stopped)]
    free = [day for day in counted if day.weekday() < 5 and day in days.holidays]
    extra = [day for day in counted if day.weekday() >= 5 and day in days.makeup_days]
    if free:
        yield Step("holidays", {"amount": len(free), "spans": _spans(free)})
    if extra:
        yield Step("makeup_days", {"amount": len(extra), "spans": _spans(extra)})


def end(strict: date, rolled: date, provisional: bool, days: WorkCalendar) -> Iterator[Step]:
    """When the limit ends, where that rolls to, and whether the calendar is known."""
    yield Step("end", {"day": f"{strict}"})
    if rolled != strict:
        yield Step("rolled", {"holiday": strict in days.holidays, "day": f"{rolled}"})
    if provisional:
        yield Step("provisional", {})


def end_at(moment: datetime) -> Step:
    return Step("end_at", {"at": _at(moment)})


# -- their words ------------------------------------------------------------------------------


def words(step: Step) -> Words:
    """The step in the languages of the house."""
    return SENTENCES[step.code](**step.about)


def _limit(rule: str, amount: int, unit: Unit) -> Words:
    much, (zh, en) = _quantity(amount, unit), RULES[rule].basis
    return Words(f"{rule}：{zh}，{much.zh}", f"{rule}: {en}, {much.en}")


def _since(day: str) -> Words:
    return Words(f"该规定适用于{day}起收到的案件", f"it holds for what is received from {day} on")


def _extended(amount: int, whole: int, unit: Unit) -> Words:
    more, all_ = _quantity(amount, unit), _quantity(whole, unit)
    return Words(f"延长{more.zh}，共{all_.zh}", f"extended by {more.en} to {all_.en}")


def _collective(amount: int, unit: Unit) -> Words:
    zh, en = _quantity(amount, unit)
    return Words(f"其中{zh}由集体讨论决定", f"{en} of it by collective decision")


def _beginning(day: str) -> Words:
    return Words(f"{day}起算，当日不计", f"starts on {day}, which is not counted")


def _beginning_at(at: str) -> Words:
    return Words(f"{at}起算，按时钟连续计算", f"runs by the clock from {at}")


def _promised(rule: str, day: str) -> Words:
    zh, en = RULES[rule].basis
    return Words(f"{rule}：{zh}，约定于{day}", f"{rule}: {en}, agreed: {day}")


def _lost(amount: int, unit: Unit) -> Words:
    zh, en = _quantity(amount, unit)
    return Words(f"起算后因此不计{zh}", f"{en} after the start not counted for it")


def _paused(spans: Sequence[Span], known: bool) -> Words:
    zh, en = _grounded(spans)
    unknown = Words("", "")
    if not known:
        unknown = Words("（该期限未规定扣除事由）", " (the rule names no ground for a pause)")
    return Words(
        f"暂停：{zh}，首尾两日均不计{unknown.zh}", f"paused: {en}, both ends included{unknown.en}"
    )


def _taken_back(spans: Sequence[Span]) -> Words:
    zh, en = _grounded(spans)
    return Words(f"暂停{zh}已撤销，照常计入", f"pause taken back, counted: {en}")


def _holidays(amount: int, spans: Sequence[list[str]]) -> Words:
    zh, en = _said(spans)
    return Words(f"跳过法定节假日{amount}天（{zh}）", f"public holidays skipped: {en}")


def _makeup_days(amount: int, spans: Sequence[list[str]]) -> Words:
    zh, en = _said(spans)
    return Words(f"调休上班{amount}天计入（{zh}）", f"make-up working days counted: {en}")


def _end(day: str) -> Words:
    return Words(f"至{day}届满", f"ends on {day}")


def _rolled(holiday: bool, day: str) -> Words:
    zh, en = ("法定节假日", "a public holiday") if holiday else ("周末", "a weekend")
    return Words(f"期末逢{zh}，顺延至{day}", f"that is {en}: rolls to {day}")


def _provisional() -> Words:
    return Words("放假安排未公布，日期为暂定", "the year's holidays are not published: provisional")


def _end_at(at: str) -> Words:
    return Words(f"至{at}届满，不顺延", f"ends at {at} and does not roll")


def _written(zh: str) -> Words:
    """A step that was kept as a Chinese sentence, before there were codes."""
    return Words(zh, zh)


SENTENCES: dict[str, Callable[..., Words]] = {
    "limit": _limit,
    "since": _since,
    "extended": _extended,
    "collective": _collective,
    "beginning": _beginning,
    "beginning_at": _beginning_at,
    "promised": _promised,
    "lost": _lost,
    "paused": _paused,
    "taken_back": _taken_back,
    "holidays": _holidays,
    "makeup_days": _makeup_days,
    "end": _end,
    "rolled": _rolled,
    "provisional": _provisional,
    "end_at": _end_at,
    "written": _written,
}


def _days(start: date, last: date) -> list[date]:
    return [start + n * DAY for n in range(1, (last - start).days + 1)]


def _quantity(amount: int, unit: Unit) -> Words:
    zh, en = UNITS[unit]
    return Words(f"{amount}{zh}", f"{amount} {en}{'' if amount == 1 else 's'}")


def _given(pauses: Pauses) -> list[list[str]]:
    def begins(pause: Pause) -> tuple[date, date]:
        return pause.first, pause.last

    return [[f"{one.first}", f"{one.last}", one.ground] for one in sorted(pauses, key=begins)]


def _grounded(spans: Sequence[Span]) -> Words:
    zh, en = [], []
    for first, last, code in spans:
        ground = GROUNDS.get(code)
        zh.append(f"{first}至{last}" + (f"（{ground.zh}）" if ground else ""))
        en.append(f"{first} to {last}" + (f" ({ground.en})" if ground else ""))
    return Words("、".join(zh), ", ".join(en))


def _spans(days: Sequence[date]) -> list[list[str]]:
    """Days in order as spans of days that follow each other."""
    spans: list[list[date]] = []
    for day in days:
        if spans and day - spans[-1][-1] == DAY:
            spans[-1].append(day)
        else:
            spans.append([day])
    return [[f"{span[0]}", f"{span[-1]}"] for span in spans]


def _said(spans: Sequence[list[str]]) -> Words:
    return Words(
        "、".join(a if a == b else f"{a}至{b}" for a, b in spans),
        ", ".join(a if a == b else f"{a} to {b}" for a, b in spans),
    )


def _at(moment: datetime) -> str:
    return moment.isoformat(" ", "seconds")
