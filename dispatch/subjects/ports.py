"""What is asked of a registration authority; implemented above, chosen by the wiring."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Protocol

FOUND, NOT_FOUND, TIMEOUT, UNAVAILABLE = "found", "not_found", "timeout", "unavailable"
OUTCOMES = (FOUND, NOT_FOUND, TIMEOUT, UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Asked:
    """The business that is meant: by its credit code where it has one, else by its name."""

    credit_code: str
    name: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What officers want to know of a business (SPEC §3.4)."""

    name: str = ""
    credit_code: str = ""
    address: str = ""
    phone: str = ""
    legal_representative: str = ""
    scope: str = ""
    promises: str = ""
    service_standards: str = ""

    def as_json(self) -> Mapping[str, str]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking. `fetched_at` is since when the source knows it so."""

    outcome: str
    source: str
    fetched_at: datetime | None = None
    facts: Facts = field(default_factory=Facts)


class Registry(Protocol):
    """A registration authority's data. Never raises: no answer is an answer as well.

    Asked outside of any transaction: an authority may take seconds.
    """

    def find(self, asked: Asked) -> Answer: ...
