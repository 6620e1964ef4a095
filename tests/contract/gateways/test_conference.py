"""Conferences on two exchanges: the bureau's own phones and a citizen's, each with a tone of its
own, so that it can be heard who heard whom.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from command_center.engines.asterisk import Asterisk
from command_center.engines.process import wait_until
from dispatch.conference.decision import Said
from kernel.settings import Settings
from telephony.call_reports import Follower
from telephony.conference import ConferenceLine
from telephony.outbox import Outbox
from tests.contract.gateways import sound
from tests.integration.dispatch.conftest import (
    COMMANDER,
    DISPATCHER,
    GRAVE,
    REPORT,
    Desk,
    desk,
    dispatch_database,
)
from tests.integration.dispatch.test_conferences import LEADER, OTHER, OWN, Call, start
from tests.integration.telephony.hooks import open_door

__all__ = ["desk", "dispatch_database"]

CITIZEN = "+9991381234550"
LEADERS, BUSY, NOBODY = "8014", "8019", "8020"
AUDIBLE, SILENT = 0.015, 0.003


def hertz(number: str) -> int:
    """In which tone the world's phone of that number speaks."""
    return 400 + 20 * int(number[-2:])


@dataclass
class Hall:
    """A dispatch desk whose conferences the exchange really makes."""

    desk: Desk
    bureau: Asterisk
    world: Asterisk

    def until(self, condition: Callable[[], bool], seconds: float = 25) -> bool:
        def worked() -> bool:
            self.desk.worker().run_due()
            return condition()

        return wait_until(worked, seconds)

    def stands(self, call: Call, **states: str) -> None:
        """Let the exchange's news come in until the parties are in these states."""
        assert self.until(lambda: states.items() <= call.states().items()), call.states()

    def over(self, call: Call) -> None:
        assert self.until(lambda: call.now.ended_at is not None), call.states()

    def heard(self, number: str) -> sound.Samples:
        """What came out of that phone, in its last call."""
        files = sorted((self.world.home / "heard").glob(f"{number}-*.wav"), key=_age)
        return sound.read(files[-1])

    def recording(self, call: Call) -> Path:
        return self.bureau.home / "recordings" / f"conference-{call.id}.wav"


def _age(file: Path) -> float:
    return file.stat().st_mtime


@pytest.fixture
def hall(desk: Desk, exchange: tuple[Asterisk, Asterisk]) -> Iterator[Hall]:
    bureau, world = exchange
    settings: Settings = bureau.settings
    line = ConferenceLine(settings, Outbox(settings.var_dir / "outbox"))
    desk.room.conferences._exchange = line
    leader = replace(LEADER, phone="", extension=LEADERS)
    desk.directory.officers.update({one.id: one for one in (OWN, OTHER, leader)})
    desk.directory.duty = [leader]
    desk.gate.callers.update(dict.fromkeys((1, 2, 3), CITIZEN))
    registered = {f"/ari/endpoints/PJSIP/{one}" for one in settings.extension_numbers}
    assert wait_until(lambda: all('"online"' in line.ari._ask("GET", one, None).body
                                  for one in registered), 30)  # fmt: skip
    follower = Follower(settings, bureau.journal)
    thread = threading.Thread(target=follower.run)
    with open_door(settings, desk.database):
        thread.start()
        yield Hall(desk, bureau, world)
        for name in line.names():
            line.ari.hang_up(name)
        follower.stopping.set()
        thread.join()


def talk(hall: Hall, seconds: float = 3) -> None:
    hall.until(lambda: False, seconds)


def test_desk_leader_and_complainant_hear_each_other_and_all_of_it_is_recorded(hall: Hall) -> None:
    call = start(hall.desk, with_caller=True)
    hall.stands(call, desk="JOINED", leader="JOINED", caller="JOINED")
    talk(hall)
    call.act(lambda s: hall.desk.room.conferences.end(s, call.id))
    hall.over(call)
    for number, others in (
        ("8003", (LEADERS, CITIZEN)),
        (LEADERS, ("8003", CITIZEN)),
        (CITIZEN, ("8003", LEADERS)),
    ):
        for other in others:
            assert sound.tone(hall.heard(number), hertz(other)) > AUDIBLE, (number, other)
    recorded = sound.read(hall.recording(call))
    assert min(sound.tone(recorded, hertz(n)) for n in ("8003", LEADERS, CITIZEN)) > AUDIBLE
    heard = hall.heard(CITIZEN)
    notice = sound.read(Outbox(hall.bureau.settings.var_dir / "outbox").phrase("recorded"))
    assert sound.likeness(notice, heard) > 0.9, "a citizen is told that the call is recorded"


