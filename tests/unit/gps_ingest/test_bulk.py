"""Reports that are read together become what each would have become by itself."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gps_ingest.bulk import Bulk
from gps_ingest.intake import Intake
from gps_ingest.listeners.limits import Dismissed
from gps_ingest.pipeline import KnownTerminal, Pipeline, Rules
from gps_ingest.protocols import jt808
from gps_ingest.protocols.jt808 import link
from gps_ingest.protocols.jt808.columns import receipts
from gps_ingest.protocols.jt808.location import Location
from gps_ingest.sessions.jt808 import Jt808Session
from kernel.clock import FixedClock
from tests.fakes.store import Store

START = datetime(2026, 9, 22, 1, 0, tzinfo=UTC)
LAT, LON = 39.92, 116.39
RULES = Rules(service_area=(115.0, 39.0, 118.0, 41.0))


@dataclass
class OneByOne:
    """Reads each report at once: the way that the other one has to equal."""

    clock: FixedClock

    def add(self, line: Jt808Session, wire: bytes) -> None:
        line.read(wire, self.clock.now())

    def catch_up(self, _: Jt808Session) -> None:
        return None


class Peer:
    """The other side: what it is told, and whether it is still there."""

    address = "10.0.0.1"

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = ""
        self.session: Jt808Session

    def made_sense(self, *, identified: bool = False) -> None:
        return None

    def spoil(self, bad: int, noise: int) -> None:
        return None

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    def close(self, reason: str, *, offence: bool = False) -> None:
        if not self.closed:
            self.closed = reason
            self.session.closed()

    def guarded(self, act: Callable[..., None], *told: object) -> None:
        try:
            act(*told)
        except Dismissed as dismissed:
            self.close(dismissed.reason)
        except Exception:
            self.close("failure")

    def answers(self) -> Counter[tuple[int, int]]:
        """Serial and result of every general response."""
        found = jt808.Decoder().feed(b"".join(self.sent))
        assert len(found) == len([frame for frame in self.sent if frame])
        raws = [frame for frame in b"".join(self.sent).split(b"~") if frame]
        bodies = [jt808.framing.unseal(frame)[1] for frame in raws]
        return Counter((int.from_bytes(body[:2], "big"), body[4]) for body in bodies)


class World:
    """Some terminals on their lines, before one store."""

    def __init__(self, count: int, *, together: bool) -> None:
        self.clock, self.store = FixedClock(START), Store()
        self.passed: dict[int, list[tuple[float, ...]]] = {}
        self.terminals = [
            KnownTerminal(n, str(13900000000 + n), "jt808", settings={"network": "10.0.0.0/8"})
            for n in range(count)
        ]
        names = {terminal.identity: terminal for terminal in self.terminals}
        fleet = SimpleNamespace(
            find=names.get,
            heard=lambda *_: None,
            stranger=lambda *_: None,
            heard_all=lambda *_: None,
        )
        fences = SimpleNamespace(quiet=lambda fixes: np.zeros(len(fixes), bool), passed=self._pass)
        self.intake = Intake(
            cast(Any, fleet), cast(Any, self.store),
            pipeline=Pipeline(cast(Any, fences)), rules=RULES, clock=self.clock,
        )  # fmt: skip
        bulk: Any = Bulk(self.intake) if together else OneByOne(self.clock)
        switchboard: Any = SimpleNamespace(plug=lambda *_: None, unplug=lambda *_: None)
        self.peers = [Peer() for _ in range(count)]
        for peer in self.peers:
            peer.session = Jt808Session(self.intake, cast(Any, None), switchboard, peer, bulk)

    def _pass(self, terminal: int, *fix: float) -> None:
        self.passed.setdefault(terminal, []).append(fix)

    def say(self, who: int, data: bytes) -> None:
        peer = self.peers[who]
        if not peer.closed:
            peer.guarded(peer.session.receive, data)

    def known(self) -> list[tuple[object, ...]]:
        return [(one.newest, one.doubted, one.alarms, one.enabled) for one in self.terminals]

    def present(self) -> list[str]:
        """What presence remembers of each, but for when its line was closed."""
        rows = self.intake.presence._reporting
        names = ["at", "lat", "lon", "heard_at", "intervals", "learned", "reason", "is_offline"]
        return [str(rows.row(one.id)[names]) for one in self.terminals]


@dataclass(frozen=True)
class Saying:
    """One message of one terminal; what is odd about it."""

    who: int
    odd: str = ""
    metres: int = 0
    flush: bool = False
    joined: bool = False
    """Together with the next one of the same line, in one read."""


ODD = (
    "repeated", "late", "ahead", "zone", "unset", "jump", "nowhere", "void", "fast", "course",
    "high", "below", "alarm", "checksum", "stranger", "renamed", "2019", "heartbeat", "no_time",
    "outside", "disabled", "escaped",
)  # fmt: skip
SAYINGS = st.lists(
    st.builds(
        Saying,
        st.integers(0, 3),
        st.sampled_from(("",) * 24 + ODD),
        st.integers(0, 60),
        st.booleans().flatmap(lambda a: st.booleans().map(lambda b: a and b)),
        st.booleans(),
    ),
    max_size=60,
)


def frame(saying: Saying, second: int) -> bytes:
    at, odd = START + timedelta(seconds=second), saying.odd
    at += {
        "late": timedelta(seconds=-40), "ahead": timedelta(hours=3), "zone": timedelta(hours=-8),
        "unset": timedelta(days=-9000), "repeated": timedelta(seconds=-1),
    }.get(odd, timedelta())  # fmt: skip
    lat, lon = LAT + second * 5 / 111_195 + saying.metres / 111_195, LON
    lat, lon = {
        "jump": (lat + 0.5, lon), "nowhere": (0.00005, 0.00005), "outside": (31.2, 121.4),
    }.get(odd, (lat, lon))  # fmt: skip
    said = Location.at(
        lat, lon, at,
        speed_kmh=400 if odd == "fast" else 36.5, course=999 if odd == "course" else 90,
        alt_m={"high": 25_000, "below": 0x8000 + 40}.get(odd, 44),
        alarm=1 if odd == "alarm" else 0, status=0 if odd == "void" else 2,
    )  # fmt: skip
    if odd == "no_time":
        said.time = None
    number = 13900000000 + (77 if odd == "stranger" else saying.who)
    peer = jt808.Peer.of(str(number), 2019 if odd in ("2019", "renamed") else 2013)
    message = link.KeepAlive() if odd == "heartbeat" else said
    (wire,) = jt808.encode(message, peer, 0x7D7E if odd == "escaped" else second)
    if odd == "checksum":
        wire = wire[:-2] + bytes([wire[-2] ^ 1 if wire[-2] ^ 1 not in (0x7D, 0x7E) else 3]) + b"~"
    return wire


def told(world: World, sayings: list[Saying]) -> None:
    pending: dict[int, bytes] = {}
    for second, saying in enumerate(sayings):
        world.clock.at = START + timedelta(seconds=second, milliseconds=400)
        if saying.odd == "disabled":
            world.store.flush()  # what an operator does counts for what is read from then on
            world.terminals[saying.who].enabled = False
        pending[saying.who] = pending.get(saying.who, b"") + frame(saying, second)
        if not saying.joined:
            world.say(saying.who, pending.pop(saying.who))
        if saying.flush:
            world.store.flush()
    for who, data in pending.items():
        world.say(who, data)
    world.store.flush()


def assert_equal(sayings: list[Saying]) -> World:
    apart, together = World(4, together=False), World(4, together=True)
    for world in (apart, together):
        told(world, sayings)
    assert sorted(together.store.rows) == sorted(apart.store.rows)
    assert sorted(together.store.oddities, key=str) == sorted(apart.store.oddities, key=str)
    assert sorted(together.store.happenings) == sorted(apart.store.happenings)
    assert together.passed == apart.passed
    assert together.known() == apart.known()
    assert together.present() == apart.present()
    for one, other in zip(together.peers, apart.peers, strict=True):
        assert (one.closed, one.answers()) == (other.closed, other.answers())
    return together


@settings(max_examples=300, deadline=None)
@given(SAYINGS)
def test_what_is_read_together_becomes_what_it_would_have_become_alone(
    sayings: list[Saying],
) -> None:
    assert_equal(sayings)


def test_nearly_all_of_what_vehicles_say_is_read_together() -> None:
    sayings = [Saying(n % 4, flush=n % 40 == 39) for n in range(400)]
    world = assert_equal(sayings)
    assert world.store.together == 400 - 4, "the first of a line binds it to its terminal"


@pytest.mark.parametrize("odd", ODD)
def test_what_is_odd_about_one_changes_nothing_for_its_neighbours(odd: str) -> None:
    around = [Saying(n % 4) for n in range(12)]
    assert_equal([*around, Saying(1, odd), *around, Saying(2, odd, flush=True), *around])


def test_what_was_said_before_a_link_closed_is_stored() -> None:
    world = World(4, together=True)
    told(world, [Saying(0)])
    world.say(0, frame(Saying(0), 1))
    world.peers[0].close("left")
    assert len(world.store.rows) == 2


def test_a_line_that_says_something_else_is_caught_up_and_the_others_wait_on() -> None:
    world = World(4, together=True)
    told(world, [Saying(n) for n in range(4)])
    for who in range(4):
        world.say(who, frame(Saying(who), 10 + who))
    world.say(2, frame(Saying(2, "heartbeat"), 20))
    assert len(world.store.rows) == 5
    world.store.flush()
    assert len(world.store.rows) == 8
    assert world.store.together == 3


def test_a_fault_of_the_common_way_leaves_each_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr("gps_ingest.bulk.columns", broken)
    world = assert_equal([Saying(n % 4) for n in range(20)])
    assert (len(world.store.rows), world.store.together) == (20, 0)


@pytest.mark.parametrize(
    "part", ["fleet.heard_all", "presence.fixes", "pipeline.fences.quiet", "pipeline.fences.passed"]
)
def test_a_fault_behind_the_store_loses_no_fix_and_no_answer(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, broken = World(4, together=True), True

    def fails(*_: object) -> None:
        if broken:
            raise RuntimeError("a fault")

    told(world, [Saying(n) for n in range(4)])
    place: Any = world.intake
    *way, name = part.split(".")
    for step in way:
        place = getattr(place, step)
    monkeypatch.setattr(place, name, fails)
    for who in range(4):
        world.say(who, frame(Saying(who), 10 + who))
    world.store.flush()
    broken = False
    for who, peer in enumerate(world.peers):  # on a new line, as after every fault
        peer.closed = ""
        peer.session.is_closed = False
        world.say(who, frame(Saying(who), 10 + who))
    world.store.flush()
    assert len(set(world.store.rows)) == 8
    assert all(peer.answers()[10 + who, 0] for who, peer in enumerate(world.peers))


NUMBERS = st.integers(0, 0xFFFF) | st.sampled_from((0x7D, 0x7E, 0x7D7E, 0x7E01))
PEERS = st.builds(
    jt808.Peer,
    st.sampled_from((bytes.fromhex("013912345678"), bytes.fromhex("7e7d00000001"))),
    st.just(2013),
    st.booleans(),
) | st.builds(
    jt808.Peer,
    st.sampled_from((bytes.fromhex("00000000013912345678"), bytes(9) + b"\x7e")),
    st.just(2019),
    st.just(True),
    st.sampled_from((1, 2, 0x7D)),
)


@given(st.lists(st.tuples(PEERS, NUMBERS, NUMBERS), max_size=20))
def test_receipts_are_general_responses(asked: list[tuple[jt808.Peer, int, int]]) -> None:
    keys = np.frombuffer(b"".join(peer.key for peer, _, _ in asked), np.uint8).reshape(-1, 13)
    serials, acks = (np.array([one[n] for one in asked], np.uint16) for n in (1, 2))
    told = [
        jt808.encode(link.PlatformReply(ack, 0x0200), peer, serial)[0]
        for peer, serial, ack in asked
    ]
    assert receipts(keys, serials, acks) == told
