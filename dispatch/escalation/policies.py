"""The bureau's policies: which one holds, writing a new version, signing it. Nothing here commits.

A policy of an organisation holds for all below it that have none of their own. What a version says
is never changed: orders name the version by which they went out.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from dispatch.escalation.models import PolicyVersion
from dispatch.escalation.policy import HOUSE, UNIT, Policy
from kernel.access import Role
from kernel.audit import record
from kernel.clock import now
from kernel.db import carried_out_by, principal_of
from kernel.errors import Conflict, Forbidden, NotFound

_COLUMNS = ("urgency", "id", "version", "signed")
"""Of a Policy; everything else of it is the version's content."""


@carried_out_by(Role.HOUSE)
def effective(session: Session, path: str, urgency: int) -> Policy:
    """The policy for a case of that urgency at the organisation with that path."""
    nearest = (
        select(PolicyVersion)
        .where(
            PolicyVersion.urgency == urgency,
            PolicyVersion.replaced_at.is_(None),
            func.starts_with(literal(path), PolicyVersion.organisation_path),
        )
        .order_by(func.length(PolicyVersion.organisation_path).desc())
        .limit(1)
    )
    found = session.scalar(nearest)
    return HOUSE[urgency] if found is None else policy_of(found)


def current(session: Session) -> Sequence[PolicyVersion]:
    """The current versions that the principal may see, by organisation and urgency."""
    wanted = select(PolicyVersion).where(PolicyVersion.replaced_at.is_(None))
    order = PolicyVersion.organisation_path, PolicyVersion.urgency
    return session.scalars(wanted.order_by(*order)).all()


def policy_of(version: PolicyVersion) -> Policy:
    kept = {**version.content, "urgency": version.urgency, "id": version.id}
    return Policy.from_json(
        {**kept, "version": version.version, "signed": version.signed_at is not None}
    )


def write(session: Session, path: str, policy: Policy, *, based_on: int) -> PolicyVersion:
    """Make this the policy of the organisation at `path`, unsigned, in place of its former one.

    Raises BadInput, Forbidden outside the principal's jurisdiction, and Conflict
    `policy_changed` where the current version is not `based_on`, the one that was edited (0: none).
    """
    policy.check()
    principal = principal_of(session)
    if not principal.covers(path):
        raise Forbidden("policy.edit", code="outside_jurisdiction")
    former = session.scalar(_of(path, policy.urgency).with_for_update())
    if (former.version if former else 0) != based_on:
        raise Conflict("policy_changed")
    if former is not None:
        former.replaced_at = now(session)
        session.flush()
    version = PolicyVersion(
        organisation_path=path,
        urgency=policy.urgency,
        version=based_on + 1,
        content=_content(policy),
        created_at=now(session),
        created_by=principal.id,
        created_by_name=principal.name,
    )
    session.add(version)
    session.flush()
    record(session, "policy.written", "policy", version.id, urgency=policy.urgency, path=path)
    return version


def sign(session: Session, policy_id: int) -> PolicyVersion:
    """Let it send another unit by itself; nobody signs what they wrote.

    Raises NotFound, Forbidden `own_policy`, Conflict `policy_changed` for a replaced version,
    `nothing_to_sign` for one that sends no other unit.
    """
    principal = principal_of(session)
    wanted = select(PolicyVersion).where(PolicyVersion.id == policy_id).with_for_update()
    version = session.scalar(wanted)
    if version is None or not principal.covers(version.organisation_path):
        raise NotFound("policy", policy_id)
    if version.replaced_at is not None:
        raise Conflict("policy_changed")
    if version.created_by == principal.id:
        raise Forbidden("policy.sign", code="own_policy")
    if all(step.act != UNIT for step in policy_of(version).steps):
        raise Conflict("nothing_to_sign")
    if version.signed_at is None:
        version.signed_at, version.signed_by = now(session), principal.id
        version.signed_by_name = principal.name
        record(session, "policy.signed", "policy", version.id)
    return version


def _of(path: str, urgency: int) -> Any:
    return select(PolicyVersion).where(
        PolicyVersion.organisation_path == path,
        PolicyVersion.urgency == urgency,
        PolicyVersion.replaced_at.is_(None),
    )


def _content(policy: Policy) -> dict[str, Any]:
    return {name: kept for name, kept in policy.as_json().items() if name not in _COLUMNS}
