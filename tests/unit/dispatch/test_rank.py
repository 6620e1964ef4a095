"""The ranking: facts in, order and reasons out."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.recommendation import rank as rank_module
from dispatch.recommendation.rank import Facts, Ranked, Ranking, Reason, needs_reason
from dispatch.units.lifecycle import STATES
from tests.factories.fleets import fleet_of, slow_cost, slow_obstacle

NEAR, FAR = 300.0, 900.0
I18N = Path(__file__).parents[3] / "static" / "src" / "i18n"


def unit(ident: int, **more: Any) -> Facts:
    given: dict[str, Any] = {
        "unit_id": ident,
        "name": f"京A{ident:04}",
        "state": "FREE",
        "certified": 2,
        "crew": 2,
        "own_jurisdiction": True,
        "position_age_s": 10,
        "travel_seconds": NEAR,
        "distance_m": 2000,
        "engine": "road",
        **more,
    }
    return Facts(**given)


def rank(units: Sequence[Facts]) -> Ranking:
    return Ranking(fleet_of(units))


def order_of(*units: Facts) -> list[int]:
    return [one.facts.unit_id for one in rank(units)]


def reasons(one: Ranked) -> list[str]:
    return [reason.code for reason in one.reasons]


def test_the_one_who_is_there_first_is_first() -> None:
    assert order_of(unit(1, travel_seconds=FAR), unit(2, travel_seconds=NEAR)) == [2, 1]


@pytest.mark.parametrize(
    ("worse", "why"),
    [
        ({"state": "RETURNING"}, "returning"),
        ({"own_jurisdiction": False}, "other_jurisdiction"),
        ({"position_age_s": 400}, "position_old"),
        ({"position_age_s": 1000}, "position_lost"),
        ({"position_age_s": None, "travel_seconds": None}, "no_position"),
    ],
)
def test_at_equal_distance_the_surer_unit_is_first(worse: dict[str, Any], why: str) -> None:
    ranked = rank([unit(1, **worse), unit(2)])
    assert [one.facts.unit_id for one in ranked] == [2, 1]
    assert why in reasons(ranked[1])
    assert ranked[1].eligible


def test_a_unit_of_another_branch_is_called_when_it_is_more_than_ten_minutes_nearer() -> None:
    foreign = unit(1, own_jurisdiction=False, travel_seconds=60)
    assert order_of(foreign, unit(2, travel_seconds=640)) == [2, 1]
    assert order_of(foreign, unit(2, travel_seconds=680)) == [1, 2]


@pytest.mark.parametrize(
    ("facts", "obstacle"),
    [
        ({"crew": 0, "certified": 0, "state": "OFF_DUTY"}, "no_crew"),
        ({"crew": 1, "certified": 1, "state": "OFF_DUTY"}, "crew_short"),
        ({"crew": 2, "certified": 1, "state": "OFF_DUTY"}, "crew_short"),
        ({"state": "OFF_DUTY"}, "off_duty"),
        ({"state": "OUT_OF_SERVICE"}, "out_of_service"),
        ({"state": "ASSIGNED", "order_no": "DD202609220001"}, "unit_taken"),
        ({"state": "HANDLING"}, "unit_taken"),
    ],
)
def test_who_cannot_be_sent_stands_last_and_says_why(facts: dict[str, Any], obstacle: str) -> None:
    ranked = rank([unit(1, travel_seconds=1, **facts), unit(2, travel_seconds=FAR)])
    assert [one.facts.unit_id for one in ranked] == [2, 1]
    assert (ranked[1].eligible, ranked[1].obstacle) == (False, obstacle)
    assert reasons(ranked[1])[0] == obstacle


def test_a_taken_unit_names_the_order_that_has_it() -> None:
    ranked = rank([unit(1, state="EN_ROUTE", order_no="DD202609220007")])
    assert ranked[0].reasons[0].params == {"order_no": "DD202609220007"}


def test_the_reasons_say_minutes_and_by_which_map() -> None:
    road, straight = rank([unit(1), unit(2, engine="straight", travel_seconds=601)])
    assert road.reasons[0].code == "travel_road"
    assert road.reasons[0].params == {"minutes": 5, "distance_m": 2000}
    assert straight.reasons[0].code == "travel_straight"


def test_equals_keep_a_stable_order() -> None:
    assert order_of(unit(3), unit(1), unit(2)) == [1, 2, 3]


def test_without_a_place_of_the_case_units_still_rank_by_what_is_known() -> None:
    there = {"travel_seconds": None}
    assert order_of(unit(1, own_jurisdiction=False, **there), unit(2, **there)) == [2, 1]


def test_nobody_to_rank_is_no_error() -> None:
    assert list(rank([])) == []


@pytest.mark.parametrize(
    ("chosen", "asks_why"),
    [({1}, False), ({2}, False), ({3}, True), ({1, 3}, True), ({1, 2, 3}, False), (set(), False)],
)
def test_passing_over_a_clearly_better_unit_asks_why(chosen: set[int], asks_why: bool) -> None:
    ranked = rank(
        [
            unit(1, travel_seconds=NEAR),
            unit(2, travel_seconds=NEAR + 50),
            unit(3, travel_seconds=FAR),
        ]
    )
    assert needs_reason(ranked, chosen) is asks_why


def test_a_unit_that_cannot_be_sent_is_not_passed_over() -> None:
    ranked = rank([unit(1, travel_seconds=1, state="HANDLING"), unit(2)])
    assert not needs_reason(ranked, {2})


def test_what_is_not_known_of_a_position_grows_with_its_age_and_the_last_speed() -> None:
    parked, driving = unit(1, speed_kmh=0.0), unit(2, speed_kmh=72.0)
    assert (parked.uncertainty_m, driving.uncertainty_m) == (30.0, 220.0)
    assert unit(3, position_age_s=None).uncertainty_m is None
    older = unit(4, speed_kmh=72.0, position_age_s=300)
    assert older.uncertainty_m == 6020.0
    assert order_of(older, unit(5, speed_kmh=0.0, position_age_s=300)) == [5, 4]


def test_a_branch_is_not_left_without_a_unit_for_a_few_minutes() -> None:
    last = unit(1, is_last=True, travel_seconds=NEAR)
    assert order_of(last, unit(2, travel_seconds=NEAR + 200)) == [2, 1]
    assert order_of(last, unit(2, travel_seconds=NEAR + 300)) == [1, 2]
    assert "last_of_branch" in reasons(rank([last])[0])


def test_a_crew_at_the_end_of_a_long_shift_is_spared() -> None:
    tired = unit(1, shift_hours=11.5)
    assert order_of(tired, unit(2, travel_seconds=NEAR + 200, shift_hours=9.9)) == [2, 1]
    assert Reason("long_on_duty", {"hours": 11}) in rank([tired])[0].reasons


def one_of(*given: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(given)


def number(most: float) -> st.SearchStrategy[float | None]:
    return st.none() | st.floats(0, most, allow_subnormal=False)


@given(
    st.lists(
        st.builds(
            Facts,
            unit_id=st.integers(1, 10**9),
            name=st.just("京A0001"),
            state=st.sampled_from(STATES),
            certified=st.integers(0, 3),
            crew=st.integers(0, 3),
            own_jurisdiction=st.booleans(),
            position_age_s=st.none() | one_of(0, 120, 120.5, 900, 900.5) | st.floats(-5, 4000),
            travel_seconds=number(7200),
            distance_m=number(90_000),
            engine=one_of("road", "straight"),
            order_no=one_of(None, "DD202609220001"),
            speed_kmh=number(120),
            shift_hours=number(14),
            is_last=st.booleans(),
            has=one_of((), ("seals",)),
            lacks=one_of((), ("sampling_kit",), ("sampling_kit", "cold_box")),
        ),
        max_size=12,
        unique_by=lambda facts: facts.unit_id,
    )
)
def test_by_columns_the_ranking_is_what_it_is_one_by_one(units: list[Facts]) -> None:
    slowly = sorted(units, key=lambda f: (slow_obstacle(f) is not None, slow_cost(f), f.unit_id))
    ranked = rank(units)
    assert [one.facts for one in ranked] == slowly
    assert [one.rank for one in ranked] == list(range(1, len(units) + 1))
    assert [one.obstacle for one in ranked] == [slow_obstacle(facts) for facts in slowly]
    assert [one.cost_seconds for one in ranked] == pytest.approx([slow_cost(f) for f in slowly])


def test_what_the_case_needs_and_the_unit_lacks_has_to_be_brought() -> None:
    equipped = unit(1, travel_seconds=NEAR + 250, has=("food_kit",))
    bare = unit(2, lacks=("food_kit",))
    ranked = rank([equipped, bare])
    assert [one.facts.unit_id for one in ranked] == [1, 2]
    assert Reason("has_equipment", {"codes": ["food_kit"]}) in ranked[0].reasons
    assert Reason("lacks_equipment", {"codes": ["food_kit"]}) in ranked[1].reasons
    assert ranked[1].eligible, "it may go all the same"
    assert order_of(unit(1, travel_seconds=NEAR + 350, has=("food_kit",)), bare) == [2, 1]


def test_every_reason_has_words_in_both_languages() -> None:
    codes = set(
        re.findall(r'(?:Reason\(|return )"(\w+)"', Path(rank_module.__file__).read_text("utf-8"))
    )
    assert {"last_of_branch", "long_on_duty", "no_crew"} <= codes
    for lang in ("zh", "en"):
        told = (I18N / lang / "dispatch.ts").read_text("utf-8")
        assert not {code for code in codes if f"      {code}: " not in told}
