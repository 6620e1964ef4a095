"""Alarms: an owner, or a climb."""

import pytest

from dispatch.alarms import queries
from dispatch.alarms.events import AlarmChanged
from dispatch.alarms.models import Alarm
from kernel.access import Principal
from kernel.errors import Conflict, Forbidden, NotFound
from tests.integration.dispatch.conftest import (
    COLLEAGUE,
    COMMANDER,
    DISPATCHER,
    STRANGER,
    Desk,
    person,
)

CASE = ("case", 1)


def ring(desk: Desk, level: int = 1, path: str = "/1/4/12/") -> Alarm:
    return desk.do(
        lambda s: desk.room.alarms.raise_alarm(
            s,
            "case_escalated",
            CASE,
            organisation_path=path,
            level=level,
            params={"case_no": "TS1"},
        )
    )


def seen_by(desk: Desk, who: Principal) -> list[int]:
    return [one.id for one in desk.do(lambda s: queries.open_alarms(s, who))]


def test_an_untaken_alarm_climbs_every_two_minutes_to_the_head(desk: Desk) -> None:
    ring(desk)
    rungs = [desk.alarms()[0].rung]
    for _ in range(5):
        desk.work(seconds=119)
        assert desk.alarms()[0].rung == rungs[-1]
        desk.work(seconds=1)
        rungs.append(desk.alarms()[0].rung)
    assert rungs == ["DISP", "SHIFT", "CMD", "DEPUTY", "HEAD", "HEAD"]
    assert desk.alarms()[0].climbs_at is None


def test_a_taken_alarm_climbs_no_further_and_has_one_owner(desk: Desk) -> None:
    alarm = ring(desk)
    desk.do(lambda s: desk.room.alarms.take(s, alarm.id))
    desk.do(lambda s: desk.room.alarms.take(s, alarm.id))
    with pytest.raises(Conflict) as refusal:
        desk.do(lambda s: desk.room.alarms.take(s, alarm.id), COLLEAGUE)
    assert refusal.value.params == {"by": DISPATCHER.name}
    desk.work(minutes=20)
    found = desk.alarms()[0]
    assert (found.rung, found.taken_by_name) == ("DISP", DISPATCHER.name)


def test_the_same_cause_rings_once(desk: Desk) -> None:
    assert ring(desk).id == ring(desk).id
    assert len(desk.alarms()) == 1


def test_a_graver_level_asks_for_an_owner_again(desk: Desk) -> None:
    alarm = ring(desk)
    desk.do(lambda s: desk.room.alarms.take(s, alarm.id))
    ring(desk, level=2)
    found = desk.alarms()[0]
    assert (found.id, found.level, found.taken_at) == (alarm.id, 2, None)
    desk.work(minutes=2)
    assert desk.alarms()[0].rung == "SHIFT"


def test_a_resolved_alarm_may_ring_again(desk: Desk) -> None:
    alarm = ring(desk)
    desk.do(lambda s: desk.room.alarms.resolve(s, alarm.id, "已处理"))
    assert not desk.alarms()
    with pytest.raises(Conflict, match="alarm_resolved"):
        desk.do(lambda s: desk.room.alarms.take(s, alarm.id))
    assert ring(desk).id != alarm.id


def test_who_hears_an_alarm(desk: Desk) -> None:
    alarm = ring(desk)
    supervisor, agent = person(20, "SHIFT"), person(21, "AGENT")
    assert seen_by(desk, DISPATCHER) == [alarm.id]
    assert not seen_by(desk, supervisor)
    assert not seen_by(desk, STRANGER)
    desk.work(minutes=2)
    assert seen_by(desk, DISPATCHER) == seen_by(desk, supervisor) == [alarm.id]
    assert not seen_by(desk, COMMANDER)
    assert not seen_by(desk, agent)
    with pytest.raises(NotFound):
        desk.do(lambda s: desk.room.alarms.take(s, alarm.id), STRANGER)


def test_the_untaken_stand_first_then_the_gravest(desk: Desk) -> None:
    alarms = desk.room.alarms
    idents = {
        level: desk.do(
            lambda s, n=level: (
                alarms.raise_alarm(
                    s, "case_escalated", ("case", n), organisation_path="/1/", level=n
                ).id
            )
        )
        for level in (1, 2, 3)
    }
    desk.do(lambda s: alarms.take(s, idents[3]))
    assert seen_by(desk, DISPATCHER) == [idents[2], idents[1], idents[3]]


def test_every_change_is_news_for_the_desks(desk: Desk) -> None:
    heard: list[AlarmChanged] = []
    desk.database.events.subscribe(AlarmChanged, heard.append)
    alarm = ring(desk)
    desk.work(minutes=2)
    desk.do(lambda s: desk.room.alarms.take(s, alarm.id))
    assert heard == [AlarmChanged(alarm.id, "/1/4/12/")] * 3


@pytest.mark.parametrize("verb", ["take", "resolve"])
def test_a_dispatcher_cannot_silence_what_waits_for_a_commander(desk: Desk, verb: str) -> None:
    alarm = desk.do(
        lambda s: desk.room.alarms.raise_alarm(
            s, "approval_pending", ("order", 1), organisation_path="/1/4/12/", level=2
        )
    )
    answer = {"take": (alarm.id,), "resolve": (alarm.id, "静音")}[verb]
    with pytest.raises(Forbidden) as refusal:
        desk.do(lambda s: getattr(desk.room.alarms, verb)(s, *answer), DISPATCHER)
    assert refusal.value.code == "approvers_only"
    assert desk.alarms()[0].taken_at is None
    desk.do(lambda s: getattr(desk.room.alarms, verb)(s, *answer), COMMANDER)
    left_open = {"take": [COMMANDER.name], "resolve": []}[verb]
    assert [one.taken_by_name for one in desk.alarms()] == left_open


# ------------------------------------------------------------------------------ who is on duty


def _climbed(desk: Desk) -> Alarm:
    ring(desk)
    desk.work(seconds=121)
    return desk.alarms()[0]


def test_a_climb_calls_whoever_is_on_duty_at_the_rung_it_reaches(desk: Desk) -> None:
    desk.directory.roster["SHIFT"] = [desk.officer(21)]
    assert _climbed(desk).params["called"] == ["警员21"]
    [sent] = desk.sms.sent
    assert sent.to == desk.officer(21).phone
    assert "升级至您值班的班长岗" in sent.text


def test_nobody_is_called_who_sits_at_a_desk_or_where_the_roster_names_nobody(desk: Desk) -> None:
    desk.directory.roster["SHIFT"] = [desk.officer(9), desk.officer(21)]
    assert "called" not in _climbed(desk).params
    desk.work(seconds=120)  # on to the commanders
    assert not desk.sms.sent


def test_whom_an_alarm_is_about_is_not_called(desk: Desk) -> None:
    desk.directory.roster["DEPUTY"] = [desk.officer(21), desk.officer(22)]
    desk.do(
        lambda s: desk.room.alarms.raise_alarm(
            s, "identity_rate", ("user", 21), organisation_path="/1/", about_user_id=21
        )
    )
    desk.work(seconds=121)
    assert desk.alarms()[0].params["called"] == ["警员22"]
