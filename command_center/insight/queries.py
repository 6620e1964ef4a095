"""Counts over cases, clocks and orders. Aggregates only: no row of these is about one case."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Float, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session

from command_center.cases.deadlines import rules_of
from command_center.cases.models import Case, Deadline
from command_center.insight.indicators import Tally
from command_center.insight.periods import Period
from dispatch.orders.models import Assignment, Order
from kernel.access import Role
from kernel.clock import now
from kernel.db import carried_out_by, principal_of
from maps.density import FEWEST, Cell
from maps.models import Business
from maps.revisions import Cached

KINDS = {"TS": "complaints", "JB": "reports", "ZX": "consultations"}


@dataclass(frozen=True, slots=True)
class Scope:
    """What is counted: one region, or all that the principal's jurisdiction covers."""

    region: str = ""
    reports: bool = True
    """Whether reports count: where they are few, the sum would tell them."""

    def cases(self, session: Session) -> list[ColumnElement[bool]]:
        path = principal_of(session).organisation_path
        found = [Case.organisation_path.startswith(path, autoescape=True)]
        if self.region:
            found.append(Case.region_code == self.region)
        if not self.reports:
            found.append(Case.kind != "JB")
        return found


def scope_of(session: Session, period: Period, region: str) -> Scope:
    """The region's scope, without its reports where they are too few to be told."""
    if not region:
        return Scope()
    return Scope(region, "JB" in by_region(session, period).get(region, {}))


@carried_out_by(Role.STATISTICS)
def tally(session: Session, period: Period, scope: Scope) -> Tally:
    """Everything the indicators of one period are made of."""
    return Tally(
        **_received(session, period, scope),
        **_clocks(session, period, scope),
        **_field(session, period, scope),
        **_standing(session, scope),
    )


@carried_out_by(Role.STATISTICS)
def by_region(session: Session, period: Period) -> dict[str, dict[str, int]]:
    """Region code -> cases of each kind received in the period; few reports are not told."""
    statement = (
        select(Case.region_code, Case.kind, func.count().label("n"))
        .where(_within(Case.received_at, period), *Scope().cases(session))
        .group_by(Case.region_code, Case.kind)
    )
    found: dict[str, dict[str, int]] = {}
    for row in session.execute(statement):
        found.setdefault(row.region_code, {})[row.kind] = row.n
    return told(found)


