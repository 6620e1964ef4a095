"""What the officers' phones need of other rooms; handed in by the wiring."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from dispatch.field.inspection import InspectionIn, Record


@dataclass(frozen=True, slots=True)
class PhoneFix:
    """Where a phone says it is: WGS-84 degrees, metres, km/h, degrees from north, UTC."""

    lat: float
    lon: float
    at: datetime
    accuracy_m: float | None = None
    speed_kmh: float | None = None
    course: float | None = None


class Evidence(Protocol):
    """Where photos go: into the case's file."""

    def add(
        self,
        session: Session,
        *,
        case_id: int,
        order_id: int,
        name: str,
        media_type: str,
        data: bytes,
        user_id: int,
    ) -> int:
        """The attachment's id; raises BadInput for a file that is not what it says."""
        ...


@dataclass(frozen=True, slots=True)
class Filed:
    """A finished record in the case's file; nothing changes it any more."""

    id: int
    number: str
    version: int
    replaces_id: int | None
    digest: str
    filed_at: datetime
    filed_by: str
    record: Record
    """Its words, with the party's ID number masked."""


class Inspections(Protocol):
    """Where records of inspections go; the caller has shown that the order is theirs."""

    def file(
        self,
        session: Session,
        told: InspectionIn,
        *,
        case_id: int,
        order_id: int,
        assignment_id: int,
    ) -> Filed:
        """Seal, number and file it, once. Raises BadInput, NotFound, Conflict."""
        ...

    def of(self, session: Session, assignment_id: int) -> list[Filed]:
        """Those of one assignment, the newest first."""
        ...


class PositionSink(Protocol):
    """Takes positions of phones as those of any other terminal."""

    def terminal(self, session: Session, user_id: int, name: str) -> int:
        """The id of the officer's phone as a terminal, registered on first use."""
        ...

    def accept(self, session: Session, terminal_id: int, fix: PhoneFix) -> None: ...
