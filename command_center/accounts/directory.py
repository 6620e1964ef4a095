"""People and organisations as dispatch asks for them: implements its port `Directory`."""

from collections.abc import Sequence

from geoalchemy2.shape import to_shape
from sqlalchemy.orm import Session

from command_center.accounts import queries
from command_center.accounts.models import Organisation, User
from command_center.accounts.roles import ROLES
from command_center.accounts.roster import queries as roster
from command_center.accounts.roster.models import Duty
from dispatch.numbers import sender
from dispatch.orders.authority import Approver
from dispatch.orders.ports import Branch, Contact, Officer
from kernel.access import Role
from kernel.db import carried_out_by

CALLERS = [role for role, held in ROLES.items() if "call.make" in held]
DUTY = ("CMD", "DEPUTY", "HEAD")
"""Roles of the duty list, the first to be called first."""


class StaffDirectory:
    """Reads the accounts; every method raises NotFound for what does not exist."""

    def branch(self, session: Session, organisation_id: int) -> Branch:
        return _branch(queries.organisation(session, organisation_id))

    def branches(self, session: Session, path: str) -> Sequence[Branch]:
        return [_branch(found) for found in queries.branches(session, path)]

    def contacts(self, session: Session, path: str) -> Sequence[Contact]:
        found = queries.branches(session, path, "sub_bureau", "branch")
        standing = roster.standing_at(session, [one.id for one in found])
        return [
            Contact(_branch(one), [_on_duty(duty) for duty in standing.get(one.id, ())])
            for one in found
        ]

    def branch_at(self, session: Session, lon: float, lat: float) -> Branch | None:
        found = queries.branch_at(session, lon, lat)
        return None if found is None else _branch(found)

    def approver(self, session: Session, user_id: int) -> Approver:
        user = queries.user(session, user_id)
        roles = frozenset(held.role for held in user.roles)
        return Approver(user.id, user.name, roles, user.organisation.path)

    def officer(self, session: Session, user_id: int) -> Officer:
        user = queries.user(session, user_id)
        return _officer(user)

    def commanders(self, session: Session, path: str) -> Sequence[Officer]:
        found = [one for post in DUTY for one in self._at(session, path, post)]
        return list({one.id: one for one in found}.values())

    def on_duty(self, session: Session, path: str, post: str) -> Sequence[Officer]:
        found = {one.user_id: one for one in roster.on_duty(session, path, post)}
        desks = queries.extensions_of(session, found)
        return [_on_duty(one, desks.get(ident, "")) for ident, one in found.items()]

    @carried_out_by(Role.HOUSE)
    def extensions(self, session: Session, path: str) -> Sequence[Officer]:
        found = queries.holders_above(session, path, CALLERS)
        return [_officer(one) for one in found if one.extension]

    def _at(self, session: Session, path: str, post: str) -> Sequence[Officer]:
        """Where the roster names nobody, everybody of the rank."""
        return self.on_duty(session, path, post) or [
            _officer(one) for one in queries.holders_above(session, path, [post])
        ]

    def numbers(self, session: Session) -> frozenset[str]:
        return frozenset(sender(phone) for phone in queries.phones(session)) - {""}

    def bureau_path(self, session: Session) -> str:
        return queries.root(session).path


def _on_duty(duty: Duty, extension: str = "") -> Officer:
    return Officer(duty.user_id, duty.name, duty.phone, False, extension)


def _officer(user: User) -> Officer:
    return Officer(user.id, user.name, user.phone, bool(user.certificate_no), user.extension)


def _branch(organisation: Organisation) -> Branch:
    point = to_shape(organisation.place).centroid if organisation.place is not None else None
    return Branch(
        organisation.id,
        organisation.name,
        organisation.kind,
        organisation.path,
        organisation.phone,
        organisation.fax,
        lat=point.y if point else None,
        lon=point.x if point else None,
    )
