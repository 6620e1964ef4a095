"""Frames broken in every way, right ones among them, at every listener of the real process.

Each listener is sent FRAMES of them: 20,000 unless the environment says otherwise, and the million
of the file's name in the full run (FRAMES=1000000, an hour and more). The right ones are heard, no
error of ours stands in the log, and memory grows by no more than 5 MB from the tenth part on.
"""

import itertools
import json
import logging
import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from command_center.engines.process import wait_until
from gps_ingest import terminals
from gps_ingest.protocols import gt06, jt808, nmea
from gps_ingest.protocols.base import Bad, Message
from gps_ingest.protocols.jt808 import link
from gps_ingest.protocols.jt808.framing import Malformed, Peer, seal, unseal
from gps_ingest.server import BEAT_SECONDS
from kernel.bus import Bus
from tests import fuzz
from tests.factories.gps import login, rmc
from tests.ingest import LAT, LON, TEST, known_soon, now, resident_kib
from tests.integration.gps_ingest.conftest import Street

PROCESSES = 1
"""Memory and log are those of one; a balancer would hide the addresses."""
FRAMES = int(os.environ.get("FRAMES", "20000"))
SEED = int(os.environ.get("FUZZ_SEED", str(time.time_ns())))
GROWTH_KIB = 5 * 1024
BAD, RIGHT = 18, 18
"""Of one link: fewer bad ones than end it, so that the process reads them all."""
DECODERS: dict[str, Callable[[], Any]] = {
    "nmea": nmea.Decoder, "jt808": jt808.Decoder, "gt06": gt06.Decoder,
}  # fmt: skip
KINDS = {"nmea": "Rmc", "jt808": "KeepAlive", "gt06": "Status"}
"""What the right frames are, as the process counts them."""
DATAGRAM = 1_400
"""Bytes of a frame that fits one packet."""
ADDRESSES = 5_000
TOGETHER = 30
log = logging.getLogger("measured")
IMEI, RECEIVER, PERSON = "868120145233777", "861234500000001", "mutant-phone"
PEERS = [Peer.of(f"139{number:08}", 2019) for number in range(1_000)]
"""Terminals that take turns: one that changes its line too often is shown out."""
SENDERS, SENDERS_PORT = len(PEERS), 40_000
"""Of datagrams: each terminal has its own, and all are known before the tenth part is over."""


def right(listener: str, serial: int, peer: Peer) -> bytes:
    """Something sensible of a registered terminal."""
    if listener.startswith("jt808"):
        return jt808.encode(link.KeepAlive(), peer, serial & 0xFFFF)[0]
    if listener == "gt06":
        return gt06.seal(gt06.Header(0x13, serial & 0xFFFF), b"\x44\x06\x04\x00\x02")
    if listener == "osmand":
        return f"GET /?id={PERSON}&lat={LAT}&lon={LON} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    return rmc(now(), LAT, LON)


def hello(listener: str, peer: Peer) -> bytes:
    if listener == "gt06":
        return gt06.seal(gt06.Header(0x01, 1), bytes.fromhex("0" + IMEI))
    return login(RECEIVER) if listener.startswith("nmea") else right(listener, 0, peer)


def broken(listener: str, chance: random.Random) -> Iterator[bytes]:
    """Mutants as they travel to that listener."""
    protocol = listener.partition("_")[0]
    if protocol != "osmand":
        return fuzz.mutants(protocol, chance, fuzz.seeds(protocol))
    seeds = [_request(frame) for name in fuzz.REQUESTS for frame in fuzz.seeds(name)]
    return fuzz.mutants("http", chance, seeds)


def named(frame: bytes, peer: Peer) -> bytes:
    """The frame as that terminal's where its sum is right: a link speaks for one.

    What proves a name stays out; a wrong code ends a link, see test_abuse.
    """
    made = []
    for content in frame.split(b"\x7e"):
        try:
            header, body = unseal(content)
        except Malformed:
            made.append(content)
        else:
            if header.message_id != link.Authenticate.ID:
                made.append(seal(header._replace(peer=peer), body).strip(b"\x7e"))
    return b"".join(b"\x7e%b\x7e" % content for content in made if content)


def _request(frame: bytes) -> bytes:
    """A recorded request, or what is left of it, as HTTP."""
    try:
        said = json.loads(frame)
        body, kind = str(said["body"] or "").encode(), said["content_type"] or "text/plain"
        head = f"{said['method']} {said['url']} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    except (ValueError, LookupError, TypeError, RecursionError):
        return frame


def decoded(protocol: str, data: bytes) -> list[Message]:
    """What a decoder of ours makes of it."""
    decoder = DECODERS[protocol]()
    return [*decoder.feed(data), *decoder.finish()]


