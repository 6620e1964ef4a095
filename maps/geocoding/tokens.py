"""The tokens of the index: hashed pairs of characters and syllables, streets and door numbers."""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

from maps.geocoding import normalise
from maps.geocoding.sound import sound, syllables

_NUMBER = re.compile(r"([甲乙丙丁])?(\d{1,5})(?!\d)(?:[-之](\d{1,3})(?!\d))?")


def of_business(names: Iterable[str], street: str, number: str) -> list[int]:
    """What a business is found by, whichever of its names is said; sorted, as intarray likes it."""
    found = set(of_place(street, number))
    for name in names:
        core = normalise.core(normalise.name(name))
        found.update(pairs(core))
        # With every second character too: a caller who drops one says such a pair.
        found.update(_token(a + b) for a, b in zip(core, core[2:], strict=False))
    return sorted(found)


def of_query(texts: set[str], places: set[tuple[str, str]]) -> list[int]:
    """What a query looks for: the pairs of its readings, and (street, number) of its places."""
    found = {token for text in texts for token in pairs(text)}
    found.update(token for street, number in places for token in of_place(street, number))
    return sorted(found)


def pairs(text: str) -> list[int]:
    """Tokens of neighbouring characters and of neighbouring syllables."""
    written = [_token(a + b) for a, b in pairwise(text)]
    return written + [_sound_token(a, b) for a, b in pairwise(sound(text))]


def of_place(street: str, number: str) -> list[int]:
    """Tokens of a street and of a door on it."""
    if not street:
        return []
    place = f"@{street}"
    return [_token(place), _token(f"{place}#{number}")] if number else [_token(place)]


def door(text: str) -> str:
    """The door number at the start of a normalised text (`88`, `甲8`, `12-3`), or nothing."""
    found = _NUMBER.match(text)
    if not found:
        return ""
    prefix, main, part = found.groups()
    return f"{prefix or ''}{int(main)}" + (f"-{int(part)}" if part else "")


@lru_cache(maxsize=1_000_000)
def _token(text: str) -> int:
    """A signed 32-bit hash, the same in every process and version: it is stored."""
    value = crc32(text.encode())
    return value - (1 << 32) if value >= 1 << 31 else value


@lru_cache(maxsize=200_000)
def _sound_token(first: str, second: str) -> int:
    return _token(f"{syllables(first)} {syllables(second)}")
