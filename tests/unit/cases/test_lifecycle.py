"""The three machines against SPEC §2.2-2.4: who may do what, from where, with what."""

from pathlib import Path

import pytest

from command_center.accounts.roles import ROLES
from command_center.cases import lifecycle
from command_center.cases.lifecycle import MACHINES, Actor, Situation, Step
from kernel.errors import AppError, Forbidden, IllegalTransition

GOLDEN = Path(__file__).parent / "golden"
EVERY_NEED = {
    name: "something" for steps in MACHINES.values() for step in steps for name in step.needs
}


def somebody(role: str = "UNIT", **more: object) -> Actor:
    return Actor(id=7, roles=frozenset({role}), permissions=ROLES[role], **more)  # type: ignore[arg-type]


def situation_for(kind: str, state: str, step: Step) -> Situation:
    pending = {step.decides: 99} if step.decides else {}
    facts = frozenset({step.when} if step.when else ())
    return Situation(kind, state, pending=pending, facts=facts)


def verdict(kind: str, state: str, step: Step, role: str) -> str:
    """`` refused, `ROLE` allowed, `ROLE*` allowed on cases of their own registration."""
    for mark, own in (("", False), ("*", True)):
        try:
            actor = somebody(role, registered=own)
            lifecycle.check(situation_for(kind, state, step), actor, step.action, EVERY_NEED)
        except AppError:
            continue
        return role + mark
    return ""


def test_a_step_that_asks_for_a_fact_waits_for_it() -> None:
    steps = [(kind, step) for kind, table in MACHINES.items() for step in table if step.when]
    assert {step.when for _, step in steps} == lifecycle.FACTS
    for kind, step in steps:
        with pytest.raises(IllegalTransition) as refused:
            role = next(r for r in ROLES if ROLES[r] & set(step.permissions))
            someone = somebody(role, registered=True)
            lifecycle.check(Situation(kind, step.sources[0]), someone, step.action, EVERY_NEED)
        assert refused.value.params["missing"] == [step.when]


def table(kind: str) -> str:
    lines = []
    for state in lifecycle.states(kind):
        for step in MACHINES[kind]:
            allowed = [text for role in ROLES if (text := verdict(kind, state, step, role))]
            if allowed:
                target = step.target or state
                lines.append(f"{state} --{step.action}--> {target}: {' '.join(allowed)}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("kind", MACHINES)
def test_state_by_action_by_role_is_as_reviewed_against_the_specification(kind: str) -> None:
    assert table(kind) == (GOLDEN / f"{kind}.txt").read_text("utf-8")


@pytest.mark.parametrize("kind", MACHINES)
def test_every_state_can_be_reached_and_every_open_state_can_be_left(kind: str) -> None:
    reached, frontier = set(), {lifecycle.INITIAL[kind]}
    while frontier:
        reached |= frontier
        frontier = {
            step.target for step in MACHINES[kind] if step.target and reached & set(step.sources)
        } - reached
    assert reached == set(lifecycle.states(kind))
    # Only a filed report waits for the investigation that follows it; it may still be transferred.
    stuck = {s for s in reached if not any(s in t.sources and t.target for t in MACHINES[kind])}
    assert stuck <= lifecycle.ENDED


def test_a_unit_can_only_return_a_case_never_pass_it_on() -> None:
    for kind in ("TS", "JB"):
        actions = {s.action for s in lifecycle.allowed(Situation(kind, "ROUTED"), somebody())}
        assert "return" in actions
        assert not actions & {"route", "request_transfer", "approve_transfer"}


def test_an_illegal_step_names_the_states_it_is_legal_from() -> None:
    with pytest.raises(IllegalTransition) as refused:
        lifecycle.check(Situation("TS", "REGISTERED"), somebody(), "mediate", {"mode": "phone"})
    assert refused.value.params["allowed_from"] == ["ACCEPTED"]


def test_missing_data_is_named_field_by_field() -> None:
    with pytest.raises(IllegalTransition) as refused:
        lifecycle.check(
            Situation("TS", "ROUTED"), somebody(), "reject", {"reason_code": "N1", "text": ""}
        )
    assert refused.value.field == "remedies"
    assert refused.value.params["missing"] == ["remedies", "text"]


def test_recovering_nothing_is_an_answer_not_a_gap() -> None:
    given = {"result": "赔礼道歉", "amount_recovered": 0}
    assert lifecycle.check(Situation("TS", "MEDIATING"), somebody(), "agree", given)


def test_nobody_approves_what_they_asked_for() -> None:
    mine = Situation("TS", "AGREED", pending={"closure": 7})
    with pytest.raises(Forbidden) as refused:
        lifecycle.check(mine, somebody("CMD"), "approve_closure", {"approval_id": 1})
    assert refused.value.code == "own_request"


def test_nothing_is_approved_that_nobody_asked_for() -> None:
    with pytest.raises(IllegalTransition) as refused:
        lifecycle.check(
            Situation("TS", "AGREED"), somebody("CMD"), "approve_closure", {"approval_id": 1}
        )
    assert refused.value.params["missing"] == ["closure"]


@pytest.mark.parametrize("action", ["request_closure", "approve_closure"])
def test_a_case_with_an_open_order_cannot_be_closed(action: str) -> None:
    pending = {"closure": 99} if action == "approve_closure" else {}
    waiting = Situation("TS", "AGREED", open_orders=2, pending=pending)
    role = "CMD" if pending else "UNIT"
    with pytest.raises(IllegalTransition) as refused:
        lifecycle.check(waiting, somebody(role), action, EVERY_NEED)
    assert refused.value.params["open_orders"] == 2


def test_while_an_approval_waits_the_case_stands_still() -> None:
    waiting = Situation("JB", "VERIFY", pending={"transfer": 99})
    with pytest.raises(IllegalTransition) as refused:
        lifecycle.check(waiting, somebody("LEAD"), "file", {"cause": "无照经营"})
    assert refused.value.params["waiting_for"] == ["transfer"]


def test_a_complaint_closes_only_from_an_end_that_the_law_knows() -> None:
    closing = lifecycle.find("TS", "approve_closure")
    assert closing and set(closing.sources) == {"AGREED", "NOTIFIED", "REJECTED", "WITHDRAWN"}


def test_a_filed_report_stays_open() -> None:
    closing = lifecycle.find("JB", "approve_closure")
    assert closing and set(closing.sources) == {"NOT_FILED", "MERGED", "REFERRED"}


def test_people_of_another_jurisdiction_can_do_nothing() -> None:
    for kind in MACHINES:
        for state in lifecycle.states(kind):
            for role in ROLES:
                assert not lifecycle.allowed(Situation(kind, state), somebody(role, covers=False))
