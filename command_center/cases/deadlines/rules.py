"""Every limit as data, under the rule set that it comes from (SPEC §2.5)."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple


class Words(NamedTuple):
    """The same in the two languages of the house."""

    zh: str
    en: str


Unit = Literal["wd", "d", "h", "min", "s"]
"""Working days, natural days; hours, minutes and seconds of the clock."""
UNITS: dict[Unit, Words] = {
    "wd": Words("个工作日", "working day"),
    "d": Words("日", "day"),
    "h": Words("小时", "hour"),
    "min": Words("分钟", "minute"),
    "s": Words("秒", "second"),
}
GROUNDS = {
    "testing": Words("鉴定检测", "testing or appraisal"),
    "recusal": Words("回避", "recusal"),
    "suspension": Words("中止调查", "suspended investigation"),
    "hearing": Words("听证", "hearing"),
    "notice": Words("公告", "public notice"),
    "refund": Words("责令退款", "ordered refund"),
}
"""Why days of a clock are not counted."""
APPROVERS = {
    "head": Words("负责人", "the head"),
    "collective": Words("集体讨论", "collective decision"),
    "leader": Words("领导", "the leader"),
    "deputy": Words("副职负责人", "the deputy head"),
}


@dataclass(frozen=True, slots=True)
class Law:
    """Where limits come from, and for what was received from when to when it holds.

    `fixed`: a bureau may not change its numbers. Not `active`: no bureau's rule until one says so.
    """

    name: Words
    since: date | None = None
    until: date | None = None
    fixed: bool = False
    active: bool = True


_VARIANT = Words("各地做法（未启用）", "local variant, off")
LAWS = {
    "L121": Law(
        Words("市场监督管理投诉举报处理办法", "Measures on Complaints and Reports (Order 121)"),
        since=date(2026, 4, 15), fixed=True,
    ),
    "L20": Law(
        Words("市场监督管理投诉举报处理暂行办法",
              "Interim Measures on Complaints and Reports (Order 20)"),
        since=date(2020, 1, 1), until=date(2026, 4, 14), fixed=True,
    ),
    "O62": Law(
        Words("工商行政管理部门处理消费者投诉办法",
              "Measures on Consumers' Complaints (AIC Order 62)"),
        since=date(2014, 3, 15), until=date(2019, 12, 31), fixed=True,
    ),
    "LAP": Law(
        Words("市场监督管理行政处罚程序规定", "Provisions on Penalty Procedure (Order 42)"),
        since=date(2021, 7, 15), fixed=True,
    ),
    "12365": Law(Words("12365 处理时限", "12365 time limits")),
    "12365county": Law(Words("12365 处理时限（区县）", "12365 time limits, county variant")),
    "96315": Law(Words("96315 处理时限", "96315 time limits")),
    "STATION": Law(Words("消费维权服务站工作时限", "service stations' time limits")),
    "CENTRE": Law(Words("本中心时限", "the centre's own limit")),
    "DB": Law(Words("督办单时限", "supervision orders' limits")),
    "SVC": Law(Words("企业投诉处理时限", "businesses' own time limits")),
    "CALL": Law(Words("政府热线服务规范 GB/T 33358", "hotline standard GB/T 33358")),
    "EMERGENCY": Law(Words("突发事件信息报告时限", "emergency reports, one city's plan of 2018")),
    "SEED1": Law(_VARIANT, active=False),
    "SEED2": Law(_VARIANT, active=False),
    "SEED3": Law(_VARIANT, active=False),
    "SEED4": Law(_VARIANT, active=False),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Extension:
    """More of a limit, in its unit, once; `amount` None where whoever grants it sets the term."""

    amount: int | None
    by: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit: so much of a unit, by an article of its law.

    `pauses` are the grounds on which days are not counted, `extensions` what may be granted, in
    this order and each once.
    """

    id: str
    name: Words
    amount: int
    unit: Unit
    article: int | None = None
    pauses: tuple[str, ...] = ()
    extensions: tuple[Extension, ...] = ()

    @property
    def law(self) -> Law:
        return LAWS[self.id.partition(".")[0]]

    @property
    def in_days(self) -> bool:
        return self.unit in ("wd", "d")

    @property
    def basis(self) -> Words:
        """The article, or what the limit is for where no article has it."""
        zh, en = self.law.name
        if self.article is None:
            return Words(f"{zh}：{self.name.zh}", f"{en}: {self.name.en}")
        return Words(f"{zh}第{_chinese(self.article)}条", f"{en}, art. {self.article}")


