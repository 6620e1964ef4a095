"""One child process, and what is left of it."""

import os
import signal
import sys
from pathlib import Path

import pytest

from command_center.engines.process import EngineError, Process, bring_up, wait_until

READY = "import time; print('ready', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN);" + READY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def child(folder: Path, code: str) -> Process:
    return Process("child", [sys.executable, "-c", code], folder / "pid", folder / "log")


def is_ready(folder: Path) -> bool:
    return "ready" in (folder / "log").read_text()


def test_it_runs_in_a_session_of_its_own_and_stops(folder: Path) -> None:
    process = child(folder, READY)
    bring_up(process, lambda: is_ready(folder), 10)
    assert process.pid is not None
    assert os.getsid(process.pid) == process.pid
    assert process.stop()
    assert process.pid is None


def test_another_start_recognises_it_by_its_pid_file(folder: Path) -> None:
    first, second = child(folder, READY), child(folder, READY)
    first.start()
    assert second.pid == first.pid
    assert not second.start()
    second.stop()
    assert first.pid is None


def test_a_pid_that_was_handed_out_again_is_not_ours(folder: Path) -> None:
    (folder / "pid").write_text(f"{os.getpid()} 1")
    assert child(folder, READY).pid is None


def test_one_that_does_not_listen_is_killed(folder: Path) -> None:
    process = child(folder, STUBBORN)
    bring_up(process, lambda: is_ready(folder), 10)
    assert not process.stop(deadline=0.3)
    assert process.pid is None


def test_one_that_ends_at_once_is_reported_with_its_last_words(folder: Path) -> None:
    process = child(folder, "raise SystemExit('no licence')")
    with pytest.raises(EngineError, match="no licence"):
        bring_up(process, lambda: False, 10)


def test_one_that_was_killed_is_noticed(folder: Path) -> None:
    process = child(folder, READY)
    process.start()
    os.kill(process.pid or 0, signal.SIGKILL)
    assert wait_until(lambda: process.pid is None, 5)


def test_a_program_that_is_not_there_is_named(folder: Path) -> None:
    process = Process("child", ["/nowhere/at/all"], folder / "pid", folder / "log")
    with pytest.raises(EngineError, match="cannot run /nowhere/at/all"):
        process.start()


def test_a_long_log_is_put_aside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("command_center.engines.process.LONGEST_LOG_BYTES", 3)
    (folder / "log").write_text("long ago")
    process = child(folder, "")
    process.start()
    process.stop()
    assert (folder / "log.1").read_text() == "long ago"
