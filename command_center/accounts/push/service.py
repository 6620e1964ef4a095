"""Browsers that want to be woken, and waking them. Nothing here commits."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import Session

from command_center.accounts.models import LoginSession, User, UserRole
from command_center.accounts.push import endpoints
from command_center.accounts.push.models import PushSubscription
from command_center.accounts.roles import ROLES
from kernel import jobs
from kernel.access import Principal, Role
from kernel.clock import now
from kernel.db import carried_out_by
from kernel.errors import BadInput, Conflict
from kernel.settings import Settings

PUSH = "accounts.push"
"""Job: {subscription_id}: say to one browser that there is something."""
READERS = tuple(role for role, may in ROLES.items() if "order.read" in may)
BRANCH = "branch"


def is_offered(settings: Settings, user: User, principal: Principal) -> bool:
    """Whether there is anything that this person would be woken for: as one of a crew, or of a
    branch that orders are addressed to.
    """
    at_branch = principal.can("order.read") and user.organisation.kind == BRANCH
    return bool(settings.push_hosts) and (principal.can("field.act") or at_branch)


def is_on(session: Session, session_id: int) -> bool:
    return session.scalar(select(exists().where(_of(session_id)))) or False


def subscribe(
    session: Session, settings: Settings, held: LoginSession, principal: Principal, endpoint: str
) -> None:
    """This browser is woken from now on, for whoever is signed in with it.

    Raises Conflict `push_not_offered`, BadInput for an address at no push service of ours.
    """
    if not is_offered(settings, held.user, principal):
        raise Conflict("push_not_offered")
    if not endpoints.is_allowed(settings, endpoint):
        raise BadInput("endpoint", "push_host_unknown")
    _forget_endpoint(session, endpoint)
    unsubscribe(session, held.id)
    made = PushSubscription(
        session_id=held.id, user_id=held.user_id, endpoint=endpoint, created_at=now(session)
    )
    session.add(made)
    session.flush()


def unsubscribe(session: Session, session_id: int) -> None:
    session.execute(delete(PushSubscription).where(_of(session_id)))


@carried_out_by(Role.HOUSE)
def _forget_endpoint(session: Session, endpoint: str) -> None:
    """The browser was somebody else's before: it holds one subscription, and so do we."""
    session.execute(delete(PushSubscription).where(PushSubscription.endpoint == endpoint))


class Waker:
    """Implements dispatch's port: a job for each signed-in browser that asked for it."""

    def crew(self, session: Session, user_ids: Sequence[int]) -> None:
        _wake(session, PushSubscription.user_id.in_(user_ids))

    def branch(self, session: Session, organisation_id: int) -> None:
        reads = User.roles.any(UserRole.role.in_(READERS))
        theirs = select(User.id).where(User.organisation_id == organisation_id, User.active, reads)
        _wake(session, PushSubscription.user_id.in_(theirs))


@carried_out_by(Role.HOUSE)
def _wake(session: Session, whose: ColumnElement[bool]) -> None:
    """A job for each act, and none is replaced: two orders would wait for each other's rows.

    Of several that wait the first says it for all (`Pusher.handle`).
    """
    live = PushSubscription.session_id == LoginSession.id
    wanted = select(PushSubscription.id).join(LoginSession, live)
    for ident in session.scalars(wanted.where(whose, LoginSession.expires_at > now(session))):
        jobs.enqueue(session, PUSH, {"subscription_id": ident})


def _of(session_id: int) -> ColumnElement[bool]:
    return PushSubscription.session_id == session_id
