"""Replies by SMS: they count from the crew's own numbers, and nothing else moves anything."""

import pytest
from sqlalchemy import select, text

from dispatch.alarms import queries as alarms
from dispatch.inbound import queries
from dispatch.inbound.models import Reply
from dispatch.units import service as units
from kernel.access import Principal
from kernel.errors import Conflict, NotFound
from telephony.models import Inbound
from tests.integration.dispatch.conftest import (
    COMMANDER,
    DISPATCHER,
    EAST,
    GRAVE,
    SETUP,
    STRANGER,
    WORKER,
    Desk,
    person,
)

SMS = {"channels": ("sms",)}
CREW_OF_1, CREW_OF_2 = "+99913800000100", "+99913800000200"
OFF_DUTY = "+99913800000900"
CITIZEN = "+99913899999999"
AGENT, LEADER = person(21, "AGENT", name="坐席"), person(22, "SHIFT", name="值班长")
ELSEWHERE = person(23, "AGENT", "/1/5/")


def waiting(desk: Desk) -> list[tuple[str, str]]:
    found = desk.do(lambda s: queries.listed(s, DISPATCHER, strangers=False, only_open=True))
    return [(one.inbound.text, one.why) for one in found]


def strangers_texts(desk: Desk, who: Principal = AGENT) -> list[str]:
    found = desk.do(lambda s: queries.listed(s, who, strangers=True, only_open=True), who)
    return [desk.room.inbound.strangers_words(one).text for one in found]


def test_a_crew_answers_step_by_step(desk: Desk) -> None:
    car = desk.unit("京A0001")
    order_id = desk.issue(car, **SMS)
    code = desk.assignment(order_id).code
    for words, state in (("1", "ACKED"), (f"{code} 2", "EN_ROUTE"), ("３", "ON_SCENE")):
        desk.text_in(CREW_OF_1, words)
        assert desk.assignment(order_id).state == state
    desk.text_in(CREW_OF_1, f"5 {code} 已查封羊肉20公斤")
    assignment = desk.assignment(order_id)
    assert (assignment.state, assignment.feedback) == ("FED_BACK", "已查封羊肉20公斤")
    assert (assignment.acknowledged_by, assignment.acknowledged_via) == ("警员100", "sms")
    assert desk.unit_now(car).state == "RETURNING"
    assert not desk.alarms()


def test_a_branch_answers_from_its_own_phone(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,), **SMS)
    desk.text_in(EAST.phone, "收到")
    assignment = desk.assignment(order_id)
    assert (assignment.state, assignment.acknowledged_by) == ("ACKED", "东华市监所")


@pytest.mark.parametrize(
    ("sender", "words", "why"),
    [
        (EAST.phone, "1", "no_open_assignment"),
        (OFF_DUTY, "{code} 1", "no_open_assignment"),
        (CREW_OF_2, "{code} 1", "no_open_assignment"),
        (CREW_OF_1, "9999 1", "code_not_theirs"),
        (CREW_OF_1, "好的", "not_understood"),
        (CREW_OF_1, "3人受伤", "not_understood"),
    ],
)
def test_what_does_not_count_goes_to_a_person_and_moves_nothing(
    desk: Desk, sender: str, words: str, why: str
) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **SMS)
    desk.unit("京A0002")
    desk.officer(900)
    words = words.format(code=desk.assignment(order_id).code)
    desk.text_in(sender, words)
    assignment = desk.assignment(order_id)
    assert (assignment.state, assignment.acknowledged_at) == ("ISSUED", None)
    assert waiting(desk) == [(words, why)]
    assert len(desk.alarms("reply_unmatched")) == 1


def test_a_crew_with_two_assignments_must_name_the_code(desk: Desk) -> None:
    car = desk.unit("京A0001")
    desk.directory.by_id[EAST.id] = EAST.__class__(
        EAST.id, EAST.name, EAST.kind, EAST.path, CREW_OF_1, EAST.fax
    )
    first = desk.issue(car, **SMS)
    second = desk.issue(branch_ids=(EAST.id,), **SMS)
    desk.text_in(CREW_OF_1, "1")
    assert waiting(desk) == [("1", "code_needed")]
    desk.text_in(CREW_OF_1, f"1 {desk.assignment(second).code}")
    assert desk.assignment(first).state == "ISSUED"
    assert desk.assignment(second).state == "ACKED"


def test_an_officer_who_has_signed_off_no_longer_speaks_for_the_unit(desk: Desk) -> None:
    car = desk.unit("京A0001", crew=3)
    order_id = desk.issue(car, **SMS)
    desk.do(lambda s: units.sign_off(s, 100), SETUP)
    desk.text_in(CREW_OF_1, "1")
    assert desk.assignment(order_id).state == "ISSUED"
    desk.text_in("+99913800000101", "1")
    assert desk.assignment(order_id).state == "ACKED"


