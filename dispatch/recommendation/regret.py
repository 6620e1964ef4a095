"""How good the predicted arrivals were: predicted against actual, by engine and by override."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, extract, func, select
from sqlalchemy.orm import Session

from dispatch.orders.models import Assignment, Order
from dispatch.scope import within
from kernel.access import Principal


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Of so many arrivals: the error is actual minus predicted, seconds."""

    engine: str
    overridden: bool
    arrivals: int
    median_error: float
    median_absolute_error: float
    p90_absolute_error: float


def accuracy(session: Session, principal: Principal, since: datetime) -> list[Accuracy]:
    """The arrivals since then of the principal's jurisdiction, grouped by how they were chosen."""
    took = extract("epoch", Assignment.on_scene_at - Order.issued_at)
    error = took - Assignment.predicted_seconds
    overridden = Order.override_reason != ""

    def share(of: ColumnElement[Any], part: float) -> ColumnElement[float]:
        return func.percentile_cont(part).within_group(of)

    wanted = (
        select(
            Assignment.predicted_by,
            overridden,
            func.count(),
            share(error, 0.5),
            share(func.abs(error), 0.5),
            share(func.abs(error), 0.9),
        )
        .join(Order, Order.id == Assignment.order_id)
        .where(
            Assignment.on_scene_at.is_not(None),
            Assignment.predicted_seconds.is_not(None),
            Assignment.predicted_by.is_not(None),
            Order.issued_at >= since,
            within(Order.organisation_path, principal),
        )
        .group_by(Assignment.predicted_by, overridden)
        .order_by(Assignment.predicted_by, overridden)
    )
    return [
        Accuracy(str(engine), is_overridden, arrivals, median, absolute, p90)
        for engine, is_overridden, arrivals, median, absolute, p90 in session.execute(wanted)
    ]
