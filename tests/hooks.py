"""A tiny web process that records the callbacks of Kannel."""

import base64
import threading
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qsl, urlsplit

from telephony.views import DONE


@dataclass(frozen=True)
class Call:
    path: str
    query: dict[str, str]
    headers: Message
    text: str

    @property
    def user(self) -> tuple[str, str]:
        """Name and password of its Basic authorisation."""
        coded = self.headers["Authorization"].removeprefix("Basic ")
        name, _, password = base64.b64decode(coded).decode().partition(":")
        return name, password


@dataclass
class Hooks:
    """Answers every callback as the product does, or 503 to as many inbound messages as told."""

    port: int
    calls: list[Call] = field(default_factory=list)
    refusals: int = 0

    def refuse(self, times: int) -> None:
        self.refusals = times

    def __enter__(self) -> "Hooks":
        hooks = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                url = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                charset = self.headers.get_content_charset() or "utf-8"
                hooks.calls.append(
                    Call(url.path, dict(parse_qsl(url.query)), self.headers, body.decode(charset))
                )
                refused = hooks.refusals > 0 and url.path.endswith("/inbound")
                hooks.refusals -= refused
                self.send_response(503 if refused else DONE)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
