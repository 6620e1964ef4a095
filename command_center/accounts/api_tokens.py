"""Partners' programs: named keys with scopes, for one organisation, until a date. Never commits."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.accounts import secret_values
from command_center.accounts.models import ApiToken, Organisation
from kernel.access import Principal
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import BadInput, NotFound

SCOPES = frozenset(
    {"case.create", "case.read", "order.read", "unit.read", "map.read", "stats.read"}
)
"""All that a program may be given: nothing that decides, reveals or administers."""
PREFIX = "cc_"
LONGEST = timedelta(days=366)
USED_EVERY = timedelta(minutes=1)


def create(
    session: Session, name: str, organisation_id: int, scopes: frozenset[str], until: datetime
) -> tuple[ApiToken, str]:
    """A new token and its text, which is shown this once. Raises BadInput."""
    organisation = session.get(Organisation, organisation_id)
    if organisation is None or not principal_of(session).covers(organisation.path):
        raise BadInput("organisation_id", "not_found")
    if not scopes or not scopes <= SCOPES:
        raise BadInput("scopes", "unknown_scope")
    if not now(session) < until <= now(session) + LONGEST:
        raise BadInput("expires_at", "token_expiry", days=LONGEST.days)
    text = PREFIX + secret_values.token()
    made = ApiToken(
        name=name,
        token_hash=secret_values.print_of(text),
        hint=text[:8],
        organisation_id=organisation_id,
        scopes=sorted(scopes),
        created_by=principal_of(session).id,
        created_at=now(session),
        expires_at=until,
    )
    session.add(made)
    session.flush()
    record(
        session, "token.created", "api_token", made.id,
        organisation_id=organisation_id, scopes=sorted(scopes), expires_at=until.isoformat(),
    )  # fmt: skip
    return made, text


def listed(session: Session) -> Sequence[ApiToken]:
    """Every token of the administrator's jurisdiction, the newest first."""
    return session.scalars(
        select(ApiToken)
        .join(ApiToken.organisation)
        .where(Organisation.path.startswith(principal_of(session).organisation_path))
        .order_by(ApiToken.id.desc())
    ).all()


def revoke(session: Session, ident: int) -> None:
    """It opens nothing from now on; raises NotFound."""
    held = session.get(ApiToken, ident)
    if held is None or not principal_of(session).covers(held.organisation.path):
        raise NotFound("token", ident)
    if held.revoked_at is None:
        held.revoked_at = now(session)
        record(session, "token.revoked", "api_token", ident)


def principal_behind(session: Session, text: str) -> Principal | None:
    """The partner behind a token; None when it is unknown, over or revoked.

    Its id is the token's, negative: it is nobody of the staff and no part of the system.
    """
    held = session.scalar(
        select(ApiToken).where(ApiToken.token_hash == secret_values.print_of(text))
    )
    moment = now(session)
    if held is None or held.revoked_at is not None or held.expires_at <= moment:
        return None
    if held.last_used_at is None or moment - held.last_used_at >= USED_EVERY:
        held.last_used_at = moment
    return Principal(
        -held.id,
        held.name,
        frozenset({"PARTNER"}),
        frozenset(held.scopes) & SCOPES,
        held.organisation_id,
        held.organisation.path,
    )
