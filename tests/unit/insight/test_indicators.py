"""Formulas over counts."""

import pytest

from command_center.insight.indicators import FORMULAS, Tally, indicators

TALLY = Tally(
    received=120, consultations=30, decided=50, accepted=45, first_check_due=50,
    first_check_on_time=49, report_check_due=20, report_check_on_time=20, closing_due=40,
    closing_on_time=39, agreed=24, terminated=16, filed=6, not_filed=18, recovered_yuan=12345.678,
    orders=70, arrivals=65, arrival_median_s=754.0, arrival_p90_s=1500.0, acknowledged=69,
    ack_median_s=41.5, overdue=3, open_cases=44,
)  # fmt: skip


@pytest.mark.parametrize(
    ("code", "value", "n"),
    [
        ("received", 120, 120),
        ("consultations", 30, 30),
        ("accepted", 45, 45),
        ("accepted_rate", 90.0, 50),
        ("first_check_on_time", 98.0, 50),
        ("report_check_on_time", 100.0, 20),
        ("closing_on_time", 97.5, 40),
        ("mediation_success", 60.0, 40),
        ("filing_rate", 25.0, 24),
        ("recovered", 12345.68, 24),
        ("orders", 70, 70),
        ("ack_median", 41.5, 69),
        ("arrival_median", 12.6, 65),
        ("arrival_p90", 25.0, 65),
        ("overdue", 3, 3),
        ("open_cases", 44, 44),
    ],
)
def test_each_formula(code: str, value: float, n: int) -> None:
    found = {item.code: item for item in indicators(TALLY, Tally())}[code]
    assert (found.value, found.n) == (value, n)


def test_nothing_out_of_nothing_is_no_figure() -> None:
    empty = {item.code: item for item in indicators(Tally(), Tally())}
    for code in ("accepted_rate", "first_check_on_time", "mediation_success", "arrival_median"):
        assert (empty[code].value, empty[code].n) == (None, 0)
    assert empty["received"].value == 0


def test_the_period_before_stands_beside_except_for_what_is_only_now() -> None:
    found = {item.code: item for item in indicators(Tally(), TALLY)}
    assert found["received"].previous == 120
    assert found["overdue"].previous is None


def test_published_averages_are_the_targets() -> None:
    targets = {formula.code: formula.target for formula in FORMULAS if formula.target}
    assert targets == {
        "first_check_on_time": 99.83,
        "report_check_on_time": 99.66,
        "closing_on_time": 99.92,
        "mediation_success": 51.63,
    }
