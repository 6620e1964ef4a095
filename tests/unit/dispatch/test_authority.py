"""Who may let an order go."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dispatch.orders import authority
from dispatch.orders.authority import Approver, Oral, Verdict, decide
from kernel.errors import AppError, BadInput, Conflict, Forbidden

NOW = datetime(2026, 9, 22, 8, 0, tzinfo=UTC)
DISPATCHER, PATH = 7, "/1/4/12/"


def commander(**more: Any) -> Approver:
    return Approver(**{"id": 9, "name": "赵局", "roles": frozenset({"CMD"}), "path": "/1/", **more})


def oral(minutes_ago: float = 3, **more: Any) -> Oral:
    return Oral(commander(**more), NOW - timedelta(minutes=minutes_ago))


@pytest.mark.parametrize(
    ("urgency", "approval", "verdict"),
    [
        (0, None, Verdict.GO),
        (1, None, Verdict.GO),
        (2, None, Verdict.WAIT),
        (3, None, Verdict.WAIT),
        (1, oral(), Verdict.GO),
        (2, oral(), Verdict.GO_AND_CONFIRM),
        (3, oral(), Verdict.GO_AND_CONFIRM),
    ],
)
def test_level_two_needs_a_commander(urgency: int, approval: Oral | None, verdict: Verdict) -> None:
    assert decide(urgency, DISPATCHER, PATH, approval, NOW) is verdict


@pytest.mark.parametrize(
    ("approval", "code"),
    [
        (oral(id=DISPATCHER), "own_order"),
        (oral(roles=frozenset({"DISP", "SHIFT"})), "not_an_approver"),
        (oral(path="/1/5/"), "outside_jurisdiction"),
        (oral(path=""), "outside_jurisdiction"),
        (oral(minutes_ago=-5), "in_the_future"),
        (oral(minutes_ago=13 * 60), "too_old"),
    ],
)
def test_an_oral_approval_that_cannot_stand(approval: Oral, code: str) -> None:
    with pytest.raises(AppError) as refusal:
        decide(2, DISPATCHER, PATH, approval, NOW)
    assert refusal.value.code == code
    assert isinstance(refusal.value, Forbidden | BadInput)


@pytest.mark.parametrize("role", ["CMD", "DEPUTY", "HEAD", "LEAD"])
def test_every_leader_of_the_jurisdiction_may_approve(role: str) -> None:
    authority.check_approver(commander(roles=frozenset({role})), DISPATCHER, PATH)


def test_nobody_approves_an_order_of_their_own_whatever_their_rank() -> None:
    with pytest.raises(Forbidden, match="own_order"):
        authority.check_approver(commander(id=DISPATCHER), DISPATCHER, PATH)


def test_only_the_named_commander_confirms() -> None:
    authority.check_confirmer(9, 9)
    with pytest.raises(Forbidden):
        authority.check_confirmer(10, 9)
    with pytest.raises(Conflict):
        authority.check_confirmer(9, None)
