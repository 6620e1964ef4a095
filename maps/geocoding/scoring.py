"""How likely a query means each of some registered businesses. Pure: readings and rows in.

A caller's words are a name that something has happened to: characters were left out, misheard,
added, the end was cut off. Each kind of mishap has its weight, the logarithm of how likely it is;
a business's utility is the sum over what would have had to happen. "None of these" stands for
election as well. The weights are data (weights.json), fitted by likelihood on generated queries
(tests/bench/fit_geocoding.py).
"""

import json
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq
from rapidfuzz.process import cdist

from maps.geocoding import normalise
from maps.geocoding.query import Reading
from maps.geocoding.sound import slurred, sound

Numbers = NDArray[np.float64]

FEATURES = (
    "added",  # characters said that the name has not
    "left_out",  # characters of the name that were not said
    "cut",  # 1 where the name's end was not said
    "misheard",  # characters that only sound alike
    "slurred",  # characters that sound alike with an accent alone
    "inexact",  # 1 where anything at all differs
    "short",  # 1 / length of what was said, where anything differs
    "whole",  # 1 where the whole name was said as registered
    "order",  # how far down the list of readings this one stands
    "street_written",
    "street_heard",
    "street_elsewhere",
    "number_same",
    "number_other",
    "district_same",
    "district_other",
)
NOBODY = ("nobody", "nobody_length", "nobody_placed")
"""What speaks for "none of these": always, per character said, and where a street was said."""
_INDEX = {name: place for place, name in enumerate(FEATURES)}
CACHED = 100_000
"""Names whose forms are kept: the same ones come again and again."""
SHORTEST_CUT = 2
"""Fewer characters than this do not begin a name."""


def load_weights() -> dict[str, float]:
    """The fitted weights by the names of FEATURES and NOBODY."""
    weights: dict[str, float] = json.loads(
        Path(__file__).with_name("weights.json").read_text("ascii")
    )
    return weights


class Weights(NamedTuple):
    """The weights as they are multiplied."""

    features: Numbers
    nobody: Numbers

    @classmethod
    def of(cls, named: dict[str, float]) -> "Weights":
        return cls(
            np.array([named[name] for name in FEATURES]), np.array([named[name] for name in NOBODY])
        )


_WEIGHTS = Weights.of(load_weights())


class Row(NamedTuple):
    """What ranking needs to know of a business."""

    id: int
    whole: str
    """The normalised name."""
    local: str
    """The normalised name without region."""
    core: str
    """The local name without legal form."""
    trunk: str
    """The core without what stands in brackets: a branch's place."""
    district: str
    street: str
    number: str
    address: str = ""
    """The normalised address, where a landmark was said."""


def row(ident: int, name: str, district: str, street: str, number: str, address: str = "") -> Row:
    """A business as it is compared."""
    return Row(ident, *_forms(name), district, street, number, address)


@lru_cache(maxsize=CACHED)
def _forms(name: str) -> tuple[str, str, str, str]:
    """A name as a row holds it: whole, local, core, trunk."""
    whole = normalise.name(name)
    local = normalise.without_region(whole)
    core = normalise.without_form(local)
    outside = normalise.without_brackets(name)
    trunk = core if outside == name else normalise.core(normalise.name(outside))
    return whole, local, core, trunk


@lru_cache(maxsize=CACHED)
def _sounds(name: str) -> tuple[str, str]:
    """How a name sounds, clearly and with an accent."""
    return sound(name), slurred(name)


class Match(NamedTuple):
    """How one row fits its best reading."""

    row: Row
    reading: Reading
    score: float
    """Logarithm of the likelihood, up to a constant."""
    features: Numbers

    @property
    def how(self) -> str:
        """What made the name fit: `written`, `heard`, `prefix` or `parts`."""
        return _how(self.features)

    @property
    def is_exact(self) -> bool:
        """Whether the name was said exactly as it is written, legal form or not."""
        return bool(self.reading.name) and self.reading.name in self.row[2:5]


def match(
    readings: Sequence[Reading], rows: Sequence[Row], said: str = "", weights: Weights = _WEIGHTS
) -> list[Match]:
    """Each row with its best reading, the best row first; `said` is the whole normalised query."""
    if not rows or not readings:
        return []
    features = described(readings, rows, said)
    scores = features @ weights.features
    flat = scores.transpose(1, 0, 2).reshape(len(rows), -1)
    best = flat.argmax(axis=1)
    which, target = np.divmod(best, features.shape[2])
    found = [
        Match(row, readings[r], float(flat[i, best[i]]), features[r, i, t])
        for i, (row, r, t) in enumerate(zip(rows, which.tolist(), target.tolist(), strict=True))
    ]
    # Among equals the name that most of them have is the likeliest to be the one meant, then the
    # one of which the least was left unsaid.
    namesakes = Counter(row.local for row in rows)
    return sorted(
        found,
        key=lambda m: (
            -round(m.score, 6), -namesakes[m.row.local], len(m.row.local), m.row.id
        ),
    )  # fmt: skip


def confidences(matches: Sequence[Match], weights: Weights = _WEIGHTS) -> list[float]:
    """How likely each match is the one meant; what is missing to 1 is "none of them".

    Businesses that fit equally well share the likelihood, as they must.
    """
    if not matches:
        return []
    nobody = float(against(matches[0].reading) @ weights.nobody)
    scores = np.array([m.score for m in matches] + [nobody])
    likelihoods = np.exp(scores - scores.max())
    shares: list[float] = (likelihoods / likelihoods.sum()).tolist()
    return shares[:-1]


