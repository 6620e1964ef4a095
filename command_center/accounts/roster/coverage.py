"""Where a post stands empty, and where two stand at it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Coverage:
    gaps: Sequence[Span]
    overlaps: Sequence[Span]


def coverage(duties: Iterable[Span], since: datetime, until: datetime) -> Coverage:
    """What of the period nobody covers, and what several do."""
    spans = [(max(one, since), min(other, until)) for one, other in duties]
    bounds = sorted({since, until, *(moment for span in spans for moment in span)})
    gaps, overlaps = list[Span](), list[Span]()
    for start, end in pairwise(bounds):
        people = sum(one <= start and end <= other for one, other in spans)
        if people != 1:
            _add(overlaps if people else gaps, start, end)
    return Coverage(gaps, overlaps)


def _add(found: list[Span], start: datetime, end: datetime) -> None:
    """One span where two meet."""
    if found and found[-1][1] == start:
        start = found.pop()[0]
    found.append((start, end))
