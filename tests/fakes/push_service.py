"""SIMULATOR of a push service (RFC 8030): wakes nobody, keeps what it heard."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Heard:
    """One message: to which path, with which headers (names in lower case), saying what."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Simulator:
    """`status` and `headers` are what it answers from now on."""

    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)

    def __post_init__(self) -> None:
        simulator = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                simulator.take(self)

            do_GET = do_POST

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def take(self, asked: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in asked.headers.items()}
        body = asked.rfile.read(int(headers.get("content-length", 0)))
        self.heard.append(Heard(asked.path, headers, body))
        asked.send_response(self.status)
        for name, value in ({"Content-Length": "0"} | self.headers).items():
            asked.send_header(name, value)
        asked.end_headers()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
