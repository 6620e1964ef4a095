"""What a geocoding source is: a plugin that finds candidates for a query."""

from typing import Protocol

from sqlalchemy.orm import Session

from maps.geocoding.candidates import Candidate
from maps.geocoding.query import Query

OTHER_DISTRICT = 0.5
"""What a place is worth to someone who named another district."""


class Source(Protocol):
    """Finds candidates; its confidence is its own, as if it were the only source."""

    name: str

    def find(self, session: Session, query: Query) -> list[Candidate]:
        """The candidates for a query, in any order; empty when it knows none."""
        ...
