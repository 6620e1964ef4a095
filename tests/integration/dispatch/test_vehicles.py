"""Orders on the screen of the vehicle, answers from its buttons, and the cry for help."""

from typing import Any

import pytest
from sqlalchemy import func, select

from dispatch.delivery.channels import vehicle
from dispatch.terminals import queries as terminals
from gps_ingest import downlink
from gps_ingest import queries as gps
from gps_ingest.models import Downlink, Happened, Terminal
from kernel import jobs
from kernel.access import Role, system
from kernel.clock import now
from telephony.models import Message
from tests.integration.dispatch.conftest import (
    COMMANDER,
    DISPATCHER,
    EAST,
    REPORT,
    SETUP,
    STRANGER,
    Desk,
)

INGEST = system("ingest", role=Role.INGEST)


@pytest.fixture
def car(desk: Desk) -> int:
    return desk.unit("京A1234", protocol="jt808")


def downlinks(desk: Desk, *kinds: str) -> list[Downlink]:
    wanted = select(Downlink).where(Downlink.kind.in_(kinds)).order_by(Downlink.id)
    return list(desk.do(lambda s: s.scalars(wanted).all(), SETUP))


def terminal_does(desk: Desk, downlink_id: int, state: str, answer: int | None = None) -> None:
    """As the listeners write it down when the terminal has responded."""

    def write(session: Any) -> None:
        found = session.get_one(Downlink, downlink_id)
        found.state, found.answer = state, answer
        downlink.told_upward(session, found)

    desk.do(write, INGEST)
    desk.work()


def terminal_tells(desk: Desk, kind: str, **details: Any) -> None:
    """As the listeners store it, with its job."""

    def write(session: Any) -> None:
        terminal = session.scalar(select(Terminal.id))
        told = Happened(
            terminal_id=terminal, kind=kind, at=now(session), received_at=now(session), lat=39.9,
            lon=116.4, details=details,
            key=str(session.scalar(select(func.count()).select_from(Happened))),
        )  # fmt: skip
        session.add(told)
        session.flush()
        jobs.enqueue(session, "gps.happened", {"happening_id": told.id, "kind": kind})

    desk.do(write, SETUP)
    desk.work()


def issue(desk: Desk, car: int, **more: Any) -> int:
    made = desk.issue(car, channels=("vehicle",), **more)
    desk.work()
    return made


def test_the_order_goes_to_the_screen_and_a_question_follows(desk: Desk, car: int) -> None:
    order = issue(desk, car)
    (words,), (question,) = downlinks(desk, "text"), downlinks(desk, "question")
    (delivery,) = desk.deliveries(order)
    assert (delivery.channel, delivery.state) == ("vehicle", "QUEUED")
    assert (
        words.content["words"].startswith("紧急查处指令DD")
        and delivery.order_no in (question.content["words"])
    )
    assert [one[1] for one in question.content["choices"]] == ["接令", "不能执行", "需要支援"]
    terminal_does(desk, words.id, "sent")
    assert desk.deliveries(order)[0].state == "SENT"
    terminal_does(desk, words.id, "acknowledged")
    assert desk.deliveries(order)[0].state == "DELIVERED"
    assert desk.assignment(order).state == "ISSUED"  # delivered is not acknowledged


def test_the_words_of_an_order_are_read_by_whoever_may_see_it(desk: Desk, car: int) -> None:
    issue(desk, car)

    def readable(session: Any) -> tuple[int, int]:
        terminal = session.scalar(select(Terminal.id))
        ledger = gps.ledger(session, [terminal])
        return len(ledger), len(terminals.readable(session, ledger))

    assert desk.do(readable, COMMANDER) == (3, 2)  # the menu of events says nothing of an order
    assert desk.do(readable, STRANGER) == (0, 0)


def test_of_a_report_the_vehicle_says_nothing_but_that_there_is_an_order(
    desk: Desk, car: int
) -> None:
    issue(desk, car, case=REPORT, who=COMMANDER)
    (words,) = downlinks(desk, "text")
    assert REPORT.subject_name not in words.content["words"]
    assert "请打开执法APP查看" in words.content["words"]


def test_a_button_takes_the_order_and_the_next_one_tells_of_arrival(desk: Desk, car: int) -> None:
    order = issue(desk, car)
    (question,) = downlinks(desk, "question")
    terminal_does(desk, question.id, "answered", vehicle.ACCEPT)
    assignment = desk.assignment(order)
    assert (assignment.state, assignment.acknowledged_via) == ("ACKED", "vehicle")
    arrival = downlinks(desk, "question")[-1]
    assert [one[1] for one in arrival.content["choices"]] == ["已到场", "需要支援"]
    terminal_does(desk, arrival.id, "answered", vehicle.ARRIVED)
    assert desk.assignment(order).state == "ON_SCENE"
    assert desk.told().count("status_acked") == desk.told().count("status_on_scene") == 1


def test_a_button_declines_and_another_asks_for_help(desk: Desk, car: int) -> None:
    order = issue(desk, car)
    (question,) = downlinks(desk, "question")
    terminal_does(desk, question.id, "answered", vehicle.NEED_HELP)
    assert desk.alarms("help_needed")
    terminal_does(desk, question.id, "answered", vehicle.CANNOT)
    assert desk.assignment(order).state == "CANNOT"


