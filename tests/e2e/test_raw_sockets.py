"""What a socket can say that no browser would: to the web server, and to the live line."""

import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import requests
from simple_websocket import Client as Socket
from simple_websocket import ConnectionClosed
from wsproto.events import Ping

from command_center.engines.process import wait_until
from tests.e2e.client import Client
from tests.e2e.system import System

pytestmark = pytest.mark.timeout(240)
HEAD = (
    b"POST /api/v1/public/submissions HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\n"
)


WAITING = b"waiting"
"""For 10 s there was neither an answer nor an end."""


def said(system: System, request: bytes, more: Iterable[bytes] = ()) -> bytes:
    """The first 4 kB of the server's answer, which may come while more is still being sent."""
    address = ("127.0.0.1", system.settings.http_port)
    with socket.create_connection(address, timeout=10) as line:
        try:
            line.sendall(request)
            for part in more:
                line.settimeout(10)
                line.sendall(part)
                line.settimeout(0.001)
                try:
                    return line.recv(4096)
                except TimeoutError:
                    continue
            line.settimeout(10)
            return line.recv(4096)
        except TimeoutError:
            return WAITING
        except OSError:
            return b"closed"


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


def test_a_body_without_end_is_refused(running_system: System) -> None:
    sent = []

    def chunks() -> Iterator[bytes]:
        while len(sent) < 4_096:
            sent.append(16_384)
            yield b"4000\r\n" + b" " * 16_384 + b"\r\n"

    answer = said(running_system, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunks())
    assert status(answer) in (400, 413), answer
    assert sum(sent) <= 8 << 20  # measured: 1.1 MB; the rest is room for the kernel's buffers


UNCLEAR = {
    "both lengths": HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
    "two lengths": HEAD + b"Content-Length: 4\r\nContent-Length: 9\r\n\r\nabcd",
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "a signed length": HEAD + b"Content-Length: +4\r\n\r\nabcd",
    "a length in hex": HEAD + b"Content-Length: 0x4\r\n\r\nabcd",
    "an odd encoding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a hidden encoding": HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a broken chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
    "a chunk beyond all": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\nx",
    "a folded header": HEAD + b"X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
    "a line of headers": HEAD + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
    "a thousand headers": HEAD + b"X: a\r\n" * 1_000 + b"\r\n",
    "a long address": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    "an absolute address": b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "no method": b" / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "garbage": bytes(range(256)) * 40 + b"\r\n\r\n",
}


@pytest.mark.parametrize("what", UNCLEAR)
def test_a_request_that_two_could_read_differently_is_refused(
    running_system: System, what: str
) -> None:
    answer = said(running_system, UNCLEAR[what])
    if what == "a chunk beyond all":  # which could still come
        assert answer == WAITING
        return
    assert answer in (b"", b"closed") or 400 <= status(answer) < 500 or status(answer) == 501
    assert b"Traceback" not in answer
    assert answer.count(b"HTTP/1.1 ") <= 1, "one request, two answers"


# -- the live line -------------------------------------------------------------------------------


UPGRADE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


def line_to(system: System, **headers: str) -> Socket:
    base = system.settings.base_url.replace("http", "ws", 1)
    return Socket(f"{base}/socket.io/?EIO=4&transport=websocket", headers=headers)


@contextmanager
def desk_of(system: System, account: str) -> Iterator[Socket]:
    """The line of somebody who is signed in."""
    cookies = Client(system, account).http.cookies.items()
    line = line_to(system, Cookie="; ".join(f"{name}={value}" for name, value in cookies))
    yield line
    line.sock.close()


def answered(desk: Socket) -> dict[str, Any]:
    """What the server answers to a desk's greeting."""
    desk.send('421["hello",{}]')
    heard = (str(desk.receive(10)) for _ in range(50))
    snapshot = next(one for one in heard if one.startswith("431"))
    return dict(json.loads(snapshot[3:])[0])


