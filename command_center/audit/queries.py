"""Reads of the log: an auditor sees the acts of their own subtree and of the system itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.orm import Session

from command_center.accounts.models import Organisation, User
from command_center.cases.models import Case
from dispatch.orders.models import Order
from kernel.access import Principal
from kernel.audit import AuditEntry
from kernel.audit_chain import Check, Link

SECRETS = (
    "identity.revealed", "identity.read", "original.opened", "complainant.read", "attachment.read",
    "recording.heard", "track.read", "track.played", "track.exported",
    "person.exported",
)  # fmt: skip
"""Reads of what is nobody's business without a reason."""
ALERTING = ("identity.matched", "session.limited")
ALERT = "identity.alert."
GROUPS = {
    "cases": (
        "case",
        "complainant",
        "identity",
        "attachment",
        "document",
        "archive",
        "stranger_text",
    ),
    "orders": ("order", "assignment", "delivery", "inbound", "message"),
    "alarms": ("alarm", "officer"),
    "units": ("unit", "gps", "track"),
    "accounts": ("session", "user", "organisation", "person"),
    "system": ("registry", "regions", "retention"),
    "log": ("audit",),
}
"""Group -> first words of its actions."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched for."""

    actor_id: int | None = None
    group: str | None = None
    objects: Sequence[tuple[str, str]] | None = None
    """(kind, id) pairs; an empty sequence finds nothing."""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int | None = None


def visible(principal: Principal) -> ColumnElement[bool]:
    """The acts of the principal's subtree, and what the system did by itself."""
    if not principal.organisation_path:
        return false()
    theirs = AuditEntry.organisation_path.startswith(principal.organisation_path, autoescape=True)
    return or_(theirs, AuditEntry.actor_id == 0)


def search(principal: Principal, wanted: Wanted) -> Select[AuditEntry]:
    """The statement for the entries, the newest first."""
    found = select(AuditEntry).where(visible(principal), *_conditions(wanted))
    return found.order_by(AuditEntry.id.desc()).limit(wanted.limit)


def is_alert(entry: AuditEntry) -> bool:
    told = entry.detail
    if entry.action in ALERTING or entry.action.startswith(ALERT):
        return True
    return bool(told.get("alert") or told.get("above_rate"))


def group_of(entry: AuditEntry) -> str:
    """`alerts` or `secrets`, which stand on top; empty for everything else."""
    if is_alert(entry):
        return "alerts"
    return "secrets" if entry.action in SECRETS else ""


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    given: list[ColumnElement[bool]] = []
    if wanted.actor_id is not None:
        given.append(AuditEntry.actor_id == wanted.actor_id)
    if wanted.group:
        given.append(_in_group(wanted.group))
    if wanted.objects is not None:
        same = [
            and_(AuditEntry.object_kind == kind, AuditEntry.object_id == ident)
            for kind, ident in wanted.objects
        ]
        given.append(or_(false(), *same))
    if wanted.since is not None:
        given.append(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        given.append(AuditEntry.at < wanted.until)
    if wanted.before is not None:
        given.append(AuditEntry.id < wanted.before)
    return given


def _in_group(group: str) -> ColumnElement[bool]:
    if group == "watched":
        return or_(_in_group("secrets"), _in_group("alerts"))
    if group == "secrets":
        return AuditEntry.action.in_(SECRETS)
    if group == "alerts":
        marked = [AuditEntry.detail.contains({name: True}) for name in ("alert", "above_rate")]
        named = AuditEntry.action.in_(ALERTING)
        return or_(named, AuditEntry.action.startswith(ALERT), *marked)
    return or_(*(AuditEntry.action.startswith(f"{first}.") for first in GROUPS[group]))


def objects_of_number(session: Session, number: str) -> list[tuple[str, str]]:
    """The case or order of that number, a case with its orders, as the log names them."""
    case_ids = session.scalars(select(Case.id).where(Case.case_no == number)).all()
    orders = session.scalars(
        select(Order.id).where(or_(Order.order_no == number, Order.case_id.in_(case_ids)))
    )
    return [("case", str(ident)) for ident in case_ids] + [("order", str(i)) for i in orders]


def numbers_of(session: Session, entries: Iterable[AuditEntry]) -> dict[tuple[str, str], str]:
    """(kind, id) -> the number of the case or order; nothing else of either is read."""
    ids: dict[str, set[int]] = {"case": set(), "order": set()}
    for entry in entries:
        if entry.object_kind in ids and entry.object_id.isdigit():
            ids[entry.object_kind].add(int(entry.object_id))
    cases = select(Case.id, Case.case_no).where(Case.id.in_(ids["case"]))
    orders = select(Order.id, Order.order_no).where(Order.id.in_(ids["order"]))
    return {("case", str(ident)): number for ident, number in session.execute(cases)} | {
        ("order", str(ident)): number for ident, number in session.execute(orders)
    }


def actors(session: Session, principal: Principal) -> Sequence[tuple[int, str]]:
    """Members of staff in the auditor's subtree, by name: whom the log may be searched for."""
    mine = Organisation.path.startswith(principal.organisation_path, autoescape=True)
    statement = select(User.id, User.name).join(User.organisation).where(mine)
    return [(ident, name) for ident, name in session.execute(statement.order_by(User.name))]


def last_check(session: Session) -> Check | None:
    return session.scalar(select(Check).order_by(Check.id.desc()).limit(1))


def last_link(session: Session) -> Link | None:
    return session.scalar(select(Link).order_by(Link.position.desc()).limit(1))
