"""Reads: the conferences of a case, for whoever may know of them."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dispatch.conference.models import Conference, ConferenceParty
from dispatch.scope import within
from kernel.access import Principal
from kernel.errors import NotFound


def visible(session: Session, principal: Principal, conference_id: int) -> Conference:
    """Raises NotFound for one of another jurisdiction that the principal has no part in."""
    found = session.scalar(select(Conference).where(Conference.id == conference_id))
    if found is None or not _concerns(principal, found):
        raise NotFound("conference", conference_id)
    return found


def locked(session: Session, principal: Principal, conference_id: int) -> Conference:
    """The same under a row lock, as it is now."""
    lock(session, conference_id)
    return visible(session, principal, conference_id)


def lock(session: Session, conference_id: int) -> Conference:
    """The conference and its parties as they are now, under a row lock; raises NotFound."""
    found = session.scalar(
        select(Conference)
        .where(Conference.id == conference_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("conference", conference_id)
    return found


def of_case(session: Session, principal: Principal, case_id: int) -> Sequence[Conference]:
    """The newest first."""
    mine = Conference.parties.any(ConferenceParty.user_id == principal.id)
    wanted = select(Conference).where(
        Conference.case_id == case_id, or_(within(Conference.organisation_path, principal), mine)
    )
    return session.scalars(wanted.order_by(Conference.id.desc())).all()


def party(conference: Conference, party_id: int) -> ConferenceParty:
    """Raises NotFound."""
    for one in conference.parties:
        if one.id == party_id:
            return one
    raise NotFound("party", party_id)


def _concerns(principal: Principal, conference: Conference) -> bool:
    return principal.covers(conference.organisation_path) or any(
        one.user_id == principal.id for one in conference.parties
    )
