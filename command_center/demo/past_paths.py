"""How the demo city's past cases went: legal steps in time, with the clocks they moved. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from command_center.cases import deadlines, lifecycle
from command_center.cases.deadlines import Due, WorkCalendar

Leg = tuple[str, float]
"""An action and how many days after the one before it was taken, on average."""

CLOSING: tuple[Leg, ...] = (("request_closure", 1.0), ("approve_closure", 1.0))
AWAY_AND_BACK: tuple[Leg, ...] = (("route", 0.3), ("return", 0.8), ("route", 0.5))
PATHS: dict[str, tuple[tuple[int, tuple[Leg, ...]], ...]] = {  # weight, legs
    "TS": (
        (42, (("route", 0.3), ("accept", 3), ("mediate", 4), ("agree", 12), *CLOSING)),
        (34, (("route", 0.3), ("accept", 4), ("mediate", 5), ("terminate", 20), ("notify", 2),
              *CLOSING)),
        (13, (("route", 0.4), ("reject", 4), *CLOSING)),
        (7, (("route", 0.3), ("withdraw", 2), *CLOSING)),
        (4, (*AWAY_AND_BACK, ("accept", 3), ("mediate", 4), ("agree", 10), *CLOSING)),
    ),
    "JB": (
        (54, (("route", 0.4), ("verify", 1.5), ("not_file", 9), *CLOSING)),
        # What follows a filing has no steps of its own yet; a demo case just ends.
        (20, (("route", 0.4), ("verify", 1.5), ("file", 10), ("approve_closure", 40))),
        (7, (("route", 0.4), ("verify", 2), ("request_transfer", 6), ("approve_transfer", 1),
             *CLOSING)),
        (8, (("route", 0.4), ("merge", 2), *CLOSING)),
        (6, (("not_ours", 0.5),)),
        (5, (*AWAY_AND_BACK, ("verify", 1), ("not_file", 8), *CLOSING)),
    ),
    "ZX": (
        (82, (("answer", 0.01), ("close", 0.02))),
        (18, (("callback", 0.02), ("answer", 1), ("close", 0.1))),
    ),
}  # fmt: skip
LATE = 0.02
"""Share of steps that take far too long: some clocks were missed."""
CENTRE = frozenset({"route", "not_ours", "answer", "callback", "close"})
APPROVER = frozenset({"approve_closure", "approve_transfer", "file", "not_file"})
REASONS: dict[str, Sequence[dict[str, Any]]] = {
    "reject": (
        {"reason_code": "N1", "remedies": ["向有权机关反映"], "text": "不属于本部门职责"},
        {"reason_code": "N3", "remedies": ["协商和解"], "text": "不能证明存在消费争议"},
        {"reason_code": "N5", "remedies": ["补充材料后再次投诉"], "text": "未提供消费凭证"},
    ),
    "terminate": (
        {"reason_code": "T3", "text": "双方对赔偿金额分歧较大"},
        {"reason_code": "T2", "text": "商家明确拒绝调解"},
        {"reason_code": "T1", "text": "双方自行和解"},
    ),
    "return": (
        {"reason_code": "R8", "text": "实际经营地不在本所辖区"},
        {"reason_code": "R4", "text": "地址不详，现场未找到"},
    ),
    "agree": (
        {"result": "商家退款并致歉"}, {"result": "商家免费更换"}, {"result": "商家补偿差价"},
    ),
    "not_file": (
        {"ground": "未发现违法事实", "text": "经现场核查未发现所反映情况"},
        {"ground": "轻微并及时改正", "text": "已责令改正并复查"},
    ),
    "file": ({"cause": "涉嫌违反食品安全法"}, {"cause": "涉嫌发布虚假广告"}),
    "withdraw": ({"statement": "已与商家自行解决，申请撤回"},),
    "notify": ({"channel": "sms"}, {"channel": "phone"}),
    "mediate": ({"mode": "phone"}, {"mode": "onsite"}),
    "request_closure": ({"result": "办结", "text": "已按程序办理完毕"},),
    "request_transfer": (
        {"agency": "police", "reason": "涉嫌犯罪", "legal_basis": "行政处罚法第二十七条",
         "materials": ["现场笔录"]},
    ),
    "not_ours": ({"text": "已告知向有权机关反映"},),
}  # fmt: skip


@dataclass
class Clock:
    """One clock as it ran; `due` says when it had to end."""

    due: Due
    started_at: datetime
    met_at: datetime | None = None
    void_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.met_at is None and self.void_at is None


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken, and what was given with it."""

    action: str
    at: datetime
    given: dict[str, Any]


