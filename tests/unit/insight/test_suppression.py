"""Few reports are told neither by a figure nor by the difference of two."""

import pytest

from command_center.insight.queries import told


@pytest.mark.parametrize(
    ("reports", "shown"),
    [
        ({"a": 5, "b": 9}, {"a": 5, "b": 9}),
        ({"a": 1, "b": 2, "c": 9}, {"c": 9}),
        ({"a": 2, "b": 4, "c": 9}, {"c": 9}),
        ({"a": 2}, {}),
        ({"a": 0, "b": 4}, {"a": 0, "b": 4}),
    ],
)
def test_what_is_left_out(reports: dict[str, int], shown: dict[str, int]) -> None:
    counts = {region: {"TS": 1, "JB": n} for region, n in reports.items()}
    found = told(counts)
    assert {region: kinds["JB"] for region, kinds in found.items() if "JB" in kinds} == shown
    assert all(kinds["TS"] == 1 for kinds in found.values())
