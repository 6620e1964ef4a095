"""How well registered businesses fit a query. Pure: readings and rows in, marks out."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Indel, LCSseq
from rapidfuzz.process import cdist

from maps.geocoding import normalise
from maps.geocoding.query import Reading
from maps.geocoding.sound import sound

Marks = NDArray[np.float64]

BY_SOUND = 0.94
"""A name that only sounds alike weighs a little less than one that is written alike."""
BY_PREFIX = 0.95
BY_PARTS = 0.88
SHORTEST_PARTS = 3

AS_REGISTERED = 0.02
"""Among namesakes the one whose name was said in full, region and legal form included."""

STREET_WRITTEN, STREET_HEARD, STREET_ELSEWHERE = 0.20, 0.18, -0.30
NUMBER_SAME, NUMBER_OTHER = 0.12, -0.06
DISTRICT_SAME, DISTRICT_OTHER = 0.05, -0.15

# Fitted on the noise of tests/factories/spoken.py by likelihood (tests/bench/geocoding.py shows
# the reliability): the score of "none of these", and how fast a lower score loses.
NOBODY, SHARPNESS = 0.90, 0.025


class Row(NamedTuple):
    """What ranking needs to know of a business."""

    id: int
    whole: str
    """The normalised name."""
    local: str
    """The normalised name without region."""
    core: str
    """The local name without legal form."""
    district: str
    street: str
    number: str


def row(ident: int, name: str, district: str, street: str, number: str) -> Row:
    """A business as it is compared."""
    whole = normalise.name(name)
    local = normalise.without_region(whole)
    return Row(ident, whole, local, normalise.without_form(local), district, street, number)


class Match(NamedTuple):
    """How one row fits its best reading."""

    row: Row
    reading: Reading
    score: float
    how: str
    """What made the name fit: `written`, `heard`, `prefix` or `parts`."""

    @property
    def is_exact(self) -> bool:
        """Whether the name was said exactly as it is written, legal form or not."""
        return bool(self.reading.name) and self.reading.name in (self.row.core, self.row.local)


def match(readings: Sequence[Reading], rows: Sequence[Row], said: str = "") -> list[Match]:
    """Each row with its best reading, the best row first; `said` is the whole normalised query."""
    if not rows or not readings:
        return []
    marks, kinds = _name_marks([reading.name for reading in readings], rows)
    marks += [[_place_mark(reading, row) for row in rows] for reading in readings]
    marks += [AS_REGISTERED if row.whole == said else 0.0 for row in rows]
    best = marks.argmax(axis=0)
    found = [
        Match(row, readings[r], float(marks[r, i]), _KINDS[kinds[r, i]])
        for i, (row, r) in enumerate(zip(rows, best.tolist(), strict=True))
    ]
    return sorted(found, key=lambda m: (-m.score, m.row.id))


def confidences(matches: Sequence[Match]) -> list[float]:
    """How likely each match is the one meant; what is missing to 1 is "none of them".

    Businesses that fit equally well share the likelihood, as they must.
    """
    scores = np.array([m.score for m in matches] + [NOBODY])
    weights = np.exp((scores - scores.max()) / SHARPNESS)
    shares: list[float] = (weights / weights.sum()).tolist()
    return shares[:-1]


def _place_mark(reading: Reading, row: Row) -> float:
    """What street, door and district add to a name's mark or take from it."""
    return _street_mark(reading, row) + _district_mark(reading, row)


def _street_mark(reading: Reading, row: Row) -> float:
    if not reading.street:
        return 0.0
    if reading.street != row.street:
        return STREET_ELSEWHERE
    mark = STREET_WRITTEN if reading.heard == "characters" else STREET_HEARD
    if reading.number:
        mark += NUMBER_SAME if reading.number == row.number else NUMBER_OTHER
    return mark


def _district_mark(reading: Reading, row: Row) -> float:
    if not reading.district or not row.district:
        return 0.0
    return DISTRICT_SAME if reading.district == row.district else DISTRICT_OTHER


_KINDS = ("written", "written", "heard", "prefix", "prefix", "parts", "parts")


def _name_marks(names: Sequence[str], rows: Sequence[Row]) -> tuple[Marks, NDArray[np.intp]]:
    """For each name and row the best similarity, and which of `_KINDS` it is."""
    cores = [row.core for row in rows]
    heard = [sound(core) for core in cores]
    spoken = [sound(name) for name in names]
    marks = np.stack(
        [
            _similar(names, cores),
            _similar(names, [row.local for row in rows]),
            BY_SOUND * _similar(spoken, heard),
            BY_PREFIX * _prefix(names, cores),
            BY_PREFIX * BY_SOUND * _prefix(spoken, heard),
            BY_PARTS * _parts(names, cores),
            BY_PARTS * BY_SOUND * _parts(spoken, heard),
        ]
    )
    # Among equals the one that is written most like the query comes first.
    best: Marks = marks.max(axis=0) + 0.02 * marks[0] + 0.01 * marks[1]
    return best, marks.argmax(axis=0)


def _similar(names: Sequence[str], others: Sequence[str]) -> Marks:
    return cdist(names, others, scorer=Indel.normalized_similarity, dtype=np.float64)


def _prefix(names: Sequence[str], others: Sequence[str]) -> Marks:
    """Similarity with the beginning of the other that is as long as the name."""
    marks = np.zeros((len(names), len(others)))
    for n, name in enumerate(names):
        if len(name) >= 2:
            marks[n] = _similar([name], [other[: len(name)] for other in others])[0]
    return marks


def _parts(names: Sequence[str], others: Sequence[str]) -> Marks:
    """The share of the name's characters that the other has, in the same order."""
    lengths = np.array([max(len(name), 1) for name in names], dtype=np.float64)
    common = cdist(names, others, scorer=LCSseq.similarity, dtype=np.float64)
    marks: Marks = common / lengths[:, None]
    marks[[len(name) < SHORTEST_PARTS for name in names]] = 0
    return marks
