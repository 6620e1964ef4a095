"""One act tries every number of every branch; what each did is kept."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from dispatch.drill.models import Drill, DrillCall
from kernel.audit import AuditEntry
from kernel.errors import Conflict, NotFound
from telephony import receipts
from telephony.lifecycle import Kind
from telephony.models import Message
from telephony.receipts import Heard
from tests.integration.dispatch.conftest import (
    COMMANDER,
    DISPATCHER,
    EAST,
    GRAVE,
    SETUP,
    WEST,
    Desk,
    person,
)
from tests.integration.dispatch.test_api import Call, call  # noqa: F401

WESTERN = person(11, "CMD", "/1/5/", "西区指挥")
WEST_DESK = person(12, "DISP", "/1/5/", "西区调度")


def begin(desk: Desk) -> int:
    made = desk.do(desk.room.drills.begin, COMMANDER)
    desk.work()
    return made.id


def tried(desk: Desk) -> dict[tuple[str, str], DrillCall]:
    """By branch and channel."""
    found = desk.do(lambda s: s.scalars(select(DrillCall)).all(), SETUP)
    return {(one.name[0], one.channel): one for one in found}


def outcomes(desk: Desk) -> dict[tuple[str, str], str]:
    return {key: one.outcome for key, one in tried(desk).items()}


def drill(desk: Desk, drill_id: int) -> Drill:
    return desk.do(lambda s: s.get_one(Drill, drill_id), SETUP)


def hear(desk: Desk, name: str, channel: str, kind: Kind) -> None:
    """The engine reports of the latest attempt, of all its parts."""
    message_id = tried(desk)[name, channel].message_id
    assert message_id is not None

    def tell(session: Any) -> None:
        message = session.get_one(Message, message_id)
        for part in range(1, message.parts_total + 1):
            event = f"{message_id}:{message.attempts_made}:{part}:{kind}"
            heard = Heard(
                event_id=event, message_id=message_id, attempt=message.attempts_made, part=part,
                kind=kind, at=desk.clock.now(), raw={},
            )  # fmt: skip
            receipts.record(session, heard)

    desk.do(tell, SETUP)
    desk.work()


def test_every_number_of_every_branch_is_tried_and_nobody_takes_it_for_an_order(
    desk: Desk,
) -> None:
    begin(desk)
    assert set(tried(desk)) == {("东", "sms"), ("东", "fax"), ("西", "sms"), ("西", "fax")}
    assert {one.to for one in desk.sms.sent} == {EAST.phone, WEST.phone}
    assert {one.to for one in desk.fax.sent} == {EAST.fax, WEST.fax}
    assert all(one.text.startswith("演练") for one in desk.sms.sent if one.part == 1)
    assert set(outcomes(desk).values()) == {"waiting"}
    assert desk.count("dispatch.deliveries") == 0


def test_what_each_did_and_how_long_it_took_is_kept(desk: Desk) -> None:
    made = begin(desk)
    desk.work(seconds=20)
    hear(desk, "东", "fax", Kind.DELIVERED)
    hear(desk, "东", "sms", Kind.DELIVERED)
    hear(desk, "西", "sms", Kind.REJECTED)
    assert drill(desk, made).ended_at is None
    for _ in range(3):
        hear(desk, "西", "fax", Kind.BUSY)
        desk.work(minutes=2)
    assert outcomes(desk) == {
        ("东", "sms"): "ok", ("东", "fax"): "ok", ("西", "sms"): "dead", ("西", "fax"): "busy",
    }  # fmt: skip
    assert tried(desk)["东", "fax"].seconds == 20
    assert drill(desk, made).ended_at is not None
    assert desk.alarms() == []


def test_a_branch_without_a_number_is_dead_before_anything_leaves(desk: Desk) -> None:
    desk.directory.by_id[WEST.id] = replace(WEST, phone="", fax="西华传真")
    begin(desk)
    dead = [one for one in tried(desk).values() if one.outcome == "dead"]
    assert {(one.channel, one.problem, one.message_id) for one in dead} == {
        ("sms", "no_phone", None), ("fax", "not_a_number", None),
    }  # fmt: skip


def test_an_order_of_a_grave_case_keeps_the_lines(desk: Desk) -> None:
    desk.issue(case=GRAVE, branch_ids=(EAST.id,))
    with pytest.raises(Conflict, match="grave_order_open"):
        begin(desk)
    assert desk.count("dispatch.drills") == 0


def test_a_drill_that_goes_on_gives_way_to_an_order_of_a_grave_case(desk: Desk) -> None:
    made = begin(desk)
    desk.issue(case=GRAVE, branch_ids=(EAST.id,))
    hear(desk, "东", "sms", Kind.DELIVERED)
    found = drill(desk, made)
    assert (found.stopped_by_name, found.ended_at is not None) == ("", True)
    assert outcomes(desk)["东", "sms"] == "ok", "what was known stays known"
    assert "waiting" not in outcomes(desk).values()


def test_an_order_of_less_does_not(desk: Desk) -> None:
    desk.issue(branch_ids=(EAST.id,))
    begin(desk)


def test_there_is_one_drill_at_a_time_and_none_while_nothing_leaves(desk: Desk) -> None:
    begin(desk)
    for who in (COMMANDER, WESTERN):
        with pytest.raises(Conflict, match="drill_running"):
            desk.do(desk.room.drills.begin, who)
    desk.do(desk.room.drills.stop, COMMANDER)
    desk.do(lambda s: desk.room.outbound.pause(s, "误发"), COMMANDER)
    with pytest.raises(Conflict, match="outbound_paused"):
        begin(desk)


def test_it_is_broken_off_and_what_waits_stays_here(desk: Desk) -> None:
    desk.sms.running = False
    made = begin(desk)
    hear(desk, "东", "fax", Kind.DELIVERED)
    desk.do(desk.room.drills.stop, COMMANDER)
    found = drill(desk, made)
    assert (found.ended_at is not None, found.stopped_by_name) == (True, COMMANDER.name)
    desk.sms.running = True
    desk.work(minutes=10)
    assert desk.sms.sent == []
    assert outcomes(desk) == {
        ("东", "sms"): "stopped", ("东", "fax"): "ok",
        ("西", "sms"): "stopped", ("西", "fax"): "stopped",
    }  # fmt: skip
    hear(desk, "西", "fax", Kind.DELIVERED)  # it was on the line already
    assert outcomes(desk)["西", "fax"] == "ok"
    with pytest.raises(Conflict, match="no_drill"):
        desk.do(desk.room.drills.stop, COMMANDER)
    begin(desk)


def test_one_that_is_stopped_before_its_messages_are_made_sends_none(desk: Desk) -> None:
    desk.do(desk.room.drills.begin, COMMANDER)
    desk.do(desk.room.drills.stop, COMMANDER)
    desk.work(minutes=1)
    assert desk.count("telephony.messages") == 0


def test_its_time_ends_and_what_never_answered_is_not_known(desk: Desk) -> None:
    made = begin(desk)
    hear(desk, "东", "sms", Kind.DELIVERED)
    desk.work(minutes=71)
    assert drill(desk, made).ended_at is not None
    assert outcomes(desk)["东", "sms"] == "ok"
    assert outcomes(desk)["西", "sms"] == "unknown"


def test_a_commander_of_a_part_drills_that_part(desk: Desk) -> None:
    desk.do(desk.room.drills.begin, WESTERN)
    desk.work()
    assert {name for name, _ in tried(desk)} == {"西"}
    with pytest.raises((NotFound, Conflict)):
        desk.do(desk.room.drills.stop, person(13, "CMD", "/1/4/", "东区指挥"))


def test_begin_and_stop_are_on_record(desk: Desk) -> None:
    made = begin(desk)
    desk.do(desk.room.drills.stop, COMMANDER)
    wanted = select(AuditEntry.action).filter_by(object_kind="drill", object_id=f"{made}")
    done = desk.do(lambda s: s.scalars(wanted.order_by(AuditEntry.id)).all(), SETUP)
    assert done[-2:] == ["drill.begun", "drill.stopped"]


def test_the_board_of_the_drill_over_http(desk: Desk, call: Call) -> None:  # noqa: F811
    before = call(COMMANDER, "GET", "/drill").get_json()
    assert (before["drill"], before["obstacle"]) == (None, None)
    assert [(one["channel"], one["addresses"]) for one in before["plan"]] == [
        ("sms", 2), ("fax", 2),
    ]  # fmt: skip
    assert call(DISPATCHER, "POST", "/drill").status_code == 403
    made = call(COMMANDER, "POST", "/drill")
    assert made.status_code == 200, made.text
    desk.work()
    hear(desk, "西", "fax", Kind.DELIVERED)
    assert call(COMMANDER, "POST", "/drill").get_json()["code"] == "drill_running"
    shown = call(COMMANDER, "GET", "/drill").get_json()
    assert (shown["obstacle"], shown["drill"]["may_stop"]) == ("drill_running", True)
    assert [one["name"] for one in shown["drill"]["branches"]] == [EAST.name, WEST.name]
    part = call(WEST_DESK, "GET", "/drill").get_json()
    assert (part["plan"], part["drill"]["may_stop"]) == ([], False)
    (branch,) = part["drill"]["branches"]
    assert (branch["organisation_id"], branch["lat"], branch["lon"]) == (13, WEST.lat, WEST.lon)
    assert {one["channel"]: one["outcome"] for one in branch["calls"]} == {
        "sms": "waiting", "fax": "ok",
    }  # fmt: skip
    done = call(COMMANDER, "POST", "/drill/stop").get_json()
    assert done["drill"]["stopped_by"] == COMMANDER.name