def told(found: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Without the reports of regions that have fewer than `FEWEST`.

    Where one region alone would be left out, the next smallest goes with it: the bureau's total
    is known, and the difference would tell.
    """
    reports = {region: counts["JB"] for region, counts in found.items() if counts.get("JB")}
    few = {region for region, n in reports.items() if n < FEWEST}
    if len(few) == 1 and (others := reports.keys() - few):
        few.add(min(others, key=lambda region: (reports[region], region)))
    return {
        region: {kind: n for kind, n in counts.items() if kind != "JB" or region not in few}
        for region, counts in found.items()
    }


@carried_out_by(Role.STATISTICS)
def by_day(session: Session, period: Period) -> dict[date, dict[str, int]]:
    """Day in the bureau's zone -> cases of each kind received on it."""
    day = cast(func.timezone(str(period.zone), Case.received_at), Date).label("day")
    statement = (
        select(day, Case.kind, func.count().label("n"))
        .where(_within(Case.received_at, period), *Scope().cases(session))
        .group_by(day, Case.kind)
    )
    found: dict[date, dict[str, int]] = {}
    for row in session.execute(statement):
        found.setdefault(row.day, {})[row.kind] = row.n
    return found


@carried_out_by(Role.STATISTICS)
def by_cell(session: Session, period: Period, kind: str | None) -> list[Cell]:
    """Hexagons with their cases. Reports count only where there are enough of them:
    the difference of two maps would tell the rest.
    """
    reports = func.count().filter(Case.kind == "JB")
    others = func.count().filter(Case.kind != "JB")
    statement = (
        select(Case.cell, reports.label("reports"), others.label("others"))
        .where(
            Case.cell.is_not(None),
            _within(Case.received_at, period),
            *([Case.kind == kind] if kind else []),
            *Scope().cases(session),
        )
        .group_by(Case.cell)
        .order_by(Case.cell)
    )
    counted = [
        (row.cell, row.others + (row.reports if row.reports >= FEWEST else 0))
        for row in session.execute(statement)
    ]
    return [Cell(ident, count, float(count)) for ident, count in counted if count]


def businesses_by_district(session: Session) -> Mapping[str, int]:
    """District name -> how many businesses are registered there."""
    return _BUSINESSES.get(session)


def _count_businesses(session: Session) -> dict[str, int]:
    statement = select(Business.district, func.count().label("n")).group_by(Business.district)
    return {row.district: row.n for row in session.execute(statement)}


_BUSINESSES = Cached(_count_businesses, "businesses")


# -- parts of a tally ---------------------------------------------------------------------------


def _received(session: Session, period: Period, scope: Scope) -> dict[str, Any]:
    statement = select(
        func.count().filter(Case.kind != "ZX").label("received"),
        func.count().filter(Case.kind == "ZX").label("consultations"),
    ).where(_within(Case.received_at, period), *scope.cases(session))
    return dict(session.execute(statement).mappings().one())


def _clocks(session: Session, period: Period, scope: Scope) -> dict[str, Any]:
    """How the clocks that ended, or should have, in the period ended: one pass over them."""
    met = Deadline.met_at.is_not(None)
    in_time = and_(met, Deadline.met_at <= Deadline.due_at)
    accept, verify, mediate = (_is(clock) for clock in ("accept", "verify", "mediate"))
    recovered = cast(Case.outcome["amount_recovered"].astext, Float)

    def n(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count().filter(*conditions)

    statement = (
        select(
            n(accept, met).label("decided"),
            n(accept, met, Case.disposition != "REJECTED").label("accepted"),
            n(accept).label("first_check_due"),
            n(accept, in_time).label("first_check_on_time"),
            n(verify).label("report_check_due"),
            n(verify, in_time).label("report_check_on_time"),
            n(mediate).label("closing_due"),
            n(mediate, in_time).label("closing_on_time"),
            n(mediate, met, Case.disposition == "AGREED").label("agreed"),
            n(mediate, met, Case.disposition == "TERMINATED").label("terminated"),
            n(verify, met, Case.disposition == "FILED").label("filed"),
            n(verify, met, Case.disposition == "NOT_FILED").label("not_filed"),
            func.coalesce(func.sum(recovered).filter(mediate, met), 0.0).label("recovered_yuan"),
        )
        .join(Case, Case.id == Deadline.case_id)
        .where(
            or_(_within(Deadline.met_at, period), and_(~met, _within(Deadline.due_at, period))),
            Deadline.void_at.is_(None),
            *scope.cases(session),
        )
    )
    return dict(session.execute(statement).mappings().one())


def _field(session: Session, period: Period, scope: Scope) -> dict[str, Any]:
    arrival = func.extract("epoch", Assignment.on_scene_at - Order.issued_at)
    answer = func.extract("epoch", Assignment.acknowledged_at - Order.issued_at)
    arrived, acked = Assignment.on_scene_at.is_not(None), Assignment.acknowledged_at.is_not(None)
    statement = (
        select(
            func.count(Order.id.distinct()).label("orders"),
            func.count().filter(arrived).label("arrivals"),
            _percentile(0.5, arrival, arrived).label("arrival_median_s"),
            _percentile(0.9, arrival, arrived).label("arrival_p90_s"),
            func.count().filter(acked).label("acknowledged"),
            _percentile(0.5, answer, acked).label("ack_median_s"),
        )
        .join(Assignment, Assignment.order_id == Order.id)
        .join(Case, Case.id == Order.case_id)
        .where(_within(Order.issued_at, period), ~Assignment.is_copy, *scope.cases(session))
    )
    return dict(session.execute(statement).mappings().one())


def _standing(session: Session, scope: Scope) -> dict[str, Any]:
    statement = select(
        func.count().filter(Case.due_at < now(session)).label("overdue"),
        func.count().label("open_cases"),
    ).where(Case.closed_at.is_(None), *scope.cases(session))
    return dict(session.execute(statement).mappings().one())


def _is(clock: str) -> ColumnElement[bool]:
    return Deadline.rule.in_(sorted(rules_of(clock)))


def _percentile(part: float, value: Any, where: ColumnElement[bool]) -> Any:
    return func.percentile_cont(part).within_group(case((where, value)))


def _within(moment: Any, period: Period) -> ColumnElement[bool]:
    return and_(moment >= period.start, moment <= period.end)
