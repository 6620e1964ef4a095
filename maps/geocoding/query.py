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
# 院3号楼2单元301室, A座3层306, 地下一层: where in the house, and no name.
_ROOM = r"[a-z]?\d{1,4}"
_WITHIN_HOUSE = re.compile(
    r"(?:院?内|院|地下|负|附|底商|商铺|门[市面]房?"
    rf"|(?:[东南西北中甲乙丙丁]?(?:{_ROOM}|[一二三四五六七八九十]{{1,3}}))(?:-\d{{1,4}})*"
    r"(?:号?[楼栋幢座]|单元|层|号?房间?|室|号?商?铺|号|门)"
    r"|[a-z东南西北中](?:座|栋|幢|楼|塔|区))+"
    rf"(?:{_ROOM}(?:-\d{{1,4}})*)?|{_ROOM}|"
)

_IN_HOUSE = re.compile(rf"(?:的)?{_WITHIN_HOUSE.pattern}(?=$|.{{2}})")
_FLOOR = re.compile(
    r"(?:地下|负)?(?:\d{1,2}|[一二三四五六七八九十])(?:层|楼)(?:[a-z]?-?\d{1,4})?(?:号?商?铺|号|室)?(?=..)"
)
_STATION = re.compile("地铁站?|公交站|(?<=..)(?:地铁)?(?:站|口)$")
_STATION_SAID = re.compile("地铁站|地铁口|公交站|地铁")
_LONGEST_LANDMARK = 16
_AND = re.compile("^(?:与|和|跟|同|及|交|到|靠近)")
_CROSSING = re.compile(
    "(?:的)?(?:大)?(?:交叉|交汇|相交|交界|十字|丁字|三岔)*(?:路口|交口|口|处|点|的地方)*"
)
_BRANCH = re.compile("(?P<rest>.{4,30}?)(?:分店|店)")
_UNIT = re.compile("(?<=..)(?:新区|[区县市旗])$")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a query; what was not said is empty."""

    name: str
    street: str = ""
    heard: str = ""
    """How the street was found: `characters` or `sound`."""
    number: str = ""
    district: str = ""
    within: str = ""
    """The landmark (a mall, a tower) that the name was said to be in."""


@dataclass(frozen=True, slots=True)
class Query:
    """A normalised query and its readings, the most telling first."""

    text: str
    readings: tuple[Reading, ...]
    crossing: tuple[str, str] | None = None
    """Two streets at whose crossing it is."""
    floor: str = ""
    """Where in the house, as said: 3层312."""

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


def landmark(name: str) -> str:
    """The name of a landmark as it is looked up: 地铁国贸站, 国贸地铁口 and 国贸 are one."""
    shorter = _STATION.sub("", normalise.name(name))
    return shorter if len(shorter) >= 2 else normalise.name(name)


class Vocabulary:
    """The streets, districts and landmarks of the region, found by writing or by sound."""

    def __init__(
        self, streets: Iterable[str], districts: Iterable[str], landmarks: Iterable[str] = ()
    ):
        self._written: dict[str, list[str]] = defaultdict(list)
        self._spoken: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for street in sorted({normalise.normalise(s) for s in streets if len(s) > 1}):
            heard = sound(street)
            self._written[street[:2]].append(street)
            self._spoken[heard[:2]].append((heard, street))
        # Stops are named after streets: who says the street means the street.
        written = {street for group in self._written.values() for street in group}
        self._landmarks = frozenset(landmark(name) for name in landmarks) - written
        # The longest come first: 市南区 contains another city's 南区.
        self._districts = [
            (normalise.normalise(name), name)
            for name in sorted(districts, key=lambda name: (-len(name), name))
            if len(name) > 1
        ]

    def read(self, text: str) -> Query:
        """The query with every reading worth trying. Never raises."""
        whole = normalise.normalise(text[:LONGEST])
        plain = normalise.without_fillers(whole) or whole
        # A filler may be part of a street's name: then the street is found in the whole.
        readings = self._placed(plain) or self._placed(whole)
        crossing = self._crossing(plain)
        within, floor = self._within(normalise.joined(plain), bool(readings))
        readings = within + self._branches(normalise.joined(plain)) + readings
        readings += self._with_district(Reading(normalise.trimmed(plain)))
        readings.append(Reading(plain))
        if plain != whole:
            readings.append(Reading(whole))
        named = (replace(r, name=normalise.joined(r.name)) for r in readings)
        return Query(normalise.joined(plain), tuple(dict.fromkeys(named)), crossing, floor)

    def _crossing(self, text: str) -> tuple[str, str] | None:
        """Two streets that were said one after the other, with nothing but a crossing besides."""
        rest = normalise.without_region(text)
        found: list[str] = []
        for _ in range(2):
            said = max(
                (s for s in self._written.get(rest[:2], ()) if rest.startswith(s)),
                key=len, default="",
            )  # fmt: skip
            if not said:
                return None
            found.append(said)
            rest = rest[len(said) :]
            rest = rest if len(found) > 1 else _AND.sub("", rest)
        if found[0] == found[1] or not _CROSSING.fullmatch(rest):
            return None
        return found[0], found[1]

    def _within(self, text: str, has_street: bool) -> tuple[list[Reading], str]:
        """The readings in which a landmark was said first, and where in the house."""
        local = _STATION_SAID.sub("", normalise.without_region(text))
        begins = (local.removeprefix(_short(district)) for district, _ in self._districts)
        for begun in dict.fromkeys((local, *begins)):
            for end in range(min(len(begun), _LONGEST_LANDMARK), 1, -1):
                if any(s.startswith(begun[:end]) and begun.startswith(s)
                       for s in self._written.get(begun[:2], ())):  # fmt: skip
                    break
                if begun[:end] in self._landmarks:
                    house = _IN_HOUSE.match(begun, end)
                    floor = house[0] if house else ""
                    name = normalise.trimmed(begun[end + len(floor) :])
                    return [Reading(name if len(name) > 1 else "", within=begun[:end])], floor
        # A mall that nobody knows still says where the name begins: behind floor and stall.
        if not has_street and (found := _FLOOR.search(local, 2)):
            return [Reading(normalise.trimmed(local[found.end() :]))], found[0]
        return [], ""

    def _branches(self, text: str) -> list[Reading]:
        """味多香饭店(朝阳店): a chain's name and the street, district or landmark of one shop."""
        found = _BRANCH.fullmatch(text)
        if not found:
            return []
        text = found["rest"]
        for at in range(2, len(text) - 1):
            name, place = text[:at], text[at:]
            if place in self._written.get(place[:2], ()):
                return [Reading(name, place, "characters")]
            for district, stored in self._districts:
                if place in (district, _short(district)):
                    return [Reading(name, district=stored)]
            if len(place) > 1 and place in self._landmarks:
                return [Reading(name, within=place)]
        return []

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
        plain = replace(reading, name=_local(reading, reading.name))
        for district, stored in self._districts:
            for said in (district, _short(district)):
                if said in reading.name and (said == district or plain.name.startswith(said)):
                    name = _local(reading, reading.name.replace(said, "", 1))
                    return [replace(reading, name=name, district=stored), plain]
        return [plain]


def _best(found: Iterable[_Found]) -> list[_Found]:
    """Those of the highest rank: several where streets sound alike."""
    streets = sorted(found, key=_Found.rank, reverse=True)
    return [street for street in streets if street.rank() == streets[0].rank()]


def _found(text: str, street: str, at: int, heard: str) -> _Found:
    end = at + len(street)
    return _Found(street, at, end, _door_after(text[end:]), heard)


def _local(reading: Reading, name: str) -> str:
    """The name without region, where a street was said perhaps nothing."""
    name = normalise.trimmed(name)
    if reading.street and not normalise.before_street(name):
        return ""
    return normalise.trimmed(normalise.without_region(name))


def _door_after(text: str) -> str:
    found = _DOOR.match(text)
    return tokens.door(found["door"]) if found else ""


def _after_door(text: str) -> str:
    """What follows a street and its door; nothing where that only says where in the house."""
    found = _DOOR.match(text)
    if found and _WITHIN_HOUSE.fullmatch(text, found.end("door") + 1):
        return ""
    return text[found.end() :] if found else text


def _short(district: str) -> str:
    """朝阳 for 朝阳区, 浦东 for 浦东新区; names of two characters stay whole."""
    return _UNIT.sub("", district) if len(district) > 2 else district
