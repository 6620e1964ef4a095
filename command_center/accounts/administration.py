"""What an administrator does to accounts. Nothing here commits; everything here is audited.

Nobody changes their own roles, place or standing, and nobody sees a password: a new one is made
here, shown once, good for three days and for choosing another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from command_center.accounts import (
    attempts,
    devices,
    passwords,
    policy,
    queries,
    second_factor,
    secret_values,
    sessions,
)
from command_center.accounts.models import Organisation, User, UserRole
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import BadInput, Conflict, Forbidden, NotFound

TEMPORARY_LASTS = timedelta(days=3)
RIGHTS = frozenset({"roles", "organisation_id", "active"})
"""What nobody changes for themselves, and what ends a person's sessions when it changes."""


@dataclass(frozen=True)
class Person:
    """What an administrator says of a member of staff."""

    name: str
    organisation_id: int
    roles: frozenset[str]
    phone: str = ""
    certificate_no: str = ""
    extension: str = ""
    """Their phone at the exchange."""
    active: bool = True


def people(session: Session, words: str = "") -> Sequence[User]:
    """Everybody in the administrator's jurisdiction, closed accounts included, by account."""
    statement = (
        select(User)
        .join(User.organisation)
        .where(Organisation.path.startswith(principal_of(session).organisation_path))
        .order_by(User.account)
    )
    if words:
        named = (one.icontains(words, autoescape=True) for one in (User.name, User.account))
        statement = statement.where(or_(*named))
    return session.scalars(statement).unique().all()


def person(session: Session, ident: int) -> User:
    """Raises NotFound, also for people of another jurisdiction."""
    found = queries.user(session, ident)
    if not principal_of(session).covers(found.organisation.path):
        raise NotFound("user", ident)
    return found


def create(session: Session, account: str, said: Person) -> tuple[User, str]:
    """A new account and its temporary password. Raises BadInput, Conflict."""
    policy.check_roles(said.roles)
    _check_free(session, said.extension)
    password = secret_values.temporary_password()
    made = User(
        account=account,
        name=said.name,
        organisation=_organisation(session, said.organisation_id),
        phone=said.phone,
        certificate_no=said.certificate_no,
        extension=said.extension,
        active=said.active,
        password_hash=passwords.make(password),
        must_change_password=True,
        password_until=now(session) + TEMPORARY_LASTS,
        roles=[UserRole(role=role) for role in sorted(said.roles)],
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError as error:
        raise Conflict("account_taken", field="account") from error
    record(session, "user.created", "user", made.id, **_rights(said))
    return made, password


def change(session: Session, ident: int, said: Person) -> User:
    """Change a person's particulars. Their sessions end when what they may do changes.

    Raises BadInput; Forbidden for one's own roles, place and standing.
    """
    user = person(session, ident)
    before, after = vars(_known(user)), vars(said)
    changed = sorted(name for name in after if after[name] != before[name])
    rights = RIGHTS.intersection(changed)
    if rights and ident == principal_of(session).id:
        raise Forbidden("admin.users", "not_oneself")
    if "roles" in rights:
        policy.check_roles(said.roles)
    user.name, user.phone, user.certificate_no = said.name, said.phone, said.certificate_no
    user.organisation, user.active = _organisation(session, said.organisation_id), said.active
    _check_free(session, said.extension, ident)
    user.extension = said.extension
    _hold(user, said.roles)
    session.flush()
    if rights:
        sessions.end_all(session, user.id)
    record(session, "user.changed", "user", ident, fields=changed, **_rights(said))
    return user


def reset_password(session: Session, ident: int) -> tuple[User, str]:
    """A temporary password; the person's sessions and trusted desks end. Raises Forbidden."""
    user = _another(session, ident)
    password = secret_values.temporary_password()
    user.password_hash = passwords.make(password)
    user.must_change_password = True
    user.password_until = now(session) + TEMPORARY_LASTS
    _start_afresh(session, user)
    record(session, "password.reset", "user", ident)
    return user, password


def reset_second_factor(session: Session, ident: int) -> None:
    """For a lost phone: the person enrols anew at the next sign-in. Raises Forbidden."""
    user = _another(session, ident)
    second_factor.remove(session, ident)
    _start_afresh(session, user)


def end_sessions(session: Session, ident: int) -> int:
    """Sign a person out everywhere; gives how many sessions that ended."""
    return sessions.end_all(session, person(session, ident).id)


def _another(session: Session, ident: int) -> User:
    if ident == principal_of(session).id:
        raise Forbidden("admin.users", "not_oneself")
    return person(session, ident)


def _start_afresh(session: Session, user: User) -> None:
    sessions.end_all(session, user.id)
    devices.distrust_all(session, user.id)
    attempts.forget_account(session, user.account)


def _organisation(session: Session, ident: int) -> Organisation:
    """Raises BadInput for one outside the administrator's jurisdiction."""
    found = session.get(Organisation, ident)
    if found is None or not principal_of(session).covers(found.path):
        raise BadInput("organisation_id", "not_found")
    return found


def _check_free(session: Session, extension: str, ident: int = 0) -> None:
    """Raises Conflict for a phone that somebody else has."""
    taken = select(User.id).where(User.extension == extension, User.id != ident)
    if extension and session.scalar(taken) is not None:
        raise Conflict("extension_taken", field="extension")


def _known(user: User) -> Person:
    return Person(
        user.name,
        user.organisation_id,
        frozenset(held.role for held in user.roles),
        user.phone,
        user.certificate_no,
        user.extension,
        user.active,
    )


def _rights(said: Person) -> dict[str, Any]:
    """What the audit tells: rights, never names and numbers."""
    return {
        "roles": sorted(said.roles),
        "organisation_id": said.organisation_id,
        "active": said.active,
    }


def _hold(user: User, roles: frozenset[str]) -> None:
    kept = [held for held in user.roles if held.role in roles]
    new = roles - {held.role for held in kept}
    user.roles = kept + [UserRole(role=role) for role in sorted(new)]
