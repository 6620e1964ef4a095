"""What a person does to their own account. Nothing here commits."""

from sqlalchemy.orm import Session

from command_center.accounts import attempts, devices, passwords, policy, second_factor, sessions
from command_center.accounts.attempts import Attempt
from command_center.accounts.models import LoginSession, User
from command_center.accounts.service import roles_of
from kernel.audit import record
from kernel.crypto import Vault
from kernel.db import principal_of
from kernel.errors import BadInput, Conflict, Forbidden, Unauthenticated
from kernel.settings import Settings


def accept_password(user: User, settings: Settings, new: str, old: str) -> str:
    """The hash of a password that the policy lets pass; raises BadInput."""
    if new == old:
        raise BadInput("password", "password_unchanged")
    policy.check_password(
        new, shortest=settings.shortest_password, about=(user.account, user.name, user.phone)
    )
    return passwords.make(new)


def change_password(
    session: Session, held: LoginSession, attempt: Attempt, password_hash: str
) -> str:
    """Keep the new hash, end the other sessions and desks; gives this session's new token.

    Raises Unauthenticated when the old password was changed meanwhile.
    """
    user = session.get(User, held.user_id, with_for_update={"of": User}, populate_existing=True)
    if user is None or user.password_hash != attempt.password_hash:
        raise Unauthenticated("bad_credentials")
    user.password_hash, user.must_change_password, user.password_until = password_hash, False, None
    attempts.forgive(session, attempt)
    sessions.end_all(session, user.id, but=held.id)
    devices.distrust_all(session, user.id)
    record(session, "password.changed", "user", user.id)
    confirmed, token = sessions.confirm(session, held.id, "password")
    # Who has the former token may be the reason for the new password.
    confirmed.former_hash = None
    return token


def enrol(session: Session, settings: Settings, user: User, code: str) -> list[str]:
    """Take the proposed second factor into use; gives the recovery codes. Raises BadInput."""
    codes = second_factor.enrol(session, Vault(settings.secret_key), user, code)
    devices.distrust_all(session, user.id)
    sessions.enrolled(session, user.id)
    return codes


def renew_recovery_codes(session: Session, user: User) -> list[str]:
    """Ten new codes; raises Conflict without a second factor that they could stand in for."""
    if not second_factor.is_enrolled(session, user.id):
        raise Conflict("no_second_factor")
    return second_factor.renew_recovery_codes(session, user)


def remove_second_factor(session: Session, settings: Settings, user: User) -> None:
    """Do without; raises Forbidden where the person's roles demand it."""
    if settings.demands_second_factor and policy.needs_second_factor(roles_of(user)):
        raise Forbidden(code="second_factor_demanded")
    second_factor.remove(session, principal_of(session).id)
    devices.distrust_all(session, user.id)