def is_read(line: Socket) -> bool:
    """Whether the server has read all that was said on the line: it answers a ping (RFC 6455) in
    its turn, or it has cut the line off.
    """
    line.pong_received = False
    with suppress(OSError):
        line.sock.sendall(line.ws.send(Ping()))
    return wait_until(lambda: line.pong_received or not line.connected, 10)


def test_no_other_site_opens_the_live_line(running_system: System) -> None:
    own = f"127.0.0.1:{running_system.settings.http_port}"
    for origin, answered in (
        ("https://evil.example", 400), ("null", 400), (f"http://{own}.evil.example", 400),
        ("file://", 400), (f"https://{own}", 400), (f"http://{own}", 101),
    ):  # fmt: skip
        opening = f"{UPGRADE}Host: {own}\r\nOrigin: {origin}\r\n\r\n".encode()
        assert status(said(running_system, opening)) == answered, origin
    base = running_system.settings.base_url
    for query in ("transport=polling", "transport=x", "EIO=3&transport=websocket", "sid=x"):
        assert requests.get(f"{base}/socket.io/?{query}", timeout=10).status_code == 400, query
    answer = requests.post(f"{base}/socket.io/?EIO=4&transport=polling", timeout=10)
    assert answer.status_code == 400


PACKETS: tuple[str | bytes, ...] = (
    '42["hello"]', '420["hello",{}]', '42["view",{"bbox":[116,39,117,40]}]', "40/admin,", "41",
    '40{"token":"x"}', "4", "4" * 60_000, "9", "\0", "42" + "[" * 20_000, "43", "6", "2probe", "5",
    '42["' + "a" * 60_000 + '"]', "451-[]", '459999999999-["hello"]', "42[]", "42{}", "42null",
    '42["hello"' + "," * 1_000 + "]", "42[" + "9" * 5_000 + "]", b"\xff\xfe", b"4" * 1_000,
)  # fmt: skip


ENGINE = ("0{", "1", "2", "3", "6", "44")
"""The engine's own words: open, close, ping, pong, nothing; and that somebody may not connect."""


def test_a_stranger_on_the_live_line_hears_nothing(running_system: System) -> None:
    lines = []
    for packet in PACKETS:
        line = line_to(running_system)
        lines.append((packet, line))
        try:
            for words in (packet, '42["hello",{}]', "40", '420["hello",{}]'):
                line.send(words)
        except (ConnectionClosed, OSError):  # it was cut off
            continue
    for packet, line in lines:
        assert is_read(line), packet
    with desk_of(running_system, "dispatcher") as desk:  # begun after all of theirs, and it answers
        desk.send("40")
        assert answered(desk)["units"]
    all_heard = []
    for packet, line in lines:
        heard = []
        try:
            while (one := line.receive(0.05)) is not None:
                heard.append(str(one))
        except ConnectionClosed:
            pass
        assert all(one.startswith(ENGINE) for one in heard), (packet, heard)
        line.sock.close()
        all_heard += heard
    assert len([one for one in all_heard if one.startswith("44")]) > 5
    healthy = requests.get(f"{running_system.settings.base_url}/healthz", timeout=10)
    assert healthy.status_code == 200


def test_a_message_without_end_is_cut_off(running_system: System) -> None:
    """Before anybody has signed in: it must not grow in memory until it is whole."""
    line = line_to(running_system)
    line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
    part, sent = b"x" * 65_536, 0
    length = len(part).to_bytes(8, "big") + b"\0\0\0\0"
    with pytest.raises(OSError):
        while sent < 256 << 20:
            line.sock.sendall(bytes((0x00 if sent else 0x02, 0xFF)) + length + part)
            sent += len(part)
    line.sock.close()
    assert sent < 2 << 20, f"{sent} bytes were taken"


def test_a_desk_goes_on_while_strangers_shout(running_system: System) -> None:
    with desk_of(running_system, "dispatcher") as desk:
        strangers = [line_to(running_system) for _ in range(20)]
        desk.send("40")
        for stranger in strangers:
            stranger.send("42" + "[" * 10_000)
        assert all(is_read(stranger) for stranger in strangers)
        assert answered(desk)["units"]
        for stranger in strangers:
            stranger.sock.close()