def against(reading: Reading) -> Numbers:
    """The features of "none of these"."""
    return np.array([1.0, len(reading.name), float(bool(reading.street or reading.within))])


def described(readings: Sequence[Reading], rows: Sequence[Row], said: str = "") -> Numbers:
    """FEATURES by reading, row and the form of the row's name that is compared."""
    names = [r.core for r in rows] + [r.local for r in rows] + [r.trunk for r in rows]
    # Most names have one form: each is compared once.
    forms = _Form.of(list(dict.fromkeys(names)))
    place = {name: n for n, name in enumerate(forms.written)}
    index = np.array([place[name] for name in names])
    places = _Places.of(rows)
    # Readings often differ in the place alone.
    told = {name: _named(name, forms, index) for name in {reading.name for reading in readings}}
    features = np.zeros((len(readings), len(rows), _FORMS, len(FEATURES)))
    for order, reading in enumerate(readings):
        features[order, :, :, : _INDEX["short"]] = told[reading.name]
        features[order, :, :, _INDEX["order"]] = order
        features[order, :, :, _INDEX["street_written"] :] = places.told(reading)[:, None, :]
    features[..., _INDEX["short"]] = features[..., _INDEX["inexact"]] / np.array(
        [max(len(reading.name), 1) for reading in readings]
    ).reshape(-1, 1, 1)
    features[..., _INDEX["whole"]] = np.array([row.whole == said for row in rows])[None, :, None]
    return features


_FORMS = 5
"""Of a row's name: core, local, trunk; core and trunk as far as they were said."""
_CUT = 3
"""The forms from here on are cut."""
_NEVER = 99
"""So many characters left out are never the likeliest."""


def _named(said: str, forms: "_Form", index: NDArray[np.int_]) -> Numbers:
    """The features up to `inexact` by row and form; `index` says which form of which row is where
    among the forms."""
    told = _mishaps(said, forms)
    # What was cut off stands in the place of what was left out.
    begun = np.zeros_like(told)
    begun[:, _INDEX["left_out"]] = _NEVER
    longer = np.flatnonzero(forms.lengths > len(said))
    if len(said) >= SHORTEST_CUT and len(longer):
        begun[longer] = _mishaps(said, forms.begun(len(said), longer.tolist()))
    begun[:, [_INDEX["cut"], _INDEX["inexact"]]] = 1
    rows = len(index) // _CUT
    outer = np.concatenate([index[:rows], index[-rows:]])
    found = np.concatenate([told[index], begun[outer]])
    return found.reshape(_FORMS, rows, told.shape[1]).transpose(1, 0, 2)


class _Places(NamedTuple):
    """Where the rows are, a column each."""

    district: NDArray[np.object_]
    street: NDArray[np.object_]
    number: NDArray[np.object_]
    address: list[str]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "_Places":
        return cls(
            np.array([row.district for row in rows], object),
            np.array([row.street for row in rows], object),
            np.array([row.number for row in rows], object),
            [row.address for row in rows],
        )

    def told(self, reading: Reading) -> Numbers:
        """The features from `street_written` on, by row."""
        found = np.zeros((len(self.address), len(FEATURES) - _INDEX["street_written"]))
        if reading.within or reading.street:
            if reading.within:
                here = np.array([reading.within in address for address in self.address])
            else:
                here = self.street == reading.street
            heard = not reading.within and reading.heard != "characters"
            found[:, int(heard)], found[:, 2] = here, ~here
            if reading.number:
                same = self.number == reading.number
                found[:, 3], found[:, 4] = here & same, here & ~same
        if reading.district:
            known, same = self.district != "", self.district == reading.district
            found[:, 5], found[:, 6] = known & same, known & ~same
        return found


class _Form(NamedTuple):
    """Names as they are compared: by characters, by sound, by sound with an accent."""

    written: list[str]
    heard: list[str]
    slurred: list[str]
    lengths: Numbers

    @classmethod
    def of(cls, names: list[str]) -> "_Form":
        heard, slurs = zip(*map(_sounds, names), strict=True)
        return cls(names, list(heard), list(slurs), np.array([len(n) for n in names], dtype=float))

    def begun(self, length: int, places: list[int]) -> "_Form":
        """The first characters alone of some that are longer; each character has one mark."""
        written, heard, slurs = ([texts[n][:length] for n in places] for texts in self[:3])
        return _Form(written, heard, slurs, np.full(len(places), float(length)))


def _mishaps(said: str, names: _Form) -> Numbers:
    """The first features, up to `inexact`, of each name."""
    written = _common(said, names.written)
    heard = np.maximum(_common(sound(said), names.heard), written)
    rough = np.maximum(_common(slurred(said), names.slurred), heard)
    added, left_out = len(said) - rough, names.lengths - rough
    nothing = np.zeros(len(written))
    misheard, slurs = heard - written, rough - heard
    inexact = ((added + left_out + misheard + slurs) > 0).astype(np.float64)
    return np.stack([added, left_out, nothing, misheard, slurs, inexact], axis=1)


def _common(said: str, names: list[str]) -> Numbers:
    """How many characters of each name were said in their order."""
    common: Numbers = cdist([said], names, scorer=LCSseq.similarity, dtype=np.float64)[0]
    return common


def _how(features: Numbers) -> str:
    """The word for what had to happen to the name."""
    if features[_INDEX["misheard"]] or features[_INDEX["slurred"]]:
        return "heard"
    if features[_INDEX["cut"]]:
        return "prefix"
    return "parts" if features[_INDEX["left_out"]] else "written"
