"""HTTP on a link: requests in, one status out, whatever the bytes look like."""

from collections.abc import Callable
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gps_ingest.listeners.http import ANSWER_SECONDS, Answer, HttpRequest, HttpSession
from gps_ingest.listeners.limits import Dismissed
from gps_ingest.listeners.tcp import Link

GET = b"GET /?id=1 HTTP/1.1\r\nHost: x\r\n\r\n"


class FakeLink:
    """Keeps what is sent, and closes as the real one does."""

    def __init__(self) -> None:
        self.is_open = True
        self.sent = b""
        self.reason = ""
        self.pauses = 0

    def send(self, data: bytes) -> None:
        self.sent += data

    def pause(self) -> None:
        self.pauses += 1

    def resume(self) -> None:
        self.pauses -= 1

    def close(self, reason: str, *, offence: bool = False) -> None:
        self.is_open, self.reason = False, reason

    def guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Dismissed as dismissed:
            self.close(dismissed.reason)

    @property
    def statuses(self) -> list[int]:
        return [int(part[:3]) for part in self.sent.split(b"HTTP/1.1 ")[1:]]


class Desk:
    """Answers 200 at once, or keeps the answers for later."""

    def __init__(self, *, at_once: bool = True) -> None:
        self.asked: list[HttpRequest] = []
        self.answers: list[Answer] = []
        self.at_once = at_once

    def handle(self, request: HttpRequest, answer: Answer) -> None:
        self.asked.append(request)
        self.answers.append(answer)
        if self.at_once:
            answer(200)


def session(desk: Desk) -> tuple[FakeLink, HttpSession]:
    link = FakeLink()
    return link, HttpSession(cast(Link, link), desk.handle)


def feed(link: FakeLink, http: HttpSession, data: bytes, piece: int = 1 << 20) -> None:
    for at in range(0, len(data), piece):
        if link.is_open:
            link.guarded(lambda at=at: http.receive(data[at : at + piece]))


@pytest.mark.parametrize("piece", [1 << 20, 7, 1])
def test_requests_are_read_in_any_pieces_and_answered_in_order(piece: int) -> None:
    desk = Desk()
    link, http = session(desk)
    post = (
        b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Type: Text/Plain\r\nContent-Length: 3\r\n\r\nabc"
    )
    feed(link, http, GET + post + GET, piece)
    assert [(r.method, r.target, r.content_type, r.body) for r in desk.asked] == [
        ("GET", "/?id=1", "", b""),
        ("POST", "/a", "Text/Plain", b"abc"),
        ("GET", "/?id=1", "", b""),
    ]
    assert link.statuses == [200, 200, 200]
    assert link.pauses == 0


def test_a_hundred_requests_in_one_packet_are_answered_in_order() -> None:
    desk = Desk()
    link, http = session(desk)
    feed(link, http, GET * 300)
    assert link.statuses == [200] * 300


def test_nothing_more_is_read_until_the_answer_is_given() -> None:
    desk = Desk(at_once=False)
    link, http = session(desk)
    feed(link, http, GET * 2)
    assert (len(desk.asked), link.pauses, link.sent) == (1, 1, b"")
    desk.answers[0](200)
    assert (len(desk.asked), link.pauses, link.statuses) == (2, 1, [200])
    desk.answers[0](200)
    assert link.statuses == [200]
    desk.answers[1](403)
    assert (link.statuses, link.pauses) == ([200, 403], 0)


def test_an_answer_that_takes_too_long_is_503_and_the_late_one_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.monotonic", lambda: 100.0)
    desk = Desk(at_once=False)
    link, http = session(desk)
    feed(link, http, GET)
    http.tick(100 + ANSWER_SECONDS)
    assert link.statuses == []
    http.tick(101 + ANSWER_SECONDS)
    assert link.statuses == [503]
    desk.answers[0](200)
    assert link.statuses == [503]


def test_a_peer_that_wants_to_close_is_let_go_after_its_answer() -> None:
    link, http = session(Desk())
    feed(link, http, b"GET / HTTP/1.0\r\n\r\n")
    assert (link.statuses, link.is_open, link.reason) == ([200], False, "answered")


def test_chunked_bodies_and_expectations_are_understood() -> None:
    desk = Desk()
    link, http = session(desk)
    head = (
        b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    feed(link, http, head)
    assert link.statuses == [100]
    feed(link, http, b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert desk.asked[0].body == b"abcde"
    assert link.statuses == [100, 200]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n" + b"x" * 20_000, 413),
        (b"GET /" + b"x" * 9000, 431),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 3000, 431),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS\r\n\r\n", 400),
        (b"$GPRMC,021530.00,A\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_is_told_so_and_closed(data: bytes, status: int) -> None:
    link, http = session(Desk())
    feed(link, http, data, 4096)
    assert (link.statuses, link.is_open) == ([status], False)


def test_a_peer_that_leaves_is_no_failure() -> None:
    link, http = session(Desk())
    feed(link, http, GET[:10])
    assert link.is_open


@given(st.binary(max_size=600), st.integers(1, 80))
def test_no_bytes_raise(data: bytes, piece: int) -> None:
    link, http = session(Desk())
    feed(link, http, data, piece)


@given(st.lists(st.sampled_from([GET, b"\r\n", b"POST / HTTP/1.1\r\n", b"Host: x\r\n", b"a"])))
def test_no_mixture_of_half_requests_raises(parts: list[bytes]) -> None:
    link, http = session(Desk())
    feed(link, http, b"".join(parts), 9)
