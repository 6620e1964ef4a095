"""Signing in, and turning a session into a kernel Principal. Nothing here commits."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.accounts import (
    attempts,
    devices,
    passwords,
    policy,
    second_factor,
    secret_values,
    sessions,
)
from command_center.accounts.attempts import Attempt
from command_center.accounts.models import LoginSession, Organisation, User, UserRole
from command_center.accounts.roles import permissions
from command_center.accounts.sessions import Browser
from kernel.access import Principal
from kernel.audit import record
from kernel.clock import now
from kernel.crypto import Vault
from kernel.errors import BadInput, Unauthenticated
from kernel.settings import Settings


@dataclass(frozen=True, slots=True)
class Entry:
    """What a proof of identity gave: a session with its token, or a challenge for a second step."""

    user: User
    opened: LoginSession | None
    token: str


def csrf_token(secret: str, session_id: int) -> str:
    """The token that unsafe requests of this session carry in X-CSRF-Token."""
    return secret_values.sign(secret, "csrf", str(session_id))


def roles_of(user: User) -> frozenset[str]:
    return frozenset(held.role for held in user.roles)


def principal(user: User, held: LoginSession | None = None) -> Principal:
    """The user as the kernel sees them, in this session."""
    roles = roles_of(user)
    return Principal(
        user.id,
        user.name,
        roles,
        permissions(roles),
        user.organisation_id,
        user.organisation.path,
        session_id=str(held.id) if held else "",
        confirmed_at=held.confirmed_at if held else None,
    )


def recognise(session: Session, attempt: Attempt) -> User:
    """Whoever knew the password; the attempt counts as a failure no longer.

    Raises Unauthenticated when the account was closed or its password changed meanwhile, and when
    the password was a temporary one whose time is over.
    """
    user = session.scalar(
        select(User).where(
            User.id == attempt.user_id, User.password_hash == attempt.password_hash, User.active
        )
    )
    if user is None:
        raise Unauthenticated("bad_credentials")
    if user.password_until is not None and user.password_until <= now(session):
        raise Unauthenticated("temporary_password_over")
    attempts.forgive(session, attempt)
    return user


def enter(
    session: Session,
    settings: Settings,
    user: User,
    browser: Browser,
    *,
    how: str = "password",
    device: str = "",
    strong: bool = False,
) -> Entry:
    """Let a recognised person in, or challenge them for their second factor.

    A provider that proved two factors itself (`strong`) and a trusted desk skip the challenge.
    """
    enrolled = second_factor.is_enrolled(session, user.id)
    trusted = enrolled and devices.is_trusted(
        session, settings.secret_key, user.id, device, browser
    )
    if enrolled and not trusted and not strong:
        return Entry(user, None, sessions.challenge(session, user))
    lacks = (
        settings.demands_second_factor
        and policy.needs_second_factor(roles_of(user))
        and not enrolled
        and not strong
    )
    opened, token = sessions.open_session(
        session,
        user,
        settings.session_hours,
        browser,
        how="device" if trusted else how,
        lacks_second_factor=lacks,
    )
    return Entry(user, opened, token)


def second_step(
    session: Session,
    settings: Settings,
    challenge: str,
    attempt: Attempt,
    code: str,
    browser: Browser,
) -> Entry:
    """Finish a sign-in with a code or a recovery code; raises Unauthenticated."""
    user = sessions.challenged(session, challenge)
    vault = Vault(settings.secret_key)
    if second_factor.fits(session, vault, user.id, code):
        how = "totp"
    elif second_factor.recovers(session, user.id, code):
        how = "recovery"
    else:
        raise Unauthenticated("bad_code")
    attempts.forgive(session, attempt)
    sessions.answer(session, challenge)
    opened, token = sessions.open_session(session, user, settings.session_hours, browser, how=how)
    return Entry(user, opened, token)


def sweep(session: Session) -> None:
    """Forget sessions, challenges and desks that have ended and failures that no longer count."""
    sessions.sweep(session)
    devices.sweep(session)
    attempts.sweep(session)


def create_organisation(
    session: Session, *, parent: Organisation | None, **fields: object
) -> Organisation:
    """Add an organisation under `parent`; its path is made from its id."""
    made = Organisation(parent_id=parent.id if parent else None, path="", **fields)
    session.add(made)
    session.flush()
    made.path = f"{parent.path if parent else '/'}{made.id}/"
    record(session, "organisation.created", "organisation", made.id, kind=made.kind)
    return made


def create_user(
    session: Session, *, password: str, roles: frozenset[str], **fields: object
) -> User:
    """Add a member of staff; raises BadInput for a password under 8 characters."""
    if len(password) < 8:
        raise BadInput("password", "too_short", minimum=8)
    user = User(
        password_hash=passwords.make(password),
        roles=[UserRole(role=role) for role in sorted(roles)],
        **fields,
    )
    session.add(user)
    session.flush()
    record(session, "user.created", "user", user.id, granted=sorted(roles))
    return user
