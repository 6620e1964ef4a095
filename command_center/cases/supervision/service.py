"""Drafting, issuing, answering and judging supervision orders. Nothing here commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import clocks, deadlines, numbering, papers, queries, timeline
from command_center.cases.actions import unit_of
from command_center.cases.models import Case
from command_center.cases.office import Office
from command_center.cases.service import refuse_person
from command_center.cases.supervision import lifecycle, paper
from command_center.cases.supervision.events import SupervisionChanged
from command_center.cases.supervision.lifecycle import Standing
from command_center.cases.supervision.models import Supervision
from dispatch.moments import iso
from dispatch.scope import within
from kernel import jobs
from kernel.access import Role
from kernel.audit import record
from kernel.clock import now
from kernel.db import carried_out_by, in_role, principal_of
from kernel.errors import BadInput, Conflict, NotFound
from kernel.events import emit

DUE = "cases.supervision_due"
"""Job: {supervision_id, limit}; a limit that has lost its cause finds nothing."""
ALARMS = {"sign": "supervision_unsigned", "reply": "supervision_overdue"}
LISTED = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """What an order is to say. Without a unit it is put to whoever answers for the case."""

    level: int
    source: str
    problem: str
    demand: str
    organisation_id: int | None = None
    cause: str | None = None


def propose(session: Session, office: Office, case_id: int, draft: Draft) -> Supervision:
    """Lay a draft before whoever may issue it.

    Raises NotFound; Conflict `case_closed`, `supervision_open`; BadInput naming words that lead to
    a person, or a unit that takes none.
    """
    case = queries.get(session, case_id, lock=True)
    _refuse_closed(case)
    _refuse_second(session, case)
    made = Supervision(
        case_id=case.id,
        case_kind=case.kind,
        case_no=case.case_no,
        state=lifecycle.PROPOSED,
        source=draft.source,
        cause=draft.cause,
        entries=[],
        created_at=now(session),
        version=0,
    )
    _put(session, office, case, made, draft)
    session.add(made)
    session.flush()
    note(session, case, made, "propose")
    return made


def act(
    session: Session,
    office: Office,
    supervision_id: int,
    action: str,
    version: int,
    text: str = "",
    draft: Draft | None = None,
) -> Supervision:
    """Take a step and give the order; `escalate` gives the order of the level above.

    Raises NotFound; Conflict `stale`; Forbidden, IllegalTransition, or BadInput naming the field.
    """
    order = get(session, supervision_id, lock=True)
    if version != order.version:
        raise Conflict("stale", version=order.version)
    step = lifecycle.check(standing(order), principal_of(session), action)
    if step.needs_text and not text:
        raise BadInput("text", "required")
    with in_role(session, Role.HOUSE):  # the unit may have no right to the case behind it
        case = session.get_one(Case, order.case_id, with_for_update=True)
        refuse_person(session, office, case, {"text": text}, always=True)
        if action == "issue":
            _refuse_closed(case)
            if draft:
                _put(session, office, case, order, draft)
        order.state = step.target
        if action == "reply":
            order.reply = text
        note(session, case, order, action, text)
        return _follow(session, office, case, order, action)


def _follow(
    session: Session, office: Office, case: Case, order: Supervision, action: str
) -> Supervision:
    """What a step brings with it: clocks, alarms, papers, the order of the next level."""
    if action == "issue":
        _go_out(session, office, order)
    elif action == "sign":
        _settle(session, office, order, "sign")
    elif action == "reply":
        papers.cleared(paper.KIND, paper.told(session, office, order))
        _settle(session, office, order, "reply")
    elif action == "send_back":
        _count(session, office, order)
    if order.state in lifecycle.ENDED:
        order.closed_at = now(session)
        _settle(session, office, order, *ALARMS)
        if order.number:
            paper.draw_up(session, office, order)
    session.flush()
    return _raised(session, office, case, order) if action == "escalate" else order


def _raised(session: Session, office: Office, case: Case, order: Supervision) -> Supervision:
    """The same demand, one level up: the unit signs and replies anew."""
    same = ("case_id", "case_kind", "case_no", "source", "unit_id", "unit_name", "unit_path",
            "problem", "demand")  # fmt: skip
    above = Supervision(
        **{name: getattr(order, name) for name in same},
        level=order.level + 1,
        state=lifecycle.ISSUED,
        entries=[],
        created_at=now(session),
        version=0,
        replaces_id=order.id,
    )
    session.add(above)
    session.flush()
    note(session, case, above, "issue")
    _go_out(session, office, above)
    return above


def _go_out(session: Session, office: Office, order: Supervision) -> None:
    moment = now(session)
    order.number = numbering.case_no(session, "DB", office.region_code, office.day(moment))
    order.sign_by = moment + office.supervision[order.level].sign
    payload = {"supervision_id": order.id, "limit": "sign"}
    jobs.enqueue(session, DUE, payload, run_at=order.sign_by)
    _count(session, office, order)
    paper.draw_up(session, office, order)


def _count(session: Session, office: Office, order: Supervision) -> None:
    """The time to reply runs from now on."""
    moment = now(session)
    rule = office.supervision[order.level].reply
    counted = deadlines.due(rule, office.day(moment), clocks.calendar(session))
    values = clocks.values(office, counted, moment)
    for name in ("due_at", "yellow_at", "red_at"):
        setattr(order, name, values[name])
    payload = {"supervision_id": order.id, "limit": "reply"}
    jobs.enqueue(session, DUE, payload, run_at=values["due_at"])


def overdue(office: Office, session: Session, payload: dict[str, Any]) -> None:
    """Job handler: nobody signed, or replied, in time."""
    order = session.get(Supervision, payload["supervision_id"], with_for_update=True)
    limit = payload["limit"]
    if order is None or not is_late(order, limit, now(session)):
        return
    office.alarms.raise_alarm(
        session,
        ALARMS[limit],
        ("supervision", order.id),
        organisation_path=order.unit_path,
        level=order.level,
        params={
            "case_id": order.case_id, "case_no": order.case_no, "number": order.number,
            "name": order.unit_name,
        },
    )  # fmt: skip
    case = session.get_one(Case, order.case_id, with_for_update=True)
    timeline.add(session, case, ALARMS[limit], number=order.number, to=order.unit_name)


def is_late(order: Supervision, limit: str, moment: datetime) -> bool:
    """Whether the unit owes it a signature (`sign`) or a reply."""
    due = order.sign_by if limit == "sign" else order.due_at
    waiting = (lifecycle.ISSUED,) if limit == "sign" else (lifecycle.ISSUED, lifecycle.SIGNED)
    return due is not None and due <= moment and order.state in waiting


def get(session: Session, supervision_id: int, *, lock: bool = False) -> Supervision:
    """Raises NotFound for one of another jurisdiction, or of a kind of case that is not theirs."""
    wanted = select(Supervision).where(Supervision.id == supervision_id, *_visible(session))
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(wanted)
    if found is None:
        raise NotFound("supervision", supervision_id)
    return found


def listed(
    session: Session, *, case_id: int | None = None, only_open: bool = False
) -> Sequence[Supervision]:
    """Those of one's jurisdiction: open ones first by their due date, then the newest."""
    wanted = select(Supervision).where(*_visible(session))
    if case_id is not None:
        wanted = wanted.where(Supervision.case_id == case_id)
    if only_open:
        wanted = wanted.where(Supervision.closed_at.is_(None))
    order = (
        Supervision.closed_at.is_not(None),
        Supervision.closed_at.desc(),
        Supervision.due_at.asc().nulls_first(),
        Supervision.level.desc(),
        Supervision.id.desc(),
    )
    return session.scalars(wanted.order_by(*order).limit(LISTED)).all()


