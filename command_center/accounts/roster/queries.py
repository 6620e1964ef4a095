"""Reads: a week of an organisation's roster, who may stand at its posts, who does now."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta, tzinfo

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import Session, aliased

from command_center.accounts.models import Organisation, User, UserRole
from command_center.accounts.roster.models import Duty
from dispatch.alarms.ladder import RUNG_OF_ROLE
from kernel.access import Role
from kernel.clock import now
from kernel.db import carried_out_by
from kernel.errors import NotFound

WEEK = timedelta(days=7)


def week_of(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """From Monday, 0:00 of the bureau's wall clock, to the next."""
    monday = datetime.combine(day - timedelta(days=day.weekday()), time(), zone)
    return monday, monday + WEEK


def duty(session: Session, duty_id: int, *, lock: bool = False) -> Duty:
    """Raises NotFound."""
    found = session.get(Duty, duty_id, with_for_update={"of": Duty} if lock else None)
    if found is None:
        raise NotFound("duty", duty_id)
    return found


def between(
    session: Session, organisation_id: int, since: datetime, until: datetime
) -> Sequence[Duty]:
    """The duties of the organisation that touch the period, by their beginning."""
    return session.scalars(
        select(Duty)
        .where(
            Duty.organisation_id == organisation_id, Duty.starts_at < until, Duty.ends_at > since
        )
        .order_by(Duty.starts_at, Duty.id)
    ).all()


def able(session: Session, organisation: Organisation) -> Sequence[User]:
    """Who may stand at one of its posts: of a rank of the ladder, there or above; by name."""
    return (
        session.scalars(
            select(User)
            .join(User.organisation)
            .where(User.active, _covers(Organisation, organisation.path), _of_rank(*RUNG_OF_ROLE))
            .order_by(User.name, User.id)
        )
        .unique()
        .all()
    )


def posts_of(user: User) -> list[str]:
    """The posts that the person's roles let them stand at, the lowest first."""
    held = (RUNG_OF_ROLE.get(one.role) for one in user.roles)
    ranks = list(dict.fromkeys(RUNG_OF_ROLE.values()))
    return sorted({post for post in held if post}, key=ranks.index)


def standing_at(session: Session, organisation_ids: Collection[int]) -> dict[int, list[Duty]]:
    """Organisation -> who stands at a post of its own now; of rosters that are theirs to read."""
    moment = now(session)
    found = session.scalars(
        select(Duty)
        .where(
            Duty.organisation_id.in_(organisation_ids),
            Duty.starts_at <= moment,
            Duty.ends_at > moment,
        )
        .order_by(Duty.starts_at, Duty.id)
    )
    standing: dict[int, list[Duty]] = {}
    for one in found:
        standing.setdefault(one.organisation_id, []).append(one)
    return standing


@carried_out_by(Role.HOUSE)
def on_duty(session: Session, path: str, post: str) -> Sequence[Duty]:
    """Who stands at that post now for what happens at `path`, the nearest organisation first.

    Left out is whoever was switched off, lost the rank or moved away since the roster was written:
    the alarm would not be theirs to take.
    """
    home, moment = aliased(Organisation), now(session)
    return session.scalars(
        select(Duty)
        .join(Duty.organisation)
        .join(User, User.id == Duty.user_id)
        .join(home, home.id == User.organisation_id)
        .where(
            Duty.post == post,
            Duty.starts_at <= moment,
            Duty.ends_at > moment,
            _covers(Organisation, path),
            _covers(home, path),
            User.active,
            _of_rank(*(role for role, rank in RUNG_OF_ROLE.items() if rank == post)),
        )
        .order_by(func.length(Organisation.path).desc(), Duty.starts_at, Duty.id)
    ).all()


def _covers(organisation: type[Organisation], path: str) -> ColumnElement[bool]:
    return literal(path).startswith(organisation.path)


def _of_rank(*roles: str) -> ColumnElement[bool]:
    return User.roles.any(UserRole.role.in_(roles))
