"""Several cases at once: who goes where so that all together wait the least. Pure.

Sending the nearest unit to each case in turn may leave the last one without any: the assignment
problem is solved for all (Kuhn–Munkres, `scipy.optimize.linear_sum_assignment`), and stands beside
the greedy choice as a proposal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from dispatch.recommendation.rank import Column, Fleet, costs, may_go

NOBODY = 1e7
"""Seconds that no real cost reaches: a pair that cannot be."""
WEIGHTS = (1.0, 2.0, 4.0, 8.0)
"""By urgency: a minute of a grave case counts for more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A case that waits for a unit; `fleet` in the same order of units for every case."""

    case_id: int
    urgency: int
    fleet: Fleet


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
    if not wanted or not wanted[0].fleet.unit_id:
        return Plans((), ())
    seconds = np.array([_possible(one.fleet) for one in wanted])
    weights = np.array([WEIGHTS[one.urgency] for one in wanted])[:, np.newaxis]
    # As many columns in which nobody goes: where units are few, the graver cases get them.
    nobody = np.full((len(wanted), len(wanted)), NOBODY)
    rows, columns = linear_sum_assignment(np.hstack([seconds, nobody]) * weights)
    best = ((row, unit) for row, unit in zip(rows.tolist(), columns.tolist(), strict=True)
            if unit < seconds.shape[1])  # fmt: skip
    return Plans(_pairs(wanted, seconds, best), _pairs(wanted, seconds, _greedy(wanted, seconds)))


def _possible(fleet: Fleet) -> Column:
    """What sending each unit costs, NOBODY where it may not be sent."""
    return np.where(may_go(fleet), costs(fleet), NOBODY)


def _greedy(wanted: Sequence[Wanted], seconds: Column) -> list[tuple[int, int]]:
    left, found = seconds.copy(), list[tuple[int, int]]()
    for row in sorted(range(len(wanted)), key=lambda n: (-wanted[n].urgency, n)):
        column = int(left[row].argmin())
        if left[row, column] < NOBODY:
            found.append((row, column))
            left[:, column] = NOBODY
    return sorted(found)


def _pairs(
    wanted: Sequence[Wanted], seconds: Column, chosen: Iterable[tuple[int, int]]
) -> tuple[Pair, ...]:
    return tuple(
        Pair(
            wanted[row].case_id,
            wanted[row].fleet.unit_id[column],
            wanted[row].fleet.name[column],
            float(seconds[row, column]),
        )
        for row, column in chosen
        if seconds[row, column] < NOBODY
    )
