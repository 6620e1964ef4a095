"""Keeps parts running: starts them in order, restarts what dies, stops all in reverse order."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from command_center.engines.process import EngineError, Process

BACKOFF_CAP_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""A part that ran this long has recovered: its next crash starts the back-off anew."""


class Part(Protocol):
    """An engine or a process of ours."""

    @property
    def name(self) -> str: ...

    @property
    def pid(self) -> int | None: ...

    def start(self) -> None: ...

    def stop(self) -> bool: ...


@dataclass
class Service:
    """One of our own processes as a part."""

    process: Process
    deadline: float = 15.0

    @property
    def name(self) -> str:
        return self.process.name

    @property
    def pid(self) -> int | None:
        return self.process.pid

    def start(self) -> None:
        self.process.start()

    def stop(self) -> bool:
        return self.process.stop(self.deadline)


@dataclass
class _Watch:
    """When a part was started last, how often it died since it was steady, when to try again."""

    started: float
    deaths: int = 0
    retry_at: float | None = None


@dataclass
class Supervisor:
    """`say` tells a person what happens; `clock` counts seconds and never goes back."""

    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    _parts: list[Part] = field(default_factory=list)
    _watches: dict[str, _Watch] = field(default_factory=dict)

    def start(self, part: Part) -> None:
        """Start a part and keep it from now on. Raises EngineError when it cannot start."""
        began = self.clock()
        self._parts.append(part)
        part.start()
        self._watches[part.name] = _Watch(self.clock())
        self.say(f"{part.name} started ({self.clock() - began:.1f} s)")

    def look(self) -> None:
        """One round: notice what died, restart what is due."""
        for part in self._parts:
            watch = self._watches[part.name]
            if watch.retry_at is not None:
                self._retry(part, watch)
            elif part.pid is None:
                self._bury(part, watch, "died")

    def stop(self) -> bool:
        """Stop all parts, the last started first. False when one had to be killed."""
        clean = True
        for part in reversed(self._parts):
            began = self.clock()
            willing = part.stop()
            clean = clean and willing
            how = "stopped" if willing else "killed: it did not stop in time"
            self.say(f"{part.name} {how} ({self.clock() - began:.1f} s)")
        self._parts.clear()
        return clean

    def watch(self, pause: float = 0.5) -> None:
        """Look again and again, until interrupted by KeyboardInterrupt."""
        while True:
            self.look()
            time.sleep(pause)

    def _retry(self, part: Part, watch: _Watch) -> None:
        if watch.retry_at is None or self.clock() < watch.retry_at:
            return
        watch.retry_at = None
        try:
            part.start()
        except EngineError as error:
            self._bury(part, watch, f"did not start: {error}")
            return
        watch.started = self.clock()
        self.say(f"{part.name} started again")

    def _bury(self, part: Part, watch: _Watch, what: str) -> None:
        if self.clock() - watch.started > STEADY_SECONDS:
            watch.deaths = 0
        wait = min(2.0**watch.deaths, BACKOFF_CAP_SECONDS)
        watch.deaths += 1
        watch.retry_at = self.clock() + wait
        self.say(f"{part.name} {what}; next try in {wait:.0f} s")
