"""Assignments: every state against every report, and the order's state made of them."""

import pytest

from dispatch.orders import lifecycle
from dispatch.orders.lifecycle import REPORTS, STATES, order_state, step
from kernel.errors import BadInput, Forbidden, IllegalTransition

REFUSED, SAME = "refused", "same"
# Columns: ACKED EN_ROUTE ON_SCENE HANDLING NEED_HELP FED_BACK CLEARED CANNOT
TABLE = """
PENDING     refused  refused     refused     refused     refused     refused     refused    refused
ISSUED      ACKED    EN_ROUTE    ON_SCENE    HANDLING    ACKED       FED_BACK    refused    CANNOT
ACKED       same     EN_ROUTE    ON_SCENE    HANDLING    same        FED_BACK    refused    CANNOT
EN_ROUTE    same     same        ON_SCENE    HANDLING    same        FED_BACK    refused    CANNOT
ON_SCENE    same     same        same        HANDLING    same        FED_BACK    refused    CANNOT
HANDLING    same     same        same        same        same        FED_BACK    refused    CANNOT
FED_BACK    same     same        same        same        refused     same        CLEARED    refused
CLEARED     same     same        same        same        refused     same        same       refused
CANNOT      refused  refused     refused     refused     refused     refused     refused    refused
CANCELLED   refused  refused     refused     refused     refused     refused     refused    refused
"""
ROWS = [
    (cells[0], report, expected)
    for cells in (line.split() for line in TABLE.strip().splitlines())
    for report, expected in zip(REPORTS, cells[1:], strict=True)
]


def outcome(state: str, report: str) -> str:
    try:
        after = step(state, report, acknowledged=state != "ISSUED")
    except IllegalTransition:
        return REFUSED
    return after.state if after.moved else SAME


@pytest.mark.parametrize(("state", "report", "expected"), ROWS)
def test_what_each_report_does_in_each_state(state: str, report: str, expected: str) -> None:
    assert outcome(state, report) == expected


def test_the_table_names_every_state() -> None:
    assert {state for state, _, _ in ROWS} == set(STATES)


@pytest.mark.parametrize("report", REPORTS)
def test_whatever_a_crew_says_first_proves_that_it_has_the_order(report: str) -> None:
    if report == "CLEARED":
        return
    assert step("ISSUED", report, acknowledged=False).acknowledges
    assert not step("ON_SCENE", report, acknowledged=True).acknowledges


def test_a_call_for_help_asks_for_help_and_leaves_the_crew_where_it_is() -> None:
    after = step("ON_SCENE", "NEED_HELP", acknowledged=True)
    assert (after.asks_help, after.state, after.moved) == (True, "ON_SCENE", False)


@pytest.mark.parametrize("report", ["FED_BACK", "CANNOT"])
def test_what_ends_the_work_frees_the_unit(report: str) -> None:
    assert step("HANDLING", report, acknowledged=True).closes


def test_only_a_waiting_assignment_is_issued() -> None:
    assert lifecycle.issue("PENDING") == "ISSUED"
    for state in STATES[1:]:
        with pytest.raises(IllegalTransition):
            lifecycle.issue(state)


def test_an_assignment_can_be_taken_back_until_it_is_fed_back() -> None:
    takeable = {state for state in STATES if lifecycle.can_cancel(state)}
    assert takeable == {"PENDING", "ISSUED", "ACKED", "EN_ROUTE", "ON_SCENE", "HANDLING"}


@pytest.mark.parametrize(
    ("state", "first"),
    [("ISSUED", "ACKED"), ("ACKED", "EN_ROUTE"), ("ON_SCENE", "HANDLING"), ("FED_BACK", "CLEARED")],
)
def test_the_big_button_shows_the_next_step(state: str, first: str) -> None:
    assert lifecycle.next_reports(state)[0] == first


@pytest.mark.parametrize("state", STATES)
def test_the_phone_never_offers_what_would_be_refused(state: str) -> None:
    for report in lifecycle.next_reports(state):
        assert outcome(state, report) not in (REFUSED,)


@pytest.mark.parametrize(
    ("acting", "expected"),
    [
        (["ISSUED"], "ISSUED"),
        (["ISSUED", "ACKED"], "ACKED"),
        (["EN_ROUTE", "ON_SCENE"], "ON_SCENE"),
        (["FED_BACK", "ISSUED"], "HANDLING"),
        (["FED_BACK", "FED_BACK"], "FED_BACK"),
        (["FED_BACK", "CLEARED"], "FED_BACK"),
        (["CLEARED", "CLEARED"], "CLEARED"),
        (["CANNOT", "ACKED"], "ACKED"),
        (["CANNOT", "FED_BACK"], "FED_BACK"),
        (["CANNOT"], "CANNOT"),
        (["CANNOT", "CANCELLED"], "CANNOT"),
        (["CANCELLED"], "CANCELLED"),
    ],
)
def test_the_order_stands_where_its_assignments_stand(acting: list[str], expected: str) -> None:
    assert order_state(acting) == expected


def test_judgement_comes_before_progress() -> None:
    assert order_state(["PENDING"], pending=True) == "PENDING_APPROVAL"
    assert order_state(["CANCELLED"], pending=True, refused=True) == "REFUSED"
    assert order_state(["CANCELLED", "FED_BACK"], cancelled=True) == "CANCELLED"


@pytest.mark.parametrize(
    ("report", "more", "field"),
    [("CANNOT", {}, "reason"), ("FED_BACK", {}, "text"), ("DANCING", {}, "state")],
)
def test_a_report_says_enough_to_act_on(report: str, more: dict[str, str], field: str) -> None:
    with pytest.raises(BadInput) as refusal:
        lifecycle.check_report(report, "app", reason="", text="", result_code=None, **more)
    assert refusal.value.field == field


def test_a_short_message_may_be_short_but_cannot_clear() -> None:
    lifecycle.check_report("CANNOT", "sms", reason="", text="", result_code=None)
    with pytest.raises(Forbidden):
        lifecycle.check_report("CLEARED", "sms", reason="", text="", result_code=None)
