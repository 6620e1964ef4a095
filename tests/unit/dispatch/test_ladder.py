"""The ladder that untaken alarms climb."""

import pytest

from dispatch.alarms.ladder import (
    CONFIDENTIAL,
    OF_INTAKE,
    RUNGS,
    first_rung,
    kinds_hidden,
    may_answer,
    next_rung,
    rungs_seen,
)


def test_an_alarm_climbs_to_the_head_and_no_further() -> None:
    climbed = [first_rung("case_escalated")]
    while above := next_rung(climbed[-1]):
        climbed.append(above)
    assert climbed == ["DISP", "SHIFT", "CMD", "DEPUTY", "HEAD"]


@pytest.mark.parametrize("kind", ["officer_distress", "approval_pending", "oral_unconfirmed"])
def test_what_only_a_commander_can_answer_begins_with_them(kind: str) -> None:
    assert first_rung(kind) == "CMD"


@pytest.mark.parametrize(
    ("roles", "lowest"),
    [({"DISP"}, "DISP"), ({"SHIFT"}, "SHIFT"), ({"CMD"}, "CMD"), ({"LEAD"}, "DEPUTY"),
     ({"LEAD", "HEAD"}, "DEPUTY"), ({"HEAD"}, "HEAD"), ({"SYSTEM"}, "DISP")],
)  # fmt: skip
def test_one_hears_ones_own_rung_and_keeps_what_has_climbed_past(
    roles: set[str], lowest: str
) -> None:
    assert rungs_seen(frozenset(roles)) == RUNGS[RUNGS.index(lowest) :]


def test_who_stands_on_no_rung_hears_nothing() -> None:
    assert rungs_seen(frozenset({"AGENT", "OFFICER"})) == ()


@pytest.mark.parametrize("kind", ["approval_pending", "oral_unconfirmed"])
@pytest.mark.parametrize(
    ("roles", "may"),
    [({"DISP"}, False), ({"SHIFT", "AGENT"}, False), ({"CMD"}, True), ({"LEAD"}, True),
     ({"DISP", "HEAD"}, True), ({"SYSTEM"}, True)],
)  # fmt: skip
def test_who_cannot_approve_cannot_silence_what_asks_for_approval(
    kind: str, roles: set[str], may: bool
) -> None:
    assert may_answer(frozenset(roles), kind) is may


def test_a_dispatcher_may_answer_an_officer_in_distress() -> None:
    assert may_answer(frozenset({"DISP"}), "officer_distress")


@pytest.mark.parametrize(
    ("role", "sees"),
    [("DISP", False), ("SHIFT", False), ("CMD", True), ("LEAD", True), ("HEAD", True)],
)
def test_what_watches_the_staff_is_for_commanders(role: str, sees: bool) -> None:
    roles = frozenset({role})
    for kind in CONFIDENTIAL:
        assert first_rung(kind) == "CMD"
        assert (kind not in kinds_hidden(roles), may_answer(roles, kind)) == (sees, sees)


@pytest.mark.parametrize(
    ("role", "sees"), [("DISP", False), ("AGENT", False), ("SHIFT", True), ("CMD", True)]
)
def test_citizens_words_ring_in_the_intake_room_and_climb_from_there(role: str, sees: bool) -> None:
    roles = frozenset({role})
    for kind in OF_INTAKE:
        assert first_rung(kind) == "SHIFT"
        assert (kind not in kinds_hidden(roles), may_answer(roles, kind)) == (sees, sees)
