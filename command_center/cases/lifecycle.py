"""Legal transitions of complaint, report and consultation (SPEC §2.2-2.4), as one table each.

Pure: the situation of a case, who acts and what they give go in; the step comes out, or an error
that names what is missing. No other way changes a case's state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kernel.errors import AppError, Forbidden, IllegalTransition

Approval = Literal["closure", "transfer"]
CLERKS = frozenset({"AGENT", "ENTRY"})
"""Roles whose marked steps reach only what they registered themselves (SPEC §1.2, "o")."""

CENTRE_STATES = frozenset({"REGISTERED", "RETURNED"})
ENDED = frozenset({"CLOSED", "NOT_OURS"})
DISPOSITIONS = frozenset(
    {"REJECTED", "AGREED", "TERMINATED", "WITHDRAWN", "FILED", "NOT_FILED", "MERGED", "REFERRED",
     "NOT_OURS", "ANSWERED"}
)  # fmt: skip
"""States that say how a case ended, or will: kept beside the state from then on."""
FACTS = frozenset({"paused", "measure", "emergency", "collective"})
"""What some steps ask for: a running clock does not count some days; one of this name runs; a
collective decision alone gives it more time."""
NEVER_WAIT = frozenset({"record_reply", "report_measure", "report_emergency"})
"""Steps that may be taken while an approval is waited for."""
FIRST_CLOCKS = {"TS": ("route", "accept"), "JB": ("route", "verify"), "ZX": ("answer",)}
"""What runs from the receipt on. The unit's clock starts here too, conservatively; routing
starts it anew (SPEC §2.6)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One legal move. `target` None keeps the state; clocks are named as in `deadlines`."""

    action: str
    sources: tuple[str, ...]
    target: str | None
    permissions: tuple[str, ...]
    needs: tuple[str, ...] = ()
    choices: str | None = None
    """The code table that `reason_code` or `agency` is chosen from."""
    asks: Approval | None = None
    decides: Approval | None = None
    clear: bool = False
    """Refused while an order of the case is open."""
    own: bool = False
    """Clerks may do it only to a case that they registered."""
    when: str = ""
    """What must be on record for it, one of `FACTS`."""
    unless: str = ""
    """What must not be, one of `FACTS`."""
    meets: tuple[str, ...] = ()
    voids: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    article: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """What the law asks of a case before a step; `facts` of `FACTS`."""

    kind: str
    state: str
    open_orders: int = 0
    pending: Mapping[Approval, int | None] = field(default_factory=dict)
    """Approvals that wait for a decision -> who asked for them."""
    facts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, as far as the law asks."""

    id: int
    roles: frozenset[str]
    permissions: frozenset[str]
    covers: bool = True
    registered: bool = False
    """Whether they registered this very case."""


def _closing(*sources: str) -> tuple[Step, ...]:
    """Asked for by whoever has the case, unit or centre; decided by somebody else (SPEC §1.2)."""
    return (
        Step(
            "request_closure", sources, None, ("case.close.request", "case.route"),
            ("result", "text"), asks="closure", clear=True, own=True, article="L121 26",
        ),
        Step(
            "approve_closure", sources, "CLOSED", ("case.close.approve",), ("approval_id",),
            decides="closure", clear=True,
        ),
        Step(
            "refuse_closure", sources, None, ("case.close.approve",), ("approval_id", "reason"),
            decides="closure",
        ),
    )  # fmt: skip


def _pausing(sources: tuple[str, ...], permission: str, article: str) -> tuple[Step, ...]:
    """Days that the running clock does not count, on a ground of its rule and with what proves
    it; of a report the head decides (SPEC §2.6). Whoever pauses also sets a pause right."""
    return (
        Step(
            "pause_clock", sources, None, (permission,),
            ("reason_code", "paused_from", "paused_to", "evidence"), "pause_grounds",
            article=article,
        ),
        Step(
            "move_pause_end", sources, None, (permission,), ("pause", "paused_to", "evidence"),
            when="paused", article=article,
        ),
        Step(
            "take_back_pause", sources, None, (permission,), ("pause", "reason"),
            when="paused", article=article,
        ),
    )  # fmt: skip


def _emergency(handled: tuple[str, ...], after: tuple[str, ...]) -> tuple[Step, ...]:
    """An emergency of a grade is told to the level above within hours (SPEC §2.5), by the centre:
    from when it was known, also once the case itself is decided."""
    return (
        Step(
            "declare_emergency", handled, None, ("case.escalate",),
            ("reason_code", "happened_at", "text"), "emergency_grades", own=True,
            unless="emergency", starts=("emergency",),
        ),
        Step(
            "report_emergency", (*handled, *after), None, ("case.escalate",), ("text",), own=True,
            when="emergency", meets=("emergency",),
        ),
    )  # fmt: skip