def test_a_reply_to_an_order_that_still_waits_for_approval_moves_nothing(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), case=GRAVE, **SMS)
    desk.text_in(CREW_OF_1, f"1 {desk.assignment(order_id).code}")
    assert desk.assignment(order_id).state == "PENDING"


def test_the_same_text_twice_counts_once(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **SMS)
    ident = desk.text_in(CREW_OF_1, "1")
    desk.do(lambda s: desk.room.inbound.received(s, {"inbound_id": ident}), WORKER)
    assert desk.count("dispatch.status_reports") == 1
    assert desk.assignment(order_id).state == "ACKED"


def test_a_flood_from_one_number_is_one_alarm(desk: Desk) -> None:
    idents = [desk.text_in(EAST.phone, f"垃圾短信{n}") for n in range(5)]
    assert len(desk.alarms("reply_unmatched")) == 1
    assert len(waiting(desk)) == 5
    for ident in idents:
        assert desk.alarms("reply_unmatched")
        desk.do(lambda s, i=ident: desk.room.inbound.settle(s, i, None, None, "广告"))
    assert not desk.alarms("reply_unmatched")
    with pytest.raises(Conflict, match="already_settled"):
        desk.do(lambda s: desk.room.inbound.settle(s, idents[0], None, None, ""))


def test_a_person_may_say_whose_reply_it_was(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **SMS)
    desk.unit("京A0002")
    ident = desk.text_in(CREW_OF_2, "我们到了，用同事手机发的")
    assignment_id = desk.assignment(order_id).id
    desk.do(lambda s: desk.room.inbound.settle(s, ident, assignment_id, "ON_SCENE", "电话核实"))
    assignment = desk.assignment(order_id)
    assert (assignment.state, assignment.acknowledged_by) == ("ON_SCENE", DISPATCHER.name)
    assert assignment.acknowledged_via == "desk"
    assert not desk.alarms("reply_unmatched")
    assert not waiting(desk)


def test_a_stranger_to_the_jurisdiction_never_sees_the_text(desk: Desk) -> None:
    desk.issue(desk.unit("京A0001"), **SMS)
    ident = desk.text_in(CREW_OF_1, "好的")
    assert not desk.do(lambda s: queries.listed(s, STRANGER, strangers=False, only_open=True))
    with pytest.raises(NotFound):
        desk.do(lambda s: desk.room.inbound.settle(s, ident, None, None, ""), STRANGER)


@pytest.mark.parametrize("words", ["老王饭店卖过期羊肉，我是员工小李", "1", "{code} 1"])
def test_a_strangers_text_exists_for_the_intake_room_alone(desk: Desk, words: str) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **SMS)
    words = words.format(code=desk.assignment(order_id).code)
    desk.text_in(CITIZEN, words)
    assert desk.assignment(order_id).state == "ISSUED"
    assert waiting(desk) == []
    assert strangers_texts(desk) == strangers_texts(desk, LEADER) == [words]
    assert strangers_texts(desk, ELSEWHERE) == []


@pytest.mark.parametrize("who", [DISPATCHER, COMMANDER, person(24, "LEAD"), person(25, "UNIT")])
def test_the_database_hides_a_strangers_text_from_dispatch_desks(
    desk: Desk, who: Principal
) -> None:
    """Asked without any filter of ours."""
    desk.text_in(CITIZEN, "我要举报")
    desk.text_in(EAST.phone, "好的")
    assert desk.do(lambda s: s.scalars(select(Inbound.text)).all(), who) == ["好的"]
    assert len(desk.do(lambda s: s.scalars(select(Reply)).all(), who)) == 1
    changed = desk.do(
        lambda s: s.execute(text("update dispatch.replies set note = 'x' returning inbound_id")),
        who,
    )
    assert changed.rowcount == 1


def test_a_strangers_texts_are_one_alarm_that_no_dispatcher_sees(desk: Desk) -> None:
    idents = [desk.text_in(CITIZEN, f"投诉{n}") for n in range(3)]
    (alarm,) = desk.alarms()
    assert (alarm.kind, alarm.rung, alarm.params) == ("text_from_stranger", "SHIFT", {})
    for who, sees in ((LEADER, True), (DISPATCHER, False), (COMMANDER, False)):
        assert bool(desk.do(lambda s, w=who: alarms.open_alarms(s, w))) is sees
    with pytest.raises(NotFound):
        desk.do(lambda s: desk.room.alarms.take(s, alarm.id))
    for ident in idents:
        assert desk.alarms("text_from_stranger")
        desk.do(lambda s, i=ident: desk.room.inbound.settle_stranger(s, i, "已登记"), AGENT)
    assert not desk.alarms()
    assert strangers_texts(desk) == []


