"""Where a post stands empty and where two stand at it."""

from datetime import UTC, datetime

import pytest

from command_center.accounts.roster.coverage import Span, coverage


def at(hour: int) -> datetime:
    return datetime(2026, 9, 21 + hour // 24, hour % 24, tzinfo=UTC)


def spans(*hours: tuple[int, int]) -> list[Span]:
    return [(at(one), at(other)) for one, other in hours]


@pytest.mark.parametrize(
    ("duties", "gaps", "overlaps"),
    [
        ([], [(0, 24)], []),
        ([(0, 24)], [], []),
        ([(0, 8), (8, 16), (16, 24)], [], []),
        ([(8, 16)], [(0, 8), (16, 24)], []),
        ([(-2, 8), (7, 26)], [], [(7, 8)]),
        ([(0, 12), (6, 18), (10, 24)], [], [(6, 18)]),
        ([(0, 12), (12, 24), (12, 24)], [], [(12, 24)]),
    ],
)
def test_a_day(
    duties: list[tuple[int, int]], gaps: list[tuple[int, int]], overlaps: list[tuple[int, int]]
) -> None:
    found = coverage([(at(one + 24), at(other + 24)) for one, other in duties], at(24), at(48))
    shifted = [[(one + 24, other + 24) for one, other in part] for part in (gaps, overlaps)]
    assert [list(found.gaps), list(found.overlaps)] == [spans(*part) for part in shifted]
