"""Sockets and limits: what a peer may cost, and that nobody pays for another."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from socket import SO_SNDBUF, SOL_SOCKET

import gevent
import gevent.socket
import pytest

from gps_ingest.listeners.limits import Dismissed, Limits
from gps_ingest.listeners.tcp import Link, TcpListener
from gps_ingest.listeners.udp import UdpListener, UdpPeer
from gps_ingest.valve import Valve

Make = Callable[..., TcpListener]


class Recorder:
    """A session that keeps what it hears and does what a test tells it by its bytes."""

    def __init__(self, link: Link) -> None:
        self.link, self.heard, self.ticks = link, bytearray(), 0

    def receive(self, data: bytes) -> None:
        self.heard += data
        if data == b"sense":
            self.link.made_sense(identified=True)
        elif data == b"fail":
            raise RuntimeError("a programmer's mistake")
        elif data == b"offend":
            raise Dismissed("rubbish", offence=True)
        elif data == b"talk":
            self.link.send(b"x" * 4_000_000)
        elif data == b"echo":
            self.link.send(data)

    def tick(self, now: float) -> None:
        self.ticks += 1

    def closed(self) -> None:
        pass


@pytest.fixture
def sessions() -> list[Recorder]:
    return []


@pytest.fixture
def listen(sessions: list[Recorder]) -> Iterator[Make]:
    made: list[TcpListener] = []

    def open_session(link: Link) -> Recorder:
        sessions.append(Recorder(link))
        return sessions[-1]

    def make(valve: Valve | None = None, **limits: float) -> TcpListener:
        listener = TcpListener(
            "test",
            ("127.0.0.1", 0),
            open_session,
            valve or Valve(),
            Limits(**limits),  # type: ignore[arg-type]
        )
        listener.start()
        made.append(listener)
        return listener

    yield make
    for listener in made:
        listener.stop_accepting()
        listener.stop()


@pytest.fixture
def call() -> Iterator[Callable[[TcpListener], gevent.socket.socket]]:
    made: list[gevent.socket.socket] = []

    def connect(listener: TcpListener) -> gevent.socket.socket:
        made.append(gevent.socket.create_connection(("127.0.0.1", listener.port), 5))
        return made[-1]

    yield connect
    for sock in made:
        sock.close()


Call = Callable[[TcpListener], gevent.socket.socket]


def let_run(happens: Callable[[], bool], seconds: float = 10) -> bool:
    with gevent.Timeout(seconds, False):
        while not happens():
            gevent.sleep(0.005)
        return True
    return False


def is_closed(sock: gevent.socket.socket, seconds: float = 5) -> bool:
    """Whether the other side hangs up within some seconds."""
    sock.settimeout(seconds)
    try:
        while sock.recv(65_536):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def test_bytes_reach_their_own_session_and_answers_their_own_peer(
    listen: Make, call: Call, sessions: list[Recorder]
) -> None:
    listener = listen()
    one, two = call(listener), call(listener)
    one.sendall(b"echo")
    assert one.recv(10) == b"echo"
    two.sendall(b"other")
    assert let_run(lambda: [s.heard for s in sessions] == [b"echo", b"other"])


def test_a_mistake_in_one_session_closes_one_link(listen: Make, call: Call) -> None:
    listener = listen()
    bad, good = call(listener), call(listener)
    bad.sendall(b"fail")
    assert is_closed(bad)
    good.sendall(b"echo")
    assert good.recv(10) == b"echo"


def test_who_says_nothing_sensible_is_shown_out(listen: Make, call: Call) -> None:
    mute = call(listen(first_message=0.2))
    mute.sendall(b"nonsense")
    assert is_closed(mute)


def test_who_never_names_itself_is_shown_out(
    listen: Make, call: Call, sessions: list[Recorder]
) -> None:
    nameless = call(listen(identity=0.2))
    nameless.sendall(b"x")
    assert let_run(lambda: bool(sessions))
    sessions[0].link.made_sense()
    assert is_closed(nameless)


def test_who_falls_silent_is_shown_out_and_others_are_not(
    listen: Make, call: Call, sessions: list[Recorder]
) -> None:
    listener = listen(idle=3)
    silent, lively = call(listener), call(listener)
    for sock in (silent, lively):
        sock.sendall(b"sense")
    for _ in range(17):
        gevent.sleep(0.3)
        lively.sendall(b"sense")
    assert is_closed(silent, 0.1)
    assert not is_closed(lively, 0.1)
    assert all(session.ticks for session in sessions)


def test_who_never_reads_is_let_go_and_memory_stays_small(listen: Make, call: Call) -> None:
    deaf = call(listen())
    deaf.sendall(b"talk")
    assert is_closed(deaf)


def test_more_links_than_allowed_are_refused(listen: Make, call: Call) -> None:
    listener = listen(links_per_address=2)
    first, second = call(listener), call(listener)
    for sock in (first, second):
        sock.sendall(b"echo")
        assert sock.recv(10) == b"echo"
    assert is_closed(call(listener))
    first.close()
    gevent.sleep(0.05)
    third = call(listener)
    third.sendall(b"echo")
    assert third.recv(10) == b"echo"


def test_an_address_that_only_offends_is_shut_out(listen: Make, call: Call) -> None:
    listener = listen(offences=3, shut_out=0.3)
    for _ in range(3):
        offender = call(listener)
        offender.sendall(b"offend")
        assert is_closed(offender)
    assert is_closed(call(listener))
    gevent.sleep(0.4)
    patient = call(listener)
    patient.sendall(b"echo")
    assert patient.recv(10) == b"echo"


def test_who_sends_too_fast_is_read_more_slowly_and_loses_nothing(
    listen: Make, call: Call, sessions: list[Recorder]
) -> None:
    hasty = call(listen(bytes_per_second=100_000, burst_bytes=10_000))
    hasty.sendall(b"x" * 60_000)
    gevent.sleep(0.2)
    assert 10_000 <= len(sessions[0].heard) < 45_000
    assert let_run(lambda: len(sessions[0].heard) == 60_000)


def test_while_the_valve_is_closed_senders_wait_and_nothing_is_lost(
    listen: Make, call: Call, sessions: list[Recorder]
) -> None:
    valve, size = Valve(), 2_000_000
    sock = call(listen(valve, bytes_per_second=1e9, burst_bytes=1e9))
    sock.sendall(b"first")
    assert let_run(lambda: bool(sessions) and sessions[0].heard == b"first")
    valve.close()
    sock.settimeout(30)
    sock.setsockopt(SOL_SOCKET, SO_SNDBUF, 65_536)
    sender = gevent.spawn(sock.sendall, b"x" * size)
    sender.join(0.3)
    assert not sender.dead
    assert sessions[0].heard == b"first"
    valve.open()
    assert let_run(lambda: len(sessions[0].heard) == size + 5, 30)


def test_a_link_that_leaves_makes_room(listen: Make, call: Call) -> None:
    listener = listen(links=1)
    for _ in range(5):
        sock = call(listener)
        sock.sendall(b"echo")
        assert sock.recv(10) == b"echo"
        sock.close()
        gevent.sleep(0.05)


# -------------------------------------------------------------------------- UDP


class Ear:
    """A datagram session that keeps what it hears."""

    def __init__(self, peer: UdpPeer) -> None:
        self.peer, self.heard = peer, list[bytes]()

    def datagram(self, data: bytes) -> None:
        self.heard.append(data)
        if data == b"offend":
            raise Dismissed("rubbish", offence=True)
        if data == b"fail":
            raise RuntimeError("a programmer's mistake")
        if data == b"known":
            self.peer.made_sense(identified=True)

    def tick(self, now: float) -> None:
        pass

    def closed(self) -> None:
        pass


@pytest.fixture
def ears() -> list[Ear]:
    return []


@pytest.fixture
def udp(ears: list[Ear]) -> Iterator[Callable[..., UdpListener]]:
    made: list[UdpListener] = []

    def open_session(peer: UdpPeer) -> Ear:
        ears.append(Ear(peer))
        return ears[-1]

    def make(valve: Valve | None = None, **limits: float) -> UdpListener:
        listener = UdpListener(
            "test_udp",
            ("127.0.0.1", 0),
            open_session,
            valve or Valve(),
            Limits(**limits),  # type: ignore[arg-type]
        )
        listener.start()
        made.append(listener)
        return listener

    yield make
    for listener in made:
        listener.stop_accepting()
        listener.stop()


def send(listener: UdpListener, *datagrams: bytes) -> None:
    with gevent.socket.socket(gevent.socket.AF_INET, gevent.socket.SOCK_DGRAM) as sock:
        for datagram in datagrams:
            sock.sendto(datagram, ("127.0.0.1", listener.port))


def test_each_sender_has_its_own_session(udp: Callable[..., UdpListener], ears: list[Ear]) -> None:
    listener = udp()
    send(listener, b"a", b"b")
    send(listener, b"c")
    assert let_run(lambda: [ear.heard for ear in ears] == [[b"a", b"b"], [b"c"]])


def test_a_mistake_over_one_datagram_is_forgotten_with_its_sender(
    udp: Callable[..., UdpListener], ears: list[Ear]
) -> None:
    listener = udp()
    send(listener, b"fail", b"again")
    assert let_run(lambda: [ear.heard for ear in ears] == [[b"fail"], [b"again"]])


def test_an_address_that_only_offends_is_heard_no_longer(
    udp: Callable[..., UdpListener], ears: list[Ear]
) -> None:
    listener = udp(offences=3, shut_out=0.3)
    send(listener, *[b"offend"] * 10)
    assert let_run(lambda: len(ears) == 3)
    gevent.sleep(0.4)
    send(listener, b"sorry")
    assert let_run(lambda: ears[-1].heard == [b"sorry"])
    assert len(ears) == 4


def test_a_full_listener_makes_room_among_strangers_first(
    udp: Callable[..., UdpListener], ears: list[Ear]
) -> None:
    listener = udp(links=3)
    with ExitStack() as stack:
        kinds = (gevent.socket.AF_INET, gevent.socket.SOCK_DGRAM)
        socks = [stack.enter_context(gevent.socket.socket(*kinds)) for _ in range(6)]

        def say(number: int, data: bytes) -> None:
            before = sum(len(ear.heard) for ear in ears)
            socks[number].sendto(data, ("127.0.0.1", listener.port))
            assert let_run(lambda: sum(len(ear.heard) for ear in ears) == before + 1)

        say(0, b"known")
        say(1, b"stranger")
        say(2, b"known")
        say(3, b"known")  # instead of the stranger
        say(0, b"known")
        say(4, b"known")  # nobody is a stranger: instead of 2, which was silent longest
        for number in (0, 3, 4):
            say(number, b"still here")
        assert len(ears) == 5
        say(2, b"anew")
        assert len(ears) == 6


def test_datagrams_wait_while_the_valve_is_closed(
    udp: Callable[..., UdpListener], ears: list[Ear]
) -> None:
    valve = Valve()
    listener = udp(valve)
    valve.close()
    send(listener, *[b"x"] * 50)
    gevent.sleep(0.1)
    assert ears == []
    valve.open()
    assert let_run(lambda: bool(ears) and len(ears[0].heard) == 50)
