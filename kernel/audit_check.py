"""Proves the chain over the audit and names the first break. Streams: memory stays small.

What is found: an entry whose content is no longer what was chained (altered), an entry or a link
that is gone (missing), two that changed places (reordered), one that was put between (inserted), a
link that our key did not make (foreign_link), an end that was cut off (cut, known from anchors or
from entries left behind), an anchor that differs from the chain or is not ours.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from kernel.audit_anchors import Anchor
from kernel.audit_chain import ENTRY, START, Tail, derived, digest, link, tail
from kernel.clock import now

CHUNK = 5_000
LATE = timedelta(hours=1)
"""No transaction stays open this long: an entry that turns up later was put there afterwards."""

_ALL = f"""
select c.position, c.entry_id, c.chained_at, c.digest, c.link, a.id, {ENTRY}
from kernel.audit_chain c left join kernel.audit a on a.id = c.entry_id order by c.position
"""  # noqa: S608 (our own names)
_BEHIND = """
select position, entry_id, chained_at, digest, link from kernel.audit_chain
where position > %s order by position
"""
_STRAY = """
select a.id from kernel.audit a
where not exists (select from kernel.audit_chain c where c.entry_id = a.id)
  and not exists (select from kernel.audit_unchained q where q.entry_id = a.id)
order by a.id limit 1
"""
_GONE = """
select q.entry_id from kernel.audit_unchained q
where not exists (select from kernel.audit a where a.id = q.entry_id) order by 1 limit 1
"""


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the chain does not hold."""

    what: str
    position: int | None = None
    entry_id: int | None = None
    anchor: str | None = None
    """The day of the anchor that shows it."""

    def __str__(self) -> str:
        told = (("position", self.position), ("entry", self.entry_id), ("anchor", self.anchor))
        return " ".join([self.what, *(f"{name} {value}" for name, value in told if value)])


@dataclass(frozen=True, slots=True)
class Proof:
    """What one verification found."""

    ok: bool
    links: int
    """How many links hold, from the first on."""
    link: str
    """The last of them, in hexadecimal."""
    anchors: int
    broken: Break | None
    tail: Tail
    tail_seconds: float
    """The age of the oldest entry that is not chained yet."""
    seconds: float

    def as_json(self) -> dict[str, Any]:
        oldest = self.tail.oldest.isoformat() if self.tail.oldest else None
        return asdict(self) | {"tail": {"length": self.tail.length, "oldest": oldest}}


def check(session: Session, master: str, anchors: Iterable[Anchor] = ()) -> Proof:
    """Walk the whole chain beside the entries and the anchors."""
    began, known = time.monotonic(), list(anchors)
    walk = _Walk(session, derived(master, "chain"), known)
    broken = _not_ours(known) or walk.to_the_end() or _behind_the_end(session, walk, known)
    waiting = tail(session)
    age = (now(session) - waiting.oldest).total_seconds() if waiting.oldest else 0.0
    return Proof(
        ok=broken is None,
        links=walk.position,
        link=walk.before.hex(),
        anchors=len(known),
        broken=broken,
        tail=waiting,
        tail_seconds=max(age, 0.0),
        seconds=round(time.monotonic() - began, 3),
    )


class _Walk:
    """The chain from its start; stands at the last link that holds."""

    def __init__(self, session: Session, key: bytes, anchors: Sequence[Anchor]):
        self.session, self.key = session, key
        self.position, self.before = 0, START
        self.anchored = {anchor.position: anchor for anchor in anchors}
        self.highest = 0
        self.highest_at: datetime | None = None
        self.highest_chained_at: datetime | None = None

    def to_the_end(self) -> Break | None:
        for row in _stream(self.session, _ALL):
            if broken := self._step(row):
                return broken
        return None

    def _step(self, row: Sequence[Any]) -> Break | None:
        position, entry_id, chained_at, chained, stored, found_id, *entry = row
        here = self.position + 1
        if position != here:
            return Break("missing", here)
        expected = link(self.key, self.before, position, entry_id, chained_at, chained)
        if expected != stored:
            return Break(self._strange(row), position, entry_id)
        if found_id is None:
            return Break("missing", position, entry_id)
        if digest(entry) != chained:
            return Break(self._changed(digest(entry)), position, entry_id)
        if self._is_backdated(entry_id, entry[0]):
            return Break("inserted", position, entry_id)
        anchor = self.anchored.get(position)
        if anchor is not None and anchor.link != stored:
            return Break("anchor_differs", position, entry_id, anchor.day)
        self._stand(position, stored, entry_id, entry[0], chained_at)
        return None

    def _stand(
        self, position: int, stored: bytes, entry_id: int, at: datetime, chained_at: datetime
    ) -> None:
        self.position, self.before = position, stored
        if entry_id > self.highest:
            self.highest, self.highest_at, self.highest_chained_at = entry_id, at, chained_at

    def _is_backdated(self, entry_id: int, at: datetime) -> bool:
        """Whether it says it is far older than what was there before it.

        A lower id was passed over by a run long after its time; a higher id follows an entry that
        is much younger.
        """
        younger = self.highest_chained_at if entry_id < self.highest else self.highest_at
        return younger is not None and at + LATE < younger

    def _changed(self, found: bytes) -> str:
        """An entry with another's content changed places; else it was altered."""
        elsewhere = self.session.execute(
            text("select 1 from kernel.audit_chain where digest = :found limit 1"), {"found": found}
        ).first()
        return "reordered" if elsewhere else "altered"

    def _strange(self, row: Sequence[Any]) -> str:
        """Why the link does not hold: two changed places, one was put between, or it is foreign."""
        here, mine = row[0], tuple(row[:5])
        link_before = mine[4]
        for there in _stream(self.session, _BEHIND, (here,)):
            theirs = link(self.key, self.before, here, there[1], there[2], there[3])
            if theirs == mine[4]:
                return "reordered"
            if theirs == there[4]:
                before = theirs if there[0] == here + 1 else link_before
                back = link(self.key, before, there[0], mine[1], mine[2], mine[3])
                return "reordered" if back == mine[4] else "inserted"
            link_before = there[4]
        return "foreign_link"


def _not_ours(anchors: Sequence[Anchor]) -> Break | None:
    return next((Break("forged_anchor", anchor=a.day) for a in anchors if not a.genuine), None)


def _behind_the_end(session: Session, walk: _Walk, anchors: Sequence[Anchor]) -> Break | None:
    """What should be chained and is not: known to an anchor, or left without its link."""
    for anchor in anchors:
        if anchor.position > walk.position:
            return Break("cut", walk.position + 1, anchor=anchor.day)
    stray = session.execute(text(_STRAY)).scalar()
    if stray is not None:
        if stray < walk.highest:
            return Break("inserted", entry_id=stray)
        return Break("cut", walk.position + 1, stray)
    gone = session.execute(text(_GONE)).scalar()
    return Break("missing", entry_id=gone) if gone is not None else None


def _stream(session: Session, query: str, given: tuple[Any, ...] = ()) -> Iterator[Sequence[Any]]:
    """The rows through a cursor in the database, a few thousand at a time."""
    connection: Any = session.connection().connection
    with connection.cursor(name=f"audit_{time.monotonic_ns()}") as cursor:
        cursor.itersize = CHUNK
        cursor.execute(query, given or None)
        yield from cursor
