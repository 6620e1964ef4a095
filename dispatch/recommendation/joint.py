"""Several cases at once: who goes where so that all together wait the least. Pure.

Sending the nearest unit to each case in turn may leave the last one without any: the assignment
problem is solved for all (Kuhn–Munkres, `scipy.optimize.linear_sum_assignment`), and stands beside
the greedy choice as a proposal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from dispatch.recommendation.rank import Facts, cost, obstacle

NOBODY = 1e7
"""Seconds that no real cost reaches: a pair that cannot be."""
WEIGHTS = (1.0, 2.0, 4.0, 8.0)
"""By urgency: a minute of a grave case counts for more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A case that waits for a unit; `fleet` in the same order of units for every case."""

    case_id: int
    urgency: int
    fleet: Sequence[Facts]


@dataclass(frozen=True, slots=True)
class Pair:
    """Whom to send where; seconds until somebody stands at the door, as far as can be told."""

    case_id: int
    unit_id: int
    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Plans:
    """The best of all together, and each case's nearest in turn, the gravest first."""

    joint: tuple[Pair, ...]
    greedy: tuple[Pair, ...]

    @property
    def gain_seconds(self) -> float:
        """What the joint plan saves; meaningful where both send as many."""
        return sum(p.seconds for p in self.greedy) - sum(p.seconds for p in self.joint)


def plan(wanted: Sequence[Wanted]) -> Plans:
    """Both plans; a case for which there is no unit is in neither."""
    if not wanted or not wanted[0].fleet:
        return Plans((), ())
    costs = np.array([[_cost(facts) for facts in one.fleet] for one in wanted])
    weights = np.array([WEIGHTS[one.urgency] for one in wanted])[:, np.newaxis]
    rows, columns = linear_sum_assignment(costs * weights)
    best = zip(rows.tolist(), columns.tolist(), strict=True)
    return Plans(_pairs(wanted, costs, best), _pairs(wanted, costs, _greedy(wanted, costs)))


def _cost(facts: Facts) -> float:
    return NOBODY if obstacle(facts) else cost(facts)


def _greedy(wanted: Sequence[Wanted], costs: np.ndarray) -> list[tuple[int, int]]:
    left, found = costs.copy(), list[tuple[int, int]]()
    for row in sorted(range(len(wanted)), key=lambda n: (-wanted[n].urgency, n)):
        column = int(left[row].argmin())
        if left[row, column] < NOBODY:
            found.append((row, column))
            left[:, column] = NOBODY
    return sorted(found)


def _pairs(wanted: Sequence[Wanted], costs: np.ndarray, chosen: object) -> tuple[Pair, ...]:
    return tuple(
        Pair(
            wanted[row].case_id,
            wanted[row].fleet[column].unit_id,
            wanted[row].fleet[column].name,
            float(costs[row, column]),
        )
        for row, column in chosen  # type: ignore[attr-defined]
        if costs[row, column] < NOBODY
    )