COMPLAINT = (
    Step(
        "route", ("REGISTERED", "RETURNED", "ROUTED"), "ROUTED", ("case.route",),
        ("organisation_id",), own=True, meets=("route",), starts=("accept",), article="L121 41",
    ),
    Step(
        "return", ("ROUTED",), "RETURNED", ("case.handle",), ("reason_code", "text"),
        "return_reasons", voids=("accept",), starts=("route",), article="L121 41",
    ),
    Step(
        "accept", ("ROUTED",), "ACCEPTED", ("case.accept",),
        meets=("accept",), starts=("mediate",), article="L121 15",
    ),
    Step(
        "reject", ("ROUTED",), "REJECTED", ("case.accept",),
        ("reason_code", "remedies", "text"), "reject_reasons",
        meets=("accept",), article="L121 15, 16",
    ),
    Step("mediate", ("ACCEPTED",), "MEDIATING", ("case.handle",), ("mode",), article="L121 18"),
    Step(
        "agree", ("MEDIATING",), "AGREED", ("case.handle",), ("result", "amount_recovered"),
        meets=("mediate",), article="L121 24",
    ),
    Step(
        "terminate", ("MEDIATING",), "TERMINATED", ("case.handle",), ("reason_code", "text"),
        "terminate_reasons", meets=("mediate",), starts=("notify",), article="L121 23",
    ),
    *_pausing(("ACCEPTED", "MEDIATING"), "case.handle", "L121 21, 22"),
    Step(
        "notify", ("TERMINATED",), "NOTIFIED", ("case.handle",), ("channel",), "channels",
        meets=("notify",), article="L121 23",
    ),
    Step(
        "withdraw",
        ("REGISTERED", "ROUTED", "RETURNED", "ACCEPTED", "REJECTED", "MEDIATING", "AGREED",
         "TERMINATED", "NOTIFIED"),
        "WITHDRAWN", ("case.route", "case.handle"), ("statement",), own=True,
        voids=("route", "accept", "mediate", "notify"), article="L121 23",
    ),
    *_emergency(
        ("REGISTERED", "RETURNED", "ROUTED", "ACCEPTED", "MEDIATING"),
        ("REJECTED", "AGREED", "TERMINATED", "NOTIFIED", "WITHDRAWN"),
    ),
    *_closing("AGREED", "NOTIFIED", "REJECTED", "WITHDRAWN"),
)  # fmt: skip

_TRANSFERABLE = ("REGISTERED", "RETURNED", "VERIFY", "FILED")

REPORT = (
    Step(
        "route", ("REGISTERED", "RETURNED", "ROUTED"), "ROUTED", ("case.route",),
        ("organisation_id",), own=True, meets=("route",), starts=("verify",), article="L121 41",
    ),
    Step(
        "return", ("ROUTED",), "RETURNED", ("case.handle",), ("reason_code", "text"),
        "return_reasons", voids=("verify",), starts=("route",), article="L121 41",
    ),
    Step(
        "not_ours", ("REGISTERED", "RETURNED"), "NOT_OURS", ("case.route",), ("text",),
        clear=True, own=True, meets=("route",), voids=("verify",), article="L121 34",
    ),
    Step("verify", ("ROUTED",), "VERIFY", ("case.handle",), article="LAP 18"),
    Step(
        "file", ("VERIFY",), "FILED", ("case.file",), ("cause",),
        meets=("verify",), starts=("decide",), article="LAP 18, 19",
    ),
    Step(
        "not_file", ("VERIFY",), "NOT_FILED", ("case.file",), ("ground", "text"),
        meets=("verify",), article="LAP 20",
    ),
    Step(
        "merge", ("REGISTERED", "ROUTED", "RETURNED", "VERIFY"), "MERGED",
        ("case.route", "case.handle"), ("into_case_no",), own=True,
        meets=("route", "verify"), article="L121 35",
    ),
    *_pausing(("VERIFY", "FILED"), "case.file", "LAP 18, 64"),
    Step(
        "extend_clock", ("VERIFY", "FILED"), None, ("case.file",), ("reason",),
        article="LAP 18, 64",
    ),
    Step(
        "extend_collectively", ("FILED",), None, ("case.file",),
        ("days", "reason", "evidence"), when="collective", article="LAP 64",
    ),
    # A coercive measure taken on the spot, told to the head by whoever took it.
    Step(
        "take_measure", ("VERIFY", "FILED"), None, ("case.handle",), ("happened_at", "text"),
        unless="measure", starts=("measure",), article="LAP 36",
    ),
    Step(
        "report_measure", ("VERIFY", "FILED", "NOT_FILED", "MERGED", "REFERRED"), None,
        ("case.handle",), ("text",), when="measure", meets=("measure",), article="LAP 36",
    ),
    *_emergency(
        ("REGISTERED", "RETURNED", "ROUTED", "VERIFY", "FILED"),
        ("NOT_FILED", "MERGED", "REFERRED"),
    ),
    # A unit without authority returns the case (ROUTED); it transfers only what its own check
    # or investigation showed to be another agency's matter.
    Step(
        "request_transfer", _TRANSFERABLE, None, ("case.transfer.request",),
        ("agency", "reason", "legal_basis", "materials"), "transfer_agencies",
        asks="transfer", article="LAP 17",
    ),
    Step(
        "approve_transfer", _TRANSFERABLE, "REFERRED", ("case.transfer.approve",),
        ("approval_id",), decides="transfer", clear=True,
        meets=("route", "verify"), voids=("decide",), article="LAP 17",
    ),
    Step(
        "refuse_transfer", _TRANSFERABLE, None, ("case.transfer.approve",),
        ("approval_id", "reason"), decides="transfer",
    ),
    Step(
        "record_reply", ("REFERRED", "CLOSED"), None,
        ("case.handle", "case.route", "case.transfer.request"), ("text",),
    ),
    *_closing("NOT_FILED", "MERGED", "REFERRED"),
)  # fmt: skip

