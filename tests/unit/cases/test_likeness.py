"""When two cases are about the same thing, why, and what hangs together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from command_center.cases.likeness import ALIKE, Facts, alike, categories, reasons, stars

CAME = datetime(2026, 9, 1, tzinfo=UTC)
MONTH = timedelta(days=30)
SHOP = (116.43, 39.92)
METRES_NORTH = 1 / 111_132
CODE = "911101010000000001"
FACTS = Facts(
    kind="TS",
    received_at=CAME,
    business_id=7,
    name="老王饭店",
    point=SHOP,
    categories=frozenset({"object_code:food"}),
    words="在该店吃饭后发现羊肉变质，要求退款。",
)
OTHER: dict[str, Any] = {
    "business_id": None, "name": "小李超市", "categories": frozenset({"object_code:medicine"}),
    "words": "药盒上没有生产日期。",
}  # fmt: skip
"""Another shop, another trade, other words; the same spot, the same week."""


def north(metres: float) -> tuple[float, float]:
    return SHOP[0], SHOP[1] + metres * METRES_NORTH


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "subject place category text"),
        (OTHER, ""),
        # The subject by itself, however it is known.
        ({**OTHER, "business_id": 7, "point": None}, "subject"),
        ({**OTHER, "business_id": 7, "point": north(900)}, "subject"),
        ({**OTHER, "name": "老王饭店", "point": north(200)}, "subject"),
        ({**OTHER, "name": "（老王）饭店 ", "point": north(200)}, "subject"),
        # A name that stands elsewhere, or nobody knows where; a chain's shop across the town.
        ({**OTHER, "name": "老王饭店", "point": north(400)}, ""),
        ({**OTHER, "name": "老王饭店", "point": None}, ""),
        ({**OTHER, "business_id": 7, "point": north(1100)}, ""),
        ({"business_id": 8}, "place category text"),
        # The place, with something besides.
        ({**OTHER, "categories": FACTS.categories}, "place category"),
        ({**OTHER, "categories": FACTS.categories, "point": north(59)}, "place category"),
        ({**OTHER, "categories": FACTS.categories, "point": north(61)}, ""),
        ({**OTHER, "words": "吃饭后发现羊肉变质，要求退款"}, "place text"),
        ({**OTHER, "point": None, "words": FACTS.words, "categories": FACTS.categories}, ""),
        # Too long ago.
        ({"received_at": CAME - MONTH}, "subject place category text"),
        ({"received_at": CAME - 1.01 * MONTH}, ""),
    ],
)  # fmt: skip
def test_two_cases_are_linked(change: dict[str, Any], expected: str) -> None:
    other = replace(FACTS, **change)
    assert reasons(FACTS, other, MONTH) == frozenset(expected.split())
    assert reasons(other, FACTS, MONTH) == frozenset(expected.split())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (OTHER, "place phone"),
        ({**OTHER, "business_id": 7, "point": None}, "subject phone"),
        ({**OTHER, "point": None}, ""),
        ({**OTHER, "point": None, "words": FACTS.words, "categories": FACTS.categories}, ""),
    ],
)
def test_a_phone_counts_where_subject_or_place_is_the_same(
    change: dict[str, Any], expected: str
) -> None:
    found = reasons(FACTS, replace(FACTS, **change), MONTH, same_phone=True)
    assert found == frozenset(expected.split())


@pytest.mark.parametrize("kinds", [("JB", "TS"), ("TS", "JB"), ("JB", "JB")])
def test_a_report_takes_part_by_subject_place_and_category_alone(kinds: tuple[str, str]) -> None:
    one, other = (replace(FACTS, kind=kind) for kind in kinds)
    assert reasons(one, other, MONTH, same_phone=True) == {"subject", "place", "category"}
    there = replace(other, **{**OTHER, "kind": kinds[1], "words": FACTS.words})
    assert not reasons(one, there, MONTH, same_phone=True)


def test_same_credit_code_same_address() -> None:
    plain = Facts(name="老王饭店", address="东区建国路88号", credit_code=CODE)
    assert reasons(plain, Facts(name="王记", credit_code=CODE), MONTH) == {"subject"}
    assert reasons(plain, Facts(name="老王饭店", address="东区 建国路88号"), MONTH) == {"subject"}
    assert not reasons(plain, Facts(name="老王饭店", address="西区三里河"), MONTH)
    assert not reasons(Facts(name="老王饭店"), Facts(name="老王饭店"), MONTH)


def test_a_form_without_a_place_finds_by_name() -> None:
    assert reasons(Facts(name="老王饭店", is_draft=True), FACTS, MONTH) == {"subject"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("羊肉变质，吃后腹泻", "吃后腹泻，怀疑羊肉变质", True),
        ("买到过期牛奶", "牛奶过期变质", True),
        ("缺斤少两", "短斤缺两", False),
        ("虚假宣传", "拒不退款", False),
        ("", "", False),
    ],
)
def test_words_are_compared_by_pairs_of_characters(one: str, other: str, same: bool) -> None:
    assert (alike(one, other) >= ALIKE) == same


def test_categories_are_the_codes_alone() -> None:
    assert categories({"object_code": "food", "goods": "羊肉", "problem_code": ""}) == {
        "object_code:food"
    }


def both_ways(*pairs: tuple[int, int], weight: int = 3) -> dict[int, dict[int, int]]:
    links: dict[int, dict[int, int]] = {}
    for one, other in pairs:
        links.setdefault(one, {})[other] = weight
        links.setdefault(other, {})[one] = weight
    return links


def clusters(links: dict[int, dict[int, int]]) -> set[frozenset[int]]:
    found: dict[int, set[int]] = {}
    for case, middle in stars(links).items():
        found.setdefault(middle, set()).add(case)
    return {frozenset(cases) for cases in found.values()}


def test_forty_that_are_all_linked_are_one_cluster() -> None:
    everyone = range(1, 41)
    pairs = [(a, b) for a in everyone for b in everyone if a < b]
    assert clusters(both_ways(*pairs)) == {frozenset(everyone)}


def test_a_chain_from_shop_to_shop_is_no_cluster() -> None:
    chain = both_ways(*((n, n + 1) for n in range(1, 9)))
    assert max(len(found) for found in clusters(chain)) == 3


def test_a_neighbour_does_not_draw_a_case_away_from_its_crowd() -> None:
    crowd = [(a, b) for a in range(2, 7) for b in range(2, 7) if a < b]
    assert clusters(both_ways((1, 2), *crowd)) == {frozenset(range(1, 7))}
    assert clusters(both_ways((1, 2), (1, 8), *crowd)) == {frozenset(range(1, 7))}


def test_the_stronger_link_decides() -> None:
    links = both_ways((1, 2), (1, 3), (5, 6), (5, 7))
    links[4] = {1: 3, 5: 4}
    links[1][4], links[5][4] = 3, 4
    assert frozenset({4, 5, 6, 7}) in clusters(links)


def test_nobody_is_in_a_cluster_of_their_own() -> None:
    assert stars({1: {}}) == {}