def _chinese(number: int) -> str:
    """A number below 100 as articles are numbered."""
    digits = "〇一二三四五六七八九"
    tens, ones = divmod(number, 10)
    return (
        ("" if tens < 2 else digits[tens]) + ("十" if tens else "") + (digits[ones] if ones else "")
    )


_TESTING = ("testing",)
_BY_LEADER = (Extension(None, "leader"),)
_BY_DEPUTY = (Extension(None, "deputy"),)

RULES = {
    rule.id: rule
    for rule in (
        Rule("L121.accept", Words("受理决定", "decide on acceptance"), 7, "wd", 15),
        Rule("L121.mediate", Words("调解", "mediate"), 60, "d", 23, ("testing", "recusal")),
        Rule("L121.notify", Words("告知", "tell of the end of mediation"), 7, "wd", 23),
        Rule("L121.clue", Words("线索核查", "check a clue"), 15, "wd", 27,
             extensions=(Extension(15, "head"),)),
        Rule("L121.dispute", Words("管辖争议协商", "settle a dispute of authority"), 7, "wd", 33),

        Rule("L20.accept", Words("受理决定", "decide on acceptance"), 7, "wd", 14),
        Rule("L20.mediate", Words("调解", "mediate"), 45, "wd", 21, _TESTING),
        Rule("L20.notify", Words("告知", "tell of the end of mediation"), 7, "wd", 21),
        Rule("L20.clue", Words("线索核查", "check a clue"), 15, "wd", 23,
             extensions=(Extension(15, "head"),)),
        Rule("L20.inform", Words("告知立案决定", "tell a real-name reporter of filing"),
             5, "wd", 31),

        Rule("O62.accept", Words("受理决定", "decide on acceptance"), 7, "wd"),
        Rule("O62.mediate", Words("调解", "mediate"), 60, "d", None, _TESTING),

        Rule("LAP.verify", Words("核查", "verify and decide on filing"), 15, "wd", 18, _TESTING,
             (Extension(15, "head"),)),
        Rule("LAP.decide", Words("处理决定", "decide the case"), 90, "d", 64,
             ("suspension", "hearing", "notice", "testing", "refund"),
             (Extension(30, "head"), Extension(None, "collective"))),
        Rule("LAP.review", Words("审核", "review"), 10, "wd", 55),
        Rule("LAP.statement", Words("陈述申辩与听证申请", "party's statement or hearing request"),
             5, "wd", 57),
        Rule("LAP.close", Words("结案审批", "closing form"), 15, "wd", 77),
        Rule("LAP.serve", Words("送达", "serve an absent party"), 7, "wd", 81),
        Rule("LAP.preserve", Words("先行登记保存处理", "act on preserved evidence"), 7, "wd", 35),
        Rule("LAP.seize", Words("查封扣押", "seizure"), 30, "d", 38, _TESTING,
             (Extension(30, "head"),)),
        Rule("LAP.emergency", Words("当场强制措施报告", "report an emergency measure"),
             24, "h", 36),
        Rule("LAP.assist", Words("协助调查", "help another bureau"), 15, "wd", 45),
        Rule("LAP.jurisdiction", Words("确定管辖", "superior names jurisdiction"), 7, "wd", 16),

        Rule("12365.propose", Words("举报拟办", "proposal on a report"), 2, "d",
             extensions=_BY_LEADER),
        Rule("12365.investigate", Words("组织调查", "organise and investigate"), 3, "d",
             extensions=_BY_LEADER),
        Rule("12365.feedback", Words("结案后反馈中心", "tell the centre after closing"), 2, "d",
             extensions=_BY_LEADER),
        Rule("12365.reply", Words("中心反馈举报人", "the centre tells the reporter"), 2, "d",
             extensions=_BY_LEADER),
        Rule("12365.appeal_propose", Words("申诉拟办", "proposal on an appeal"), 2, "d",
             extensions=_BY_LEADER),
        Rule("12365.appeal_notify", Words("申诉告知", "tell the applicant"), 7, "d",
             extensions=_BY_LEADER),
        Rule("12365.appeal_handle", Words("申诉处理", "handle an appeal"), 30, "d",
             extensions=_BY_LEADER),
        Rule("12365.consult", Words("答复", "answer a consultation"), 2, "d",
             extensions=_BY_LEADER),
        Rule("12365county.applicant", Words("告知申诉人", "tell the applicant after the end"),
             1, "wd", extensions=_BY_DEPUTY),
        Rule("12365county.reporter", Words("告知举报人", "tell the reporter who asks"),
             3, "wd", extensions=_BY_DEPUTY),
        Rule("96315.transfer", Words("转办", "transfer to the unit after approval"), 24, "h"),
        Rule("96315.verify", Words("核实", "verify"), 3, "d"),

        Rule("STATION.reply", Words("服务站答复", "station's reply"), 24, "h"),
        Rule("STATION.settle", Words("服务站和解", "station's settlement"), 20, "d"),

        Rule("CENTRE.route", Words("分送", "route (promptly: Order 121 art. 41)"), 1, "wd"),
        Rule("CENTRE.callback", Words("回复", "call back when agreed"), 2, "d"),
        Rule("DB.1", Words("一级督办回复", "reply to level 1"), 5, "wd"),
        Rule("DB.2", Words("二级督办回复", "reply to level 2"), 3, "wd"),
        Rule("DB.3", Words("三级督办回复", "reply to level 3"), 2, "wd"),

        Rule("SVC.check", Words("首次核查", "first check"), 24, "h"),
        Rule("SVC.opinion", Words("首次意见", "first opinion"), 48, "h"),
        Rule("SVC.major", Words("重大投诉", "major complaint"), 24, "h"),
        Rule("SVC.general", Words("一般投诉", "general complaint"), 3, "wd"),
        Rule("SVC.minor", Words("轻微投诉", "minor complaint"), 5, "wd"),
        Rule("CALL.answer", Words("接听", "answer a call"), 15, "s"),
        Rule("CALL.message", Words("短信等响应", "answer a text or the like"), 3, "min"),
        Rule("CALL.mailbox", Words("语音信箱处理", "hear the mailbox"), 24, "h"),
        Rule("EMERGENCY.general", Words("较大、一般突发事件逐级上报", "grades III and IV, a level"),
             2, "h"),
        Rule("EMERGENCY.grave", Words("重大、特别重大突发事件逐级上报", "grades I and II, a level"),
             1, "h"),

        Rule("SEED1.accept", Words("受理", "accept"), 3, "wd"),
        Rule("SEED2.accept", Words("受理", "accept"), 7, "wd"),
        Rule("SEED2.copy", Words("转送经营者", "copy to the business"), 7, "wd"),
        Rule("SEED2.answer", Words("经营者答复", "answer of the business"), 15, "wd"),
        Rule("SEED2.inquire", Words("调查", "inquire"), 15, "wd"),
        Rule("SEED2.result", Words("告知结果", "tell the result"), 7, "wd"),
        Rule("SEED3.examine", Words("审查", "examine"), 24, "h"),
        Rule("SEED3.act", Words("处理", "act"), 7, "wd"),
        Rule("SEED3.refuse", Words("告知不予受理", "tell of a refusal"), 3, "wd"),
        Rule("SEED4.inquire", Words("调查报告", "report on the inquiry"), 3, "wd"),
    )
}  # fmt: skip

