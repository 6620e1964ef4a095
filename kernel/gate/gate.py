"""The one gate: only a `Cleared` value leaves the house, and only here is one made.

What a person confirms is bound to the words as they are: another word, another digest, and the
question is asked again.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from sqlalchemy.orm import Session

from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import BadInput, Conflict
from kernel.gate import patterns, purposes
from kernel.gate.purposes import Effect, Purpose

T = TypeVar("T")
U = TypeVar("U")
Fields = Mapping[str, Any]
CONFIRMED = "words.confirmed"
_MADE_HERE = object()


class NotCleared(Exception):
    """What shall leave has not passed the gate for this purpose, or was changed since."""


class NeedsConfirmation(Conflict):
    """A person must look at these words, and say that they may leave."""

    code = "needs_confirmation"

    def __init__(self, found: Iterable["Found"]):
        super().__init__(hits=[one.shown() for one in found])


@dataclass(frozen=True, slots=True)
class Found:
    """One hit in one field; `digest` binds it to the whole of the field's words."""

    field: str
    kind: str
    start: int
    end: int
    digest: str
    effect: Effect

    def shown(self) -> dict[str, Any]:
        """The hit as a screen marks it: where it stands, never what it says."""
        return {name: value for name, value in asdict(self).items() if name != "effect"}


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody says of one hit: that it may leave."""

    field: str
    kind: str
    digest: str


@dataclass(frozen=True, slots=True)
class Confirmed(Word):
    """The same with who said so and when (UTC)."""

    by: int
    by_name: str
    at: datetime

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"at": self.at.isoformat()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Confirmed":
        return cls(**{**stored, "at": datetime.fromisoformat(stored["at"])})


class Cleared(Generic[T]):
    """Something that may leave for one purpose. Made by the gate, never changed."""

    __slots__ = ("_confirmed", "_content", "_purpose")
    _purpose: str
    _content: T
    _confirmed: tuple[Word, ...]

    def __init__(self, purpose: str, content: T, confirmed: tuple[Word, ...], made: object):
        if made is not _MADE_HERE:
            raise NotCleared(purpose)
        for name, value in (("purpose", purpose), ("content", content), ("confirmed", confirmed)):
            object.__setattr__(self, f"_{name}", value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("what is cleared does not change")

    @property
    def purpose(self) -> str:
        return self._purpose

    @property
    def content(self) -> T:
        return self._content

    @property
    def confirmed(self) -> tuple[Word, ...]:
        return self._confirmed

    def written(self, make: Callable[[T], U]) -> "Cleared[U]":
        """The same in another form: the page or the text that `make` writes of it."""
        return Cleared(self.purpose, make(self.content), self.confirmed, _MADE_HERE)

    def for_way(self, *ways: str) -> T:
        """The content, for what sends over one of these ways; raises NotCleared for others."""
        if purposes.of(self.purpose).way not in ways:
            raise NotCleared(f"{self.purpose} does not leave by {'/'.join(ways)}")
        return self.content


def clear(
    purpose: str, given: Fields, *, known: Iterable[str] = (), confirmed: Iterable[Word] = ()
) -> Cleared[Fields]:
    """The listed fields of `given`, ready to leave; all others stay here.

    Raises BadInput `personal_data` for a hit that may never leave, NeedsConfirmation for hits that
    nobody has confirmed.
    """
    why = purposes.of(purpose)
    told, said = listed(why, given), tuple(confirmed)
    check(found(why, told, known), said)
    return Cleared(purpose, MappingProxyType(told), said, _MADE_HERE)


def clear_record(purpose: str, given: T) -> Cleared[T]:
    """A plain record, ready to leave as it is; raises NotCleared when it has an unlisted field."""
    return made_of(purpose, given, _paths(given))


def made_of(purpose: str, content: T, names: Iterable[str]) -> Cleared[T]:
    """A file, page or tile that was made of these fields only; raises NotCleared for others."""
    why = purposes.of(purpose)
    if why.free:
        raise NotCleared(f"{purpose}: free text is cleared field by field")
    if strange := sorted(set(names) - why.fields):
        raise NotCleared(f"{purpose} does not list {', '.join(strange)}")
    return Cleared(purpose, content, (), _MADE_HERE)


def enclosed(purpose: str, content: T) -> Cleared[T]:
    """A file that a person has cleared to go along; raises NotCleared where none may."""
    if not purposes.of(purpose).takes_files:
        raise NotCleared(f"{purpose} takes no files along")
    return Cleared(purpose, content, (), _MADE_HERE)


def restored(stamp: str | None, content: T, words: str) -> Cleared[T]:
    """What was cleared before and kept since; raises NotCleared when its words have changed."""
    purpose = (stamp or "").rpartition(":")[0]
    if purpose not in purposes.TABLE or stamp != stamp_of(purpose, words):
        raise NotCleared(purpose)
    return Cleared(purpose, content, (), _MADE_HERE)


def stamp_of(purpose: str, words: str) -> str:
    """What is kept with cleared words, so that they are known again."""
    return f"{purpose}:{hashlib.sha256(words.encode()).hexdigest()}"


def listed(why: Purpose, given: Fields) -> dict[str, Any]:
    """Only what the purpose lists."""
    return {name: value for name, value in given.items() if name in why.fields}


def found(why: Purpose, given: Fields, known: Iterable[str] = ()) -> list[Found]:
    """The hits in the free fields that the purpose cares for."""
    kinds = [kind for kind, effect in why.on_hit.items() if effect != "pass"]
    own = tuple(known)
    return [
        Found(name, hit.kind, hit.start, hit.end, _digest(text, hit), why.on_hit[hit.kind])
        for name in sorted(why.free & given.keys())
        for text in [_as_text(given[name])]
        for hit in patterns.scan(text, kinds, own)
    ]


def check(hits: Iterable[Found], confirmed: Iterable[Word]) -> None:
    """Pass when nothing is refused and all else confirmed; raises BadInput, NeedsConfirmation."""
    hits, said = list(hits), {(one.field, one.kind, one.digest) for one in confirmed}
    for hit in hits:
        if hit.effect == "refuse":
            kinds = sorted({h.kind for h in hits if h.field == hit.field and h.effect == "refuse"})
            raise BadInput(hit.field, "personal_data", where=hit.field, kinds=kinds)
    if open_ones := [one for one in hits if (one.field, one.kind, one.digest) not in said]:
        raise NeedsConfirmation(open_ones)


def confirm(
    session: Session, hits: Iterable[Found], said: Iterable[Word], kind: str, ident: object
) -> list[Confirmed]:
    """The words that the principal let pass, for keeping with the object; put on record.

    Only what was asked is kept. Raises what `check` raises.
    """
    hits, said = list(hits), list(said)
    check(hits, said)
    who, at = principal_of(session), now(session)
    kept = [Confirmed(h.field, h.kind, h.digest, who.id, who.name, at) for h in hits]
    if kept:
        told = [{"field": one.field, "kind": one.kind, "digest": one.digest} for one in kept]
        record(session, CONFIRMED, kind, ident, hits=told)
    return kept


def _digest(text: str, hit: patterns.Hit) -> str:
    """Of the whole text and the place: it tells nothing, and fits no other text."""
    return hashlib.sha256(f"{hit.start}:{hit.end}:{text}".encode()).hexdigest()


def _as_text(value: object) -> str:
    if isinstance(value, list | tuple):
        return "\n".join(str(item) for item in value)
    return str(value or "")


def _paths(given: object, prefix: str = "") -> Iterable[str]:
    """The names of a record's filled fields; of records in a list, below the list's name."""
    if not is_dataclass(given) or isinstance(given, type):
        return
    for one in fields(given):
        value = getattr(given, one.name)
        items = value if isinstance(value, list | tuple) else [value]
        for item in items:
            if is_dataclass(item):
                yield from _paths(item, f"{prefix}{one.name}.")
            else:
                yield prefix + one.name
