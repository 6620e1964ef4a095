"""A desk's line on real sockets: whole messages in order, and nobody waits for a slow reader."""

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from gevent import socket
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, TextMessage
from wsproto.utilities import ProtocolError

from command_center.console import websocket
from command_center.console.websocket import DeskSocket, Outbox, frame

Pair = tuple[Any, Any]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Our end and the desk's, with small buffers between them."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    yield ours, theirs
    ours.close()
    theirs.close()


def take(end: Any, size: int) -> bytes:
    """So many bytes, in small pieces, as a slow reader does."""
    got = b""
    while len(got) < size:
        got += end.recv(min(1000, size - len(got)))
    return got


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
@pytest.mark.parametrize("kind", [TextMessage, BytesMessage])
def test_a_frame_of_any_length_is_read_by_another_implementation(
    size: int, kind: type[Any]
) -> None:
    said: Any = "版" * (size // 3) if kind is TextMessage else bytes(size)
    desk = Connection(ConnectionType.CLIENT)
    desk.receive_data(frame(said))
    (heard,) = desk.events()
    assert isinstance(heard, kind)
    assert heard.data == said


def test_short_sends_lose_nothing_and_keep_the_order(pair: Pair) -> None:
    ours, theirs = pair
    outbox, chance = Outbox(ours), random.Random(1)
    said = [bytes([n % 256]) * chance.randrange(1, 30_000) for n in range(60)]
    for part in said:
        outbox.push(part)
        gevent.sleep(0)
    assert outbox.size > 0
    with gevent.Timeout(20):
        assert take(theirs, sum(map(len, said))) == b"".join(said)
        while outbox.size:
            gevent.sleep(0.01)
    assert not outbox.is_shut


def test_who_reads_nothing_never_makes_anybody_wait_and_is_cut_at_the_limit(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "LIMIT_BYTES", 100_000)
    outbox, began, most = Outbox(pair[0]), time.monotonic(), 0
    with pytest.raises(OSError, match="keep up"):
        for _ in range(1_000):
            outbox.push(bytes(1_000))
            most = max(most, outbox.size)
    assert most <= 100_000
    assert outbox.size == 0
    assert outbox.is_shut
    assert time.monotonic() - began < 1
    with pytest.raises(OSError, match="shut"):
        outbox.push(b"more")


def test_who_is_seconds_behind_is_cut_however_little_waits(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "STALE_SECONDS", 0.2)
    outbox = Outbox(pair[0])
    outbox.push(bytes(50_000))
    gevent.sleep(0.3)
    with pytest.raises(OSError, match="keep up"):
        outbox.push(b"new")


def test_a_desk_that_left_is_noticed_by_whoever_writes(pair: Pair) -> None:
    ours, theirs = pair
    outbox = Outbox(ours)
    theirs.close()
    with pytest.raises(OSError, match=r"."):
        outbox.push(b"hello")
    assert outbox.is_shut


def test_a_farewell_is_sent_before_the_line_ends(pair: Pair) -> None:
    ours, theirs = pair
    outbox = Outbox(ours)
    outbox.push(bytes(20_000))
    outbox.finish()
    with gevent.Timeout(5):
        assert take(theirs, 20_000) == bytes(20_000)
        assert theirs.recv(1) == b""
    assert outbox.is_shut


class Client:
    """What Engine.IO knows of one desk."""

    sid = "one"

    def handle(self, _: DeskSocket) -> None: ...


@pytest.fixture
def desk(pair: Pair) -> DeskSocket:
    made = DeskSocket(Client().handle, SimpleNamespace(max_http_buffer_size=1_000))
    made.outbox = Outbox(pair[0])
    return made


def test_a_message_in_pieces_is_one_message(desk: DeskSocket) -> None:
    for piece, last in (("一", False), ("二", False), ("三", True)):
        desk._take(TextMessage(piece, message_finished=last))
    assert desk.wait() == "一二三"
    for piece, last in ((b"\x00", False), (b"\x01", True)):
        desk._take(BytesMessage(bytearray(piece), message_finished=last))
    assert desk.wait() == b"\x00\x01"


def test_a_farewell_to_a_desk_that_left_harms_nobody(desk: DeskSocket, pair: Pair) -> None:
    pair[1].close()
    desk.close()
    assert desk.outbox.is_shut
    desk.close()


@pytest.mark.parametrize(("size", "times"), [(1_001, 1), (400, 3), (1, 300)])
def test_a_message_too_long_or_in_too_many_pieces_ends_the_line(
    desk: DeskSocket, pair: Pair, size: int, times: int
) -> None:
    for _ in range(times):
        if desk.outbox.is_shut:
            break
        with suppress(ProtocolError):  # nothing is said after the farewell
            desk._take(TextMessage("x" * size, message_finished=False))
    with gevent.Timeout(5):
        farewell = pair[1].recv(100)
    assert farewell[0] == 0x88
    assert farewell[2:4] == (1009).to_bytes(2, "big")