CONSULTATION = (
    Step(
        "answer", ("OPEN", "CALLBACK"), "ANSWERED", ("case.create", "case.handle"), ("text",),
        meets=("answer", "callback"),
    ),
    Step(
        "callback", ("OPEN",), "CALLBACK", ("case.create",), ("phone", "name", "due"),
        voids=("answer",), starts=("callback",),
    ),
    Step("close", ("ANSWERED",), "CLOSED", ("case.create", "case.handle"), clear=True),
)  # fmt: skip

MACHINES: dict[str, tuple[Step, ...]] = {"TS": COMPLAINT, "JB": REPORT, "ZX": CONSULTATION}
DECISIONS = frozenset(step.action for table in MACHINES.values() for step in table if step.decides)
"""Steps that decide what somebody else asked for."""
INITIAL = {"TS": "REGISTERED", "JB": "REGISTERED", "ZX": "OPEN"}


def states(kind: str) -> list[str]:
    """Every state of a machine, in the order of its table."""
    found = dict.fromkeys([INITIAL[kind]])
    for step in MACHINES[kind]:
        found.update(dict.fromkeys((*step.sources, step.target or step.sources[0])))
    return list(found)


def find(kind: str, action: str) -> Step | None:
    return next((step for step in MACHINES[kind] if step.action == action), None)


def allowed(situation: Situation, actor: Actor) -> list[Step]:
    """The steps that this actor may take now, in the order of the table."""
    return [step for step in MACHINES[situation.kind] if _refusal(step, situation, actor) is None]


def check(situation: Situation, actor: Actor, action: str, given: Mapping[str, object]) -> Step:
    """The step to take. Raises Forbidden, or IllegalTransition naming what is missing."""
    step = find(situation.kind, action)
    if step is None:
        raise IllegalTransition(situation.kind, situation.state, action)
    refusal = _refusal(step, situation, actor)
    if refusal is not None:
        raise refusal
    missing = [name for name in step.needs if given.get(name) in (None, "", [])]
    if missing:
        raise _illegal(step, situation, field=missing[0], missing=missing)
    return step


def _illegal(step: Step, situation: Situation, **why: object) -> IllegalTransition:
    return IllegalTransition(situation.kind, situation.state, step.action, **why)


def _refusal(step: Step, situation: Situation, actor: Actor) -> AppError | None:
    return (
        _who(step, actor)
        or _from_here(step, situation)
        or _fact(step, situation)
        or _approval(step, situation, actor)
        or (_orders(step, situation))
    )


def _who(step: Step, actor: Actor) -> AppError | None:
    if not actor.permissions.intersection(step.permissions):
        return Forbidden(" | ".join(step.permissions))
    if not actor.covers:
        return Forbidden(step.permissions[0], "outside_jurisdiction")
    if step.own and actor.roles <= CLERKS and not actor.registered:
        return Forbidden(step.permissions[0], "not_your_case")
    return None


def _from_here(step: Step, situation: Situation) -> AppError | None:
    if situation.state not in step.sources:
        return _illegal(step, situation, allowed_from=list(step.sources))
    return None


def _fact(step: Step, situation: Situation) -> AppError | None:
    if step.when and step.when not in situation.facts:
        return _illegal(step, situation, missing=[step.when])
    if step.unless in situation.facts:
        return _illegal(step, situation, running=step.unless)
    return None


def _approval(step: Step, situation: Situation, actor: Actor) -> AppError | None:
    if step.decides is None:
        if situation.pending and step.action not in NEVER_WAIT:
            return _illegal(step, situation, waiting_for=sorted(situation.pending))
        return None
    if step.decides not in situation.pending:
        return _illegal(step, situation, missing=[step.decides])
    if situation.pending[step.decides] == actor.id:
        return Forbidden(step.permissions[0], "own_request")
    return None


def _orders(step: Step, situation: Situation) -> AppError | None:
    if step.clear and situation.open_orders:
        return _illegal(step, situation, open_orders=situation.open_orders)
    return None