class Crowd:
    """Many short links from many addresses, each with a few bad frames among right ones."""

    def __init__(self, listener: str, port: int):
        self._listener, self._port = listener, port
        self._protocol = listener.partition("_")[0]
        self._chance = random.Random(SEED)
        self._broken = broken(listener, self._chance)
        self._peers = itertools.cycle(PEERS)
        is_udp = listener.endswith("udp")
        places = range(SENDERS if is_udp else ADDRESSES)
        self._places = itertools.cycle(f"127.70.{n // 250}.{n % 250 + 1}" for n in places)
        self._kind, self._from = (
            (socket.SOCK_DGRAM, SENDERS_PORT) if is_udp else (socket.SOCK_STREAM, 0)
        )
        self.sent = self.right = 0
        """Frames in all, and those that must be heard: mutants that came out right among them."""

    def send(self, until: int) -> None:
        """Until so many frames have been sent in all, some dozens of links at a time."""
        while self.sent < until:
            if self._listener.endswith("udp"):
                self._datagrams(self._some())
                continue
            # HTTP ends a line at the first bad request: each has one of its own.
            if self._listener == "osmand":
                self._links(self._some())
            else:
                self._links([b"".join(self._some()) for _ in range(TOGETHER)])

    def _some(self) -> list[bytes]:
        """What one link says."""
        peer = next(self._peers)
        frames = [right(self._listener, self.sent + n, peer) for n in range(RIGHT)]
        frames += self._bearable(peer)
        self._chance.shuffle(frames)
        self.sent += len(frames)
        if self._listener == "osmand":
            self.right += RIGHT
            return frames
        saying = [hello(self._listener, peer), *frames]
        datagrams = saying if self._listener.endswith("udp") else [b"".join(saying)]
        kinds = [type(m).__name__ for d in datagrams for m in decoded(self._protocol, d)]
        self.right += kinds.count(KINDS[self._protocol])
        return saying

    def _bearable(self, peer: Peer) -> list[bytes]:
        """Mutants for one link that do not end it: no second name, and not too many bad ones."""
        if self._listener == "osmand":
            return list(islice(self._broken, BAD))
        made, bad = list[bytes](), 0
        while True:
            frame = next(self._broken)
            if self._listener.endswith("udp"):
                frame = frame[:DATAGRAM]
            if self._protocol == "jt808":
                frame = named(frame, peer)
            messages = decoded(self._protocol, frame)
            if self._protocol != "jt808" and any(message.device for message in messages):
                continue
            bad += max(1, sum(isinstance(message, Bad) for message in messages))
            if bad > BAD:
                return made
            made.append(frame)

    def _links(self, sayings: list[bytes]) -> None:
        """Each all in one go; gone once all has been read, or the line is closed."""
        with ExitStack() as stack:
            links = [stack.enter_context(self._connected()) for _ in sayings]
            for sock, saying in zip(links, sayings, strict=True):
                with suppress(OSError):  # it was shown out
                    sock.sendall(saying)
                    sock.shutdown(socket.SHUT_WR)
            for sock in links:
                with suppress(OSError):
                    while sock.recv(65_536):
                        pass

    def _datagrams(self, frames: list[bytes]) -> None:
        with self._connected() as sock:
            for frame in frames:
                sock.send(frame)
        while waiting(self._port) > 65_536:
            time.sleep(0.001)

    def _connected(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, self._kind)
        sock.settimeout(10)
        sock.bind((next(self._places), self._from))
        sock.connect(("127.0.0.1", self._port))
        return sock


def waiting(port: int) -> int:
    """Bytes that the process has not read from its datagram socket yet."""
    for line in Path("/proc/net/udp").read_text("ascii").splitlines()[1:]:
        fields = line.split()
        if int(fields[1].partition(":")[2], 16) == port and fields[2].startswith("00000000:"):
            return int(fields[4].partition(":")[2], 16)
    return 0


def heard(street: Street, bus: Bus, listener: str) -> float:
    """How many of the right ones the process has made sense of, as of its last beat."""
    if listener == "osmand":  # nobody but us tells a name that is known
        return street.ingest.counted(bus, "cc_gps_fixes_total", outcome="accepted")
    protocol = listener.partition("_")[0]
    kind = KINDS[protocol]
    return street.ingest.counted(bus, "cc_gps_messages_total", protocol=protocol, kind=kind)


@pytest.fixture(scope="module")
def fleet(street: Street) -> Street:
    """The terminals whose names the right frames tell, from an allowed network."""
    with street.database.unit_of_work(TEST) as session:
        for peer in PEERS:
            network = {"network": "127.0.0.0/8"}
            terminals.register(session, identity=peer.identity, protocol="jt808", settings=network)
    street.register(IMEI, "gt06")
    street.register(RECEIVER, "nmea")
    street.register(PERSON, "osmand")
    for identity in (PEERS[-1].identity, IMEI, RECEIVER, PERSON):
        known_soon(street.ingest, identity)
    return street


LISTENERS = ("nmea_tcp", "nmea_udp", "jt808_tcp", "jt808_udp", "gt06", "osmand")


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("listener", LISTENERS)
def test_a_listener_survives_every_broken_frame(
    fleet: Street, listener: str, redis_url: str
) -> None:
    crowd, pid = Crowd(listener, fleet.ingest.port_of(listener)), fleet.ingest.pid
    bus = Bus(redis_url)
    time.sleep(BEAT_SECONDS + 1)  # what the listener before has heard is counted by then
    before, begin = heard(fleet, bus, listener), time.monotonic()
    crowd.send(FRAMES // 10)
    early = resident_kib(pid)
    crowd.send(FRAMES)
    grew = resident_kib(pid) - early
    seconds = time.monotonic() - begin
    log.info("%s: %d frames in %.0f s, memory grew by %d KiB", listener, FRAMES, seconds, grew)
    # It was listening all the time: of the right ones hardly any is missing.
    wait_until(lambda: heard(fleet, bus, listener) - before >= crowd.right, 2 * BEAT_SECONDS)
    new = heard(fleet, bus, listener) - before
    bus.redis.close()
    assert crowd.right >= crowd.sent * 0.45
    assert new > crowd.right * 0.95, f"FUZZ_SEED={SEED}: {new:.0f} of {crowd.right}"
    assert grew < GROWTH_KIB, f"FUZZ_SEED={SEED}"
    with closing(fleet.ingest.phone()) as phone:
        phone.request("POST", f"/?id={PERSON}&lat={LAT}&lon={LON}")
        assert phone.getresponse().status == 200
    lines = fleet.ingest.log.read_text("utf-8").splitlines()
    failed = [line for line in lines if "_failed" in line or "Traceback" in line]
    assert failed == [], f"FUZZ_SEED={SEED}"
