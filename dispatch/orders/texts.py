"""The exact words that leave the house, per channel. Pure.

They are written of what the gate lets through for the channel (`kernel.gate.purposes`). Outbound
text is Chinese whatever the screen speaks: it goes to crews and branches. Of a closed order an SMS
says only that there is one.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from dispatch.delivery.letter import Letter
from dispatch.orders.brief import OrderBrief

REPLY_HINT = "回复 码 1接令 2出发 3到场 4需增援 5反馈 0不能"
CLOSED_HINT = "请打开执法APP查看，或致电调度台"
URGENCIES = ("一般", "紧急", "重大", "突发")
KINDS = {"inspect": "查处", "verify": "核查", "mediate": "调解", "assist": "协助"}
CASE_KINDS = {"TS": "投诉", "JB": "举报", "ZX": "咨询"}
SMS_LIMITS = {"name": 60, "address": 80, "facts": 160, "demand": 60, "note": 120,
              "spoken": 40}  # fmt: skip
"""Characters that an SMS carries of each, and that are spoken; all of it is in the app and on the
fax.
"""
SPOKEN = dict(zip("0123456789·", "零幺二三四五六七八九·", strict=True))
Said = Mapping[str, Any]
"""What may be said to one recipient over one channel."""


@dataclass(frozen=True, slots=True)
class Words:
    """All that the texts of one order are made of; `at` and `due` are in the bureau's zone."""

    brief: OrderBrief
    order_no: str
    kind: str
    closed: bool
    note: str
    issued_by: str
    approved_by: str
    at: datetime
    due: datetime
    units: tuple[str, ...]

    def purpose(self, channel: str) -> str:
        """Why the order leaves by this channel, as the gate's table names it."""
        return purpose_of(self.brief, channel)

    def told(self, code: str, recipient: str = "", *, copy: bool = False) -> dict[str, Any]:
        """All that could be said to one recipient; the gate keeps what the channel may tell."""
        own = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "brief"}
        for_one = {"code": code, "recipient": recipient, "is_copy": copy}
        return {**asdict(self.brief), **own, **for_one}


def purpose_of(brief: OrderBrief, channel: str, *, recall: bool = False) -> str:
    """The gate's name for this order, or its recall, on this channel."""
    prefix = "report_order" if brief.confidential else "order"
    return f"{prefix}{'_recall' if recall else ''}.{channel}"


def sms(said: Said) -> str:
    """The SMS for one recipient, ending with how to reply."""
    head = f"【执法调度】{URGENCIES[said['urgency']]}"
    if said["closed"]:
        return f"{head}指令{said['order_no']}，码{said['code']}。{CLOSED_HINT}。{REPLY_HINT}"
    where = _join(
        "，",
        _shorten(said["subject_name"], "name"),
        _shorten(said["subject_address"], "address"),
        said["subject_phone"],
    )
    parts = (
        f"{head}{KINDS[said['kind']]}指令{said['order_no']}：{where}",
        _shorten(said["dispatch_facts"], "facts"),
        _shorten(said["demand"], "demand"),
        _shorten(said["note"], "note"),
        f"案件{said['case_no']}",
    )
    body = "。".join(part.rstrip("。") for part in parts if part)
    return f"{body}。码{said['code']}。{REPLY_HINT}"


def app(said: Said) -> str:
    """What the crew's app announces; the order itself opens inside it."""
    head = f"{URGENCIES[said['urgency']]}{KINDS[said['kind']]}"
    what = f"{head}指令{said['order_no']}，码{said['code']}"
    return _join("\n", what, said["subject_name"], said["subject_address"], said["note"])


def vehicle(said: Said) -> str:
    """What the vehicle shows and says aloud: of a closed order only that there is one."""
    what = f"{URGENCIES[said['urgency']]}{KINDS[said['kind']]}指令{said['order_no']}"
    head = f"{what}，码{said['code']}"
    if said["closed"]:
        return f"{head}。{CLOSED_HINT}"
    name = _shorten(said["subject_name"], "name")
    place = _join("，", name, _shorten(said["subject_address"], "address"))
    return _join("。", head, place, _shorten(said["note"], "note"))


def voice(said: Said) -> str:
    """What a call says: of a closed order only that there is one. The keys are said after it."""
    urgency = URGENCIES[said["urgency"]]
    if said["closed"]:
        return f"执法调度，{urgency}，有一件封闭指令，请在手机上查看。"
    what = f"执法调度，{urgency}{KINDS[said['kind']]}指令，编号{digits_spoken(said['order_no'])}"
    name = _shorten(said["subject_name"], "name")
    place = _join("，", name, _shorten(said["subject_address"], "spoken"))
    return f"{_join('。', what, place, _shorten(said['note'], 'spoken'))}。"


def digits_spoken(number: str) -> str:
    """The digits of a number one by one, as they are said on the telephone."""
    return "".join(SPOKEN.get(digit, "") for digit in number)


def fax(said: Said) -> Letter:
    """The page for one branch; empty rows are left out."""
    copy = said["is_copy"]
    rows = [
        ("受令单位", said["recipient"] + ("（抄送）" if copy else "")),
        ("指令编号", said["order_no"]),
        ("签发时间", f"{said['at']:%Y-%m-%d %H:%M}"),
        ("签发人", said["issued_by"]),
        ("批准人", said["approved_by"]),
        ("紧急程度", URGENCIES[said["urgency"]]),
        ("指令类型", KINDS[said["kind"]]),
        ("案件", f"{CASE_KINDS.get(said['case_kind'], '')} {said['case_no']}"),
        ("主体名称", said["subject_name"]),
        ("信用代码", said["subject_credit_code"]),
        ("地址", said["subject_address"]),
        ("法定代表人", said["subject_legal_representative"]),
        ("电话", said["subject_phone"]),
        ("事实", said["dispatch_facts"]),
        ("诉求", said["demand"]),
        ("要求", said["note"]),
        ("出动单元", "、".join(said["units"])),
        ("接令时限", "" if copy else f"{said['due']:%H:%M}"),
        ("回执码", said["code"]),
    ]
    title = "市场监管执法调度指令" + ("（密）" if said["closed"] else "")
    filled = tuple((label, value.strip()) for label, value in rows if value.strip())
    return Letter(title, filled, "收到后请凭回执码短信回复或致电调度台确认。" + REPLY_HINT)


def recall(said: Said) -> str:
    """What follows an order that has left and no longer stands."""
    return f"【执法调度】指令{said['order_no']}已撤回，请停止执行。{said['reason']}".strip()


def recall_page(said: Said) -> Letter:
    """The same as a page."""
    return Letter(recall(said), (), "")


def recall_spoken(said: Said) -> str:
    """The same as a short call. The reason is in the other texts: nobody writes down a call."""
    return f"执法调度，指令，编号{digits_spoken(said['order_no'])}，已撤回，请停止执行。"


WRITERS: Mapping[str, Callable[[Said], str | Letter]] = {
    "sms": sms,
    "app": app,
    "fax": fax,
    "vehicle": vehicle,
    "voice": voice,
}
RECALLS: Mapping[str, Callable[[Said], str | Letter]] = {
    "sms": recall,
    "fax": recall_page,
    "vehicle": recall,
    "voice": recall_spoken,
}
"""Channel -> who writes for it."""


def _join(separator: str, *parts: str) -> str:
    return separator.join(part.strip() for part in parts if part.strip())


def _shorten(text: str, what: str) -> str:
    text, limit = " ".join(text.split()), SMS_LIMITS[what]
    return text if len(text) <= limit else text[: limit - 1] + "…"
