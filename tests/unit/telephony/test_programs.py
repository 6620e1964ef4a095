"""What may be computed for a page or a sound, and who is waited for."""

import sys
import time

import pytest

from telephony import programs
from telephony.programs import NotMade, TooBusy


def run(words: str, given: bytes = b"") -> None:
    programs.run([sys.executable, "-c", words], given)


def test_what_computes_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "CPU_SECONDS", 1)
    with pytest.raises(NotMade, match="ended with -"):
        run("while True: pass")


def test_waiting_is_not_computing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "CPU_SECONDS", 1)
    run("import time; time.sleep(1.5)")


def test_patience_ends_and_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "PATIENCE_SECONDS", 0.2)
    start = time.monotonic()
    with pytest.raises(TooBusy):
        run("import time; time.sleep(60)")
    assert time.monotonic() - start < 30


def test_a_refusal_says_with_what_it_ended() -> None:
    with pytest.raises(NotMade, match="ended with 3"):
        run("raise SystemExit(3)")
    with pytest.raises(NotMade, match="is not installed"):
        programs.run(["no-such-program"])


def test_the_words_come_by_the_pipe() -> None:
    run("import sys; sys.exit(sys.stdin.read() != 'words')", b"words")
    run("pass", b"words that nobody reads" * 10_000)
