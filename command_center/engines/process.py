"""One long-running child process: started, watched, stopped, and recognised by a later start."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LONGEST_LOG_BYTES = 20 << 20


class EngineError(RuntimeError):
    """An engine could not be found, started or made ready; the message says what to do."""


@dataclass
class Process:
    """A program with a pid file and a log file.

    The pid file carries the start time beside the pid, so that a pid handed out again by the
    system after a crash is never taken for ours.
    """

    name: str
    argv: Sequence[str]
    pid_file: Path
    log_file: Path
    cwd: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    @property
    def pid(self) -> int | None:
        """The pid of the living process, whoever started it; None when there is none."""
        pid, born = self._written()
        if pid and birth(pid) == born:
            return pid
        if self._child is not None and self._child.poll() is not None:
            self._child = None
        return None

    def _written(self) -> tuple[int, str]:
        """What the pid file says; zero when there is none."""
        try:
            pid, born = self.pid_file.read_text("ascii").split()
        except (FileNotFoundError, ValueError):
            return 0, ""
        return int(pid), born

    def start(self) -> bool:
        """Start it unless it is alive; True when it was started here.

        Raises EngineError when the program cannot be run.
        """
        if self.pid is not None:
            return False
        for path in (self.pid_file, self.log_file):
            path.parent.mkdir(parents=True, exist_ok=True)
        keep_short(self.log_file)
        try:
            with self.log_file.open("ab") as log:
                self._child = subprocess.Popen(
                    self.argv,
                    cwd=self.cwd,
                    env={**os.environ, **self.env},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    # The terminal's Ctrl+C is for the supervisor, which stops us in order.
                    start_new_session=True,
                )
        except OSError as error:
            raise EngineError(
                f"{self.name}: cannot run {self.argv[0]}: {error.strerror}"
            ) from error
        # Whoever stops it, by this object or by its pid file: it leaves no zombie behind.
        threading.Thread(target=self._child.wait, daemon=True).start()
        self.pid_file.write_text(f"{self._child.pid} {birth(self._child.pid)}", "ascii")
        return True

    def stop(self, deadline: float = 15.0) -> bool:
        """Ask it to end, insist after `deadline` seconds. False when it had to be killed."""
        pid = self.pid
        if pid is None:
            self.pid_file.unlink(missing_ok=True)
            return True
        _signal(pid, self.stop_signal)
        willing = wait_until(lambda: self.pid is None, deadline)
        if not willing:
            _signal(pid, signal.SIGKILL)
            wait_until(lambda: self.pid is None, 5)
        self.pid_file.unlink(missing_ok=True)
        return willing

    def last_words(self, lines: int = 12) -> str:
        """The end of its log, for an error message."""
        with contextlib.suppress(OSError):
            text = self.log_file.read_text("utf-8", "replace")
            return "\n".join(text.splitlines()[-lines:])
        return ""


def keep_short(log: Path) -> None:
    """Put a long log aside; the one put aside before goes."""
    if log.exists() and log.stat().st_size > LONGEST_LOG_BYTES:
        log.rename(log.with_name(f"{log.name}.1"))


def birth(pid: int) -> str:
    """A mark of when `pid` was born; empty when it is not alive (a zombie is not)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return "" if Path("/proc/self").exists() else _birth_by_ps(pid)
    state, *rest = stat.rpartition(")")[2].split()
    return "" if state in "ZX" else rest[18]


def _birth_by_ps(pid: int) -> str:
    found = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return "".join(found.stdout.split())


def _signal(pid: int, which: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, which)


def wait_until(happens: Callable[[], bool], seconds: float, *, pause: float = 0.05) -> bool:
    """True as soon as `happens()` holds, False when it did not within `seconds`."""
    end = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def bring_up(process: Process, ready: Callable[[], bool], seconds: float) -> None:
    """Start it and wait for `ready()`. Raises EngineError when it ends first or time runs out."""
    started_here = process.start()
    if wait_until(lambda: process.pid is None or ready(), seconds) and process.pid is not None:
        return
    if process.pid is None and not started_here:
        # It was dying as we looked.
        bring_up(process, ready, seconds)
        return
    what = "ended" if process.pid is None else f"was not ready after {seconds:.0f} s"
    raise EngineError(f"{process.name} {what}; {process.log_file}:\n{process.last_words()}")
