"""The simulated fax engine: an HTTP server that "dials", "sends" page by page, and reports.

It reaches nobody: it takes demo numbers only. A page that arrived is a line in its journal
`var/log/fax-simulator.jsonl`; a document that arrived is `var/fax/<order>/<recipient>.tif`. What
the far machine does is decided by the last four digits of its number (BEHAVIOUR).

    GET  /state    what it does now
    POST /faxes    {message, attempt, to, recipient, subject, pages, document} → 202 {id}
    POST /rule     {accept: true|false}   false: every line is busy, 503
"""

import json
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from kernel.settings import Settings
from telephony import callback
from telephony.lifecycle import Kind
from telephony.numbers import is_demo

SECONDS_A_PAGE = 0.5
"""Real T.30 takes 16 to 27 s a page."""
SILENT = "silent"
BEHAVIOUR: dict[str, str] = {
    "9001": Kind.BUSY,
    "9002": Kind.NO_ANSWER,
    "9003": "busy once",
    "9004": Kind.DROPPED,
    "9005": SILENT,
}
MAX_BODY = 64 * 1024
DOCUMENT = re.compile(r"[0-9a-f]{64}(-repeat)?\.tif")


@dataclass(frozen=True)
class Fax:
    """One call to make."""

    message: int
    attempt: int
    to: str
    recipient: str
    subject: str
    pages: int
    document: str

    @property
    def id(self) -> str:
        """The same for the same attempt: handed over twice, it is called once."""
        return f"fax-{self.message}-{self.attempt}"

    @classmethod
    def of(cls, body: dict[str, Any]) -> "Fax":
        """Raises KeyError, TypeError or ValueError for a body that is not a demo fax."""
        fax = cls(**{name: kind(body[name]) for name, kind in cls.__annotations__.items()})
        if not is_demo(fax.to) or not DOCUMENT.fullmatch(fax.document) or not 0 < fax.pages < 100:
            raise ValueError("not a fax of the demo")
        return fax


def course(fax: Fax) -> Iterator[tuple[Kind, int]]:
    """What happens on the line: pages that pass, then how the call ended; nothing when silent."""
    habit = BEHAVIOUR.get(fax.to[-4:])
    if habit == SILENT:
        return
    if habit in (Kind.BUSY, Kind.NO_ANSWER):
        yield Kind(habit), 0
        return
    if habit == "busy once" and fax.attempt == 1:
        yield Kind.BUSY, 0
        return
    for page in range(1, fax.pages + 1):
        yield Kind.PAGE, page
        if habit == Kind.DROPPED:
            yield Kind.DROPPED, page
            return
    yield Kind.DELIVERED, fax.pages


@dataclass
class Simulator:
    """Takes faxes and calls, one thread a line."""

    settings: Settings
    seconds_a_page: float = SECONDS_A_PAGE
    accepting: bool = True
    taken: set[str] = field(default_factory=set)
    calling: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def state(self) -> dict[str, object]:
        return {"simulator": True, "accepting": self.accepting, "calling": self.calling}

    def take(self, fax: Fax) -> None:
        """Call in the background; an attempt that is known already is not called again."""
        with self.lock:
            if fax.id in self.taken:
                return
            self.taken.add(fax.id)
            self.calling += 1
        self._write("accepted", fax)
        threading.Thread(target=self._call, args=(fax,), daemon=True).start()

    def _call(self, fax: Fax) -> None:
        for number, (kind, page) in enumerate(course(fax), start=1):
            if kind is Kind.PAGE:
                self._report(fax, f"{number}-begins", Kind.PAGE_BEGINS, page)
            self.stopping.wait(self.seconds_a_page)
            if self.stopping.is_set():
                return
            file = self._deliver(fax) if kind is Kind.DELIVERED else None
            self._write(kind, fax, page=page, file=file)
            self._report(fax, str(number), kind, page)
        with self.lock:
            self.calling -= 1

    def _deliver(self, fax: Fax) -> str:
        """Lay the document out where the far machine would; gives the place, within var/."""
        var = self.settings.var_dir
        path = var / delivered_path(fax)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(var / "outbox" / fax.document, path)
        return str(delivered_path(fax))

    def _report(self, fax: Fax, event: str, kind: Kind, page: int) -> None:
        """Tell the web process, again and again until it has taken it."""
        body = {
            "event_id": f"{fax.id}-{event}",
            "message": fax.message,
            "attempt": fax.attempt,
            "kind": kind,
            "part": page,
            "provider_id": fax.id,
            "at": datetime.now(UTC).isoformat(),
        }
        pause = 0.2
        while not self.stopping.is_set() and not callback.call_receipt(self.settings, body):
            self.stopping.wait(pause)
            pause = min(pause * 2, 5)

    def _write(self, event: str, fax: Fax, **more: object) -> None:
        line = {
            "at": datetime.now(UTC).isoformat(),
            "event": event,
            "message": fax.message,
            "attempt": fax.attempt,
            "to": fax.to,
            "recipient": fax.recipient,
            "subject": fax.subject,
            "pages": fax.pages,
            **more,
        }
        path = journal_path(self.settings.var_dir)
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.lock, path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def journal(var_dir: Path) -> list[dict[str, Any]]:
    """What the simulator did, oldest first."""
    path = journal_path(var_dir)
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def journal_path(var_dir: Path) -> Path:
    return var_dir / "log" / "fax-simulator.jsonl"


def delivered_path(fax: Fax) -> Path:
    """Where a document that arrived lies, within var/: by its order, then its recipient."""
    folder = _file_name(fax.subject) or f"message-{fax.message}"
    name = "-".join(filter(None, (_file_name(fax.recipient), fax.to.lstrip("+"))))
    return Path("fax") / folder / f"{name}.tif"


def _file_name(text: str) -> str:
    return re.sub(r"[^\w-]+", "_", text).strip("_")[:80]


class Handler(BaseHTTPRequestHandler):
    server: "Server"

    def do_GET(self) -> None:
        known = self.path == "/state"
        self._answer(200 if known else 404, self.server.simulator.state if known else {})

    def do_POST(self) -> None:
        try:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(min(length, MAX_BODY)))
            self._answer(*self._act(body))
        except (KeyError, TypeError, ValueError) as error:
            self._answer(400, {"error": type(error).__name__})

    def _act(self, body: dict[str, Any]) -> tuple[int, dict[str, object]]:
        simulator = self.server.simulator
        if self.path == "/rule":
            simulator.accepting = bool(body["accept"])
            return 200, simulator.state
        if self.path != "/faxes":
            return 404, {}
        if not simulator.accepting:
            return 503, {}
        fax = Fax.of(body)
        simulator.take(fax)
        return 202, {"id": fax.id}

    def _answer(self, status: int, body: dict[str, object]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """The journal says what happened."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, settings: Settings, *, seconds_a_page: float = SECONDS_A_PAGE):
        self.simulator = Simulator(settings, seconds_a_page)
        super().__init__(("127.0.0.1", settings.fax_simulator_port), Handler)

    def server_close(self) -> None:
        self.simulator.stopping.set()
        super().server_close()
