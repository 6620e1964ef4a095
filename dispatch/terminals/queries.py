"""Reads of the registry: terminals with the unit that carries each and how it is admitted."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Row, Select, String, column, func, or_, select
from sqlalchemy.orm import Session

from dispatch.delivery.channels.vehicle import QUESTION, WORDS
from dispatch.delivery.models import Delivery
from dispatch.units.models import UnitTerminal
from gps_ingest.models import Credential, Quarantined, Terminal
from gps_ingest.queries import ADMISSION, Admission
from gps_ingest.terminals import PHONE
from kernel.clock import now
from kernel.errors import NotFound

CONNECTED = timedelta(minutes=3)
"""Heard within this time a terminal counts as connected; listeners end a link that is silent so
long."""
LIST_LIMIT = 200
QUARANTINE_DAYS = 7


@dataclass(frozen=True, slots=True)
class Carrier:
    """A unit that carries terminals, as whoever puts them in knows it."""

    id: int
    name: str
    plate: str
    organisation_path: str


@dataclass(frozen=True, slots=True)
class Listed:
    terminal: Terminal
    carrier: Carrier | None
    admission: Admission


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to; empty is no narrowing."""

    words: str = ""
    protocol: str = ""
    state: str = ""
    """`connected`, `silent` (enabled and not connected), `disabled`, `window` or `loose`."""


def is_connected(session: Session, terminal: Terminal) -> bool:
    seen = terminal.last_seen_at
    return terminal.enabled and seen is not None and seen > now(session) - CONNECTED


def listed(session: Session, wanted: Wanted) -> list[Listed]:
    """One more than `LIST_LIMIT` at most, by name."""
    query = _narrowed(_listing(), wanted, now(session))
    rows = session.execute(query.order_by(Terminal.name, Terminal.id).limit(LIST_LIMIT + 1))
    return [_listed(row) for row in rows]


def one(session: Session, terminal_id: int) -> Listed:
    """Raises NotFound."""
    row = session.execute(_listing().where(Terminal.id == terminal_id)).one_or_none()
    if row is None:
        raise NotFound("terminal", terminal_id)
    return _listed(row)


def carriers(session: Session) -> list[Carrier]:
    """The units of the asker's jurisdiction, by name."""
    found = _CARRIERS.c
    query = select(found.id, found.name, found.plate, found.organisation_path)
    rows: Iterable[Any] = session.execute(query.order_by(found.name, found.id))
    return [Carrier(*row) for row in rows]


def quarantined(session: Session, terminal_id: int | None) -> list[Row[Any]]:
    """(id, terminal_id, received_at, reason, fixed_at) of the last days, the newest first."""
    query = (
        select(
            Quarantined.id,
            Quarantined.terminal_id,
            Quarantined.received_at,
            Quarantined.reason,
            Quarantined.fixed_at,
        )
        .where(Quarantined.received_at >= now(session) - timedelta(days=QUARANTINE_DAYS))
        .order_by(Quarantined.received_at.desc())
        .limit(LIST_LIMIT)
    )
    if terminal_id is not None:
        query = query.where(Quarantined.terminal_id == terminal_id)
    return list(session.execute(query))


def readable(session: Session, ledger: Sequence[Row[Any]]) -> set[int]:
    """The messages whose words the asker may read: those of orders that they may see.

    A terminal may have hung in another unit before.
    """
    about = {row.id: row.reference_id for row in ledger if row.reference_kind in (WORDS, QUESTION)}
    query = select(Delivery.id).where(Delivery.id.in_(set(about.values())))
    seen = set(session.scalars(query)) if about else set()
    return {ident for ident, delivery_id in about.items() if delivery_id in seen}


_CARRIERS = func.dispatch.carriers().table_valued(
    column("id", BigInteger),
    column("name", String),
    column("plate", String),
    column("organisation_path", String),
    name="carrier",
)


def _listing() -> Select[Any]:
    found = _CARRIERS.c
    return (
        select(
            Terminal,
            found.id,
            found.name,
            found.plate,
            found.organisation_path,
            *ADMISSION,
        )
        .outerjoin(UnitTerminal, UnitTerminal.terminal_id == Terminal.id)
        .outerjoin(_CARRIERS, found.id == UnitTerminal.unit_id)
        .outerjoin(Credential, Credential.terminal_id == Terminal.id)
        .where(~Terminal.identity.startswith(PHONE))
    )


def _narrowed(query: Select[Any], wanted: Wanted, moment: datetime) -> Select[Any]:
    if wanted.words:
        texts = (Terminal.identity, Terminal.name, _CARRIERS.c.name, _CARRIERS.c.plate)
        query = query.where(or_(*(t.icontains(wanted.words, autoescape=True) for t in texts)))
    if wanted.protocol:
        query = query.where(Terminal.protocol == wanted.protocol)
    return query.where(*_in_state(wanted.state, moment))


def _in_state(state: str, moment: datetime) -> Iterator[Any]:
    heard = func.coalesce(Terminal.last_seen_at > moment - CONNECTED, False)
    match state:
        case "connected":
            yield from (Terminal.enabled, heard)
        case "silent":
            yield from (Terminal.enabled, ~heard)
        case "disabled":
            yield ~Terminal.enabled
        case "window":
            yield Credential.window_until > moment
        case "loose":
            yield _CARRIERS.c.id.is_(None)


def _listed(row: Row[Any]) -> Listed:
    columns: tuple[Any, ...] = tuple(row)
    terminal, ident, name, plate, path, *held = columns
    carrier = Carrier(ident, name, plate, path) if ident is not None else None
    issued_at, window_until, *said = held
    return Listed(terminal, carrier, Admission(issued_at, window_until, *(t or "" for t in said)))