def standing(order: Supervision) -> Standing:
    """The order as the table of steps sees it."""
    replied = next((one["by"] for one in reversed(order.entries) if one["act"] == "reply"), None)
    answered_by = replied if order.state == lifecycle.REPLIED else None
    return Standing(order.state, order.level, order.unit_path, answered_by)


def _visible(session: Session) -> list[Any]:
    principal = principal_of(session)
    hidden = [kind for kind, needs in queries.NEEDS.items() if not principal.can(needs)]
    kinds = [] if principal.is_system else [Supervision.case_kind.not_in(hidden)]
    return [within(Supervision.unit_path, principal), *kinds]


def _put(session: Session, office: Office, case: Case, order: Supervision, draft: Draft) -> None:
    """Write what it says, once it is known to lead to nobody."""
    texts = {"problem": draft.problem, "demand": draft.demand}
    refuse_person(session, office, case, texts, always=True)
    unit = unit_of(session, draft.organisation_id or order.unit_id or case.organisation_id)
    order.level, order.problem, order.demand = draft.level, draft.problem, draft.demand
    order.source = draft.source
    order.unit_id, order.unit_name, order.unit_path = unit.id, unit.name, unit.path
    papers.cleared(paper.KIND, paper.told(session, office, order))


def _refuse_closed(case: Case) -> None:
    if case.closed_at is not None:
        raise Conflict("case_closed", case_no=case.case_no)


@carried_out_by(Role.HOUSE)
def _refuse_second(session: Session, case: Case) -> None:
    """Whoever supervises it already, the case has one order at a time."""
    is_open = Supervision.case_id == case.id, Supervision.closed_at.is_(None)
    if session.scalar(select(Supervision.id).where(*is_open)) is not None:
        raise Conflict("supervision_open", case_no=case.case_no)


def note(session: Session, case: Case, order: Supervision, act: str, text: str = "") -> None:
    """On the order, in the case's timeline, in the log, and to the desks."""
    who, moment = principal_of(session), now(session)
    name = timeline.actor_of(session)
    entry = {"at": iso(moment), "act": act, "by": who.id, "name": name, "text": text}
    order.entries = [*order.entries, entry]
    order.version += 1
    session.flush()
    with in_role(session, Role.HOUSE):
        timeline.add(
            session, case, f"supervision_{act}", supervision_level=order.level, to=order.unit_name,
        )  # fmt: skip
        record(session, f"supervision.{act}", "supervision", order.id, level=order.level)
    emit(session, SupervisionChanged(order.id, order.unit_path))


def _settle(session: Session, office: Office, order: Supervision, *limits: str) -> None:
    for limit in limits:
        office.alarms.settle(session, ALARMS[limit], ("supervision", order.id))
