"""Words as a telephone says them."""

import wave
from pathlib import Path
from shutil import which

import pytest

from telephony import programs
from telephony.outbox import Outbox
from telephony.speech import PHRASES, Unspeakable

needs_voice = pytest.mark.skipif(
    not all(map(which, ("espeak-ng", "sox"))), reason="no espeak-ng and sox here"
)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


@needs_voice
def test_words_become_the_sound_of_a_telephone_once(outbox: Outbox) -> None:
    file = outbox.speech("紧急查处指令。")
    with wave.open(str(file)) as made:
        assert (made.getframerate(), made.getnchannels(), made.getsampwidth()) == (8000, 1, 2)
        assert made.getnframes() > 8000
    assert "查处" not in file.name and file.parent == outbox.folder
    begun = file.stat().st_mtime_ns
    assert outbox.speech("紧急查处指令。").stat().st_mtime_ns == begun


@needs_voice
def test_every_phrase_can_be_spoken_and_the_bureaus_own_recording_comes_first(
    outbox: Outbox,
) -> None:
    spoken = {name: outbox.phrase(name) for name in PHRASES}
    assert len(set(spoken.values())) == len(PHRASES)
    recorded = outbox.folder.with_name("prompts") / "keys.wav"
    recorded.parent.mkdir()
    recorded.write_bytes(b"RIFF")
    assert outbox.phrase("keys") == recorded
    assert outbox.phrase("accepted") == spoken["accepted"]


def test_a_machine_without_a_voice_says_so(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unspeakable, match="espeak-ng is not installed"):
        outbox.speech("指令")
    assert list(outbox.folder.iterdir()) == []


@needs_voice
def test_words_are_no_arguments_of_a_program(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    run = programs.run

    def noted(argv: list[str], given: bytes = b"") -> None:
        seen.append(argv)
        run(argv, given)

    monkeypatch.setattr(programs, "run", noted)
    outbox.speech("-w elsewhere.wav 老王饭店")
    assert "老王" not in str(seen)
