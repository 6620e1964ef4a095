"""Read receipts of branches: who there was first shown the order on the desk's page."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from dispatch.orders.models import Assignment, Order
from dispatch.orders.progress import tell_desks
from kernel.access import Role
from kernel.clock import now
from kernel.db import in_role, principal_of


def shown(session: Session, order: Order) -> None:
    """The principal is shown the order: kept once for each part that is their own branch's.

    Neither an acknowledgement nor a delivery; a partner's program is nobody who reads.
    """
    reader = principal_of(session)
    unread = [
        one.id
        for one in order.assignments
        if one.unit_id is None
        and one.read_at is None
        and one.target_path == reader.organisation_path
    ]
    if not unread or order.issued_at is None or reader.id <= 0:
        return
    read = update(Assignment).where(Assignment.id.in_(unread), Assignment.read_at.is_(None))
    with in_role(session, Role.HOUSE):  # who may read orders need not be one who may change them
        session.execute(read.values(read_at=now(session), read_by=reader.name))
    tell_desks(session, order)
