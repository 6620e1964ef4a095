"""One act stops everything outbound, another lets it go on; people are climbed meanwhile."""

from typing import Any

import pytest
from sqlalchemy import select

from dispatch.alarms.queries import open_alarms
from dispatch.escalation.policy import RING, SEND, Policy, Step
from dispatch.orders.lifecycle import ACKED
from dispatch.orders.ports import Officer
from kernel.audit import AuditEntry
from kernel.errors import Conflict, Forbidden
from kernel.pause import Pause
from telephony.outbound import waiting
from tests.integration.dispatch.conftest import (
    COMMANDER,
    DISPATCHER,
    EAST,
    SETUP,
    STRANGER,
    Desk,
    person,
)
from tests.integration.dispatch.test_api import Call, call  # noqa: F401
from tests.integration.dispatch.test_escalation import follow, taken

SMS = {"channels": ("sms",), "branch_ids": (EAST.id,)}
WESTERN = person(11, "CMD", "/1/5/", "西区指挥")


def pause(desk: Desk, reason: str = "短信写错了人") -> Pause:
    made = desk.do(lambda s: desk.room.outbound.pause(s, reason), COMMANDER)
    desk.work()
    return made


def resume(desk: Desk) -> None:
    desk.do(desk.room.outbound.resume, COMMANDER)
    desk.work()


def states(desk: Desk, order_id: int) -> list[str]:
    return [one.state for one in desk.deliveries(order_id)]


def outcomes(desk: Desk, order_id: int) -> list[tuple[str, str]]:
    return [(one.act, one.outcome) for one in taken(desk, order_id)]


def messages(desk: Desk) -> int:
    """Texts that left; one may have several parts."""
    return len({one.message_id for one in desk.sms.sent})


def climbing(desk: Desk) -> Policy:
    """After a minute everything that is left, after two the commander."""
    return follow(desk, Step(60, SEND, ("fax",)), Step(120, RING, rung="CMD"))


def test_an_order_waits_and_goes_out_after_the_resume(desk: Desk) -> None:
    pause(desk)
    order = desk.issue(**SMS)
    desk.work(minutes=50)
    assert (states(desk, order), desk.sms.sent) == (["QUEUED"], [])
    assert desk.alarms("delivery_problem") == []
    resume(desk)
    assert (states(desk, order), messages(desk)) == (["SENT"], 1)


def test_the_pause_is_on_record_and_its_alarm_stands_until_the_resume(desk: Desk) -> None:
    made = pause(desk)
    [alarm] = desk.alarms("outbound_paused")
    assert (alarm.organisation_path, alarm.params) == ("/1/", {"name": COMMANDER.name})
    for who in (DISPATCHER, COMMANDER):
        assert alarm.id in [one.id for one in desk.do(lambda s, w=who: open_alarms(s, w), who)]
    desk.do(lambda s: desk.room.alarms.take(s, alarm.id), DISPATCHER)
    with pytest.raises(Conflict, match="alarm_lasts"):
        desk.do(lambda s: desk.room.alarms.resolve(s, alarm.id, ""), DISPATCHER)
    assert desk.alarms("outbound_paused")
    resume(desk)
    assert desk.alarms("outbound_paused") == []
    kept = desk.do(lambda s: s.get_one(Pause, made.id), SETUP)
    assert (kept.began_by, kept.ended_by, kept.reason) == (9, 9, "短信写错了人")
    wanted = select(AuditEntry.action).filter_by(
        object_kind="outbound_pause", object_id=f"{made.id}"
    )
    done = desk.do(lambda s: s.scalars(wanted.order_by(AuditEntry.id)).all(), SETUP)
    assert done[-2:] == ["outbound.paused", "outbound.resumed"]


def test_there_is_one_pause_at_a_time(desk: Desk) -> None:
    with pytest.raises(Conflict, match="not_paused"):
        resume(desk)
    pause(desk)
    with pytest.raises(Conflict, match="outbound_paused"):
        pause(desk)
    resume(desk)
    pause(desk)


