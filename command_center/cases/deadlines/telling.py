"""How a deadline was counted, in sentences of both languages."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from command_center.cases.deadlines.calendar import (
    DAY,
    Pauses,
    WorkCalendar,
    is_of_unit,
    is_paused,
)
from command_center.cases.deadlines.rules import GROUNDS, UNITS, Rule, Unit, Words


def limit(rule: Rule, start: date, extended: int = 0, collective: int = 0) -> Iterator[Words]:
    """The rule and its article; what it was extended by."""
    amount, (zh, en) = _quantity(rule.amount, rule.unit), rule.basis
    yield Words(f"{rule.id}：{zh}，{amount.zh}", f"{rule.id}: {en}, {amount.en}")
    since = rule.law.since
    if since and start < since:
        yield Words(
            f"该规定适用于{since}起收到的案件", f"it holds for what is received from {since} on"
        )
    if extended:
        more, all_ = _quantity(extended, rule.unit), _quantity(rule.amount + extended, rule.unit)
        yield Words(f"延长{more.zh}，共{all_.zh}", f"extended by {more.en} to {all_.en}")
    if collective:
        zh, en = _quantity(collective, rule.unit)
        yield Words(f"其中{zh}由集体讨论决定", f"{en} of it by collective decision")


def beginning(start: date) -> Words:
    return Words(f"{start}起算，当日不计", f"starts on {start}, which is not counted")


def beginning_at(start: datetime) -> Words:
    return Words(f"{_at(start)}起算，按时钟连续计算", f"runs by the clock from {_at(start)}")


def promised(rule: Rule, on: date) -> Words:
    return Words(
        f"{rule.id}：{rule.basis.zh}，约定于{on}", f"{rule.id}: {rule.basis.en}, agreed: {on}"
    )


def pauses(
    rule: Rule, start: date, strict: date, stopped: Pauses, calendar: WorkCalendar
) -> Iterator[Words]:
    """The pauses as given, and how many days of the rule's unit they took from the count."""
    if not stopped:
        return
    yield paused(rule, stopped)
    lost = [
        day
        for day in _days(start, strict)
        if is_paused(day, stopped) and is_of_unit(rule, day, calendar)
    ]
    zh, en = _quantity(len(lost), rule.unit)
    yield Words(f"起算后因此不计{zh}", f"{en} after the start not counted for it")


def paused(rule: Rule, stopped: Pauses) -> Words:
    """The pauses as given; said when the rule itself knows no ground for one."""
    spans = _spans_of(stopped)
    unknown = Words("", "")
    if not rule.pauses:
        unknown = Words("（该期限未规定扣除事由）", " (the rule names no ground for a pause)")
    return Words(
        f"暂停：{spans.zh}，首尾两日均不计{unknown.zh}",
        f"paused: {spans.en}, both ends included{unknown.en}",
    )


def taken_back(wrong: Pauses) -> Words:
    """The pauses that had been entered wrongly."""
    spans = _spans_of(wrong)
    return Words(f"暂停{spans.zh}已撤销，照常计入", f"pause taken back, counted: {spans.en}")


def _spans_of(pauses: Pauses) -> Words:
    zh, en = [], []
    for pause in sorted(pauses, key=lambda pause: (pause.first, pause.last)):
        ground = GROUNDS.get(pause.ground)
        zh.append(f"{pause.first}至{pause.last}" + (f"（{ground.zh}）" if ground else ""))
        en.append(f"{pause.first} to {pause.last}" + (f" ({ground.en})" if ground else ""))
    return Words("、".join(zh), ", ".join(en))


def calendar(
    rule: Rule, start: date, strict: date, stopped: Pauses, days: WorkCalendar
) -> Iterator[Words]:
    """What the work calendar changed in a count of working days."""
    if rule.unit != "wd":
        return
    counted = [day for day in _days(start, strict) if not is_paused(day, stopped)]
    free = [day for day in counted if day.weekday() < 5 and day in days.holidays]
    extra = [day for day in counted if day.weekday() >= 5 and day in days.makeup_days]
    if free:
        zh, en = _spans(free)
        yield Words(f"跳过法定节假日{len(free)}天（{zh}）", f"public holidays skipped: {en}")
    if extra:
        zh, en = _spans(extra)
        yield Words(f"调休上班{len(extra)}天计入（{zh}）", f"make-up working days counted: {en}")


def end(strict: date, rolled: date, provisional: bool, days: WorkCalendar) -> Iterator[Words]:
    """When the limit ends, where that rolls to, and whether the calendar is known."""
    yield Words(f"至{strict}届满", f"ends on {strict}")
    if rolled != strict:
        why = (
            Words("法定节假日", "a public holiday")
            if strict in days.holidays
            else Words("周末", "a weekend")
        )
        yield Words(f"期末逢{why.zh}，顺延至{rolled}", f"that is {why.en}: rolls to {rolled}")
    if provisional:
        yield Words(
            "放假安排未公布，日期为暂定", "the year's holidays are not published: provisional"
        )


def end_at(moment: datetime) -> Words:
    return Words(f"至{_at(moment)}届满，不顺延", f"ends at {_at(moment)} and does not roll")


def _days(start: date, last: date) -> list[date]:
    return [start + n * DAY for n in range(1, (last - start).days + 1)]


def _quantity(amount: int, unit: Unit) -> Words:
    zh, en = UNITS[unit]
    return Words(f"{amount}{zh}", f"{amount} {en}{'' if amount == 1 else 's'}")


def _spans(days: Sequence[date]) -> Words:
    """Days in order as spans of days that follow each other."""
    spans: list[list[date]] = []
    for day in days:
        if spans and day - spans[-1][-1] == DAY:
            spans[-1].append(day)
        else:
            spans.append([day])
    ends = [(span[0], span[-1]) for span in spans]
    return Words(
        "、".join(f"{a}" if a == b else f"{a}至{b}" for a, b in ends),
        ", ".join(f"{a}" if a == b else f"{a} to {b}" for a, b in ends),
    )


def _at(moment: datetime) -> str:
    return moment.isoformat(" ", "seconds")