_CLOCKS = {
    "accept": ("L121.accept", "L20.accept", "O62.accept"),
    "mediate": ("L121.mediate", "L20.mediate", "O62.mediate"),
    "notify": ("L121.notify", "L20.notify"),
    "route": ("CENTRE.route",),
    "verify": ("LAP.verify",),
    "decide": ("LAP.decide",),
    "answer": ("12365.consult",),
    "callback": ("CENTRE.callback",),
    "measure": ("LAP.emergency",),
    "emergency": ("EMERGENCY.general", "EMERGENCY.grave"),
}
"""Clock of the lifecycle -> the rules that may stand behind it, the newest law first."""


EMERGENCY_GRADES = {
    "I": Words("特别重大（Ⅰ级）", "Grade I, extremely grave"),
    "II": Words("重大（Ⅱ级）", "Grade II, grave"),
    "III": Words("较大（Ⅲ级）", "Grade III, considerable"),
    "IV": Words("一般（Ⅳ级）", "Grade IV, ordinary"),
}
_RULES_OF_GRADES = {
    "I": "EMERGENCY.grave",
    "II": "EMERGENCY.grave",
    "III": "EMERGENCY.general",
    "IV": "EMERGENCY.general",
}


def rule_of_grade(grade: str) -> Rule:
    """Within what an emergency of this grade is reported to the level above."""
    return RULES[_RULES_OF_GRADES[grade]]


def rule_for(clock: str, received_on: date) -> Rule:
    """The rule behind a clock of the lifecycle, by the day the case was received."""
    rules = [RULES[id] for id in _CLOCKS[clock]]
    return next((rule for rule in rules if (rule.law.since or date.min) <= received_on), rules[-1])


def rules_of(clock: str) -> frozenset[str]:
    """Every rule id that may stand behind a clock."""
    return frozenset(_CLOCKS[clock])
