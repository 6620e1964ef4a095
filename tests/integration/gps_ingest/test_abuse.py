"""Every limit of the listeners, tried on the real process over real sockets.

An abuser sits at an address of its own (127.0.0.0/8), so that each test spoils its own name only.
What is refused is counted: the process's meters are the witness.
"""

import itertools
import os
import resource
import select
import socket
import struct
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from command_center.demo.terminal import NoAnswer, SimulatedTerminal, at
from command_center.engines.process import wait_until
from gps_ingest import queries, terminals
from gps_ingest.listeners.limits import Limits
from gps_ingest.protocols import gt06, jt808
from gps_ingest.protocols.jt808 import control, link
from gps_ingest.protocols.jt808.framing import Header, Peer, seal
from gps_ingest.protocols.jt808.link import Opaque
from gps_ingest.protocols.jt808.parts import MAX_BYTES, MAX_OPEN, MAX_PARTS
from kernel.bus import Bus
from tests.factories.gps import login, rmc
from tests.ingest import (
    LAT,
    LON,
    TEST,
    count,
    forget_peak,
    known_soon,
    now,
    peak_kib,
    resident_kib,
)
from tests.integration.gps_ingest.conftest import Street, running

PROCESSES = 1
"""Limits are of one process, and a balancer would hide the addresses."""
_addresses = itertools.count(1)
_phones = itertools.count(1)
LIMITS = Limits()
STREAMS = ("nmea_tcp", "jt808_tcp", "gt06", "osmand")
Meter = Callable[..., float]


@pytest.fixture
def meter(street: Street, redis_url: str) -> Iterator[Meter]:
    """A function that reads one counter, as it was at most some seconds ago."""
    bus = Bus(redis_url)
    yield partial(street.ingest.counted, bus)
    bus.redis.close()


@pytest.fixture
def address() -> str:
    """Where nobody but this test's abuser lives."""
    return f"127.66.0.{next(_addresses)}"


def caller(street: Street, listener: str, address: str) -> socket.socket:
    """A link from that address, or a socket for datagrams."""
    if listener.endswith("udp"):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((address, 0))
        sock.connect(("127.0.0.1", street.ingest.port_of(listener)))
    else:
        to = ("127.0.0.1", street.ingest.port_of(listener))
        sock = socket.create_connection(to, 5, source_address=(address, 0))
    return sock


def is_shown_out(sock: socket.socket, rubbish: bytes, seconds: float = 20) -> bool:
    """Whether the link is closed while one goes on sending."""
    sock.setblocking(False)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if select.select([sock], [], [], 0.02)[0] and not sock.recv(65_536):
                return True
            sock.send(rubbish)
        except BlockingIOError:
            continue
        except OSError:
            return True
    return False


