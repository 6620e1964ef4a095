"""Understands what a caller said: which part is a street, a door, a district, a name.

Speech is ambiguous, so a query has several readings; the sources try them all.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from maps.geocoding import normalise, tokens
from maps.geocoding.sound import sound

LONGEST = 200
"""Characters of a query that are read; the rest is dropped."""

_DOOR = re.compile(
    r"(?P<door>[甲乙丙丁]?\d{1,5}(?:[-之]\d{1,3})?)(?:号院?|弄|院|$)"
    r"(?:\d{1,3}(?:号楼|栋|幢|座|单元|层|楼))*"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a query; what was not said is empty."""

    name: str
    street: str = ""
    heard: str = ""
    """How the street was found: `characters` or `sound`."""
    number: str = ""
    district: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A normalised query and its readings, the most telling first."""

    text: str
    readings: tuple[Reading, ...]

    def tokens(self) -> list[int]:
        """What the index is asked for."""
        return tokens.of_query(
            {reading.name for reading in self.readings},
            {(reading.street, reading.number) for reading in self.readings},
        )


@dataclass(frozen=True, slots=True)
class _Found:
    street: str
    start: int
    end: int
    number: str
    heard: str

    def rank(self) -> tuple[bool, int, int]:
        return bool(self.number), self.end - self.start, -self.start


class Vocabulary:
    """The streets and districts of the region, found in a text by writing or by sound."""

    def __init__(self, streets: Iterable[str], districts: Iterable[str]):
        self._written: dict[str, list[str]] = defaultdict(list)
        self._spoken: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for street in sorted({normalise.normalise(s) for s in streets if len(s) > 1}):
            heard = sound(street)
            self._written[street[:2]].append(street)
            self._spoken[heard[:2]].append((heard, street))
        self._districts = {_short(name): name for name in districts if len(name) > 1}

    def read(self, text: str) -> Query:
        """The query with every reading worth trying. Never raises."""
        whole = normalise.normalise(text[:LONGEST])
        plain = normalise.without_fillers(whole) or whole
        # A filler may be part of a street's name: then the street is found in the whole.
        readings = self._placed(plain) or self._placed(whole)
        readings += self._with_district(Reading(normalise.trimmed(plain)))
        readings.append(Reading(plain))
        if plain != whole:
            readings.append(Reading(whole))
        return Query(plain, tuple(dict.fromkeys(readings)))

    def _placed(self, text: str) -> list[Reading]:
        """The readings in which a street was said."""
        return [
            reading
            for found in self._streets_in(text)
            for reading in self._with_district(self._around(text, found))
        ]

    def _streets_in(self, text: str) -> list[_Found]:
        """The best street by characters, and those by sound that cover more of the text."""
        written = _best(
            _found(text, street, at, "characters")
            for at in range(len(text) - 1)
            for street in self._written.get(text[at : at + 2], ())
            if text.startswith(street, at)
        )
        heard = sound(text)
        spoken = _best(
            _found(text, street, at, "sound")
            for at in range(len(heard) - 1)
            for marks, street in self._spoken.get(heard[at : at + 2], ())
            if heard.startswith(marks, at)
        )
        if written and spoken and spoken[0].rank() <= written[0].rank():
            spoken = []
        return spoken + written[:1]

    def _around(self, text: str, found: _Found) -> Reading:
        rest = text[: found.start] + _after_door(text[found.end :])
        return Reading(normalise.trimmed(rest), found.street, found.heard, found.number)

    def _with_district(self, reading: Reading) -> list[Reading]:
        """The reading, and before it the one that takes a district out of its name."""
        plain = replace(reading, name=_without_region(reading.name))
        for short, district in self._districts.items():
            for said in (district, short):
                if said in reading.name and (said == district or plain.name.startswith(said)):
                    name = _without_region(reading.name.replace(said, "", 1))
                    return [replace(reading, name=name, district=district), plain]
        return [plain]


def _best(found: Iterable[_Found]) -> list[_Found]:
    """Those of the highest rank: several where streets sound alike."""
    streets = sorted(found, key=_Found.rank, reverse=True)
    return [street for street in streets if street.rank() == streets[0].rank()]


def _found(text: str, street: str, at: int, heard: str) -> _Found:
    end = at + len(street)
    return _Found(street, at, end, _door_after(text[end:]), heard)


def _without_region(name: str) -> str:
    return normalise.trimmed(normalise.without_region(normalise.trimmed(name)))


def _door_after(text: str) -> str:
    found = _DOOR.match(text)
    return tokens.door(found["door"]) if found else ""


def _after_door(text: str) -> str:
    return text[found.end() :] if (found := _DOOR.match(text)) else text


def _short(district: str) -> str:
    """朝阳 for 朝阳区; names of two characters stay whole."""
    return district[:-1] if len(district) > 2 and district[-1] in "区县市旗" else district
