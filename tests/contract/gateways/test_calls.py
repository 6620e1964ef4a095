"""Calls besides what every gateway does: keys, the list, ringing that stops, a foreign phone."""

import importlib.util
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from command_center.engines.process import wait_until
from telephony import outbound
from tests.contract.gateways import sound
from tests.contract.gateways.conftest import Rig, VoiceRig
from tests.integration.telephony.conftest import Desk

pytestmark = pytest.mark.parametrize("rig", ["voice_asterisk"], indirect=True)
CANNOT, ACCEPTS, NEVER, BUSY = (
    "+9991000007000",
    "+9991000007001",
    "+9991000007002",
    "+9991000007003",
)
HANGS_UP, SILENT, AGAIN, DESK = (
    "+9991000007004",
    "+9991000007005",
    "+9991000007008",
    "+9991000007009",
)
PHONE = "+9991000007010"
AUDIBLE = 0.01
PHONE_PROGRAM = Path(__file__).parents[2] / "fakes" / "sip_phone.py"


@pytest.fixture
def voice(rig: Rig) -> VoiceRig:
    assert isinstance(rig, VoiceRig)
    return rig


def keys(desk: Desk, message_id: int) -> list[str]:
    """Which keys were told upward, in their order."""
    desk.work()
    return [told["key"] for told in desk.keys if told["message_id"] == message_id]


def ring(desk: Desk, number: str, words: str = "核查。") -> int:
    ident = desk.queue_call(words, number)
    desk.work()
    return ident


def test_each_key_is_told_at_once_and_the_end_of_the_call_at_its_end(
    desk: Desk, voice: VoiceRig
) -> None:
    cannot, again, to_desk = (ring(desk, number) for number in (CANNOT, AGAIN, DESK))
    assert wait_until(lambda: keys(desk, again) == ["*"], 60)
    assert desk.state(again) == "SENT"
    for ident in (cannot, again, to_desk):
        voice.settle(desk, ident, "DELIVERED")
    assert keys(desk, again) == ["*", "1"]
    assert (keys(desk, cannot), keys(desk, to_desk)) == (["0"], ["9"])
    ends = {one.message_id: one.raw for one in desk.message(to_desk).receipts if one.kind != "key"}
    assert ends[to_desk]["desk"] == "ANSWER", "somebody at the desk took the call"


def test_words_that_were_spoken_to_the_end_are_delivered_and_prove_nothing_else(
    desk: Desk, voice: VoiceRig
) -> None:
    ident = ring(desk, SILENT, "核。")
    voice.settle(desk, ident, "DELIVERED")
    assert keys(desk, ident) == []


def test_who_is_busy_hangs_up_or_has_no_phone_is_called_once_more_later(
    desk: Desk, voice: VoiceRig
) -> None:
    said = {number: ring(desk, number) for number in (BUSY, HANGS_UP, PHONE)}
    for ident in said.values():
        assert wait_until(lambda ident=ident: desk.message(ident).problem is not None, 30)
    found = {number: desk.message(ident) for number, ident in said.items()}
    assert {one.state for one in found.values()} == {"QUEUED"}
    assert [found[number].problem for number in (BUSY, HANGS_UP, PHONE)] == [
        "busy", "dropped", "no_answer",
    ]  # fmt: skip


def test_a_call_that_rings_is_stopped_and_one_that_was_answered_goes_on(
    desk: Desk, voice: VoiceRig
) -> None:
    ringing, talking = ring(desk, NEVER), ring(desk, ACCEPTS)
    assert wait_until(lambda: bool(voice.heard_since()), 30)
    assert [desk.do(lambda s, i=i: outbound.cancel(s, i)) for i in (ringing, talking)] == [
        False
    ] * 2
    desk.work()
    voice.settle(desk, ringing, "CANCELLED")
    voice.settle(desk, talking, "DELIVERED")
    assert keys(desk, talking) == ["1"]
    desk.work(hours=1)
    assert [len(desk.message(i).attempts) for i in (ringing, talking)] == [1, 1]


def test_the_list_goes_on_to_the_next_number_until_somebody_takes_the_order(
    desk: Desk, voice: VoiceRig
) -> None:
    numbers = (BUSY, ACCEPTS, SILENT)
    idents = [
        desk.queue_call("核查。", number, list_key="call:1", position=place)
        for place, number in enumerate(numbers)
    ]
    desk.work()
    assert wait_until(lambda: desk.message(idents[0]).problem == "busy", 20)
    desk.work()
    assert [desk.state(ident) for ident in idents] == ["QUEUED", "SENT", "QUEUED"]
    assert wait_until(lambda: keys(desk, idents[1]) == ["1"], 60)
    for ident in (idents[0], idents[2]):
        assert desk.do(lambda s, ident=ident: outbound.cancel(s, ident)) is True
    voice.settle(desk, idents[1], "DELIVERED")
    desk.work(minutes=5)
    assert [desk.state(ident) for ident in idents] == ["CANCELLED", "DELIVERED", "CANCELLED"]
    assert voice.gateway.health().detail["calling"] == 0


def test_both_sides_of_a_call_are_recorded(desk: Desk, voice: VoiceRig) -> None:
    ident = ring(desk, ACCEPTS)
    voice.settle(desk, ident, "DELIVERED")
    file = voice.exchange.home / "recordings" / f"{desk.message(ident).provider_id}.wav"
    recorded = sound.read(file)
    spoken = sound.read(desk.outbox.speech("核查。"))
    assert sound.likeness(spoken, recorded) > 0.9


@contextmanager
def phone(voice: VoiceRig, heard: Path, key: str) -> Iterator[list[str]]:
    """The phone's program, registered at the world's exchange; gives what it has said so far."""
    settings = voice.exchange.settings
    ports = [settings.world_sip_port, settings.port_base + 20, settings.media_port - 20]
    program = subprocess.Popen(
        [sys.executable, str(PHONE_PROGRAM), *map(str, ports), str(heard), key],
        stdout=subprocess.PIPE,
        text=True,
    )
    said: list[str] = []

    def listen() -> None:
        assert program.stdout is not None
        lines = (line.strip() for line in program.stdout)
        said.extend(line for line in lines if line.isalpha())  # the library says more

    assert program.stdout is not None
    listening = threading.Thread(target=listen)
    listening.start()
    try:
        assert wait_until(lambda: "registered" in said, 15), said
        yield said
    finally:
        program.terminate()
        program.wait(10)
        listening.join()
        program.stdout.close()


@pytest.mark.skipif(
    importlib.util.find_spec("pjsua2") is None, reason="no PJSIP for this Python: no phone"
)
def test_a_sip_phone_of_other_make_answers_hears_the_words_and_presses_1(
    desk: Desk, voice: VoiceRig, tmp_path: Path
) -> None:
    heard = tmp_path / "heard.wav"
    words = "紧急查处指令，编号二零二六幺幺二三零零零幺。"
    with phone(voice, heard, "1") as said:
        ident = ring(desk, PHONE, words)
        voice.settle(desk, ident, "DELIVERED")
        assert wait_until(lambda: "over" in said, 20), said
    assert said == ["registered", "answered", "pressed", "over"]
    assert keys(desk, ident) == ["1"]
    received = sound.read(heard)
    assert sound.loudness(received) > AUDIBLE
    # On a busy machine the phone's own clock slips: piece by piece it is what was spoken.
    pieces = sound.pieces(sound.read(desk.outbox.speech(words)), seconds=2)
    assert max(sound.likeness(piece, received) for piece in pieces) > 0.8
