"""A person's second factor: enrolled with a code, proved with a code, replaced by a recovery code.

Secrets lie sealed under the installation's key, bound to their person. A code is good for one
proof: the last used step is kept under a row lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from command_center.accounts import secret_values, totp
from command_center.accounts.models import RecoveryCode, SecondFactor, User
from kernel.audit import record
from kernel.clock import now
from kernel.crypto import Broken, Vault
from kernel.errors import BadInput, Conflict
from kernel.log import get_logger

log = get_logger(__name__)
ISSUER = "12315 Command Center"
CODES = 10


@dataclass(frozen=True)
class Proposal:
    """What an authenticator needs; shown once, to its owner."""

    secret: str
    uri: str
    svg: str


def is_enrolled(session: Session, user_id: int) -> bool:
    held = session.get(SecondFactor, user_id)
    return held is not None and held.secret is not None


def enrolled_among(session: Session, user_ids: Sequence[int]) -> set[int]:
    """Who of these people has a second factor."""
    held = SecondFactor.user_id.in_(user_ids) & SecondFactor.secret.is_not(None)
    return set(session.scalars(select(SecondFactor.user_id).where(held)))


def propose(session: Session, vault: Vault, user: User) -> Proposal:
    """A new secret, which counts for nothing until `enrol` has seen a code made with it."""
    secret = totp.new_secret()
    held = _locked(session, user.id) or SecondFactor(user_id=user.id, last_step=0)
    held.proposed = vault.seal(secret.encode(), _bound_to(user.id))
    session.add(held)
    uri = totp.address(secret, user.account, ISSUER)
    return Proposal(secret, uri, totp.picture(uri))


def enrol(session: Session, vault: Vault, user: User, code: str) -> list[str]:
    """Take the proposed secret into use; gives the recovery codes. Raises BadInput."""
    held = _locked(session, user.id)
    if held is None or held.proposed is None:
        raise Conflict("no_second_factor_proposed")
    secret = vault.open(held.proposed, _bound_to(user.id)).decode()
    step = totp.step_of(secret, code, now(session), 0)
    if step is None:
        raise BadInput("code", "bad_code")
    held.secret, held.proposed, held.last_step = held.proposed, None, step
    held.enrolled_at = now(session)
    record(session, "second_factor.enrolled", "user", user.id)
    return renew_recovery_codes(session, user)


def renew_recovery_codes(session: Session, user: User) -> list[str]:
    """Ten new codes; the old ones are worth nothing from now on."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = [secret_values.recovery_code() for _ in range(CODES)]
    session.add_all(
        RecoveryCode(code_hash=secret_values.print_of(code), user_id=user.id) for code in codes
    )
    record(session, "recovery_codes.renewed", "user", user.id)
    return codes


def recovery_codes_left(session: Session, user_id: int) -> int:
    unused = (RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return session.scalar(select(func.count()).select_from(RecoveryCode).where(*unused)) or 0


def fits(session: Session, vault: Vault, user_id: int, code: str) -> bool:
    """Whether this is the person's code of the present half minute; it is used up by that."""
    held = _locked(session, user_id)
    if held is None or held.secret is None:
        return False
    try:
        secret = vault.open(held.secret, _bound_to(user_id)).decode()
    except Broken:
        log.error("second_factor_unreadable", user_id=user_id)
        return False
    step = totp.step_of(secret, code.replace(" ", ""), now(session), held.last_step)
    if step is None:
        return False
    held.last_step = step
    return True


def recovers(session: Session, user_id: int, code: str) -> bool:
    """Whether this is an unused recovery code of the person; it is used up by that."""
    spoken = code.strip().upper()
    held = session.get(RecoveryCode, secret_values.print_of(spoken), with_for_update=True)
    if held is None or held.user_id != user_id or held.used_at is not None:
        return False
    held.used_at = now(session)
    record(session, "recovery_code.used", "user", user_id)
    return True


def remove(session: Session, user_id: int) -> None:
    """Forget the secret and the recovery codes."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.execute(delete(SecondFactor).where(SecondFactor.user_id == user_id))
    record(session, "second_factor.removed", "user", user_id)


def _locked(session: Session, user_id: int) -> SecondFactor | None:
    return session.get(SecondFactor, user_id, with_for_update=True, populate_existing=True)


def _bound_to(user_id: int) -> bytes:
    return f"totp {user_id}".encode()
