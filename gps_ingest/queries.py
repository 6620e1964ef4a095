"""Reads of positions: where terminals are, where they were, what was refused."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from geoalchemy2 import Geography, Geometry
from sqlalchemy import ColumnElement, Float, Row, Select, cast, func, select
from sqlalchemy.orm import Session, aliased

from gps_ingest.models import (
    Credential,
    Downlink,
    Happened,
    LatestFix,
    StoredFix,
    Terminal,
    UnknownIdentity,
)
from kernel.access import Role
from kernel.db import among, carried_out_by

TRAIL_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Position:
    """One stored fix: WGS-84 degrees, km/h, degrees from north, metres, UTC, FixFlag bits."""

    terminal_id: int
    lat: float
    lon: float
    speed_kmh: float | None
    course: float | None
    alt_m: float | None
    fixed_at: datetime
    received_at: datetime
    flags: int


def latest(session: Session, terminal_ids: Collection[int] | None = None) -> list[Position]:
    """Where these terminals (all, when None) were heard last, by terminal."""
    query = _positions(LatestFix).order_by(LatestFix.terminal_id)
    if terminal_ids is not None:
        query = query.where(among(LatestFix.terminal_id, terminal_ids))
    return [_position(row) for row in session.execute(query)]


def nearest(
    session: Session,
    lat: float,
    lon: float,
    limit: int,
    *,
    heard_since: datetime,
    terminal_ids: Collection[int] | None = None,
) -> list[tuple[Position, float]]:
    """The terminals nearest to a point, with their distance in metres."""
    here = cast(func.ST_SetSRID(func.ST_MakePoint(lon, lat), 4326), Geography)
    distance: ColumnElement[float] = LatestFix.geog.op("<->", return_type=Float())(here)
    query = (
        _positions(LatestFix)
        .add_columns(distance.label("metres"))
        .where(LatestFix.fixed_at >= heard_since)
        .order_by(distance)
        .limit(limit)
    )
    if terminal_ids is not None:
        query = query.where(among(LatestFix.terminal_id, terminal_ids))
    return [(_position(row), row.metres) for row in session.execute(query)]


def trail(
    session: Session,
    terminal_id: int,
    since: datetime,
    until: datetime,
    limit: int = TRAIL_LIMIT,
) -> list[Position]:
    """A terminal's fixes in [since, until], oldest first; the newest `limit` of them.

    None of them where the asker's jurisdiction does not cover the terminal's unit: the database
    asks, because the history itself carries no row-level security.
    """
    columns = StoredFix.__table__.columns
    found = func.gps.track(terminal_id, since, until, limit).table_valued(*columns)
    track = aliased(StoredFix, found.lateral("track"), adapt_on_names=True)
    query = _positions(track).order_by(track.fixed_at)
    return [_position(row) for row in session.execute(query)]


def terminals(session: Session) -> list[Terminal]:
    """All registered terminals, by name."""
    return list(session.scalars(select(Terminal).order_by(Terminal.name, Terminal.id)))


def terminal(session: Session, terminal_id: int) -> Terminal | None:
    return session.get(Terminal, terminal_id)


@dataclass(frozen=True, slots=True)
class Admission:
    """How a terminal gets in: since when it has a code, until when its window is open, and what it
    said of itself when it registered."""

    issued_at: datetime | None = None
    window_until: datetime | None = None
    plate: str = ""
    device_id: str = ""
    source: str = ""


ADMISSION = (
    Credential.issued_at,
    Credential.window_until,
    Credential.plate,
    Credential.device_id,
    Credential.source,
)
"""The columns of `Admission`: never the code's hash."""


def admission(session: Session, terminal_id: int) -> Admission:
    """An empty one for a terminal that never had a window."""
    query = select(*ADMISSION).where(Credential.terminal_id == terminal_id)
    row: Any = session.execute(query).one_or_none()
    return Admission(*row) if row else Admission()


def terminal_by_identity(session: Session, identity: str) -> Terminal | None:
    """The terminal that reports under this name."""
    return session.scalar(select(Terminal).where(Terminal.identity == identity))


def unknown_identities(session: Session, limit: int = 100) -> list[UnknownIdentity]:
    """Who reports without being registered, the latest first."""
    known = select(Terminal.id).where(Terminal.identity == UnknownIdentity.identity).exists()
    query = select(UnknownIdentity).where(~known).order_by(UnknownIdentity.last_seen_at.desc())
    return list(session.scalars(query.limit(limit)))


def happening(session: Session, ident: int) -> Happened | None:
    """What a terminal told besides a position, or its track showed."""
    return session.get(Happened, ident)


LEDGER = (
    Downlink.id,
    Downlink.terminal_id,
    Downlink.kind,
    Downlink.reference_kind,
    Downlink.reference_id,
    Downlink.state,
    Downlink.attempts,
    Downlink.answer,
    Downlink.problem,
    Downlink.as_text,
    Downlink.created_at,
    Downlink.expires_at,
    Downlink.sent_at,
    Downlink.acknowledged_at,
    Downlink.answered_at,
    Downlink.ended_at,
)
"""Of a message to a terminal: how far it is, never its words."""


def ledger(session: Session, terminal_ids: Collection[int], limit: int = 50) -> list[Row[Any]]:
    """The newest messages to these terminals, newest first: the columns of `LEDGER`."""
    query = select(*LEDGER).where(among(Downlink.terminal_id, terminal_ids))
    return list(session.execute(query.order_by(Downlink.id.desc()).limit(limit)))


@carried_out_by(Role.HOUSE)
def contents(session: Session, downlink_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """What those messages carry; their ids come from a `ledger` that the asker was shown."""
    query = select(Downlink.id, Downlink.content).where(Downlink.id.in_(downlink_ids))
    return {ident: content for ident, content in session.execute(query)}


def _positions(table: Any) -> Select[Any]:
    point = cast(LatestFix.geog, Geometry) if table is LatestFix else table.geom
    return select(
        table.terminal_id,
        func.ST_Y(point).label("lat"),
        func.ST_X(point).label("lon"),
        table.speed_kmh,
        table.course,
        table.alt_m,
        table.fixed_at,
        table.received_at,
        table.flags,
    )


def _position(row: Row[Any]) -> Position:
    columns: tuple[Any, ...] = tuple(row)[:9]
    return Position(*columns)
