"""Who may open an informant's identity (SPEC §1.2), and who of them handles the case (§1.3)."""

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from command_center.cases.models import Approval, Case
from dispatch.orders.models import Order
from kernel.access import Principal
from kernel.errors import Forbidden

REVEAL, REVEAL_OWN = "identity.reveal", "identity.reveal_own"


def check(principal: Principal, case: Case) -> None:
    """Raises Forbidden for whoever may not open this case, whatever their reason."""
    if not principal.can(REVEAL) and principal.can(REVEAL_OWN):
        if not _is_own_and_not_sent_on(principal, case):
            raise Forbidden(REVEAL_OWN, "sent_on")
        return
    principal.require(REVEAL)
    if not principal.covers(case.organisation_path):
        raise Forbidden(REVEAL, "outside_jurisdiction")
    # At the unit only the named handler; a commander with a reason.
    if principal.can("case.handle") and case.handler_id != principal.id:
        raise Forbidden(REVEAL, "not_the_handler")


def may(principal: Principal, case: Case) -> bool:
    """Whether `check` would let them."""
    try:
        check(principal, case)
    except Forbidden:
        return False
    return True


def within(session: Session, principal: Principal, case: Case) -> bool:
    """Whether they handle the case: its named handler, the organisation that answers for it, a
    superior who approved or commanded something of it, its registrar until it is sent on.
    """
    return (
        case.handler_id == principal.id
        or principal.organisation_id == case.organisation_id
        or _is_own_and_not_sent_on(principal, case)
        or _has_commanded(session, principal, case)
    )


def _is_own_and_not_sent_on(principal: Principal, case: Case) -> bool:
    return case.registered_by == principal.id and case.state == "REGISTERED"


def _has_commanded(session: Session, principal: Principal, case: Case) -> bool:
    approved = exists().where(Approval.case_id == case.id, Approval.decided_by == principal.id)
    ordered = exists().where(
        Order.case_id == case.id,
        or_(Order.created_by == principal.id, Order.approver_id == principal.id),
    )
    return bool(session.scalar(select(or_(approved, ordered))))
