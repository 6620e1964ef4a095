"""What orders ask of the floor above; implemented there, handed in by the wiring."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from dispatch.orders.authority import Approver
from dispatch.orders.brief import OrderBrief

BRANCH = "branch"
"""The kind of a market-supervision branch."""
STATION = "station"
"""The kind of a business's own service station (消费维权服务站): it can never receive an order."""


@dataclass(frozen=True, slots=True)
class Branch:
    """An organisation as a recipient; `lat`, `lon` WGS-84 degrees."""

    id: int
    name: str
    kind: str
    path: str
    phone: str = ""
    fax: str = ""
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class Officer:
    """A member of staff who may stand on a unit's crew."""

    id: int
    name: str
    phone: str
    certified: bool
    extension: str = ""
    """Their phone at the exchange, where they have one."""


@dataclass(frozen=True, slots=True)
class Contact:
    """An organisation that can be called now, and who stands on duty there."""

    branch: Branch
    on_duty: Sequence[Officer] = ()


class Directory(Protocol):
    """People and organisations. Every method raises NotFound for what does not exist."""

    def branch(self, session: Session, organisation_id: int) -> Branch: ...

    def branches(self, session: Session, path: str) -> Sequence[Branch]:
        """The branches in the subtree; never stations."""
        ...

    def contacts(self, session: Session, path: str) -> Sequence[Contact]:
        """Sub-bureaus and branches in the subtree (SPEC §5, 快速出击); of the roster only what the
        principal may read.
        """
        ...

    def branch_at(self, session: Session, lon: float, lat: float) -> Branch | None:
        """The branch in whose jurisdiction the point lies."""
        ...

    def approver(self, session: Session, user_id: int) -> Approver: ...

    def officer(self, session: Session, user_id: int) -> Officer: ...

    def commanders(self, session: Session, path: str) -> Sequence[Officer]:
        """The duty list: whoever commands what happens at `path`, the nearest rank first.

        Of a rank those whom the roster puts on duty; where it names nobody, all who hold it.
        """
        ...

    def on_duty(self, session: Session, path: str, post: str) -> Sequence[Officer]:
        """Whom the roster puts at that rung of the ladder now, the nearest organisation first."""
        ...

    def extensions(self, session: Session, path: str) -> Sequence[Officer]:
        """Who has a phone at the exchange and may take a call about what happens at `path`."""
        ...

    def numbers(self, session: Session) -> frozenset[str]:
        """The phones of all branches and officers, and the branches' fax machines, as
        `dispatch.numbers.sender` gives them.
        """
        ...

    def bureau_path(self, session: Session) -> str:
        """The path of the whole bureau, for what belongs to no branch."""
        ...


class Waker(Protocol):
    """Rouses people whose page may be closed. It says that there is something, never what.

    In the caller's transaction; what follows is a job.
    """

    def crew(self, session: Session, user_ids: Sequence[int]) -> None: ...

    def branch(self, session: Session, organisation_id: int) -> None:
        """Its own people who may read orders; of no organisation below it."""
        ...


class CaseGate(Protocol):
    """The case behind an order, seen through a slit."""

    def brief(self, session: Session, case_id: int) -> OrderBrief:
        """The masked brief; raises NotFound for a case the principal may not see."""
        ...

    def refuse_person(self, session: Session, case_id: int, texts: dict[str, str]) -> None:
        """Raises BadInput naming the first text that gives a report's informant away."""
        ...

    def caller_number(self, session: Session, case_id: int) -> str:
        """The number of whoever stands behind the case, for the exchange alone; empty where none
        was left. Raises NotFound.
        """
        ...

    def place_hold(self, session: Session, case_id: int, order_id: int) -> None:
        """The case cannot be closed while this order is open; raises Conflict for a closed one."""
        ...

    def release_hold(self, session: Session, case_id: int, order_id: int) -> None: ...
