"""Who is asking: a principal with permissions and a place in the organisation tree."""

from dataclasses import dataclass, field
from datetime import datetime

from kernel.errors import Forbidden

EVERYWHERE = "/"


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or a named system part. `organisation_path` is a chain of ids such as "/1/4/"."""

    id: int
    name: str
    roles: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()
    organisation_id: int | None = None
    organisation_path: str = ""
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


def system(name: str, *permissions: str) -> Principal:
    """A named system principal (worker, listener, command line) that covers every organisation."""
    return Principal(0, name, frozenset({"SYSTEM"}), frozenset(permissions), None, EVERYWHERE)
