"""How a text sounds: each Chinese character becomes a mark for its syllable, without tone.

Two texts that sound alike have the same marks, so that every string method compares sounds.
"""

import re

from pypinyin import lazy_pinyin

# Private use area: marks never meet a character that people write.
_FIRST_MARK = 0xE000
# What many speakers of Mandarin do not tell apart: flat and curled tongue, n and l, f and h, and
# the two nasal endings.
_ACCENT = ((re.compile("^([zcs])h"), r"\1"), (re.compile("^n"), "l"), (re.compile("^h(?=u)"), "f"),
           (re.compile("(?<=[aei])ng$"), "n"))  # fmt: skip


class _Marks(dict[int, str]):
    """Code point -> mark, filled as characters are met. For `str.translate`."""

    def __init__(self) -> None:
        super().__init__()
        self._mark_of: dict[str, str] = {}
        self.syllable_of: dict[str, str] = {}

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        # One character at a time: a reading chosen by its neighbours would change
        # with every neighbour that is heard wrongly.
        syllable = lazy_pinyin(character)[0]
        mark = character if syllable == character else self._mark(self.spoken(syllable))
        self[code_point] = mark
        return mark

    def spoken(self, syllable: str) -> str:
        return syllable

    def _mark(self, syllable: str) -> str:
        mark = self._mark_of.setdefault(syllable, chr(_FIRST_MARK + len(self._mark_of)))
        self.syllable_of[mark] = syllable
        return mark


class _SlurredMarks(_Marks):
    def spoken(self, syllable: str) -> str:
        for pattern, instead in _ACCENT:
            syllable = pattern.sub(instead, syllable)
        return syllable


_MARKS = _Marks()
_SLURRED = _SlurredMarks()


def sound(text: str) -> str:
    """The text's marks, one per character; letters and digits stay as they are."""
    return text.translate(_MARKS)


def slurred(text: str) -> str:
    """The marks of the text as it sounds with an accent: 是 and 四, 兰 and 南 are one."""
    return text.translate(_SLURRED)


def syllables(text: str) -> str:
    """The text in pinyin, for people and for stored keys: marks hold within one process only."""
    return " ".join(_MARKS.syllable_of.get(mark, mark) for mark in sound(text))
