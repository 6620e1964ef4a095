"""The one place where an order's state is written: derived from its assignments."""

from sqlalchemy.orm import Session

from dispatch.orders import lifecycle
from dispatch.orders.events import OrderChanged
from dispatch.orders.models import Assignment, Order
from dispatch.orders.ports import CaseGate
from dispatch.units import service as units
from kernel.clock import now
from kernel.events import emit


class Progress:
    """Keeps order, unit and case in step with what happens to assignments."""

    def __init__(self, gate: CaseGate):
        self.gate = gate

    def settle(self, session: Session, order: Order) -> None:
        """Derive the order's state; once finished, free its copies and let the case be closed."""
        order.state = lifecycle.order_state(
            [one.state for one in order.assignments if not one.is_copy],
            pending=order.issued_at is None,
            refused=order.refused_at is not None,
            cancelled=order.cancelled_at is not None,
        )
        if order.state in lifecycle.FINISHED and order.finished_at is None:
            order.finished_at = now(session)
            for copy in order.assignments:
                copy.closed_at = copy.closed_at or order.finished_at
            self.gate.release_hold(session, order.case_id, order.id)
        tell_desks(session, order)

    def move(self, session: Session, assignment: Assignment, state: str) -> None:
        """Put an assignment into a state, date it, and let its unit follow."""
        assignment.state = state
        for field in _DATED.get(state, ()):
            if getattr(assignment, field) is None:
                setattr(assignment, field, now(session))
        if state in lifecycle.CLOSED and assignment.closed_at is None:
            assignment.closed_at = now(session)
        # The unit may be engaged anew in this same transaction: the closed one must be out first.
        session.flush()
        if assignment.unit_id is not None:
            follow(session, assignment, assignment.unit_id)


def tell_desks(session: Session, order: Order) -> None:
    """Whoever has to do with the order learns, after commit, that it has changed."""
    paths = dict.fromkeys(one.target_path for one in order.assignments)
    emit(session, OrderChanged(order.id, order.case_id, (order.organisation_path, *paths)))


def follow(session: Session, assignment: Assignment, unit_id: int) -> None:
    """A new assignment takes the unit; after that the unit follows only the one that has it."""
    unit = units.lock(session, [unit_id])[0]
    holder = (unit.engagement or {}).get("id")
    if assignment.state != lifecycle.PENDING and holder != assignment.id:
        return
    engagement = {
        "id": assignment.id,
        "order_id": assignment.order_id,
        "order_no": assignment.order.order_no,
    }
    units.follow(session, unit, assignment.state, engagement)


_DATED = {
    lifecycle.EN_ROUTE: ("en_route_at",),
    lifecycle.ON_SCENE: ("on_scene_at",),
    lifecycle.HANDLING: ("on_scene_at", "handling_at"),
    lifecycle.FED_BACK: ("fed_back_at",),
    lifecycle.CLEARED: ("cleared_at",),
}
"""Who handles is at the scene, whether or not they said so on arrival."""