def is_closed(sock: socket.socket, seconds: float) -> bool:
    """Whether the link is closed within that time, without a word from this side."""
    sock.settimeout(seconds)
    try:
        while sock.recv(65_536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


@pytest.fixture(autouse=True)
def nobody_else_pays(street: Street) -> Iterator[None]:
    """After whatever a test did, an honest phone is answered at once and memory is bounded."""
    identity = "honest-phone"
    if not count(street.database, "gps.terminals", f"identity = '{identity}'"):
        street.register(identity, "osmand")
        known_soon(street.ingest, identity)
    yield
    with closing(street.ingest.phone()) as phone:
        begin = time.monotonic()
        phone.request("POST", f"/?id={identity}&lat={LAT}&lon={LON}")
        response = phone.getresponse()
        response.read()
        assert response.status == 200
        assert time.monotonic() - begin < 2
    assert resident_kib(street.ingest.pid) < 400 * 1024


# ------------------------------------------------------------------ rubbish

FRAME = jt808.encode(link.KeepAlive(), Peer.of("13900000000", 2019), 1)[0]
SPOILT = FRAME[:-2] + bytes((FRAME[-2] ^ 1,)) + FRAME[-1:]
PACKET = gt06.seal(gt06.Header(0x13, 1), b"\x44\x06\x04\x00\x02")
FLOODS = {
    "endless frame": ("jt808_tcp", b"\x7e" + b"a" * 8192, "noise"),
    "flags": ("jt808_tcp", b"\x7e" * 8192, "noise"),
    "stray escapes": ("jt808_tcp", (b"\x7e" + b"\x7d" * 20) * 200, "bad_messages"),
    "escapes without a flag": ("jt808_tcp", b"\x7d" * 8192, "noise"),
    "bad checksums": ("jt808_tcp", SPOILT * 50, "bad_messages"),
    "short frames": ("jt808_tcp", b"\x7eabc" * 2000, "noise"),
    "sentences without end": ("nmea_tcp", b"$GPTXT," + b"x" * 8000, "noise"),
    "dollars": ("nmea_tcp", b"$" * 8192, "noise"),
    "wrong sums": ("nmea_tcp", b"$GPRMC,1*00\r\n" * 300, "bad_messages"),
    "lines of nothing": ("nmea_tcp", b"\0" * 8192, "noise"),
    "starts without packets": ("gt06", b"\x78\x78\xff" + b"\x78\x78\x05" * 2000, "noise"),
    "an endless packet": ("gt06", b"\x79\x79\xff\xff" + b"a" * 8192, "noise"),
    "wrong crcs": ("gt06", (PACKET[:-3] + b"\xff\r\n") * 50, "bad_messages"),
    "no HTTP": ("osmand", b"\x16\x03\x01" * 3000, "bad_http"),
    "a header without end": ("osmand", b"GET / HTTP/1.1\r\nX: " + b"a" * 9000, "bad_http"),
    "a body too long": (
        "osmand",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n" + b"a" * 20_000,
        "bad_http",
    ),
}  # fmt: skip


def test_every_flood_is_shown_out_and_counted(street: Street, meter: Meter) -> None:
    expected = Counter((listener, reason) for listener, _, reason in FLOODS.values())
    for name, (listener, rubbish, _) in FLOODS.items():
        with caller(street, listener, f"127.66.2.{next(_addresses)}") as sock:
            assert is_shown_out(sock, rubbish), name

    def is_counted() -> bool:
        return all(
            meter("cc_gps_dismissed_total", listener=listener, reason=reason) >= times
            for (listener, reason), times in expected.items()
        )

    assert wait_until(is_counted, 10)


def test_datagrams_of_rubbish_shut_their_addresses_out(street: Street, meter: Meter) -> None:
    before = meter("cc_gps_shut_out_total", listener="jt808_udp")
    rubbish = (SPOILT, b"\x7e" * 1400, b"\x7e" + b"a" * 1400)
    for flood in rubbish:
        with caller(street, "jt808_udp", f"127.66.3.{next(_addresses)}") as sock:
            sock.send(b"")  # means nothing, and costs nothing
            for _ in range(1200):
                sock.send(flood)
                time.sleep(0.0005)
    expected = before + len(rubbish)
    assert wait_until(lambda: meter("cc_gps_shut_out_total", listener="jt808_udp") >= expected, 10)


def test_who_comes_back_with_rubbish_again_and_again_is_not_let_in(
    street: Street, meter: Meter, address: str
) -> None:
    for listener in STREAMS:
        rubbish = next(flood for where, flood, _ in FLOODS.values() if where == listener)
        for _ in range(LIMITS.offences):
            with caller(street, listener, address) as sock:
                assert is_shown_out(sock, rubbish)
        with caller(street, listener, address) as sock:
            assert is_closed(sock, 1)

    def is_counted() -> bool:
        return all(
            meter("cc_gps_dismissed_total", listener=listener, reason="shut_out") > 0
            and meter("cc_gps_shut_out_total", listener=listener) > 0
            for listener in STREAMS
        )

    assert wait_until(is_counted, 10)


FILLING, MEASURED = 5, 8
"""Seconds."""


def test_who_sends_too_fast_is_read_slowly(street: Street, address: str) -> None:
    """A right message again and again: no rubbish, only too much of it.

    Once the kernel's buffers are full, no more goes in than the process takes out.
    """
    chunk, begin, sent, before = rmc(now(), LAT, LON) * 100, time.monotonic(), 0, 0
    with caller(street, "nmea_tcp", address) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
        sock.settimeout(0.2)
        while (past := time.monotonic() - begin) < FILLING + MEASURED:
            if past < FILLING:
                before = sent
            try:
                sent += sock.send(chunk)
            except TimeoutError:
                continue
    allowed = LIMITS.bytes_per_second * MEASURED
    assert allowed * 0.5 < sent - before < allowed * 1.25


# ------------------------------------------------------------------ patience


def test_mute_slow_and_nameless_peers_are_shown_out_in_time(
    street: Street, meter: Meter, address: str
) -> None:
    """All at once, because patience is long: 30 s for sense, 60 s for a name."""
    opened = time.monotonic()
    with ExitStack() as stack:

        def call(listener: str) -> socket.socket:
            return stack.enter_context(caller(street, listener, address))

        mute = [call(listener) for listener in STREAMS]
        drips = {
            call("jt808_tcp"): FRAME[:-1] * 40,  # one byte of a frame at a time
            call("gt06"): PACKET[:-1] * 40,
            call("nmea_tcp"): b"$GPRMC,12" * 40,
            call("osmand"): b"GET /?id=1 HTTP/1.1\r\nX-Slow: " + b"a" * 400,
        }
        nameless = [call("nmea_tcp"), call("jt808_tcp")]
        heartbeat = jt808.encode(
            link.Register(11, 100, "X", "X", "X", 1, "X"), Peer.of("13711111111", 2019), 1
        )[0]
        sayings = dict(zip(nameless, (rmc(now(), LAT, LON), heartbeat), strict=True))
        gone: dict[socket.socket, float] = {}
        for second in range(64):
            time.sleep(1)
            for sock, words in (*drips.items(), *sayings.items()):
                if sock in gone:
                    continue
                piece = words[second : second + 1] if sock in drips else words
                try:
                    if second % 5 == 0 or sock in drips:
                        sock.send(piece)
                    if select.select([sock], [], [], 0)[0] and not sock.recv(65_536):
                        gone[sock] = time.monotonic() - opened
                except OSError:
                    gone[sock] = time.monotonic() - opened
            if second == 33:
                assert all(is_closed(sock, 1) for sock in mute)
                assert gone.keys() >= drips.keys()
                assert not gone.keys() & set(nameless[:1])
        assert gone.keys() >= set(nameless)
    for listener in STREAMS:
        reason = {"listener": listener, "reason": "mute"}
        assert wait_until(lambda r=reason: meter("cc_gps_dismissed_total", **r) > 1, 10)  # type: ignore[misc]
    reason = {"listener": "nmea_tcp", "reason": "nameless"}
    assert wait_until(lambda: meter("cc_gps_dismissed_total", **reason) > 0, 10)


def test_one_address_takes_no_more_than_its_links(
    street: Street, meter: Meter, address: str
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < LIMITS.links_per_address + 500:
        pytest.skip("not enough file descriptors for this many links")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    refused = {"listener": "gt06", "reason": "too_many_links_of_address"}
    try:
        with ExitStack() as stack:
            for number in range(LIMITS.links_per_address + 20):
                stack.enter_context(caller(street, "gt06", address))
                if number % 200 == 199:
                    time.sleep(0.05)
            assert wait_until(lambda: meter("cc_gps_dismissed_total", **refused) >= 20, 10)
            with caller(street, "gt06", f"127.66.1.{os.getpid() % 250}") as other:
                assert not is_closed(other, 0.5)  # others come in
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# ------------------------------------------------------- who one claims to be


def terminal(street: Street, *, version: int = 2019, udp: bool = False) -> SimulatedTerminal:
    """Registered, connected and authenticated."""
    phone = f"135{next(_phones):08}"
    ident = street.register(phone, "jt808")
    with street.database.unit_of_work(TEST) as session:
        terminals.open_window(session, ident)
    made = SimulatedTerminal(phone, version, udp=udp)

    def registers() -> bool:
        made.connect(street.ingest.settings.jt808_port)
        return made.register().result == link.OK

    assert wait_until(registers, 10)
    assert made.authenticate() == link.OK
    return made


def mine(one: SimulatedTerminal) -> str:
    name = one.name.identity
    return f"terminal_id = (select id from gps.terminals where identity = '{name}')"


def suspicion(street: Street, one: SimulatedTerminal) -> Callable[[str], bool]:
    """Whether people are told of that reason, by a happening and its job."""

    def is_told(reason: str) -> bool:
        where = f"{mine(one)} and kind = 'suspicious' and details->>'reason' = '{reason}'"
        jobs = (
            "kind = 'gps.happened' and payload->>'kind' = 'suspicious' and"
            " (payload->>'happening_id')::bigint in"
            f" (select id from gps.happenings where {where})"
        )
        return (
            count(street.database, "gps.happenings", where) == 1
            and count(street.database, "kernel.jobs", jobs) == 1
        )

    return is_told


@pytest.fixture
def one(street: Street) -> Iterator[SimulatedTerminal]:
    made = terminal(street)
    yield made
    made.close()


def test_a_wrong_code_is_told_to_people_once_however_often_it_is_tried(
    street: Street, one: SimulatedTerminal, meter: Meter, address: str
) -> None:
    for _ in range(5):
        thief = SimulatedTerminal(one.phone)
        thief.connect(street.ingest.settings.jt808_port, source=address)
        assert thief.authenticate("f" * 24) == link.FAILED
        thief.close()
    assert wait_until(lambda: suspicion(street, one)("wrong_code"), 5)
    assert wait_until(lambda: meter("cc_gps_suspicions_total", reason="wrong_code") >= 5, 10)
    assert one.report(at(now().replace(microsecond=0), LAT, LON)) == link.OK


def test_a_thousand_codes_on_one_link_ask_the_gatehouse_once(
    street: Street, one: SimulatedTerminal, address: str
) -> None:
    guess = jt808.encode(link.Authenticate("0" * 24, "", ""), one.name, 1)[0]
    with caller(street, "jt808_tcp", address) as sock:
        assert is_shown_out(sock, guess * 1000, 5)
    # The queue is free: who knows its code gets in at once.
    begin = time.monotonic()
    one.connect(street.ingest.settings.jt808_port)
    assert one.authenticate() == link.OK
    assert time.monotonic() - begin < 1


def test_a_registration_without_a_window_is_told(
    street: Street, one: SimulatedTerminal, address: str
) -> None:
    thief = SimulatedTerminal(one.phone)
    thief.connect(street.ingest.settings.jt808_port, source=address)
    assert thief.register().result == link.TERMINAL_TAKEN
    assert wait_until(lambda: suspicion(street, one)("registration"), 5)
    thief.close()


def test_another_plate_under_the_same_name_is_told(street: Street, one: SimulatedTerminal) -> None:
    with street.database.unit_of_work(TEST) as session:
        found = queries.terminal_by_identity(session, one.name.identity)
        assert found is not None
        terminals.open_window(session, found.id)
    one.plate = "京B99999"
    assert one.register().result == link.OK
    assert wait_until(lambda: suspicion(street, one)("other_vehicle"), 5)


def test_a_second_name_on_one_link_closes_it_and_is_told(
    street: Street, one: SimulatedTerminal, meter: Meter
) -> None:
    true_name, one.name = one.name, Peer.of("13600000000", 2019)
    assert one.ask(at(now(), LAT, LON)) == link.FAILED
    with pytest.raises(NoAnswer):
        one.listen(2)
    one.name = true_name
    assert wait_until(lambda: suspicion(street, one)("second_identity"), 5)
    reason = {"listener": "jt808_tcp", "reason": "second_identity"}
    assert wait_until(lambda: meter("cc_gps_dismissed_total", **reason) > 0, 10)


def test_two_devices_of_one_name_are_told_when_they_fight(
    street: Street, one: SimulatedTerminal
) -> None:
    pair = [SimulatedTerminal(one.phone, code=one.code) for _ in range(2)]
    for number in range(9):
        device = pair[number % 2]
        device.connect(street.ingest.settings.jt808_port)
        try:
            device.authenticate()
        except NoAnswer:
            break
    assert wait_until(lambda: suspicion(street, one)("swapping"), 5)
    for device in pair:
        device.close()


@pytest.mark.parametrize("listener", ["jt808_tcp", "jt808_udp"])
def test_positions_before_a_name_is_proven_are_nobodys(
    street: Street, one: SimulatedTerminal, meter: Meter, address: str, listener: str
) -> None:
    frame = jt808.encode(at(now(), LAT, LON, alarm=1), one.name, 9)[0]
    before = meter("cc_gps_refused_total", reason="not_authenticated")
    with caller(street, listener, address) as sock:
        sock.send(frame)
        sock.settimeout(1)
        with pytest.raises(TimeoutError):
            sock.recv(100)
    assert count(street.database, "gps.fixes", mine(one)) == 0
    assert count(street.database, "gps.happenings", f"{mine(one)} and kind = 'alarm'") == 0
    assert wait_until(
        lambda: meter("cc_gps_refused_total", reason="not_authenticated") > before, 10
    )


def test_a_tracker_that_never_logged_in_is_not_heard(street: Street, address: str) -> None:
    with caller(street, "gt06", address) as sock:
        assert is_shown_out(sock, PACKET * 5)


def test_old_frames_replayed_move_nobody(street: Street, one: SimulatedTerminal) -> None:
    begin = now().replace(microsecond=0) - timedelta(seconds=60)
    frames = [
        jt808.encode(at(begin + timedelta(seconds=n), LAT, LON + n * 1e-5), one.name, n)[0]
        for n in range(30)
    ]
    assert one.report(at(begin + timedelta(seconds=60), LAT, LON + 60e-5)) == link.OK
    for _ in range(3):
        one.send_raw(b"".join(frames))
    assert one.ask(link.KeepAlive()) == link.OK
    assert wait_until(lambda: count(street.database, "gps.fixes", mine(one)) == 31, 5)
    newest = f"{mine(one)} and abs(st_x(geog::geometry) - {LON + 60e-5}) < 1e-6"
    assert count(street.database, "gps.latest", newest) == 1
    assert count(street.database, "gps.fixes", f"{mine(one)} and flags & 256 > 0") == 30


# ------------------------------------------------------------ hostile content


def part(one: SimulatedTerminal, total: int, index: int, body: bytes, kind: int = 0x0704) -> bytes:
    return seal(Header(kind, one.name, index & 0xFFFF, (total, index)), body)


def test_forged_parts_are_bad_messages(street: Street, one: SimulatedTerminal) -> None:
    forged = [(65535, 1), (2, 0), (2, 3), (0, 0), (0, 1), (257, 257)]
    for total, index in forged:
        one.send_raw(part(one, total, index, b"x" * 900))
        reply = one.wait_for(link.PlatformReply)
        assert reply.result == link.BAD_MESSAGE
    assert one.ask(link.KeepAlive()) == link.OK


@pytest.fixture
def quiet(make_database: Callable[[], str], redis_url: str, tmp_path: Path) -> Iterator[Street]:
    """A process of this test alone: in memory that others gave back one would not see what is kept.

    Python's own growth stays below MARGIN_KIB.
    """
    with running(make_database(), redis_url, tmp_path, 1) as street:
        yield street


MARGIN_KIB = 1024


def test_parts_that_never_end_cost_a_bounded_memory(quiet: Street) -> None:
    """Each link leaves more messages unfinished than it may: the oldest make room."""
    size, sent = MAX_BYTES // 300, 0
    with ExitStack() as stack:
        links = [stack.enter_context(closing(terminal(quiet))) for _ in range(8)]
        before = resident_kib(quiet.ingest.pid)
        for kind in range(0x0900, 0x0900 + MAX_OPEN + 1):
            for index in range(1, MAX_PARTS):
                for one in links:
                    one.send_raw(part(one, MAX_PARTS, index, bytes(size), kind))
                    sent += size
        for one in links:
            assert one.ask(link.KeepAlive()) == link.OK
        grew = resident_kib(quiet.ingest.pid) - before
    allowed = len(links) * MAX_BYTES // 1024
    assert allowed + MARGIN_KIB < sent // 1024 / 2
    assert grew < allowed + MARGIN_KIB


def test_parts_of_strangers_are_not_kept_at_all(quiet: Street, address: str, bus: Bus) -> None:
    """Each says fewer than end its link; that all were read is counted."""
    links, parts = 300, LIMITS.bad_per_minute - 1
    with closing(terminal(quiet)) as one, ExitStack() as stack:
        socks = [stack.enter_context(caller(quiet, "jt808_tcp", address)) for _ in range(links)]
        before = 0
        for index in range(1, parts + 1):
            for sock in socks:
                sock.send(part(one, MAX_PARTS, index, bytes(1000)))
            if index == 1:  # the first words of a link make its session
                time.sleep(1)
                before = resident_kib(quiet.ingest.pid)
        refused = {"name": "cc_gps_refused_total", "reason": "not_authenticated"}
        assert wait_until(lambda: quiet.ingest.counted(bus, **refused) >= links * parts, 15)
        grew = resident_kib(quiet.ingest.pid) - before
    bus.redis.close()
    assert grew < MARGIN_KIB  # kept, they would take five times as much


def test_a_gzip_bomb_stays_packed(quiet: Street) -> None:
    """Not for a moment: the peak counts."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(100)) + packer.flush()
    with closing(terminal(quiet)) as one:
        forget_peak(quiet.ingest.pid)
        before = peak_kib(quiet.ingest.pid)
        assert one.ask(control.Compressed(100 << 20, bomb)) == link.OK  # in parts
        grew = peak_kib(quiet.ingest.pid) - before
    assert grew < MARGIN_KIB


def test_an_encrypted_body_is_not_supported(street: Street, one: SimulatedTerminal) -> None:
    location = at(now(), LAT, LON).pack(jt808.Dialect())
    for encryption in (1, 2, 7):
        one.send_raw(seal(Header(0x0200, one.name, encryption, None, encryption), location))
        reply = one.wait_for(link.PlatformReply, lambda r, e=encryption: r.ack_serial == e)  # type: ignore[misc]
        assert reply.result == link.UNSUPPORTED
    assert count(street.database, "gps.fixes", mine(one)) == 0


HOSTILE = (b"<script>alert(1)</script>", b"\0\x07\x1b[2J", b"\xff\xfe\x80\x81", b"';--")


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_in_a_registration_are_only_words(street: Street, words: bytes) -> None:
    phone = f"134{next(_phones):08}"
    ident = street.register(phone, "jt808")
    with street.database.unit_of_work(TEST) as session:
        terminals.open_window(session, ident)
    known_soon(street.ingest, "honest-phone")
    name = Peer.of(phone, 2013)
    body = struct.pack(">HH", 11, 100) + b"MAKER" + words[:20].ljust(20, b"\0")
    body += words[:7].ljust(7, b"\0") + b"\1" + words
    frame = seal(Header(0x0100, name, 1), body)

    def registers() -> bool:
        with socket.create_connection(("127.0.0.1", street.ingest.settings.jt808_port), 5) as sock:
            sock.sendall(frame)
            sock.settimeout(3)
            (reply,) = jt808.Decoder().feed(sock.recv(1000))
            return isinstance(reply, link.RegisterReply) and reply.result == link.OK

    assert wait_until(registers, 10)
    odd = f"terminal_id = {ident} and plate || device_id ~ '[[:cntrl:]]'"
    assert count(street.database, "gps.credentials", odd) == 0


def test_bodies_of_every_kind_and_no_sense_end_no_link_of_an_honest_terminal(
    street: Street, one: SimulatedTerminal
) -> None:
    """Right frames around bodies too short: each has its answer, until twenty are enough."""
    for kind in (0x0200, 0x0704, 0x0702, 0x0301, 0x0302, 0x0800, 0x0801, 0x0900, 0x0901):
        one.send(Opaque(b"\xff", header=Header(kind, one.name, 0)))
    assert one.ask(link.KeepAlive()) == link.OK


def test_who_never_reads_is_let_go(street: Street, one: SimulatedTerminal, meter: Meter) -> None:
    """Questions without end from a terminal that reads no answer: memory stays, the link goes."""
    query = jt808.encode(link.TimeQuery(), one.name, 5)[0]
    assert one._socket is not None
    one._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    sock, until = one._socket, time.monotonic() + 60
    sock.settimeout(0.5)
    before = meter("cc_gps_dismissed_total", listener="jt808_tcp", reason="reads_nothing")

    def is_let_go() -> bool:
        return (
            meter("cc_gps_dismissed_total", listener="jt808_tcp", reason="reads_nothing") > before
        )

    while time.monotonic() < until and not is_let_go():
        try:
            sock.sendall(query * 3000)
        except TimeoutError:
            continue
        except OSError:
            break
    assert wait_until(is_let_go, 10)


def test_a_receiver_tells_one_name(street: Street, address: str) -> None:
    with caller(street, "nmea_tcp", address) as sock:
        sock.sendall(login("860000000000001") + login("860000000000002"))
        assert is_closed(sock, 5)
