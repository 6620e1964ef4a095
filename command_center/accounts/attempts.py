"""Limits on guessing: attempts are counted as failed before anybody looks at what was given."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from command_center.accounts.models import LoginFailure, User
from kernel.audit import AuditEntry, record
from kernel.clock import now
from kernel.db import apart
from kernel.errors import TooMany

WINDOW = timedelta(minutes=15)
LIMITED = "session.limited"
PER_ACCOUNT, PER_ADDRESS = 5, 50
PASSWORD, SECOND, CONFIRM, PROVIDER = "password", "second", "confirm", "provider"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody's try at an account; without a user the account is unknown or closed."""

    id: int
    user_id: int | None = None
    password_hash: str | None = None


def begin(session: Session, account: str, address: str, kind: str = PASSWORD) -> Attempt:
    """Count an attempt as failed; `forgive` takes it back.

    Raises TooMany after 5 failures of an account at this kind of proof, or 50 of an address at
    all kinds, within 15 minutes. Attempts at the same account, or from the same address, are
    counted one after the other.
    """
    _wait_for_turn(session, f"sign-in account {account}")
    _wait_for_turn(session, f"sign-in address {address}")
    _refuse_if_limited(session, account, address, kind)
    failure = LoginFailure(at=now(session), account=account, address=address, kind=kind)
    session.add(failure)
    session.flush()
    user = session.execute(
        select(User.id, User.password_hash).where(User.account == account, User.active)
    ).one_or_none()
    return Attempt(failure.id, *user) if user else Attempt(failure.id)


def forgive(session: Session, attempt: Attempt) -> None:
    """It was no failure after all."""
    session.execute(delete(LoginFailure).where(LoginFailure.id == attempt.id))


def forget_account(session: Session, account: str) -> None:
    """Open the account to new attempts, after its password or factor was set anew."""
    session.execute(delete(LoginFailure).where(LoginFailure.account == account))


def sweep(session: Session) -> None:
    """Forget failures that no longer count."""
    session.execute(delete(LoginFailure).where(LoginFailure.at <= now(session) - WINDOW))


def _wait_for_turn(session: Session, key: str) -> None:
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def _refuse_if_limited(session: Session, account: str, address: str, kind: str) -> None:
    since = now(session) - WINDOW
    failures = select(func.count()).select_from(LoginFailure).where(LoginFailure.at > since)
    of_kind = failures.where(LoginFailure.account == account, LoginFailure.kind == kind)
    by_account = session.scalar(of_kind) or 0
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