def test_what_became_of_a_strangers_text_stands_with_the_text_alone(desk: Desk) -> None:
    ident = desk.text_in(CITIZEN, "我要举报")
    desk.do(lambda s: desk.room.inbound.settle_stranger(s, ident, "登记为 TS1"), AGENT)
    kept = desk.do(lambda s: s.get_one(Reply, ident), SETUP)
    assert (kept.note, kept.settled_by) == ("登记为 TS1", AGENT.name)
    for table in ("dispatch.alarms", "kernel.audit", "kernel.jobs"):
        told = desk.do(
            lambda s, t=table: s.scalars(text(f"select t::text from {t} t")).all(), SETUP
        )
        assert not any("TS1" in row for row in told), table
    with pytest.raises(Conflict, match="already_settled"):
        desk.do(lambda s: desk.room.inbound.settle_stranger(s, ident, "再"), AGENT)


def test_a_strangers_text_is_settled_in_its_jurisdiction_and_as_nothing_else(desk: Desk) -> None:
    theirs, ours = desk.text_in(CITIZEN, "我要举报"), desk.text_in(EAST.phone, "好的")
    settle, inbound = desk.room.inbound.settle_stranger, desk.room.inbound
    with pytest.raises(NotFound):
        desk.do(lambda s: settle(s, theirs, "x"), ELSEWHERE)
    with pytest.raises(NotFound):
        desk.do(lambda s: settle(s, ours, "x"), AGENT)
    with pytest.raises(NotFound):
        desk.do(lambda s: inbound.settle(s, theirs, None, None, ""))


def test_who_was_a_stranger_and_signs_on_has_an_alarm_of_their_own_kind(desk: Desk) -> None:
    desk.text_in(OFF_DUTY, "我是新来的")
    desk.officer(900)
    desk.text_in(OFF_DUTY, "好的")
    assert [one.kind for one in desk.alarms()] == ["text_from_stranger", "reply_unmatched"]
    assert (len(waiting(desk)), len(strangers_texts(desk))) == (1, 1)


def anywhere(desk: Desk, words: str) -> list[str]:
    """The tables that hold these words in the open."""
    named = text(
        "select format('%I.%I', schemaname, tablename) from pg_tables"
        " where schemaname in ('dispatch', 'telephony', 'kernel')"
    )
    tables = desk.do(lambda s: s.scalars(named).all(), SETUP)
    assert "telephony.inbound" in tables
    count = "select count(*) from {} t where t::text like :words"
    return [
        table
        for table in tables
        if desk.do(
            lambda s, t=table: s.scalar(text(count.format(t)), {"words": f"%{words}%"}), SETUP
        )
    ]


def test_a_strangers_number_and_words_lie_sealed(desk: Desk) -> None:
    desk.text_in(CITIZEN, "我要举报")
    assert strangers_texts(desk) == ["我要举报"]
    assert anywhere(desk, "我要举报") == anywhere(desk, CITIZEN[1:]) == []


def test_what_came_before_there_was_a_seal_is_sealed_by_the_worker(desk: Desk) -> None:
    ident = desk.text_in(CITIZEN, "我要举报")
    plain = "update telephony.inbound set sender = :sender, text = '先前' where id = :id"
    desk.do(lambda s: s.execute(text(plain), {"sender": CITIZEN, "id": ident}), SETUP)
    desk.do(
        lambda s: s.execute(text("update dispatch.replies set sealed = null, sender_print = null")),
        SETUP,
    )
    assert strangers_texts(desk) == ["先前"]
    desk.do(desk.room.inbound.tend, WORKER)
    assert strangers_texts(desk) == ["先前"]
    assert anywhere(desk, "先前") == anywhere(desk, CITIZEN[1:]) == []
    desk.text_in(CITIZEN, "又一条")
    assert len(desk.alarms()) == 1, "known by its print"


def test_a_strangers_text_is_destroyed_thirty_days_after_somebody_settled_it(desk: Desk) -> None:
    kept, waits = desk.text_in(CITIZEN, "我要举报"), desk.text_in(CITIZEN, "还没有人看")
    desk.do(lambda s: desk.room.inbound.settle_stranger(s, kept, "登记为 TS1"), AGENT)

    def sealed() -> list[bool]:
        desk.do(desk.room.inbound.tend, WORKER)
        found = desk.do(lambda s: s.scalars(select(Reply).order_by(Reply.inbound_id)).all(), SETUP)
        return [one.sealed is not None for one in found]

    desk.clock.advance(days=29)
    assert sealed() == [True, True]
    desk.clock.advance(days=2)
    assert sealed() == [False, True]
    assert strangers_texts(desk) == ["还没有人看"]
    assert desk.do(lambda s: s.get_one(Reply, kept).note, SETUP) == ""
    assert waits


def test_a_damaged_text_hides_no_other(desk: Desk) -> None:
    damaged, _ = desk.text_in(CITIZEN, "坏了"), desk.text_in(CITIZEN, "还好")
    desk.do(
        lambda s: s.execute(
            text("update dispatch.replies set sealed = '\\x0203' where inbound_id = :id"),
            {"id": damaged},
        ),
        SETUP,
    )
    assert sorted(strangers_texts(desk)) == ["", "还好"]
