"""Desks that their user trusts: a long-lived cookie that stands for the second factor."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from command_center.accounts import secret_values
from command_center.accounts.models import TrustedDevice
from command_center.accounts.sessions import AGENT, Browser
from kernel.audit import record
from kernel.clock import now
from kernel.errors import NotFound

PURPOSE = "device"


def trust(session: Session, secret: str, user_id: int, browser: Browser, days: int) -> str:
    """Trust this browser for this person; gives the cookie: a random value, signed for them."""
    token, moment = secret_values.token(), now(session)
    made = TrustedDevice(
        user_id=user_id,
        token_hash=secret_values.print_of(token),
        created_at=moment,
        expires_at=moment + timedelta(days=days),
        last_seen_at=moment,
        address=browser.address,
        agent=browser.agent[:AGENT],
    )
    session.add(made)
    session.flush()
    record(session, "device.trusted", "user", user_id, device=made.id)
    return f"{token}.{secret_values.sign(secret, PURPOSE, f'{user_id} {token}')}"


def is_trusted(session: Session, secret: str, user_id: int, cookie: str, browser: Browser) -> bool:
    """Whether the cookie is this person's own, not yet over and not revoked."""
    token, _, signature = cookie.partition(".")
    if not secret_values.fits(secret, PURPOSE, f"{user_id} {token}", signature):
        return False
    held = session.scalar(
        select(TrustedDevice).where(
            TrustedDevice.token_hash == secret_values.print_of(token),
            TrustedDevice.user_id == user_id,
            TrustedDevice.expires_at > now(session),
        )
    )
    if held is None:
        return False
    held.last_seen_at, held.address = now(session), browser.address
    return True


def of_user(session: Session, user_id: int) -> Sequence[TrustedDevice]:
    """The person's trusted desks, the last seen first."""
    return session.scalars(
        select(TrustedDevice)
        .where(TrustedDevice.user_id == user_id, TrustedDevice.expires_at > now(session))
        .order_by(TrustedDevice.last_seen_at.desc(), TrustedDevice.id.desc())
    ).all()


def distrust(session: Session, user_id: int, ident: int) -> None:
    """Trust one desk no longer; raises NotFound."""
    gone = session.execute(
        delete(TrustedDevice)
        .where(TrustedDevice.id == ident, TrustedDevice.user_id == user_id)
        .returning(TrustedDevice.id)
    ).first()
    if gone is None:
        raise NotFound("device", ident)
    record(session, "device.distrusted", "user", user_id, device=ident)


def distrust_all(session: Session, user_id: int) -> None:
    """After a changed password or factor every desk has to prove itself again."""
    session.execute(delete(TrustedDevice).where(TrustedDevice.user_id == user_id))


def sweep(session: Session) -> None:
    """Forget desks whose time is over."""
    session.execute(delete(TrustedDevice).where(TrustedDevice.expires_at <= now(session)))
