"""Several cases at once: the joint plan against each case's nearest in turn."""

import itertools
import random
from dataclasses import replace

import pytest

from dispatch.recommendation.joint import Plans, Wanted, plan
from dispatch.recommendation.rank import Facts
from tests.factories.fleets import facts_of, fleet_of, slow_cost, slow_obstacle


def car(ident: int, seconds: float, **more: object) -> Facts:
    given = {"state": "FREE", "certified": 2, "crew": 2, "own_jurisdiction": True,
             "position_age_s": 5.0, "travel_seconds": seconds, **more}  # fmt: skip
    return Facts(ident, f"京A{ident:04}", **given)  # type: ignore[arg-type]


def wanted(*rows: tuple[float, ...], urgency: int = 0) -> list[Wanted]:
    """A case a row, a unit a column: seconds from the unit to the case."""
    return [
        Wanted(case, urgency, fleet_of([car(unit, seconds) for unit, seconds in enumerate(row, 1)]))
        for case, row in enumerate(rows, 1)
    ]


def who(plans: Plans) -> tuple[dict[int, int], dict[int, int]]:
    joint = {pair.case_id: pair.unit_id for pair in plans.joint}
    return joint, {pair.case_id: pair.unit_id for pair in plans.greedy}


def test_the_nearest_in_turn_leaves_the_last_one_a_long_way() -> None:
    plans = plan(wanted((100, 120), (110, 900)))
    assert who(plans) == ({1: 2, 2: 1}, {1: 1, 2: 2})
    assert plans.gain_seconds == pytest.approx(770)


def test_a_minute_of_the_graver_case_counts_for_more() -> None:
    first, second = wanted((100, 400), (100, 300))
    grave = [Wanted(first.case_id, 0, first.fleet), Wanted(second.case_id, 3, second.fleet)]
    assert who(plan(grave))[0] == {1: 2, 2: 1}
    assert who(plan(wanted((100, 400), (100, 300))))[0] == {1: 1, 2: 2}


def test_who_may_not_be_sent_is_in_no_plan() -> None:
    busy = [
        Wanted(1, 0, fleet_of([car(1, 10, state="ASSIGNED"), car(2, 500), car(3, 20, certified=1)]))
    ]
    assert who(plan(busy)) == ({1: 2}, {1: 2})


def test_more_cases_than_units_and_none_at_all() -> None:
    plans = plan(wanted((100,), (50,), (70,)))
    assert who(plans)[0] == {2: 1} and len(plans.greedy) == 1
    assert plan([]) == plan([Wanted(1, 0, fleet_of([]))]) == Plans((), ())


def test_where_units_are_few_the_graver_case_gets_one_however_far() -> None:
    (near,), (grave,) = wanted((100,)), wanted((2000,), urgency=2)
    plans = plan([near, replace(grave, case_id=2)])
    assert who(plans) == ({2: 1}, {2: 1})


def test_no_other_choice_is_better() -> None:
    """Against every permutation of small fleets."""
    source = random.Random(7)
    for _ in range(50):
        cases, units = source.randint(1, 4), source.randint(4, 5)
        rows = wanted(*[[source.uniform(60, 3000) for _ in range(units)] for _ in range(cases)])
        costs = [[slow_cost(f) for f in facts_of(one.fleet)] for one in rows]
        best = min(
            sum(costs[n][unit] for n, unit in enumerate(chosen))
            for chosen in itertools.permutations(range(units), cases)
        )
        found = plan(rows)
        assert sum(pair.seconds for pair in found.joint) == pytest.approx(best)
        assert found.gain_seconds >= -1e-6
        assert not any(slow_obstacle(f) for one in rows for f in facts_of(one.fleet))