def test_only_who_answers_for_the_whole_bureau_switches(desk: Desk) -> None:
    with pytest.raises(Forbidden, match="whole_bureau_only"):
        desk.do(lambda s: desk.room.outbound.pause(s, "x"), WESTERN)
    pause(desk)
    with pytest.raises(Forbidden, match="whole_bureau_only"):
        desk.do(desk.room.outbound.resume, WESTERN)


def test_people_are_climbed_but_nothing_is_put_behind_what_waits(desk: Desk) -> None:
    climbing(desk)
    pause(desk)
    order = desk.issue(**SMS)
    desk.work(minutes=3)
    assert outcomes(desk, order) == [(SEND, "paused"), (RING, "done")]
    assert [alarm.rung for alarm in desk.alarms("ack_overdue")] == ["CMD"]
    resume(desk)
    assert [one.channel for one in desk.deliveries(order)] == ["sms"]
    assert messages(desk) == 1


def test_what_had_left_before_is_followed_by_one_sending_that_waits(desk: Desk) -> None:
    climbing(desk)
    order = desk.issue(**SMS)
    desk.work()
    pause(desk)
    desk.work(minutes=3)
    assert outcomes(desk, order) == [(SEND, "done"), (RING, "done")]
    assert (states(desk, order), desk.fax.sent) == (["SENT", "QUEUED"], [])
    resume(desk)
    assert len(desk.fax.sent) == 1


def test_who_has_taken_the_order_meanwhile_is_sent_nothing(desk: Desk) -> None:
    pause(desk)
    order = desk.issue(**SMS)
    desk.work(minutes=1)
    desk.report(desk.assignment(order).id, ACKED)
    resume(desk)
    assert (states(desk, order), desk.sms.sent) == (["CANCELLED"], [])


def test_the_switch_over_http(desk: Desk, call: Call) -> None:  # noqa: F811
    def shown(who: Any) -> Any:
        return call(who, "GET", "/outbound").get_json()

    assert shown(DISPATCHER) == {"pause": None, "waiting": 0, "may_switch": False}
    assert call(DISPATCHER, "POST", "/outbound/pause", json={"reason": "x"}).status_code == 403
    assert call(COMMANDER, "POST", "/outbound/pause", json={"reason": ""}).status_code == 422
    made = call(COMMANDER, "POST", "/outbound/pause", json={"reason": "误发"})
    assert made.status_code == 200, made.text
    desk.issue(**SMS)
    for who, may_switch in ((COMMANDER, True), (STRANGER, False), (WESTERN, False)):
        found = shown(who)
        assert found["pause"] == {
            "since": found["pause"]["since"], "by": COMMANDER.name, "reason": "误发",
        }  # fmt: skip
        assert (found["waiting"], found["may_switch"]) == (1, may_switch)
    assert desk.do(waiting, SETUP) == 1
    done = call(COMMANDER, "POST", "/outbound/resume")
    assert (done.status_code, done.get_json()["pause"]) == (200, None)
    again = call(COMMANDER, "POST", "/outbound/resume")
    assert (again.status_code, again.get_json()["code"]) == (409, "not_paused")


def test_an_officer_in_danger_is_heard_of_while_nothing_else_leaves(desk: Desk) -> None:
    """No commander sits at a desk: the duty list is told by text, whatever is paused."""
    desk.directory.duty = [Officer(9, "赵刚", "+99913800000009", certified=True)]
    desk.desks.clear()
    car = desk.unit("京A0001")
    pause(desk)
    order_id = desk.issue(car, channels=("sms",))
    desk.do(lambda s: desk.room.field.sos(s, None), person(100, "OFFICER", EAST.path))
    desk.work()
    assert [one.to for one in desk.sms.sent] == ["+99913800000009"]
    assert {one.state for one in desk.deliveries(order_id)} == {"QUEUED"}
