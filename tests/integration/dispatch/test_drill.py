"""One act tries every number of every branch; what each did is kept."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from dispatch.drill.models import Drill, DrillCall
from dispatch.inbound.models import Reply
from dispatch.orders.ports import Officer
from dispatch.units import service as units
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
    """The branches' own numbers, by branch and channel."""
    found = desk.do(lambda s: s.scalars(select(DrillCall)).all(), SETUP)
    return {(one.name[0], one.channel): one for one in found if not one.person}


def outcomes(desk: Desk) -> dict[tuple[str, str], str]:
    return {key: one.outcome for key, one in tried(desk).items()}


def drill(desk: Desk, drill_id: int) -> Drill:
    return desk.do(lambda s: s.get_one(Drill, drill_id), SETUP)


def hear(desk: Desk, name: str, channel: str, kind: Kind) -> None:
    """The engine reports of the latest attempt, of all its parts."""
    hear_of(desk, tried(desk)[name, channel].message_id, kind)


def hear_of(desk: Desk, message_id: int | None, kind: Kind) -> None:
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


# -- the mobiles of whoever works there now ------------------------------------------------------


def mobiles(desk: Desk) -> dict[str, DrillCall]:
    """By whose mobile it is."""
    found = desk.do(lambda s: s.scalars(select(DrillCall)).all(), SETUP)
    return {one.person: one for one in found if one.person}


def test_crews_on_duty_and_the_roster_are_tried_by_text_alone(desk: Desk) -> None:
    unit = desk.unit("京A0001")
    crew = [one.name for one in desk.unit_now(unit).crew]
    guard = Officer(501, "值班员", "+9991380050001", certified=True)
    desk.directory.standing = {WEST.id: [guard]}
    off = desk.unit("京A0002")
    for one in desk.unit_now(off).crew:
        desk.do(lambda s, who=one.user_id: units.sign_off(s, who), SETUP)
    made = begin(desk)
    found = mobiles(desk)
    assert set(found) == {*crew, "值班员"}
    assert {one.channel for one in found.values()} == {"sms"}
    assert [found[name].branch_id for name in (*crew, "值班员")] == [EAST.id, EAST.id, WEST.id]
    assert guard.phone in {one.to for one in desk.sms.sent}
    assert desk.voice.sent == []
    assert drill(desk, made).ended_at is None


def test_a_number_that_appears_twice_is_tried_once_and_shown_wherever_it_stands(
    desk: Desk,
) -> None:
    first, second = desk.unit_now(desk.unit("京A0001")).crew
    desk.directory.standing = {
        EAST.id: [Officer(first.user_id, first.name, first.phone, certified=True)],
        WEST.id: [Officer(502, "李四", second.phone.replace("+", "00"), certified=True)],
    }
    begin(desk)
    assert [one.to for one in desk.sms.sent].count(first.phone) == 1
    assert [one.to for one in desk.sms.sent].count(second.phone) == 1
    found = mobiles(desk)
    assert set(found) == {first.name, second.name, "李四"}
    assert found[second.name].message_id == found["李四"].message_id
    hear_of(desk, found[second.name].message_id, Kind.DELIVERED)
    found = mobiles(desk)
    assert [found[one].outcome for one in (second.name, "李四", first.name)] == [
        "ok", "ok", "waiting",
    ]  # fmt: skip
    desk.do(desk.room.drills.stop, COMMANDER)
    assert mobiles(desk)["李四"].outcome == "ok"


def test_a_mobile_that_is_not_known_is_dead_and_its_owner_is_named(desk: Desk) -> None:
    desk.directory.standing = {WEST.id: [Officer(503, "王五", "", certified=True)]}
    begin(desk)
    assert (mobiles(desk)["王五"].outcome, mobiles(desk)["王五"].problem) == ("dead", "no_phone")


def bare(desk: Desk, number: str, words: str = "收到") -> str:
    """What became of a text of theirs."""
    ident = desk.text_in(number, words)
    return desk.do(lambda s: s.get_one(Reply, ident), SETUP).outcome


def test_who_answers_a_drill_has_acknowledged_no_order(desk: Desk) -> None:
    unit = desk.unit("京A0001")
    phone = desk.unit_now(unit).crew[0].phone
    order = desk.issue(unit)
    desk.work(minutes=1)
    begin(desk)
    assert bare(desk, phone) == "to_person"
    assert desk.assignment(order).state == "ISSUED"
    assert [one.params["why"] for one in desk.alarms("reply_unmatched")] == ["drill"]
    assert bare(desk, phone, f"1 {desk.assignment(order).code}") == "applied"
    assert desk.assignment(order).state == "ACKED"


def test_an_order_that_came_after_the_drill_is_what_is_answered(desk: Desk) -> None:
    unit = desk.unit("京A0001")
    phone = desk.unit_now(unit).crew[0].phone
    begin(desk)
    for name in ("东", "西"):
        for channel in ("sms", "fax"):
            hear(desk, name, channel, Kind.DELIVERED)
    for one in mobiles(desk).values():
        hear_of(desk, one.message_id, Kind.DELIVERED)
    desk.work(minutes=5)
    order = desk.issue(unit)
    desk.work(minutes=1)
    assert bare(desk, phone) == "applied"
    assert desk.assignment(order).state == "ACKED"


def test_nobody_has_to_read_that_a_drill_was_received(desk: Desk) -> None:
    phone = desk.unit_now(desk.unit("京A0001")).crew[0].phone
    assert bare(desk, phone) == "to_person", "an answer to nothing is read"
    begin(desk)
    desk.work(minutes=1)
    before = len(desk.alarms())
    assert bare(desk, phone) == "drill"
    assert bare(desk, EAST.phone) == "drill"
    assert len(desk.alarms()) == before
    assert bare(desk, phone, "车坏了，来不了") == "to_person"


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


def test_the_board_masks_mobiles_and_counts_them_apart(desk: Desk, call: Call) -> None:  # noqa: F811
    guard = Officer(504, "赵六", "+9991380050004", certified=True)
    desk.directory.standing = {WEST.id: [guard]}
    plan = call(COMMANDER, "GET", "/drill").get_json()["plan"]
    assert [(one["channel"], one["addresses"], one["mobiles"]) for one in plan] == [
        ("sms", 2, 1), ("fax", 2, 0),
    ]  # fmt: skip
    call(COMMANDER, "POST", "/drill")
    desk.work()
    answer = call(WEST_DESK, "GET", "/drill")
    assert guard.phone not in answer.text
    ((*_, mine),) = [one["calls"] for one in answer.get_json()["drill"]["branches"]]
    assert (mine["person"], mine["address"], mine["channel"]) == ("赵六", "+99****0004", "sms")
    own = answer.get_json()["drill"]["branches"][0]["calls"][0]
    assert (own["person"], own["address"]) == ("", WEST.phone)


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
