"""The equipment that a case hints at."""

from typing import Any

import pytest

from command_center.cases.codes import NEEDED, known, needed

TABLE_OF = {"problem_code": "problems", "object_code": "objects", "violation_code": "violations"}


@pytest.mark.parametrize(
    ("details", "codes"),
    [
        ({}, []),
        ({"problem_code": None, "violation_code": "advertising"}, []),
        ({"problem_code": "food_safety"}, ["food_kit", "sampling_kit"]),
        ({"problem_code": "quality", "object_code": "medicine"}, ["sampling_kit", "cold_box"]),
        ({"violation_code": "medicine", "object_code": "medicine"}, ["sampling_kit", "cold_box"]),
    ],
)
def test_each_piece_is_needed_once_in_the_tables_order(
    details: dict[str, Any], codes: list[str]
) -> None:
    assert needed(details) == codes


def test_the_hints_name_what_the_tables_know() -> None:
    for field, hints in NEEDED.items():
        assert set(hints) <= known(TABLE_OF[field])
        assert {piece for pieces in hints.values() for piece in pieces} <= known("equipment")
