"""Writing the roster. Nothing here commits."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from sqlalchemy.orm import Session

from command_center.accounts import queries as people
from command_center.accounts.models import Organisation
from command_center.accounts.roster import queries
from command_center.accounts.roster.models import Duty
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import BadInput, Conflict, Forbidden, NotFound
from telephony.numbers import normal

LONGEST, FURTHEST = timedelta(days=7), timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Shift:
    """What one says of a duty; without a `phone` it is the person's own."""

    organisation_id: int
    post: str
    user_id: int
    starts_at: datetime
    ends_at: datetime
    phone: str = ""


def write(session: Session, shift: Shift) -> Duty:
    """Put somebody on duty.

    Raises Forbidden `outside_jurisdiction`, Conflict `duty_over` for what is past, BadInput.
    """
    made = Duty()
    _fill(session, made, shift)
    session.add(made)
    session.flush()
    _record(session, "duty.written", made)
    return made


def change(session: Session, duty_id: int, shift: Shift) -> Duty:
    """Raises NotFound and what `write` raises."""
    found = _still_open(session, duty_id)
    _fill(session, found, shift)
    _record(session, "duty.changed", found)
    return found


def remove(session: Session, duty_id: int) -> None:
    """Raises NotFound, Forbidden `outside_jurisdiction`, Conflict `duty_over`."""
    found = _still_open(session, duty_id)
    _record(session, "duty.removed", found)
    session.delete(found)


def copy_week(
    session: Session, organisation_id: int, week: date, into: date, zone: tzinfo
) -> tuple[int, int]:
    """The duties that begin in one week once more in another, at the same hours of the wall clock.

    Gives how many were written and how many were left out: what stands there already, is over, or
    whose person can no longer stand there. Raises Forbidden `outside_jurisdiction`.
    """
    _editable(session, organisation_id)
    since, until = queries.week_of(week, zone)
    target, end = queries.week_of(into, zone)
    there = {_key(one) for one in queries.between(session, organisation_id, target, end)}
    written = left_out = 0
    for duty in queries.between(session, organisation_id, since, until):
        if duty.starts_at < since:
            continue  # it belongs to the week before
        again = _moved(duty, target - since, zone)
        try:
            if _key(again) in there:
                raise Conflict("duty_there")
            write(session, again)
        except (BadInput, Conflict):
            left_out += 1
        else:
            written += 1
    return written, left_out


def _moved(duty: Duty, by: timedelta, zone: tzinfo) -> Shift:
    return Shift(
        duty.organisation_id,
        duty.post,
        duty.user_id,
        duty.starts_at.astimezone(zone) + by,
        duty.ends_at.astimezone(zone) + by,
        duty.phone,
    )


def _key(one: Duty | Shift) -> tuple[object, ...]:
    return one.post, one.user_id, one.starts_at, one.ends_at


def _still_open(session: Session, duty_id: int) -> Duty:
    found = queries.duty(session, duty_id, lock=True)
    _editable(session, found.organisation_id)
    if found.ends_at <= now(session):
        raise Conflict("duty_over")
    return found


def _editable(session: Session, organisation_id: int) -> Organisation:
    try:
        organisation = people.organisation(session, organisation_id)
    except NotFound as error:
        raise BadInput("organisation_id", "not_found") from error
    if not principal_of(session).covers(organisation.path):
        raise Forbidden("duty.edit", code="outside_jurisdiction")
    return organisation


def _fill(session: Session, duty: Duty, shift: Shift) -> None:
    organisation = _editable(session, shift.organisation_id)
    _check_time(session, shift)
    able = {one.id: one for one in queries.able(session, organisation)}
    person = able.get(shift.user_id)
    if person is None or shift.post not in queries.posts_of(person):
        raise BadInput("user_id", "cannot_stand_there")
    duty.organisation_id, duty.organisation = organisation.id, organisation
    duty.post, duty.user_id, duty.name = shift.post, person.id, person.name
    duty.phone = _number(shift.phone or person.phone)
    duty.starts_at, duty.ends_at = shift.starts_at, shift.ends_at


def _check_time(session: Session, shift: Shift) -> None:
    if not timedelta() < shift.ends_at - shift.starts_at <= LONGEST:
        raise BadInput("ends_at", "bad_span", days=LONGEST.days)
    ahead = shift.ends_at - now(session)
    if ahead > FURTHEST:
        raise BadInput("ends_at", "too_far", days=FURTHEST.days)
    if ahead <= timedelta():
        raise Conflict("duty_over")


def _number(phone: str) -> str:
    if not phone:
        raise BadInput("phone", "required")
    try:
        return normal(phone)
    except ValueError as error:
        raise BadInput("phone", "not_a_number") from error


def _record(session: Session, action: str, duty: Duty) -> None:
    record(
        session,
        action,
        "duty",
        duty.id,
        organisation_id=duty.organisation_id,
        post=duty.post,
        user_id=duty.user_id,
        starts_at=duty.starts_at.isoformat(),
        ends_at=duty.ends_at.isoformat(),
    )