def test_a_leader_never_hears_an_informant_who_has_not_consented(hall: Hall) -> None:
    call = start(hall.desk, REPORT.case_id, with_caller=True)
    hall.stands(call, desk="JOINED", caller="JOINED", leader="WAITING")
    talk(hall)
    assert call.states()["leader"] == "WAITING"
    call.drop("caller")
    hall.stands(call, caller="LEFT", leader="JOINED")
    talk(hall)
    call.act(lambda s: hall.desk.room.conferences.end(s, call.id))
    hall.over(call)
    assert sound.tone(hall.heard("8003"), hertz(CITIZEN)) > AUDIBLE
    assert sound.tone(hall.heard(LEADERS), hertz("8003")) > AUDIBLE
    assert sound.tone(hall.heard(LEADERS), hertz(CITIZEN)) < SILENT
    after_the_notice = hall.heard(CITIZEN)[-5 * sound.RATE // 2 :]
    assert sound.tone(after_the_notice, hertz("8003")) > AUDIBLE
    assert sound.tone(after_the_notice, hertz(LEADERS)) < SILENT


def test_the_caller_is_handed_over_and_stays_on_the_line(hall: Hall) -> None:
    call = start(hall.desk, with_caller=True)
    hall.stands(call, desk="JOINED", leader="JOINED", caller="JOINED")
    call.drop("leader")
    call.act(lambda s: hall.desk.room.conferences.call_in(s, call.id, OTHER.id, takes_over=True))
    hall.stands(call, desk="LEFT", leader="LEFT", caller="JOINED", colleague="JOINED")
    talk(hall)
    call.drop("caller")
    hall.over(call)
    assert sound.tone(hall.heard("8007"), hertz(CITIZEN)) > AUDIBLE


@pytest.mark.parametrize(("extension", "problem"), [(BUSY, "busy"), (NOBODY, None)])
def test_who_is_busy_or_away_is_told(hall: Hall, extension: str, problem: str | None) -> None:
    hall.desk.directory.duty = [replace(LEADER, phone="", extension=extension)]
    call = start(hall.desk)
    hall.stands(call, desk="JOINED", leader="FAILED" if problem else "RINGING")
    if problem is None:
        call.drop("leader")
    hall.over(call)
    assert call.party("leader").problem == problem
    assert call.party("leader").state == ("FAILED" if problem else "LEFT")


def test_when_the_exchange_dies_in_a_call_everybody_is_shown_as_gone(hall: Hall) -> None:
    call = start(hall.desk)
    hall.stands(call, desk="JOINED", leader="JOINED")
    assert hall.bureau.stop()
    hall.desk.work(minutes=1)
    assert call.now.ended_at is not None
    hall.bureau.start()


def test_no_number_stands_in_the_exchange_s_journal_or_log(hall: Hall) -> None:
    call = start(hall.desk, with_caller=True)
    hall.stands(call, desk="JOINED", caller="JOINED")
    call.act(lambda s: hall.desk.room.conferences.end(s, call.id))
    hall.over(call)
    left = [hall.bureau.journal, *hall.bureau.home.glob("log/*")]
    for file in (one for one in left if one.is_file()):
        assert CITIZEN[1:] not in file.read_text("utf-8", "replace"), file


def test_a_decision_is_bound_to_the_recording(hall: Hall) -> None:
    order_id = hall.desk.issue(hall.desk.unit("京A0001"), case=GRAVE)
    call = start(hall.desk, GRAVE.case_id)
    hall.stands(call, desk="JOINED", leader="JOINED")
    said = Said("approve", "同意", order_id=order_id)
    call.act(lambda s: hall.desk.room.decisions.decide(s, call.id, said), COMMANDER)
    call.act(lambda s: hall.desk.room.conferences.end(s, call.id), DISPATCHER)
    hall.over(call)
    assert hall.desk.order(order_id).conference_id == call.id
    assert hall.recording(call).exists()
