"""Signing in and out, and turning a session into a kernel Principal. Nothing here commits."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from command_center.accounts import passwords
from command_center.accounts.models import LoginFailure, LoginSession, Organisation, User, UserRole
from command_center.accounts.roles import permissions
from kernel.access import Principal
from kernel.audit import AuditEntry, record
from kernel.clock import now
from kernel.db import apart, principal_of
from kernel.errors import BadInput, TooMany, Unauthenticated

WINDOW = timedelta(minutes=15)
PER_ACCOUNT, PER_ADDRESS = 5, 50
LIMITED = "session.limited"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody's try at an account; without a user the account is unknown or closed."""

    id: int
    user_id: int | None = None
    password_hash: str | None = None


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def csrf_token(secret: str, token: str) -> str:
    """The token that unsafe requests of this session carry in X-CSRF-Token."""
    return hmac.new(secret.encode(), b"csrf" + token.encode(), hashlib.sha256).hexdigest()


def principal(user: User) -> Principal:
    """The user as the kernel sees them."""
    roles = frozenset(held.role for held in user.roles)
    return Principal(
        user.id, user.name, roles, permissions(roles), user.organisation_id, user.organisation.path
    )


def begin_attempt(session: Session, account: str, address: str) -> Attempt:
    """Count an attempt as failed before anybody looks at its password; `admit` takes it back.

    Raises TooMany after 5 failures of an account or 50 of an address within 15 minutes. Attempts
    at the same account, or from the same address, are counted one after the other.
    """
    _wait_for_turn(session, f"sign-in account {account}")
    _wait_for_turn(session, f"sign-in address {address}")
    _refuse_if_limited(session, account, address)
    failure = LoginFailure(at=now(session), account=account, address=address)
    session.add(failure)
    session.flush()
    user = session.execute(
        select(User.id, User.password_hash).where(User.account == account, User.active)
    ).one_or_none()
    return Attempt(failure.id, *user) if user else Attempt(failure.id)


def _wait_for_turn(session: Session, key: str) -> None:
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def _refuse_if_limited(session: Session, account: str, address: str) -> None:
    since = now(session) - WINDOW
    failures = select(func.count()).select_from(LoginFailure).where(LoginFailure.at > since)
    by_account = session.scalar(failures.where(LoginFailure.account == account)) or 0
    by_address = session.scalar(failures.where(LoginFailure.address == address)) or 0
    if by_account >= PER_ACCOUNT or by_address >= PER_ADDRESS:
        _note_limit(session, account)
        raise TooMany("account_locked")


def _note_limit(session: Session, account: str) -> None:
    """Somebody tries a member of staff's password again and again: the auditor shall know, once
    a window. What is typed into the field of an account that nobody has is not kept."""
    found = session.scalar(select(User.id).where(User.account == account))
    since = now(session) - WINDOW
    told = select(AuditEntry.id).where(
        AuditEntry.action == LIMITED, AuditEntry.object_id == str(found), AuditEntry.at > since
    )
    if found is not None and session.scalar(told.limit(1)) is None:
        with apart(session) as own:
            record(own, LIMITED, "user", found, alert=True)


def admit(session: Session, attempt: Attempt, hours: int) -> tuple[User, str]:
    """Start a session for whoever knew the password: the user, and the token for the cookie.

    Raises Unauthenticated when the account was closed or its password changed meanwhile.
    """
    user = session.scalar(
        select(User).where(
            User.id == attempt.user_id, User.password_hash == attempt.password_hash, User.active
        )
    )
    if user is None:
        raise Unauthenticated("bad_credentials")
    session.execute(delete(LoginFailure).where(LoginFailure.id == attempt.id))
    return user, open_session(session, user, hours)


def open_session(session: Session, user: User, hours: int) -> str:
    """Start a session; gives the token for the cookie."""
    token, moment = secrets.token_urlsafe(32), now(session)
    session.add(
        LoginSession(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=moment,
            expires_at=moment + timedelta(hours=hours),
        )
    )
    record(session, "session.opened", "user", user.id)
    return token


def close_session(session: Session, token: str) -> None:
    """End the session of whoever asks."""
    record(session, "session.closed", "user", principal_of(session).id)
    session.execute(delete(LoginSession).where(LoginSession.token_hash == token_hash(token)))


def sweep(session: Session) -> None:
    """Forget sessions that have ended and failures that no longer count."""
    session.execute(delete(LoginSession).where(LoginSession.expires_at <= now(session)))
    session.execute(delete(LoginFailure).where(LoginFailure.at <= now(session) - WINDOW))


def user_of(session: Session, token: str) -> User | None:
    """The user behind a session token, or None when it is unknown, expired or revoked."""
    held = session.get(LoginSession, token_hash(token))
    if held is None or held.expires_at <= now(session) or not held.user.active:
        return None
    return held.user


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
