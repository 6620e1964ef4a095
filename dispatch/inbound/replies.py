"""What a crew means by a short message. Pure.

Generous about form (full-width digits, punctuation, a word for a digit, the code before or after),
strict about meaning: what could be read in two ways is left to a person.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

DIGITS = {
    "1": "ACKED",
    "2": "EN_ROUTE",
    "3": "ON_SCENE",
    "4": "NEED_HELP",
    "5": "FED_BACK",
    "0": "CANNOT",
}
WORDS = {
    "接令": "ACKED",
    "已接令": "ACKED",
    "接单": "ACKED",
    "收到": "ACKED",
    "出发": "EN_ROUTE",
    "已出发": "EN_ROUTE",
    "到": "ON_SCENE",
    "到场": "ON_SCENE",
    "到达": "ON_SCENE",
    "已到": "ON_SCENE",
    "已到场": "ON_SCENE",
    "处置": "HANDLING",
    "处置中": "HANDLING",
    "需增援": "NEED_HELP",
    "增援": "NEED_HELP",
    "支援": "NEED_HELP",
    "反馈": "FED_BACK",
    "不能": "CANNOT",
    "无法": "CANNOT",
}
WITH_WORDS = frozenset({"NEED_HELP", "FED_BACK", "CANNOT"})
"""Only these say more than that they are so."""

_SEPARATORS = re.compile(r"[\s,.!?:;，。！？：；、/#*()\[\]（）【】~_-]+")
_ANY_WORD = "|".join(sorted(WORDS, key=len, reverse=True))
_REPLY = re.compile(
    r"(?:回复 ?)?(?:码 ?)?(?:(?P<before>\d{4})(?!\d) ?)?"
    rf"(?:(?P<digit>[0-5])(?!\d))?(?: ?(?P<word>{_ANY_WORD})了?)?"
    r"(?: ?(?:码 ?)?(?P<after>\d{4})(?= |$))?(?P<rest>.*)"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply that was understood: the report, the code if one was given, further words."""

    report: str
    code: str | None
    words: str = ""


def parse(text: str) -> Reply | None:
    """The reply in a text, or None when it is not surely one."""
    plain = _SEPARATORS.sub(" ", unicodedata.normalize("NFKC", text)).strip()
    found = _REPLY.fullmatch(plain)
    if found is None or (found["before"] and found["after"]):
        return None
    report = _report(found["digit"], found["word"])
    rest = found["rest"]
    if report is None or (rest and not _may_follow(report, rest, found["word"])):
        return None
    return Reply(report, found["before"] or found["after"], rest.strip())


def is_bare(reply: Reply | None) -> bool:
    """Whether it says "received" and not of what: so a drill is answered, too."""
    return reply is not None and reply.report == "ACKED" and reply.code is None


def match(reply: Reply | None, open_codes: Sequence[tuple[int, str]]) -> tuple[int | None, str]:
    """Which of the sender's open assignments (id, code) is meant: its id, or None and why not."""
    if not open_codes:
        return None, "no_open_assignment"
    if reply is None:
        return None, "not_understood"
    if reply.code is None:
        return (open_codes[0][0], "") if len(open_codes) == 1 else (None, "code_needed")
    for assignment_id, code in open_codes:
        if code == reply.code:
            return assignment_id, ""
    return None, "code_not_theirs"


def _report(digit: str | None, word: str | None) -> str | None:
    """What the digit and the word say, if they do not contradict each other."""
    said = {DIGITS[digit]} if digit else set()
    if word:
        said.add(WORDS[word])
    return said.pop() if len(said) == 1 else None


def _may_follow(report: str, rest: str, word: str | None) -> bool:
    """A digit stands alone (`5 已查封`, never `5人受伤`); "arrived" takes no further words."""
    return report in WITH_WORDS and (word is not None or rest.startswith(" "))
