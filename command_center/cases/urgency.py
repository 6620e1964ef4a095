"""Urgency proposed from the triggers of SPEC §4.3, each with its why. Pure; a person decides."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from command_center.cases.codes import TRIGGERS

LARGE_AMOUNT_YUAN = 50_000
"""The amount X of level 1; configured by the bureau, not fixed by law [R]."""
MASS_PERSONS = 3
ILL_PERSONS = 10

LEVEL = {trigger.code: trigger.level for trigger in TRIGGERS}

_POISONING = r"食物中毒|中毒|上吐下泻|呕吐|腹泻|恶心.{0,4}发热"
_WORDS: dict[str, str] = {
    "ONGOING": r"正在(?!办|处理|核实|修)|现在还在|仍在(?:营业|销售|生产|经营)|当场",
    "VANISHING": r"转移(?:货|商品|证据|设备)|销毁|跑路|连夜|要搬走|撤柜|删除记录|关门走人",
    "ATTENTION": r"记者|媒体|电视台|曝光|热搜|督办|领导批示",
    "VULNERABLE": r"老年人|老人|小孩|儿童|幼儿|婴儿|未成年|学生|孕妇",
    "INJURY": r"受伤|骨折|烧伤|烫伤|灼伤|住院|送医|抢救|昏迷|流血",
    "EQUIPMENT": r"(?:电梯|锅炉|压力容器|气瓶|游乐设施|过山车|索道|起重机|叉车)"
    r".{0,12}(?:坠|困|爆|倒塌|失控|事故|脱落|泄漏)",
    "THREAT": r"自杀|跳楼|投毒|爆炸|炸(?:了|掉|店)|上访|同归于尽|报复社会",
    "DEATH": r"死亡|死了|身亡|致死|遇难|去世",
    "RECALL": r"(?:全市|全区|全省|区域|大范围|批量).{0,6}召回",
    "PANIC": r"恐慌|抢购|哄抢|谣言四起",
}
_PATTERNS = {code: re.compile(words) for code, words in _WORDS.items()}
_ILLNESS = re.compile(_POISONING)
_NEGATION = re.compile(
    r"(?:没有|未造成|未发生|未见|并未|并无|无人|没人|暂无|未)[^，。；,;!！]{0,4}$"
)
NEGATION_REACH = 8
"""Characters: no denial is longer. Looking further back, a long text full of them takes minutes."""
_MASS_WORDS = re.compile(
    r"我们.{0,6}(?:几十|十几|好多|很多|多)(?:个)?人|集体|群体|业主们|聚集|维权群"
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a submission when its urgency is proposed."""

    text: str = ""
    persons_affected: int = 1
    amount_yuan: float = 0
    ticked: frozenset[str] = frozenset()
    """Triggers that a person ticked."""
    same_subject_24h: int = 0
    """Other cases against the same subject within 24 hours."""


@dataclass(frozen=True, slots=True)
class Hit:
    code: str
    level: int
    why: str


@dataclass(frozen=True, slots=True)
class Proposal:
    level: int
    triggers: tuple[Hit, ...]


def propose(facts: Facts) -> Proposal:
    """The highest level any trigger calls for; each trigger once, the most serious first."""
    hits: dict[str, Hit] = {}
    for code, why in _found(facts):
        hits.setdefault(code, Hit(code, LEVEL[code], why))
    ordered = tuple(sorted(hits.values(), key=lambda hit: -hit.level))
    return Proposal(ordered[0].level if ordered else 0, ordered)


def _found(facts: Facts) -> Iterator[tuple[str, str]]:
    for code in sorted(facts.ticked & LEVEL.keys()):
        yield code, "人工勾选"
    for code, pattern in _PATTERNS.items():
        if word := _asserted(pattern, facts.text):
            yield code, f"提到“{word}”"
    yield from _illness(facts)
    yield from _numbers(facts)


def _illness(facts: Facts) -> Iterator[tuple[str, str]]:
    word = _asserted(_ILLNESS, facts.text)
    if not word:
        return
    why = f"提到“{word}”，涉及{facts.persons_affected}人"
    if facts.persons_affected >= ILL_PERSONS:
        yield "ILL_TEN", why
    if facts.persons_affected >= 2:
        yield "POISONING", why
    else:
        yield "INJURY", why


def _numbers(facts: Facts) -> Iterator[tuple[str, str]]:
    if facts.persons_affected >= MASS_PERSONS:
        yield "MASS", f"涉及{facts.persons_affected}人"
    elif word := _asserted(_MASS_WORDS, facts.text):
        yield "MASS", f"提到“{word}”"
    if facts.same_subject_24h + 1 >= MASS_PERSONS:
        yield "MASS", f"24小时内同一主体另有{facts.same_subject_24h}件"
    if facts.amount_yuan >= LARGE_AMOUNT_YUAN:
        yield "AMOUNT", f"涉及金额{facts.amount_yuan:g}元"


def _asserted(pattern: re.Pattern[str], text: str) -> str | None:
    """The first match that is not denied just before it ("没有受伤" is no injury)."""
    for match in pattern.finditer(text):
        if not _NEGATION.search(text, max(0, match.start() - NEGATION_REACH), match.start()):
            return match.group()
    return None


def words(codes: Iterable[str]) -> str:
    """The reason in words for a set of triggers."""
    known = {trigger.code: trigger.zh for trigger in TRIGGERS}
    return "、".join(known[code] for code in codes if code in known)