@dataclass
class History:
    """A case's past: where it stands and how it came there."""

    kind: str
    received_at: datetime
    state: str
    disposition: str = ""
    closed_at: datetime | None = None
    taken: list[Taken] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    outcome: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Past:
    """Walks cases through their procedures, deterministic by its random source."""

    random: Random
    calendar: WorkCalendar
    zone: ZoneInfo
    now: datetime

    def walk(self, kind: str, received_at: datetime, *, open_after: int | None = None) -> History:
        """A case from its receipt to its end, before now; or still open after some steps."""
        paths = PATHS[kind]
        legs = self.random.choices([p for _, p in paths], [w for w, _ in paths])[0]
        if open_after is not None:
            legs = legs[: min(open_after, len(legs) - 2)] if len(legs) > 2 else ()
        history = History(kind, received_at, lifecycle.INITIAL[kind])
        for clock in lifecycle.FIRST_CLOCKS[kind]:
            self._start(history, clock, received_at)
        for (action, _), at in zip(legs, self._moments(received_at, legs), strict=True):
            self._take(history, action, at)
        return history

    def _moments(self, received_at: datetime, legs: Sequence[Leg]) -> list[datetime]:
        """When the steps were taken: in working hours, and all before now."""
        moments, at = [], received_at
        for _, days in legs:
            slow = 4 if self.random.random() < LATE else 1
            at = self._in_hours(at + timedelta(days=days * slow * self.random.uniform(0.4, 1.6)))
            moments.append(at)
        latest = self.now - timedelta(minutes=30)
        if moments and moments[-1] > latest:
            scale = (latest - received_at) / (moments[-1] - received_at)
            moments = [received_at + (moment - received_at) * scale for moment in moments]
        return moments

    def _in_hours(self, moment: datetime) -> datetime:
        local = moment.astimezone(self.zone)
        if local.hour < 9:
            local = datetime.combine(local.date(), time(9), self.zone)
        elif local.hour >= 18:
            local = datetime.combine(local.date() + timedelta(days=1), time(9), self.zone)
        else:
            return moment
        return local + timedelta(minutes=self.random.uniform(0, 60))

    def _take(self, history: History, action: str, at: datetime) -> None:
        step = lifecycle.find(history.kind, action)
        if step is None:
            raise LookupError(action)
        given = dict(self.random.choice(REASONS.get(action, ({},))))
        if action == "agree":
            given["amount_recovered"] = self.random.choice((0, 30, 68, 120, 268, 500, 1200, 3600))
        history.state = step.target or history.state
        if step.target in lifecycle.DISPOSITIONS:
            history.disposition = step.target
            history.outcome |= given
        for clock in history.clocks:
            self._end(clock, step, at)
        for name in step.starts:
            self._start(history, name, at)
        if history.state in lifecycle.ENDED:
            history.closed_at = at
            for clock in filter(lambda clock: clock.is_open, history.clocks):
                clock.void_at = at
        history.taken.append(Taken(action, at, given))

    def _start(self, history: History, clock: str, at: datetime) -> None:
        for running in history.clocks:
            if running.is_open and running.due.rule.id in deadlines.rules_of(clock):
                running.void_at = at
        rule = deadlines.rule_for(clock, self._day(history.received_at))
        due = deadlines.due(rule, self._day(at), self.calendar)
        history.clocks.append(Clock(due, at))

    @staticmethod
    def _end(clock: Clock, step: lifecycle.Step, at: datetime) -> None:
        if not clock.is_open:
            return
        if any(clock.due.rule.id in deadlines.rules_of(name) for name in step.meets):
            clock.met_at = at
        elif any(clock.due.rule.id in deadlines.rules_of(name) for name in step.voids):
            clock.void_at = at

    def _day(self, moment: datetime) -> Any:
        return moment.astimezone(self.zone).date()
