"""The legal steps of a case, taken: one lock, one check against the table, one effect.

`act` is the only way a state changes. What a step does besides moving (a new organisation, a
paper, an approval) is its effect below; clocks, disposition, map symbol, timeline and audit follow
from the table for all steps alike.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.accounts import queries as accounts
from command_center.accounts.models import Organisation
from command_center.cases import (
    clocks,
    clusters,
    codes,
    identity,
    lifecycle,
    papers,
    queries,
    sending,
    service,
    timeline,
)
from command_center.cases.deadlines import Pause, Rule, rule_of_grade
from command_center.cases.identity import Person
from command_center.cases.lifecycle import Actor, Situation, Step
from command_center.cases.models import Approval, Case, Document
from command_center.cases.office import Office
from dispatch.moments import iso
from kernel.access import Principal, Role
from kernel.audit import record
from kernel.clock import now
from kernel.db import in_role, principal_of
from kernel.errors import BadInput, Conflict

SILENT = frozenset({"approval_id", "name", "phone", "pause"})
"""Given data that the timeline does not repeat."""
LONG_AGO = timedelta(days=30)
"""What happened earlier is a slip of the pen."""
UNIT_KINDS = frozenset({"bureau", "sub_bureau", "branch", "section"})


@dataclass(frozen=True)
class Act:
    """One step being taken."""

    session: Session
    office: Office
    case: Case
    step: Step
    given: Mapping[str, Any]
    approval: Approval | None = None


def act(
    session: Session,
    office: Office,
    case_id: int,
    action: str,
    given: Mapping[str, Any],
    version: int | None = None,
) -> Case:
    """Take a step on the case and give it.

    Raises NotFound; Conflict `stale` when somebody else acted since `version`; Forbidden,
    IllegalTransition or BadInput naming what stands in the way.
    """
    case = queries.get(session, case_id, lock=True)
    if version is not None and version != case.version:
        raise Conflict("stale", version=case.version)
    approvals = {item.kind: item for item in queries.pending_approvals(session, case.id)}
    step = lifecycle.check(
        situation(session, case, approvals), actor(principal_of(session), case), action, given
    )
    _check_words(session, office, case, step, given)
    approval = _approval_of(step, approvals, given)
    _carry_out(Act(session, office, case, step, given, approval))
    return case


def _carry_out(taken: Act) -> None:
    """What the person may do is settled; a case that leaves their jurisdiction still gets there."""
    case, step, given = taken.case, taken.step, taken.given
    with in_role(taken.session, Role.HOUSE):
        said = EFFECTS.get(step.action, _nothing)(taken)
        _move(taken)
        shown = {
            key: iso(v) if isinstance(v, datetime) else str(v) if isinstance(v, date) else v
            for key, v in given.items()
            if key not in SILENT and v is not None
        }
        timeline.add(taken.session, case, step.action, **{**shown, **said})
        record(taken.session, f"case.{step.action}", "case", case.id, state=case.state)


def situation(session: Session, case: Case, approvals: Mapping[str, Approval]) -> Situation:
    """The case as the table of steps sees it."""
    pending: dict[Any, int | None] = {kind: item.requested_by for kind, item in approvals.items()}
    orders = queries.open_orders(session, case.id)
    return Situation(case.kind, case.state, orders, pending, clocks.facts(session, case))


def actor(principal: Principal, case: Case) -> Actor:
    """The principal as the table of steps sees them."""
    return Actor(
        id=principal.id,
        roles=principal.roles,
        permissions=principal.permissions,
        covers=principal.covers(case.organisation_path),
        registered=case.registered_by is not None and case.registered_by == principal.id,
    )


def available(session: Session, case: Case) -> list[Step]:
    """The steps that the present principal may take on this case now."""
    approvals = {item.kind: item for item in queries.pending_approvals(session, case.id)}
    return lifecycle.allowed(
        situation(session, case, approvals), actor(principal_of(session), case)
    )


# -- checks ---------------------------------------------------------------------------------


def _check_words(
    session: Session, office: Office, case: Case, step: Step, given: Mapping[str, Any]
) -> None:
    """Codes exist, and no text of a report names its informant."""
    if step.choices:
        name = {"transfer_agencies": "agency", "channels": "channel"}.get(
            step.choices, "reason_code"
        )
        if given.get(name) not in codes.known(step.choices):
            raise BadInput(name, "unknown_code")
    texts = {name: _as_text(value) for name, value in given.items()}
    service.refuse_person(session, office, case, texts)


def _as_text(value: object) -> str:
    if isinstance(value, list | tuple):
        return "\n".join(str(item) for item in value)
    return value if isinstance(value, str) else ""


def _approval_of(
    step: Step, pending: Mapping[str, Approval], given: Mapping[str, Any]
) -> Approval | None:
    if step.decides is None:
        return None
    found = pending[step.decides]
    if found.id != given["approval_id"]:
        raise BadInput("approval_id", "unknown_approval")
    return found


# -- what follows from the table --------------------------------------------------------------


def _move(taken: Act) -> None:
    session, case, step = taken.session, taken.case, taken.step
    moment = now(session)
    if step.target:
        case.state = step.target
        if step.target in lifecycle.DISPOSITIONS:
            case.disposition = step.target
    clocks.meet(session, case, step.meets, moment)
    clocks.void(session, case, step.voids, moment)
    for clock in step.starts:
        if clock not in clocks.OF_A_FACT:
            clocks.start(session, taken.office, case, clock, moment)
    if case.state in lifecycle.ENDED:
        _end(taken)
    elif case.state == "REFERRED":
        case.map_status = "referred"
    clocks.show_next(session, case)
    case.version += 1
    if step.target:
        clusters.look(session, case.id)


def _end(taken: Act) -> None:
    session, case = taken.session, taken.case
    if case.closed_at is None:
        case.closed_at = now(session)
        clocks.void_all(session, case, case.closed_at)
        taken.office.alarms.settle(session, service.ESCALATED, ("case", case.id))
    if case.map_status != "referred":
        case.map_status = "closed"


# -- effects of single steps: each may say more for the timeline ------------------------------


def _nothing(taken: Act) -> dict[str, Any]:
    return {}


def _route(taken: Act) -> dict[str, Any]:
    target = unit_of(taken.session, taken.given["organisation_id"])
    if target.id == taken.case.organisation_id:
        # Its clock would start anew, and the unit have longer than the law gives it.
        raise Conflict("already_there")
    _hand_over(taken.case, target)
    return {"organisation": target.name}


def unit_of(session: Session, organisation_id: object) -> Organisation:
    """Who may be given a case; raises BadInput naming `organisation_id`."""
    found = session.get(Organisation, organisation_id)
    if found is None or found.kind not in UNIT_KINDS:
        raise BadInput("organisation_id", "not_a_unit")
    if not principal_of(session).covers(found.path):
        raise BadInput("organisation_id", "outside_jurisdiction")
    return found


def _return(taken: Act) -> dict[str, Any]:
    centre = accounts.organisation(taken.session, taken.case.centre_id)
    came_from = taken.case.organisation.name
    _hand_over(taken.case, centre)
    return {"organisation": came_from}


def _hand_over(case: Case, organisation: Organisation) -> None:
    case.organisation, case.organisation_path = organisation, organisation.path
    case.handler_id = None


def _take_up(taken: Act) -> dict[str, Any]:
    """An officer of the unit who takes it up is its named handler."""
    principal = principal_of(taken.session)
    if principal.can("case.handle"):
        taken.case.handler_id = principal.id
    return {}


def _keep_outcome(taken: Act) -> dict[str, Any]:
    found = {name: taken.given[name] for name in taken.step.needs}
    taken.case.outcome = {**taken.case.outcome, **found}
    return {}


def _merge(taken: Act) -> dict[str, Any]:
    """New facts restart the period of the report that goes on (Order 121 art. 35)."""
    session, case = taken.session, taken.case
    into = _merge_target(session, case, str(taken.given["into_case_no"]))
    case.outcome = {**case.outcome, "into_case_no": into.case_no}
    if into.state in ("ROUTED", "VERIFY"):
        clocks.restart(session, taken.office, into, "verify", case.received_at)
        clocks.show_next(session, into)
    into.version += 1
    timeline.add(session, into, "merged_in", case_no=case.case_no)
    record(session, "case.merged_in", "case", into.id, case_no=case.case_no)
    return {}


def _merge_target(session: Session, case: Case, number: str) -> Case:
    found = queries.by_number(session, number.strip(), visible_only=True)
    if found is None or found.id == case.id or found.kind != "JB":
        raise BadInput("into_case_no", "no_such_report")
    into = queries.get(session, found.id, lock=True)
    if into.closed_at is not None or into.state in ("MERGED", "NOT_OURS"):
        raise BadInput("into_case_no", "already_ended")
    same = case.subject and into.subject and (
        case.subject_id == into.subject_id or case.subject.name == into.subject.name
    )  # fmt: skip
    if not same:
        raise BadInput("into_case_no", "other_subject")
    return into


def _request(taken: Act) -> dict[str, Any]:
    principal = principal_of(taken.session)
    approval = Approval(
        case_id=taken.case.id,
        kind=taken.step.asks,
        requested_by=principal.id,
        requested_by_name=principal.name,
        requested_at=now(taken.session),
        data={name: taken.given[name] for name in taken.step.needs},
    )
    taken.session.add(approval)
    taken.session.flush()
    return {"approval_id": approval.id}


def _decide(taken: Act, verdict: str) -> Approval:
    approval, principal = taken.approval, principal_of(taken.session)
    if approval is None:
        raise LookupError("a step that decides has its approval")
    approval.decided_by, approval.decided_by_name = principal.id, principal.name
    approval.decided_at, approval.verdict = now(taken.session), verdict
    approval.reason = str(taken.given.get("reason") or "")
    return approval


def _refuse(taken: Act) -> dict[str, Any]:
    _decide(taken, "refused")
    return {}


def _approve_closure(taken: Act) -> dict[str, Any]:
    closing = _decide(taken, "approved").data
    taken.case.outcome = {**taken.case.outcome, "closure": closing}
    return {"result": closing["result"]}


def _approve_transfer(taken: Act) -> dict[str, Any]:
    data = _decide(taken, "approved").data
    session, office, case = taken.session, taken.office, taken.case
    bureau = accounts.root(session).name
    facts = sending.facts_of(office, case)
    paper = papers.draw_up_referral(session, office, case, facts, data, bureau)
    case.outcome = {**case.outcome, "agency": data["agency"], "document": paper.number}
    return {"document_id": paper.id, "number": paper.number, "agency": data["agency"]}


def _record_reply(taken: Act) -> dict[str, Any]:
    statement = select(Document).where(
        Document.case_id == taken.case.id, Document.kind == papers.REFERRAL
    )
    paper = taken.session.scalar(statement.order_by(Document.id.desc()).limit(1))
    if paper is None:
        raise BadInput("text", "nothing_to_reply_to")
    paper.reply, paper.replied_at = str(taken.given["text"]), now(taken.session)
    return {"number": paper.number}


def _answer(taken: Act) -> dict[str, Any]:
    taken.case.answer = str(taken.given["text"])
    return {}


def _call_back(taken: Act) -> dict[str, Any]:
    given, case = taken.given, taken.case
    person = Person(name=given["name"], phone=given["phone"])
    identity.keep_complainant(taken.session, taken.office.vault, case, person)
    moment = now(taken.session)
    clocks.start_promised(taken.session, taken.office, case, "callback", moment, given["due"])
    return {}


def _pause_clock(taken: Act) -> dict[str, Any]:
    given = taken.given
    pause = Pause(given["paused_from"], given["paused_to"], given["reason_code"])
    clocks.pause(taken.session, taken.office, taken.case, pause, given["evidence"])
    return {}


def _move_pause_end(taken: Act) -> dict[str, Any]:
    given = taken.given
    before = clocks.move_pause_end(
        taken.session, taken.office, taken.case, given["pause"], given["paused_to"],
        given["evidence"],
    )  # fmt: skip
    return {
        "reason_code": before["ground"],
        "paused_from": before["first"],
        "paused_before": before["last"],
    }


def _take_back_pause(taken: Act) -> dict[str, Any]:
    given = taken.given
    wrong = clocks.take_back_pause(
        taken.session, taken.office, taken.case, given["pause"], given["reason"]
    )
    return {
        "reason_code": wrong["ground"], "paused_from": wrong["first"], "paused_to": wrong["last"],
    }  # fmt: skip


def _extend_clock(taken: Act) -> dict[str, Any]:
    due = clocks.extend(taken.session, taken.office, taken.case, taken.given["reason"])
    return {"due_on": due.isoformat()}


def _extend_collectively(taken: Act) -> dict[str, Any]:
    given = taken.given
    due = clocks.extend(
        taken.session, taken.office, taken.case, given["reason"], given["days"], given["evidence"]
    )
    return {"due_on": due.isoformat()}


def _take_measure(taken: Act) -> dict[str, Any]:
    return _happened(taken, "measure")


def _declare_emergency(taken: Act) -> dict[str, Any]:
    return _happened(taken, "emergency", rule_of_grade(taken.given["reason_code"]))


def _happened(taken: Act, clock: str, rule: Rule | None = None) -> dict[str, Any]:
    """The hours run from the very moment of what happened."""
    at = taken.given["happened_at"]
    if at > now(taken.session):
        raise BadInput("happened_at", "in_the_future")
    if at < now(taken.session) - LONG_AGO:
        raise BadInput("happened_at", "too_long_ago", days=LONG_AGO.days)
    clocks.start(taken.session, taken.office, taken.case, clock, at, rule=rule)
    return {}


EFFECTS: dict[str, Callable[[Act], dict[str, Any]]] = {
    "route": _route,
    "return": _return,
    "accept": _take_up,
    "verify": _take_up,
    "mediate": _take_up,
    "reject": _keep_outcome,
    "agree": _keep_outcome,
    "terminate": _keep_outcome,
    "notify": _keep_outcome,
    "withdraw": _keep_outcome,
    "file": _keep_outcome,
    "not_file": _keep_outcome,
    "not_ours": _keep_outcome,
    "merge": _merge,
    "pause_clock": _pause_clock,
    "move_pause_end": _move_pause_end,
    "take_back_pause": _take_back_pause,
    "extend_clock": _extend_clock,
    "extend_collectively": _extend_collectively,
    "take_measure": _take_measure,
    "declare_emergency": _declare_emergency,
    "request_closure": _request,
    "approve_closure": _approve_closure,
    "refuse_closure": _refuse,
    "request_transfer": _request,
    "approve_transfer": _approve_transfer,
    "refuse_transfer": _refuse,
    "record_reply": _record_reply,
    "answer": _answer,
    "callback": _call_back,
}
