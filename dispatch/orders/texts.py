"""The exact words that leave the house, per channel. Pure.

Outbound text is Chinese whatever the screen speaks: it goes to crews and branches. Of a closed
order an SMS says only that there is one.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from dispatch.delivery.letter import Letter
from dispatch.orders.brief import OrderBrief

REPLY_HINT = "回复 码 1接令 2出发 3到场 4需增援 5反馈 0不能"
CLOSED_HINT = "请打开执法APP查看，或致电调度台"
URGENCIES = ("一般", "紧急", "重大", "突发")
KINDS = {"inspect": "查处", "verify": "核查", "mediate": "调解", "assist": "协助"}
CASE_KINDS = {"TS": "投诉", "JB": "举报", "ZX": "咨询"}
SMS_LIMITS = {"name": 60, "address": 80, "facts": 160, "demand": 60, "note": 120}
"""Characters that an SMS carries of each; all of it is in the app and on the fax."""

_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")
_IDENTITY = re.compile(r"(?<![\dA-Za-z])[1-9]\d{5}(?:18|19|20)\d{9}[\dXx](?![\dA-Za-z])")
_PERSONAL = {"mobile": _MOBILE, "id_number": _IDENTITY}
HIDDEN = "［号码已隐去］"


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


def sms(words: Words, code: str) -> str:
    """The SMS for one recipient, ending with how to reply."""
    head = f"【执法调度】{URGENCIES[words.brief.urgency]}"
    if words.closed:
        return f"{head}指令{words.order_no}，码{code}。{CLOSED_HINT}。{REPLY_HINT}"
    brief = words.brief
    where = _join(
        "，",
        _shorten(brief.subject_name, "name"),
        _shorten(brief.subject_address, "address"),
        brief.subject_phone,
    )
    parts = (
        f"{head}{KINDS[words.kind]}指令{words.order_no}：{where}",
        _shorten(brief.dispatch_facts, "facts"),
        _shorten(brief.demand, "demand"),
        _shorten(words.note, "note"),
        f"案件{brief.case_no}",
    )
    body = "。".join(part.rstrip("。") for part in parts if part)
    return f"{body}。码{code}。{REPLY_HINT}"


def app(words: Words, code: str) -> str:
    """What the crew's app announces; the order itself opens inside it."""
    brief = words.brief
    what = f"{URGENCIES[brief.urgency]}{KINDS[words.kind]}指令{words.order_no}，码{code}"
    return _join("\n", what, brief.subject_name, brief.subject_address, words.note)


def fax(words: Words, code: str, recipient: str, *, copy: bool) -> Letter:
    """The page for one branch; empty rows are left out."""
    brief = words.brief
    rows = [
        ("受令单位", recipient + ("（抄送）" if copy else "")),
        ("指令编号", words.order_no),
        ("签发时间", f"{words.at:%Y-%m-%d %H:%M}"),
        ("签发人", words.issued_by),
        ("批准人", words.approved_by),
        ("紧急程度", URGENCIES[brief.urgency]),
        ("指令类型", KINDS[words.kind]),
        ("案件", f"{CASE_KINDS.get(brief.case_kind, '')} {brief.case_no}"),
        ("主体名称", brief.subject_name),
        ("信用代码", brief.subject_credit_code),
        ("地址", brief.subject_address),
        ("法定代表人", brief.subject_legal_representative),
        ("电话", brief.subject_phone),
        ("事实", brief.dispatch_facts),
        ("诉求", brief.demand),
        ("要求", words.note),
        ("出动单元", "、".join(words.units)),
        ("接令时限", "" if copy else f"{words.due:%H:%M}"),
        ("回执码", code),
    ]
    title = "市场监管执法调度指令" + ("（密）" if words.closed else "")
    filled = tuple((label, value.strip()) for label, value in rows if value.strip())
    return Letter(title, filled, "收到后请凭回执码短信回复或致电调度台确认。" + REPLY_HINT)


def recall(order_no: str, reason: str) -> str:
    """What follows an order that has left and no longer stands."""
    return f"【执法调度】指令{order_no}已撤回，请停止执行。{reason}".strip()


def personal_data(text: str, *, known: tuple[str, ...] = ()) -> list[str]:
    """What in `text` looks like a person's (`mobile`, `id_number`), the subject's own left out."""
    return [
        name
        for name, pattern in _PERSONAL.items()
        if any(found not in known for found in pattern.findall(text))
    ]


def redacted(text: str, *, known: tuple[str, ...] = ()) -> str:
    """The text without such numbers."""
    for pattern in _PERSONAL.values():
        text = pattern.sub(lambda found: found[0] if found[0] in known else HIDDEN, text)
    return text


def _join(separator: str, *parts: str) -> str:
    return separator.join(part.strip() for part in parts if part.strip())


def _shorten(text: str, what: str) -> str:
    text, limit = " ".join(text.split()), SMS_LIMITS[what]
    return text if len(text) <= limit else text[: limit - 1] + "…"
