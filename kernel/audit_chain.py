"""The chain over the audit: each link is a keyed digest of the link before it and of one entry.

Entries are recorded without waiting for each other and queue for the chain (a trigger fills
`audit_unchained` in the recording transaction). One job chains what has been committed, in the
order of ids; an entry that commits late gets a later position, and no id has to follow another.
The key lies outside the database: whoever can write every row still cannot write a link.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, LargeBinary, String, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel.clock import now
from kernel.db import Base, Key, Reference, Timestamp

BATCH, BATCHES = 2_000, 10
"""Rows taken at once, and how often in one run: it ends well within the job's lease."""
START = bytes(32)
"""What the first link follows."""
TURN = 12315_04
"""Key of the advisory lock: two workers never chain at the same time."""
COLUMNS = (
    "at", "actor_id", "actor", "roles", "organisation_path", "action", "object_kind", "object_id",
    "reason_code", "note", "terminal", "correlation_id",
)  # fmt: skip
ENTRY = ", ".join(f"a.{name}" for name in COLUMNS) + ", a.detail::text"
"""Columns of one entry `a` in the order that `digest` takes them."""
FORM = "audit/1"

_WAITING = f"""
select q.entry_id, {ENTRY} from kernel.audit_unchained q join kernel.audit a on a.id = q.entry_id
order by q.entry_id limit %s
"""  # noqa: S608 (our own names)


class Link(Base):
    """One entry's place in the chain."""

    __tablename__ = "audit_chain"
    __table_args__ = {"schema": "kernel"}

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[Reference] = mapped_column(unique=True)
    chained_at: Mapped[Timestamp]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    link: Mapped[bytes] = mapped_column(LargeBinary(32))


class Unchained(Base):
    """An entry that is recorded and not chained yet; written by a trigger alone."""

    __tablename__ = "audit_unchained"
    __table_args__ = {"schema": "kernel"}

    entry_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class Check(Base):
    """One verification of the chain: asked for by a person or the clock, and what it found."""

    __tablename__ = "audit_checks"
    __table_args__ = {"schema": "kernel"}

    id: Mapped[Key]
    requested_at: Mapped[Timestamp]
    requested_by: Mapped[Reference]
    requested_by_name: Mapped[str] = mapped_column(String(80))
    finished_at: Mapped[Timestamp | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


@dataclass(frozen=True, slots=True)
class Tail:
    """What is recorded and not chained yet."""

    length: int
    oldest: datetime | None


def derived(master: str, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose only."""
    return hmac.digest(master.encode(), f"audit {purpose}".encode(), hashlib.sha256)


def digest(entry: Sequence[Any]) -> bytes:
    """SHA-256 of an entry's canonical form: UTC to the microsecond, sorted keys, exact numbers.

    The id is not part of it but of the link: equal content under another id shows as displaced.
    """
    at, *plain, detail = entry
    told = [FORM, at.astimezone(UTC).isoformat(timespec="microseconds"), *plain, _exact(detail)]
    canonical = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).digest()


def _exact(detail: str) -> Any:
    """The detail with its fractions as texts: a float would round two of them to one.

    NUL, which JSONB cannot hold, keeps such a text apart from every real one.
    """
    return {} if detail == "{}" else json.loads(detail, parse_float=lambda said: f"\0{said}")


def link(
    key: bytes, before: bytes, position: int, entry_id: int, chained_at: datetime, digest: bytes
) -> bytes:
    """HMAC-SHA256 over the link before and all that this one says."""
    micros = round(chained_at.timestamp() * 1_000_000)
    said = before + b"%d|%d|%d|" % (position, entry_id, micros) + digest
    return hmac.digest(key, said, hashlib.sha256)


class Chain:
    """Chains what has been committed, with a key that the database never sees."""

    def __init__(self, master: str):
        self.key = derived(master, "chain")

    def sweep(self, session: Session) -> None:
        """Job `audit.chain`: chain what waits, unless another worker is doing it."""
        self.extend(session)

    def extend(self, session: Session) -> int:
        """Chain what waits, in the order of ids; gives how many. All or nothing of it commits."""
        if not session.scalar(select(func.pg_try_advisory_xact_lock(TURN))):
            return 0
        position, before = end(session)
        moment, done = now(session), 0
        for rows in self._batches(session):
            links = []
            for entry_id, *entry in rows:
                position, found = position + 1, digest(entry)
                before = link(self.key, before, position, entry_id, moment, found)
                links.append((position, entry_id, moment, found, before))
            _store(session, links)
            done += len(links)
        return done

    @staticmethod
    def _batches(session: Session) -> Iterator[list[Any]]:
        for _ in range(BATCHES):
            rows = session.connection().exec_driver_sql(_WAITING, (BATCH,)).all()
            if not rows:
                return
            yield list(rows)


def end(session: Session) -> tuple[int, bytes]:
    """The chain's last position and link; position 0 while it is empty."""
    statement = select(Link.position, Link.link).order_by(Link.position.desc()).limit(1)
    last = session.execute(statement).one_or_none()
    return (last.position, last.link) if last else (0, START)


def tail(session: Session) -> Tail:
    """How much waits for the chain, and since when."""
    found = session.execute(
        text(
            "select count(*) as length, min(a.at) as oldest"
            " from kernel.audit_unchained q join kernel.audit a on a.id = q.entry_id"
        )
    ).one()
    return Tail(found.length, found.oldest)


def _store(session: Session, links: list[tuple[Any, ...]]) -> None:
    # Not by COPY: row-level security refuses it.
    names = ("positions", "entry_ids", "moments", "digests", "links")
    columns = dict(zip(names, map(list, zip(*links, strict=True)), strict=True))
    session.execute(_ADD, columns)
    session.execute(_DONE, {"entry_ids": columns["entry_ids"]})


_ADD = text(
    "insert into kernel.audit_chain (position, entry_id, chained_at, digest, link)"
    " select * from unnest(cast(:positions as bigint[]), cast(:entry_ids as bigint[]),"
    " cast(:moments as timestamptz[]), cast(:digests as bytea[]), cast(:links as bytea[]))"
)
_DONE = text(
    "delete from kernel.audit_unchained where entry_id = any(cast(:entry_ids as bigint[]))"
)
