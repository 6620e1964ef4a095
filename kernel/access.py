"""Who is asking: a principal with permissions and a place in the organisation tree."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kernel.errors import Forbidden

EVERYWHERE = "/"


class Role(StrEnum):
    """The roles of the database: a transaction runs as one of them and may do what that one may.

    What each may read and write stands in the schema's access rules.
    """

    LOGIN = "none"
    """Whoever the process signed in as: the owner for the operator's verbs, nobody for others."""
    PERSON = "cc_person"
    """Somebody signed in: sees what permissions, jurisdiction and the handling chain allow."""
    HOUSE = "cc_house"
    """Jobs, and what follows from an act that a person was allowed; sees no identity."""
    INTAKE = "cc_intake"
    """Registers submissions; writes identities, reads none."""
    SCREENING = "cc_screening"
    """Compares words with the person behind a case, so that they are refused."""
    STATISTICS = "cc_statistics"
    """Counts; no words, no people."""
    DOOR = "cc_door"
    """Signs people in and out."""
    CONSOLE = "cc_console"
    """Shows units and alarms to the desks."""
    ENGINES = "cc_engines"
    """Takes what the SMS and fax engines report."""
    INGEST = "cc_ingest"
    """Stores positions."""
    NUMBERS = "cc_numbers"
    """Knows the numbers of cases and orders, nothing else of them."""
    ARCHIVE = "cc_archive"
    """Carries out an approved destruction; opens nothing."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or a named system part. `organisation_path` is a chain of ids such as "/1/4/"."""

    id: int
    name: str
    roles: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()
    organisation_id: int | None = None
    organisation_path: str = ""
    database_role: Role = Role.PERSON
    session_id: str = ""
    """The signed-in session that asks; empty for a system part and for a partner's program."""
    confirmed_at: datetime | None = field(default=None, compare=False)
    """When the person last proved in this session who they are."""

    def can(self, permission: str) -> bool:
        return permission in self.permissions

    def require(self, *permissions: str) -> None:
        """Pass when one of the permissions is held; raises Forbidden otherwise."""
        if not any(p in self.permissions for p in permissions):
            raise Forbidden(" | ".join(permissions))

    def covers(self, path: str) -> bool:
        """True when the organisation at `path` lies in this principal's subtree."""
        return bool(self.organisation_path) and path.startswith(self.organisation_path)

    @property
    def is_system(self) -> bool:
        return self.id == 0


def system(name: str, *permissions: str, role: Role = Role.LOGIN) -> Principal:
    """A named part of the house that covers every organisation, with its role in the database."""
    return Principal(0, name, frozenset({"SYSTEM"}), frozenset(permissions), None, EVERYWHERE, role)