def test_an_event_counts_for_the_one_order_that_is_open(desk: Desk, car: int) -> None:
    order = issue(desk, car)
    terminal_tells(desk, "event", event_id=vehicle.ARRIVED)
    assert desk.assignment(order).state == "ON_SCENE"


def test_help_is_wanted_without_an_order_too(desk: Desk, car: int) -> None:
    terminal_tells(desk, "event", event_id=vehicle.NEED_HELP)
    (alarm,) = desk.alarms("help_needed")
    assert alarm.params["unit_id"] == car


def test_what_the_vehicle_never_took_rings_at_the_desk(desk: Desk, car: int) -> None:
    order = issue(desk, car)
    (words,) = downlinks(desk, "text")
    terminal_does(desk, words.id, "expired")
    delivery, *others = desk.deliveries(order)
    assert (delivery.state, delivery.problem) == ("FAILED", "expired")
    assert {one.channel for one in others} == {"sms", "app"}  # the policy goes on at once
    assert desk.alarms("delivery_problem")
    terminal_does(desk, words.id, "acknowledged")  # it had been heard after all
    assert desk.deliveries(order)[0].state == "DELIVERED"


def test_a_recall_is_told_and_asks_nothing(desk: Desk, car: int) -> None:
    order = issue(desk, car)
    terminal_does(desk, downlinks(desk, "text")[0].id, "acknowledged")
    desk.do(lambda s: desk.room.orders.cancel(s, order, "地址有误"))
    desk.work()
    assert "已撤回" in downlinks(desk, "text")[-1].content["words"]
    assert len(downlinks(desk, "question")) == 1


def test_a_car_without_such_a_terminal_has_no_such_address(desk: Desk) -> None:
    plain = desk.unit("京A9999")
    order = desk.issue(plain, channels=("sms", "vehicle"))
    assert {one.channel for one in desk.deliveries(order)} == {"sms"}


# ----------------------------------------------------------------- in danger


def test_the_button_raises_one_alarm_with_place_and_who_is_near(desk: Desk, car: int) -> None:
    near = desk.unit("京A2222", lon=116.401)
    for _ in range(2):
        terminal_tells(desk, "alarm", sos=True, bits=1, late=False)
    (alarm,) = desk.alarms("officer_distress")
    assert (alarm.rung, alarm.level, alarm.organisation_path) == ("CMD", 3, EAST.path)
    assert (alarm.params["lat"], alarm.params["unit_id"]) == (39.9, car)
    assert [one["id"] for one in alarm.params["nearest"]] == [near]


def test_an_old_alarm_calls_nobody(desk: Desk, car: int) -> None:
    terminal_tells(desk, "alarm", sos=True, bits=1, late=True)
    assert not desk.alarms("officer_distress")


def test_who_takes_the_alarm_answers_the_vehicle_once(desk: Desk, car: int) -> None:
    terminal_tells(desk, "alarm", sos=True, bits=1, late=False)
    (alarm,) = desk.alarms("officer_distress")
    for _ in range(2):
        desk.do(lambda s: desk.room.alarms.take(s, alarm.id), COMMANDER)
    (confirmed,) = downlinks(desk, "confirm_alarm")
    assert confirmed.content == {"bits": 1}


def test_who_poses_as_a_terminal_is_told_to_the_dispatchers_once(desk: Desk, car: int) -> None:
    for reason in ("wrong_code", "swapping"):
        terminal_tells(desk, "suspicious", reason=reason, address="203.0.113.9")
    (alarm,) = desk.alarms("terminal_suspicious")
    assert (alarm.rung, alarm.level, alarm.organisation_path) == ("DISP", 1, EAST.path)
    assert (alarm.params["name"], alarm.params["suspicion"]) == ("京A1234", "wrong_code")
    desk.do(lambda s: desk.room.alarms.take(s, alarm.id), DISPATCHER)
    assert not downlinks(desk, "confirm_alarm")  # the thief hears nothing of it


def test_where_no_commander_is_at_a_desk_the_duty_list_is_told_once(desk: Desk, car: int) -> None:
    desk.directory.duty = [desk.officer(7), desk.officer(8)]
    desk.desks.clear()
    for _ in range(2):
        terminal_tells(desk, "alarm", sos=True, bits=1, late=False)
    sent = [message.text for message in desk.sms.sent]
    assert len(sent) == 2 and "紧急求助" in sent[0] and "京A1234" in sent[0]
    assert desk.alarms("officer_distress")[0].params["called"] == ["警员7", "警员8"]


def test_and_they_are_rung_for_a_text_may_lie_unread(
    desk: Desk, car: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.speech.to_wav", lambda text, wav: wav.write_bytes(b"RIFF"))
    desk.directory.duty = [desk.officer(7), desk.officer(8)]
    desk.desks.clear()
    for _ in range(2):
        terminal_tells(desk, "alarm", sos=True, bits=1, late=False)
    desk.work()
    assert [one.to for one in desk.voice.sent] == [desk.officer(n).phone for n in (7, 8)]
    said = desk.do(
        lambda s: s.scalars(select(Message.text).filter_by(channel="voice")).all(), SETUP
    )
    assert len(said) == 2 and all("京A1234" in str(words) for words in said)
