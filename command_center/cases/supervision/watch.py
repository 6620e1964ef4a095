"""Drafts that the house writes by itself: a case past its date, an order without feedback."""

from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from command_center.cases import timeline
from command_center.cases.deadlines import RULES
from command_center.cases.models import Case, Deadline
from command_center.cases.office import Office
from command_center.cases.supervision import lifecycle, service
from command_center.cases.supervision.models import Supervision
from command_center.cases.supervision.service import Draft
from kernel.access import Role, system
from kernel.clock import now
from kernel.db import acting

WATCH, WATCH_SECONDS = "cases.supervision_watch", 600
AT_ONCE = 100
"""Drafts of one round, the longest overdue first: an office that was shut is not flooded."""
FEEDBACK_OVERDUE = "feedback_overdue"
HOUSE = system("supervision", role=Role.HOUSE)
DEMAND = "请立即办理，说明逾期原因，并在回复时限内书面回复办理情况。"


def of_cases(office: Office, session: Session) -> None:
    """A draft for each deadline that has passed unmet; drafts whose case has ended are withdrawn.

    What somebody withdrew is not drafted again: each cause is taken up once.
    """
    _withdraw_idle(session)
    cause = func.concat("deadline:", Deadline.id)
    taken_up = exists().where(
        Supervision.case_id == Case.id,
        (Supervision.cause == cause) | Supervision.closed_at.is_(None),
    )
    late = (
        select(Deadline)
        .join(Case, Case.id == Deadline.case_id)
        .where(
            Deadline.met_at.is_(None),
            Deadline.void_at.is_(None),
            Deadline.due_at < now(session),
            Case.closed_at.is_(None),
            ~taken_up,
        )
        .order_by(Deadline.due_at, Deadline.id)
        .limit(AT_ONCE)
    )
    for one in session.scalars(late).all():
        what = RULES[one.rule].name.zh
        due = one.due_at.astimezone(office.zone)
        problem = f"{what}时限已于{due:%Y年%m月%d日}届满，案件尚未{what}。"
        if not RULES[one.rule].in_days:
            problem = f"{what}时限已于{due:%Y年%m月%d日%H时%M分}届满，尚未登记报告。"
        draft(session, office, one.case_id, "overdue", f"deadline:{one.id}", problem)


def from_dispatch(office: Office, session: Session, payload: dict[str, Any]) -> None:
    """Job `dispatch.timeline`: what happened to an order stands in its case's timeline, and one
    without feedback in time is supervised (SPEC §5).
    """
    timeline.from_dispatch(session, payload)
    if payload["kind"] == FEEDBACK_OVERDUE:
        whom = payload.get("params", {}).get("to", "")
        problem = f"调度指令逾期未反馈：{whom}。"
        cause = f"order:{payload['order_id']}"
        draft(session, office, payload["case_id"], "order_overdue", cause, problem)


def draft(
    session: Session, office: Office, case_id: int, source: str, cause: str, problem: str
) -> None:
    """Unless the case has ended, is supervised already, or this cause was taken up before."""
    with acting(session, HOUSE):
        case = session.get(Case, case_id, with_for_update=True, populate_existing=True)
        known = select(Supervision.id).where(
            Supervision.case_id == case_id,
            (Supervision.cause == cause) | Supervision.closed_at.is_(None),
        )
        if case is None or case.closed_at or session.scalar(known) is not None:
            return
        service.propose(session, office, case_id, Draft(1, source, problem, DEMAND, cause=cause))


def _withdraw_idle(session: Session) -> None:
    idle = (
        select(Supervision)
        .join(Case, Case.id == Supervision.case_id)
        .where(
            Supervision.state == lifecycle.PROPOSED,
            Supervision.cause.is_not(None),
            Case.closed_at.is_not(None),
        )
        .with_for_update(of=Supervision)
    )
    for one in session.scalars(idle).all():
        one.state, one.closed_at = lifecycle.WITHDRAWN, now(session)
        service.note(session, session.get_one(Case, one.case_id), one, "withdraw")
