"""Reads: the board of units with where each is now."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session, contains_eager

from dispatch.scope import within
from dispatch.units.models import CrewMember, Observation, Unit, UnitTerminal
from gps_ingest import queries as gps
from gps_ingest.presence import OFFLINE
from gps_ingest.queries import Position
from kernel.access import EVERYWHERE, Principal
from kernel.clock import now
from kernel.errors import NotFound

LATELY = ("overspeed", "moved_without_order")
NOTED = timedelta(minutes=30)
"""So long something remarkable stays on the unit's card."""


PastFix = tuple[float, float, datetime, float | None]
"""Longitude, latitude, time, km/h."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A unit and its newest position, of whichever of its terminals spoke last."""

    unit: Unit
    position: Position | None
    notes: Sequence[Observation] = ()
    """What its track shows just now, the newest first."""


def board(
    session: Session, path: str = EVERYWHERE, ids: Collection[int] | None = None
) -> list[Placed]:
    """The units of the subtree at `path` (or those named of them), by name."""
    wanted = select(Unit).where(Unit.organisation_path.startswith(path, autoescape=True))
    if ids is not None:
        wanted = wanted.where(Unit.id.in_(ids))
    return place(session, session.scalars(wanted.order_by(Unit.name, Unit.id)).all())


def place(session: Session, units: Iterable[Unit]) -> list[Placed]:
    """Each unit with its newest position."""
    units = list(units)
    owner = {terminal.terminal_id: unit.id for unit in units for terminal in unit.terminals}
    newest: dict[int, Position] = {}
    for position in gps.latest(session, list(owner)) if owner else []:
        unit_id = owner[position.terminal_id]
        if unit_id not in newest or position.fixed_at > newest[unit_id].fixed_at:
            newest[unit_id] = position
    noted = _notes(session, [unit.id for unit in units])
    return [Placed(unit, newest.get(unit.id), noted.get(unit.id, ())) for unit in units]


def _notes(session: Session, unit_ids: Sequence[int]) -> dict[int, list[Observation]]:
    """Terminals that are silent, and what was remarkable in the last half hour."""
    lately = Observation.kind.in_(LATELY) & (Observation.at > now(session) - NOTED)
    silent = (Observation.kind == OFFLINE) & Observation.ended_at.is_(None)
    wanted = select(Observation).where(Observation.unit_id.in_(unit_ids), lately | silent)
    found: dict[int, list[Observation]] = defaultdict(list)
    for one in session.scalars(wanted.order_by(Observation.at.desc())):
        found[one.unit_id].append(one)
    return found


def visible(session: Session, principal: Principal, unit_id: int) -> Unit:
    """Raises NotFound for a unit outside the principal's jurisdiction."""
    unit = session.get(Unit, unit_id)
    if unit is None or not principal.covers(unit.organisation_path):
        raise NotFound("unit", unit_id)
    return unit


def find(session: Session, unit_id: int) -> Placed | None:
    """One unit with its position, whoever asks."""
    unit = session.get(Unit, unit_id)
    return place(session, [unit])[0] if unit else None


def of_terminal(session: Session, terminal_id: int) -> Unit | None:
    """The unit that carries the terminal, whoever asks."""
    query = select(Unit).join(UnitTerminal, UnitTerminal.unit_id == Unit.id)
    return session.scalar(query.where(UnitTerminal.terminal_id == terminal_id))


def duty_of(session: Session, user_id: int) -> CrewMember | None:
    """The officer's present place on a crew."""
    return session.scalar(
        select(CrewMember).where(CrewMember.user_id == user_id, CrewMember.signed_off_at.is_(None))
    )


def crew_ids(session: Session, unit_id: int) -> Sequence[int]:
    """The officers who are signed on to the unit."""
    signed_on = CrewMember.signed_off_at.is_(None)
    return session.scalars(
        select(CrewMember.user_id).where(CrewMember.unit_id == unit_id, signed_on)
    ).all()


def crews_on_duty(session: Session, principal: Principal) -> Sequence[CrewMember]:
    """Who is signed on to a unit of the principal's jurisdiction, in the order of signing on."""
    return session.scalars(
        select(CrewMember)
        .join(CrewMember.unit)
        .where(CrewMember.signed_off_at.is_(None), within(Unit.organisation_path, principal))
        .options(contains_eager(CrewMember.unit))
        .order_by(CrewMember.id)
    ).all()


def has_served(session: Session, user_id: int, unit_id: int, since: datetime) -> bool:
    """Whether the officer has been on the unit's crew at any moment since then."""
    mine = select(CrewMember.id).where(
        CrewMember.user_id == user_id,
        CrewMember.unit_id == unit_id,
        or_(CrewMember.signed_off_at.is_(None), CrewMember.signed_off_at > since),
    )
    return session.scalar(mine.limit(1)) is not None


def member_by_number(session: Session, number: str) -> CrewMember | None:
    """Who on duty has this phone; `number` as `dispatch.numbers.sender` gives it."""
    if not number:
        return None
    return session.scalar(
        select(CrewMember)
        .where(CrewMember.number == number, CrewMember.signed_off_at.is_(None))
        .order_by(CrewMember.id)
        .limit(1)
    )


def trail(session: Session, unit: Unit, minutes: int) -> list[Position]:
    """The fixes of the last minutes, oldest first, of the terminal that speaks for the unit now.

    Only of the present duty: what was before, or of a unit off duty, needs a reason (`track`).
    """
    speaking = place(session, [unit])[0].position
    if speaking is None or not unit.crew:
        return []
    until = now(session)
    began = min(member.signed_on_at for member in unit.crew)
    since = max(until - timedelta(minutes=minutes), began)
    return gps.trail(session, speaking.terminal_id, since, until)


def fixes(
    session: Session, unit_id: int, since: datetime, until: datetime, at_most: int
) -> list[PastFix]:
    """The fixes of the unit's terminals, oldest first.

    About `at_most` of them, evenly thinned. The database gives none where the jurisdiction of
    whoever asks does not cover the unit: the history itself knows of no organisation.
    """
    step = (until - since).total_seconds() / at_most
    asked = {"unit": unit_id, "since": since, "until": until, "step": step}
    rows: Iterable[Any] = session.execute(_FIXES, asked | {"each": EACH_AT_MOST})
    return [tuple(row) for row in rows]


EACH_AT_MOST = 100_000
"""Fixes of one terminal that are read: one each second, all day."""
_FIXES = text("""
select public.st_x(geom), public.st_y(geom), fixed_at, speed_kmh from (
  select distinct on (floor(extract(epoch from f.fixed_at) / :step))
    f.geom, f.fixed_at, f.speed_kmh
  from dispatch.unit_terminals t
  cross join lateral gps.track(t.terminal_id, :since, :until, :each) f
  where t.unit_id = :unit
  order by floor(extract(epoch from f.fixed_at) / :step), f.fixed_at
) thinned
order by fixed_at
""")
