"""The steps of a supervision order (SPEC §2.4), as one table. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from command_center.cases.deadlines import RULES, Rule
from kernel.access import Principal
from kernel.errors import AppError, Forbidden, IllegalTransition

PROPOSED, ISSUED, SIGNED, REPLIED = "PROPOSED", "ISSUED", "SIGNED", "REPLIED"
ACCEPTED, ESCALATED, WITHDRAWN = "ACCEPTED", "ESCALATED", "WITHDRAWN"
OUT = (ISSUED, SIGNED, REPLIED)
ENDED = frozenset({ACCEPTED, ESCALATED, WITHDRAWN})
HIGHEST = 3
SOURCES = ("overdue", "order_overdue", "idle", "no_result", "leader", "superior")
"""Why one is drafted; the first two by the house itself as well."""


@dataclass(frozen=True, slots=True)
class Level:
    """How soon a unit signs, and how soon it replies. No law fixes either."""

    sign: timedelta
    reply: Rule


def levels(sign_hours: Sequence[int], reply_days: Sequence[int]) -> Mapping[int, Level]:
    """The limits of level 1, 2 and 3, as the bureau has set them."""
    given = enumerate(zip(sign_hours, reply_days, strict=True), start=1)
    return {
        level: Level(timedelta(hours=hours), replace(RULES[f"DB.{level}"], amount=days))
        for level, (hours, days) in given
    }


@dataclass(frozen=True, slots=True)
class Step:
    """One legal move; `needs_text` where it takes a word why."""

    action: str
    sources: tuple[str, ...]
    target: str
    permission: str
    needs_text: bool = False


STEPS = {
    step.action: step
    for step in (
        Step("issue", (PROPOSED,), ISSUED, "supervision.issue"),
        Step("sign", (ISSUED,), SIGNED, "supervision.answer"),
        Step("reply", (SIGNED,), REPLIED, "supervision.answer", True),
        Step("accept", (REPLIED,), ACCEPTED, "supervision.issue"),
        Step("send_back", (REPLIED,), SIGNED, "supervision.issue", True),
        Step("escalate", OUT, ESCALATED, "supervision.issue", True),
        Step("withdraw", (PROPOSED, *OUT), WITHDRAWN, "supervision.issue", True),
    )
}


@dataclass(frozen=True, slots=True)
class Standing:
    """An order as the table sees it. `answered_by` wrote the reply that waits for a verdict."""

    state: str
    level: int
    unit_path: str
    answered_by: int | None = None


def allowed(standing: Standing, who: Principal) -> list[str]:
    """The actions that this person may take now, in the order of the table."""
    return [name for name, step in STEPS.items() if _refusal(step, standing, who) is None]


def check(standing: Standing, who: Principal, action: str) -> Step:
    """The step to take; raises Forbidden or IllegalTransition."""
    step = STEPS.get(action)
    if step is None:
        raise IllegalTransition("DB", standing.state, action)
    if refusal := _refusal(step, standing, who):
        raise refusal
    return step


def _refusal(step: Step, standing: Standing, who: Principal) -> AppError | None:
    if not who.can(step.permission):
        return Forbidden(step.permission)
    if not who.covers(standing.unit_path):
        return Forbidden(step.permission, "outside_jurisdiction")
    if standing.state not in step.sources:
        return IllegalTransition("DB", standing.state, step.action, allowed_from=list(step.sources))
    if step.action == "escalate" and standing.level == HIGHEST:
        return IllegalTransition("DB", standing.state, step.action, level=HIGHEST)
    if step.permission == "supervision.issue" and who.id == standing.answered_by:
        return Forbidden(step.permission, "own_reply")
    return None
