"""The past of the whole board: leave to see it, and where every unit was.

One reason opens one period, as for the track of a single unit (`units.track`); each look within
it needs no other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from dispatch.tracking.models import Playback
from dispatch.units import track
from dispatch.units.models import CrewMember, Unit, UnitState
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import BadInput, Forbidden

LASTS = timedelta(hours=2)
LOOKBACK = timedelta(minutes=30)
"""A position older than this is not shown: nobody knows where the unit was."""
CHUNK = timedelta(minutes=15)
STEP_SECONDS = 5
"""A chunk holds one fix of a unit in so many seconds, fewer when there are many units."""
FIXES_AT_MOST = 40_000


@dataclass(frozen=True, slots=True)
class Was:
    """A position in the past: WGS-84 degrees, degrees from north, km/h, UTC."""

    unit_id: int
    lon: float
    lat: float
    course: float | None
    speed_kmh: float | None
    fixed_at: datetime


@dataclass(frozen=True, slots=True)
class PastUnit:
    """`state` is None before anybody kept it."""

    unit: Unit
    state: str | None
    crew: Sequence[CrewMember]


def begin(session: Session, wanted: track.Wanted) -> Playback:
    """Leave to see every unit's way in a period of at most a day; logged with its reason.

    Raises Forbidden, BadInput for a wrong period, one over 90 days ago, or an unknown reason.
    """
    principal = principal_of(session)
    principal.require("track.read")
    track.check(session, wanted)
    moment = now(session)
    made = Playback(
        user_id=principal.id,
        began_at=moment,
        expires_at=moment + LASTS,
        since=wanted.since,
        until=wanted.until,
        reason_code=wanted.reason_code,
    )
    session.add(made)
    session.flush()
    record(
        session, "track.played", "playback", made.id,
        reason_code=wanted.reason_code, note=wanted.note,
        since=wanted.since.isoformat(), until=wanted.until.isoformat(),
    )  # fmt: skip
    return made


def require(session: Session, playback_id: int, since: datetime, until: datetime) -> Playback:
    """Pass when the principal's own leave covers the period; raises Forbidden."""
    principal = principal_of(session)
    principal.require("track.read")
    found = session.get(Playback, playback_id)
    covers = (
        found is not None
        and found.user_id == principal.id
        and found.expires_at > now(session)
        and found.since <= since <= until <= found.until
    )
    if found is None or not covers:
        raise Forbidden("track.read", code="playback_needed")
    return found


def check_chunk(since: datetime, until: datetime) -> None:
    """Raises BadInput for an empty or too long piece."""
    if since >= until:
        raise BadInput("to", "empty_period")
    if until - since > CHUNK:
        raise BadInput("to", "chunk_too_long", minutes=int(CHUNK.total_seconds() // 60))


def units_at(session: Session, path: str, at: datetime) -> list[PastUnit]:
    """The units of the subtree with the state and the crew that they had, by name."""
    units = session.scalars(
        select(Unit)
        .where(Unit.organisation_path.startswith(path, autoescape=True))
        .order_by(Unit.name, Unit.id)
    ).all()
    ids = [unit.id for unit in units]
    states = (
        select(UnitState.unit_id, UnitState.state)
        .where(UnitState.unit_id.in_(ids), UnitState.at <= at)
        .order_by(UnitState.unit_id, UnitState.at.desc(), UnitState.id.desc())
        .ext(distinct_on(UnitState.unit_id))
    )
    had = {unit_id: state for unit_id, state in session.execute(states)}
    crews = select(CrewMember).where(
        CrewMember.unit_id.in_(ids),
        CrewMember.signed_on_at <= at,
        or_(CrewMember.signed_off_at.is_(None), CrewMember.signed_off_at > at),
    )
    aboard: dict[int, list[CrewMember]] = {}
    for member in session.scalars(crews.order_by(CrewMember.id)):
        aboard.setdefault(member.unit_id, []).append(member)
    return [PastUnit(unit, had.get(unit.id), aboard.get(unit.id, ())) for unit in units]


_AT = text("""
select distinct on (u.id) u.id, public.st_x(f.geom), public.st_y(f.geom), f.course, f.speed_kmh,
  f.fixed_at
from dispatch.units u join dispatch.unit_terminals t on t.unit_id = u.id
cross join lateral gps.track(t.terminal_id, :since, :at, 1) f
where starts_with(u.organisation_path, :path)
order by u.id, f.fixed_at desc
""")
_CHUNK = text("""
select unit_id, public.st_x(geom), public.st_y(geom), course, speed_kmh, fixed_at from (
  select distinct on (u.id, floor(extract(epoch from f.fixed_at) / :step))
    u.id as unit_id, f.geom, f.course, f.speed_kmh, f.fixed_at
  from dispatch.units u join dispatch.unit_terminals t on t.unit_id = u.id
  cross join lateral gps.track(t.terminal_id, :since, :until, 2000) f
  where starts_with(u.organisation_path, :path)
  order by u.id, floor(extract(epoch from f.fixed_at) / :step), f.fixed_at desc
) thinned
order by unit_id, fixed_at
""")


def positions_at(session: Session, path: str, at: datetime) -> list[Was]:
    """Each unit's last position before `at`; none of a unit that was silent for long."""
    return _were(session, _AT, path=path, at=at, since=at - LOOKBACK)


def chunk(session: Session, path: str, since: datetime, until: datetime) -> list[Was]:
    """Every unit's way in a piece of the past, thinned; by unit, oldest first."""
    covered = func.starts_with(Unit.organisation_path, path)
    count = session.scalar(select(func.count()).select_from(Unit).where(covered)) or 1
    seconds = (until - since).total_seconds()
    step = max(STEP_SECONDS, seconds * count / FIXES_AT_MOST)
    return _were(session, _CHUNK, path=path, since=since, until=until, step=step)


def _were(session: Session, statement: Any, **values: object) -> list[Was]:
    rows: Iterable[Any] = session.execute(statement, values)
    return [Was(*row) for row in rows]
