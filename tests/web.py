"""The real web process, with as many workers as a test wants, and desks that speak to it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import requests
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, TextMessage

from command_center.engines.process import wait_until
from kernel.settings import Settings
from tests.factories.door import PASSWORD


@dataclass
class WebProcess:
    """`command-center serve` as an operator starts it."""

    settings: Settings
    database_url: str
    redis_url: str
    log: Path
    workers: int = 1
    extra: dict[str, str] = field(default_factory=dict)
    _child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("CC_")},
            "CC_VAR_DIR": str(self.settings.var_dir),
            "CC_PORT_BASE": str(self.settings.port_base),
            "CC_DATABASE_URL": self.database_url.replace("+psycopg", "", 1),
            "CC_REDIS_URL": self.redis_url,
            "CC_WEB_WORKERS": str(self.workers),
            **self.extra,
        }
        command = [sys.executable, "-m", "command_center", "serve"]
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        if not wait_until(lambda: len(self.pids()) == self.workers and self.answers(), 60):
            self.stop()
            raise AssertionError(self.log.read_text("utf-8"))

    def answers(self) -> bool:
        try:
            urlopen(f"{self.settings.base_url}/api/v1/config", timeout=5).close()
        except OSError:
            return False
        return True

    def pids(self) -> list[int]:
        """Of the workers."""
        assert self._child is not None
        listed = Path(f"/proc/{self._child.pid}/task/{self._child.pid}/children")
        return [int(pid) for pid in listed.read_text("ascii").split()]

    def stop(self) -> None:
        if self._child is not None:
            self._child.send_signal(signal.SIGTERM)
            self._child.wait(20)
            self._child = None

    def cookie(self, account: str) -> str:
        """Of a session that was just opened."""
        with requests.Session() as browser:
            answer = browser.post(
                f"{self.settings.base_url}/api/v1/session",
                json={"account": account, "password": PASSWORD},
                timeout=20,
            )
            answer.raise_for_status()
            return "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)

    @contextmanager
    def desk(self, cookie: str, **more: Any) -> Iterator["DeskLine"]:
        """A desk's open line."""
        line = DeskLine(self.settings.http_port, cookie, **more)
        try:
            yield line
        finally:
            line.close()


class DeskLine:
    """Socket.IO over WebSocket as a browser speaks it; reads only when asked to."""

    def __init__(self, port: int, cookie: str, *, receive_buffer: int = 0):
        self._socket = socket.socket()
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(10)
        self._socket.connect(("127.0.0.1", port))
        self._frames = Connection(ConnectionType.CLIENT)
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._answers: dict[int, Any] = {}
        self._asked, self._partial = 0, ""
        self.is_open = self.is_let_in = False
        self._shake_hands(port, cookie)
        self.say("40")
        assert self.until(lambda: self.is_let_in, 10), "refused"

    def _shake_hands(self, port: int, cookie: str) -> None:
        self._socket.sendall(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Extensions: permessage-deflate\r\n"
            f"Cookie: {cookie}\r\n\r\n".encode()
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += self._socket.recv(1) or b"\r\n\r\n"
        self.greeting = head.decode()
        self.is_open = head.startswith(b"HTTP/1.1 101")
        assert self.is_open, self.greeting

    def say(self, text: str) -> None:
        self._socket.sendall(self._frames.send(TextMessage(text)))

    def ask(self, event: str, body: Any) -> Any:
        """The server's answer to an event."""
        self._asked += 1
        number = self._asked
        self.say(f"42{number}{json.dumps([event, body])}")
        assert self.until(lambda: number in self._answers, 10), f"no answer to {event}"
        return self._answers.pop(number)

    def until(self, happens: Callable[[], bool], seconds: float) -> bool:
        """Read until it happens; False when it does not in time, or the line ends."""
        deadline = time.monotonic() + seconds
        while not happens():
            if not self.is_open or time.monotonic() > deadline:
                return False
            self.read(0.1)
        return True

    def of(self, event: str) -> list[dict[str, Any]]:
        """Everything heard of that event."""
        return [body for name, body in self.heard if name == event]

    def read(self, seconds: float) -> None:
        """Take what comes within that time."""
        if not self.is_open:
            return
        self._socket.settimeout(seconds)
        try:
            data = self._socket.recv(65_536)
        except TimeoutError:
            return
        except OSError:
            data = b""
        finally:
            self._socket.settimeout(10)
        if not data:
            self.is_open = False
            return
        self._frames.receive_data(data)
        for event in self._frames.events():
            if isinstance(event, TextMessage):
                self._partial += event.data
                if event.message_finished:
                    said, self._partial = self._partial, ""
                    self._hear(said)
            elif isinstance(event, CloseConnection):
                self.is_open = False

    def _hear(self, said: str) -> None:
        if said == "2":
            self.say("3")
        elif said.startswith("40"):
            self.is_let_in = True
        elif said.startswith(("1", "41", "44")):
            self.is_open = False
        elif said.startswith("42"):
            event, body = json.loads(said[2:])
            self.heard.append((event, body))
        elif said.startswith("43"):
            number, _, answer = said[2:].partition("[")
            self._answers[int(number)] = json.loads(f"[{answer}")[0]

    def close(self) -> None:
        self.is_open = False
        self._socket.close()
