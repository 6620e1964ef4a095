"""What geocoding answers: candidates, each with its point, its level and its reasons."""

from dataclasses import dataclass

LEVELS = (
    "door", "point", "crossing", "landmark", "near", "street", "district", "unknown"
)  # fmt: skip
"""The finest first: a house's door, coordinates that were given, where two streets meet, a named
place, somewhere by a known place, a street, a district."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One place that a query may mean.

    `level` says what the point is (one of LEVELS; lat and lon are None for `unknown`),
    `confidence` (0..1) how likely the place is the one meant, `evidence` why, as machine words
    that the UI translates.
    """

    name: str | None
    address: str
    lat: float | None
    lon: float | None
    level: str
    confidence: float
    evidence: tuple[str, ...]
    source: str
    district: str = ""
    business_id: int | None = None
    credit_code: str | None = None
