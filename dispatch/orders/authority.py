"""Who may let an order go (SPEC §1.2, §4.3, §5 step 5). Pure.

Levels 0–1: the dispatcher. Level 2 and above: a commander on line, or orally, in which case the
dispatcher records who and when and the approver confirms on line afterwards. Nobody approves an
order of their own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kernel.errors import BadInput, Conflict, Forbidden

APPROVAL_FROM = 2
APPROVERS = frozenset({"CMD", "DEPUTY", "HEAD", "LEAD"})
ORAL_AT_MOST_OLD = timedelta(hours=12)
CLOCKS_DIFFER = timedelta(minutes=1)


class Verdict(StrEnum):
    """What may happen to a new order."""

    GO = "go"
    WAIT = "wait"
    GO_AND_CONFIRM = "go_and_confirm"


@dataclass(frozen=True, slots=True)
class Approver:
    """A person as the accounts know them."""

    id: int
    name: str
    roles: frozenset[str]
    path: str


@dataclass(frozen=True, slots=True)
class Oral:
    """An approval given by voice: by whom and when (UTC)."""

    approver: Approver
    at: datetime


def needs_approval(urgency: int) -> bool:
    return urgency >= APPROVAL_FROM


def decide(urgency: int, issuer_id: int, path: str, oral: Oral | None, now: datetime) -> Verdict:
    """Whether the order goes at once, waits for a commander, or goes and is confirmed later.

    Raises BadInput or Forbidden when the oral approval named cannot stand.
    """
    if not needs_approval(urgency):
        return Verdict.GO
    if oral is None:
        return Verdict.WAIT
    check_approver(oral.approver, issuer_id, path)
    if oral.at > now + CLOCKS_DIFFER:
        raise BadInput("approval.at", "in_the_future")
    if oral.at < now - ORAL_AT_MOST_OLD:
        raise BadInput("approval.at", "too_old")
    return Verdict.GO_AND_CONFIRM


def check_approver(approver: Approver, issuer_id: int, path: str) -> None:
    """Pass for a commander of this jurisdiction who did not issue the order.

    Raises Forbidden `own_order`, `not_an_approver` or `outside_jurisdiction`.
    """
    if approver.id == issuer_id:
        raise Forbidden("order.approve", code="own_order")
    if not approver.roles & APPROVERS:
        raise Forbidden("order.approve", code="not_an_approver")
    if not approver.path or not path.startswith(approver.path):
        raise Forbidden("order.approve", code="outside_jurisdiction")


def check_confirmer(principal_id: int, approver_id: int | None) -> None:
    """Only who approved by voice confirms it; raises Forbidden, Conflict `nothing_to_confirm`."""
    if approver_id is None:
        raise Conflict("nothing_to_confirm")
    if principal_id != approver_id:
        raise Forbidden("order.approve", code="not_the_approver")
