"""The indicators of SPEC §7 as formulas over counts. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Unit = Literal["count", "percent", "minutes", "seconds", "yuan"]
Measured = tuple[float | None, int]
"""A value and how many things it was measured on; None where there was nothing to measure."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What happened in one period, counted; times in seconds, money in yuan."""

    received: int = 0
    consultations: int = 0
    decided: int = 0
    """Complaints accepted or rejected."""
    accepted: int = 0
    first_check_due: int = 0
    first_check_on_time: int = 0
    report_check_due: int = 0
    report_check_on_time: int = 0
    closing_due: int = 0
    closing_on_time: int = 0
    agreed: int = 0
    terminated: int = 0
    filed: int = 0
    not_filed: int = 0
    recovered_yuan: float = 0
    orders: int = 0
    arrivals: int = 0
    arrival_median_s: float | None = None
    arrival_p90_s: float | None = None
    acknowledged: int = 0
    ack_median_s: float | None = None
    overdue: int = 0
    """Open cases past their date, now."""
    open_cases: int = 0


@dataclass(frozen=True, slots=True)
class Indicator:
    """One figure for leaders; `previous` is the same of the period before."""

    code: str
    value: float | None
    unit: Unit
    target: float | None
    n: int
    previous: float | None


@dataclass(frozen=True, slots=True)
class Formula:
    code: str
    unit: Unit
    measure: Callable[[Tally], Measured]
    target: float | None = None
    """National average of May 2024 as one city published it (SPEC §7 [D])."""
    has_past: bool = True


def share(part: int, whole: int) -> Measured:
    """Percent with two decimals; nothing out of nothing is no figure, not zero."""
    return (round(100 * part / whole, 2), whole) if whole else (None, 0)


def _count(number: int) -> Measured:
    return float(number), number


def _minutes(seconds: float | None, n: int) -> Measured:
    return (round(seconds / 60, 1), n) if seconds is not None else (None, 0)


FORMULAS = (
    Formula("received", "count", lambda t: _count(t.received)),
    Formula("consultations", "count", lambda t: _count(t.consultations)),
    Formula("accepted", "count", lambda t: _count(t.accepted)),
    Formula("accepted_rate", "percent", lambda t: share(t.accepted, t.decided)),
    Formula(
        "first_check_on_time", "percent",
        lambda t: share(t.first_check_on_time, t.first_check_due), 99.83,
    ),
    Formula(
        "report_check_on_time", "percent",
        lambda t: share(t.report_check_on_time, t.report_check_due), 99.66,
    ),
    Formula(
        "closing_on_time", "percent", lambda t: share(t.closing_on_time, t.closing_due), 99.92
    ),
    Formula(
        "mediation_success", "percent", lambda t: share(t.agreed, t.agreed + t.terminated), 51.63
    ),
    Formula("filing_rate", "percent", lambda t: share(t.filed, t.filed + t.not_filed)),
    Formula("recovered", "yuan", lambda t: (round(t.recovered_yuan, 2), t.agreed)),
    Formula("orders", "count", lambda t: _count(t.orders)),
    Formula("ack_median", "seconds", lambda t: (t.ack_median_s, t.acknowledged)),
    Formula("arrival_median", "minutes", lambda t: _minutes(t.arrival_median_s, t.arrivals)),
    Formula("arrival_p90", "minutes", lambda t: _minutes(t.arrival_p90_s, t.arrivals)),
    Formula("overdue", "count", lambda t: _count(t.overdue), has_past=False),
    Formula("open_cases", "count", lambda t: _count(t.open_cases), has_past=False),
)  # fmt: skip


def indicators(present: Tally, past: Tally) -> list[Indicator]:
    """Every indicator of a period beside the one before it, in the order of the table."""
    return [_indicator(formula, present, past) for formula in FORMULAS]


def _indicator(formula: Formula, present: Tally, past: Tally) -> Indicator:
    value, n = formula.measure(present)
    previous = formula.measure(past)[0] if formula.has_past else None
    return Indicator(formula.code, value, formula.unit, formula.target, n, previous)
