"""HTTP/1.1 on a TCP link: requests in, one status out, no meaning. h11 keeps the protocol's rules.

One request at a time: while its answer waits for the database nothing more is read.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import h11

from gps_ingest.listeners.limits import Dismissed
from gps_ingest.listeners.tcp import Link

MAX_HEAD = 8 * 1024
MAX_BODY = 16 * 1024
ANSWER_SECONDS = 10.0
"""An answer that takes longer is 503; the phone keeps what it sent and comes again."""

Answer = Callable[[int], None]
"""Send this status with an empty body; only the first call counts."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    method: str
    target: str
    content_type: str
    body: bytes


class HttpSession:
    """The requests of one connection, each handed to `handle` with the way to answer it."""

    def __init__(self, link: Link, handle: Callable[[HttpRequest, Answer], None]):
        self._link, self._handle = link, handle
        self._connection = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        self._head: h11.Request | None = None
        self._body = b""
        self._due: float | None = None
        self._is_advancing = False

    def receive(self, data: bytes) -> None:
        self._connection.receive_data(data)
        self._advance()

    def tick(self, now: float) -> None:
        if self._due is not None and now > self._due:
            self._answer(503)

    def closed(self) -> None:
        """Whoever asked has gone; an answer finds nobody."""

    def _advance(self) -> None:
        """Go through what has come so far, request by request; raises Dismissed."""
        if self._is_advancing:
            return
        self._is_advancing = True
        try:
            while self._link.is_open and self._take(self._connection.next_event()):
                pass
        except h11.RemoteProtocolError as error:
            self._refuse(error.error_status_hint or 400)
        finally:
            self._is_advancing = False

    def _take(self, event: object) -> bool:
        """Take one event; False when the next has to be waited for."""
        match event:
            case h11.Request():
                self._head, self._body = event, b""
            case h11.Data():
                self._body += bytes(event.data)
                if len(self._body) > MAX_BODY:
                    self._refuse(413)
            case h11.EndOfMessage():
                self._ask()
            case h11.ConnectionClosed():
                raise Dismissed("left")
            case _:
                if self._connection.they_are_waiting_for_100_continue:
                    go_on = h11.InformationalResponse(status_code=100, headers=[])
                    self._link.send(self._connection.send(go_on) or b"")
                return False
        return True

    def _ask(self) -> None:
        head = self._head
        if head is None:
            raise Dismissed("bad_http", offence=True)
        self._due = time.monotonic() + ANSWER_SECONDS
        self._link.pause()
        due = self._due
        self._handle(
            HttpRequest(
                method=head.method.decode("ascii"),
                target=head.target.decode("ascii"),
                content_type=_header(head, b"content-type"),
                body=self._body,
            ),
            lambda status: self._link.guarded(lambda: self._answer(status, due)),
        )

    def _answer(self, status: int, due: float | None = None) -> None:
        """Answer the request that is waiting, unless it was answered already."""
        if self._due is None or due not in (None, self._due) or not self._link.is_open:
            return
        self._due = None
        self._respond(status)
        if not self._link.is_open:
            return
        if self._connection.our_state is h11.MUST_CLOSE:
            self._link.close("answered")
            return
        self._connection.start_next_cycle()
        self._link.resume()
        self._advance()

    def _respond(self, status: int) -> None:
        response = h11.Response(status_code=status, headers=[("Content-Length", "0")])
        parts = (self._connection.send(response), self._connection.send(h11.EndOfMessage()))
        self._link.send(b"".join(part for part in parts if part))

    def _refuse(self, status: int) -> None:
        """Say what is wrong, where it can still be said, and close; raises Dismissed."""
        if self._connection.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._respond(status)
        raise Dismissed("bad_http", offence=True)


def _header(request: h11.Request, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in request.headers if key == name), "")
