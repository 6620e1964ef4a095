"""Signed-in browsers: opened, seen, proved anew, listed, ended. Nothing here commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from command_center.accounts import secret_values
from command_center.accounts.models import Challenge, LoginSession, User
from kernel.access import Principal, Role
from kernel.audit import record
from kernel.clock import now
from kernel.db import acting
from kernel.errors import NotFound, Unauthenticated

CHALLENGE_LASTS = timedelta(minutes=5)
SEEN_EVERY = timedelta(minutes=1)
"""How exactly we know when a session was last seen: one row is written this often at most."""
FORMER_LASTS = timedelta(seconds=60)
AGENT = 200


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a request came from, as far as it says."""

    address: str
    agent: str


def challenge(session: Session, user: User) -> str:
    """The first step is done: gives the token that the second one must carry."""
    token, moment = secret_values.token(), now(session)
    session.add(
        Challenge(
            token_hash=secret_values.print_of(token),
            user_id=user.id,
            created_at=moment,
            expires_at=moment + CHALLENGE_LASTS,
        )
    )
    return token


def challenged(session: Session, token: str) -> User:
    """Whose second step this is; raises Unauthenticated when it is too late."""
    held = session.get(Challenge, secret_values.print_of(token), with_for_update={"of": Challenge})
    if held is None or held.expires_at <= now(session) or not held.user.active:
        raise Unauthenticated("challenge_over")
    return held.user


def answer(session: Session, token: str) -> None:
    """The challenge has done its work."""
    session.execute(delete(Challenge).where(Challenge.token_hash == secret_values.print_of(token)))


def open_session(
    session: Session,
    user: User,
    hours: int,
    browser: Browser,
    *,
    how: str = "password",
    lacks_second_factor: bool = False,
) -> tuple[LoginSession, str]:
    """Start a session; gives it and the token for the cookie."""
    token, moment = secret_values.token(), now(session)
    opened = LoginSession(
        token_hash=secret_values.print_of(token),
        user=user,
        created_at=moment,
        expires_at=moment + timedelta(hours=hours),
        last_seen_at=moment,
        confirmed_at=moment,
        how=how,
        lacks_second_factor=lacks_second_factor,
        address=browser.address,
        agent=browser.agent[:AGENT],
    )
    session.add(opened)
    session.flush()
    with acting(session, _themselves(user)):
        record(session, "session.opened", "user", user.id, session_id=opened.id, how=how)
    return opened, token


def _themselves(user: User) -> Principal:
    """From here on it is they who act, at the door and with its rights."""
    return Principal(
        user.id,
        user.name,
        organisation_path=user.organisation.path,
        database_role=Role.DOOR,
    )


def find(session: Session, token: str, idle: timedelta) -> LoginSession | None:
    """The session behind a token, or None when it is unknown, over, idle too long or revoked."""
    held, moment = _of_token(session, token), now(session)
    if held is None or not held.user.active or held.expires_at <= moment:
        return None
    return held if moment - held.last_seen_at < idle else None


def _of_token(session: Session, token: str) -> LoginSession | None:
    print_ = secret_values.print_of(token)
    former = (LoginSession.former_hash == print_) & (
        LoginSession.confirmed_at > now(session) - FORMER_LASTS
    )
    return session.scalar(
        select(LoginSession).where(or_(LoginSession.token_hash == print_, former))
    )


def seen(session: Session, held: LoginSession, address: str) -> None:
    """Its person asked for something."""
    if now(session) - held.last_seen_at >= SEEN_EVERY:
        held.last_seen_at, held.address = now(session), address


def confirm(session: Session, ident: int, how: str) -> tuple[LoginSession, str]:
    """The person proved themselves anew: gives the session and its new token.

    Raises Unauthenticated when the session ended meanwhile.
    """
    held = session.scalar(
        select(LoginSession).where(LoginSession.id == ident).with_for_update(of=LoginSession)
    )
    if held is None:
        raise Unauthenticated
    token = secret_values.token()
    held.former_hash, held.token_hash = held.token_hash, secret_values.print_of(token)
    held.confirmed_at, held.how = now(session), how
    session.flush()
    record(session, "session.confirmed", "user", held.user_id, session_id=ident, how=how)
    return held, token


def enrolled(session: Session, user_id: int) -> None:
    """Whoever had to enrol has done so: their sessions open the house."""
    for held in of_user(session, user_id):
        held.lacks_second_factor = False


def forget(session: Session, token: str) -> None:
    """The browser that held this token signs in anew: its old session ends."""
    if token:
        print_ = secret_values.print_of(token)
        session.execute(delete(LoginSession).where(LoginSession.token_hash == print_))


def of_user(session: Session, user_id: int) -> Sequence[LoginSession]:
    """Live sessions, the last seen first."""
    return session.scalars(
        select(LoginSession)
        .where(LoginSession.user_id == user_id, LoginSession.expires_at > now(session))
        .order_by(LoginSession.last_seen_at.desc(), LoginSession.id.desc())
    ).all()


def end(session: Session, user_id: int, ident: int) -> None:
    """End one session of a person; raises NotFound."""
    gone = session.execute(
        delete(LoginSession)
        .where(LoginSession.id == ident, LoginSession.user_id == user_id)
        .returning(LoginSession.id)
    ).first()
    if gone is None:
        raise NotFound("session", ident)
    record(session, "session.ended", "user", user_id, session_id=ident)


def end_all(session: Session, user_id: int, but: int | None = None) -> int:
    """End a person's sessions and half-finished sign-ins; gives how many sessions were ended."""
    others = LoginSession.user_id == user_id
    if but is not None:
        others = others & (LoginSession.id != but)
    ended = session.scalars(delete(LoginSession).where(others).returning(LoginSession.id)).all()
    session.execute(delete(Challenge).where(Challenge.user_id == user_id))
    if ended:
        record(session, "sessions.ended", "user", user_id, count=len(ended))
    return len(ended)


def last_seen(session: Session, user_ids: Sequence[int]) -> dict[int, datetime]:
    """When each person who has a session was last seen."""
    rows = session.execute(
        select(LoginSession.user_id, LoginSession.last_seen_at)
        .where(LoginSession.user_id.in_(user_ids), LoginSession.expires_at > now(session))
        .order_by(LoginSession.last_seen_at)
    )
    return {user_id: at for user_id, at in rows}


def sweep(session: Session) -> None:
    """Forget what has ended."""
    session.execute(delete(LoginSession).where(LoginSession.expires_at <= now(session)))
    session.execute(delete(Challenge).where(Challenge.expires_at <= now(session)))
