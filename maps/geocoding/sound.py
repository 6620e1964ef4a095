"""How a text sounds: each Chinese character becomes a mark for its syllable, without tone.

Two texts that sound alike have the same marks, so that every string method compares sounds.
"""

from pypinyin import lazy_pinyin

# Private use area: marks never meet a character that people write.
_FIRST_MARK = 0xE000


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
        mark = character if syllable == character else self._mark(syllable)
        self[code_point] = mark
        return mark

    def _mark(self, syllable: str) -> str:
        mark = self._mark_of.setdefault(syllable, chr(_FIRST_MARK + len(self._mark_of)))
        self.syllable_of[mark] = syllable
        return mark


_MARKS = _Marks()


def sound(text: str) -> str:
    """The text's marks, one per character; letters and digits stay as they are."""
    return text.translate(_MARKS)


def syllables(text: str) -> str:
    """The text in pinyin, for people and for stored keys: marks hold within one process only."""
    return " ".join(_MARKS.syllable_of.get(mark, mark) for mark in sound(text))
