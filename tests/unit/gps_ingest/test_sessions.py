"""Who a peer is, and what phones are answered."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from gps_ingest.intake import Intake, Told
from gps_ingest.listeners.http import HttpRequest
from gps_ingest.listeners.limits import Dismissed
from gps_ingest.pipeline import End, KnownTerminal, Passage, Pipeline, Rules, Verdict
from gps_ingest.positions import Done
from gps_ingest.protocols.base import Fix
from gps_ingest.sessions.nmea import NmeaSession
from gps_ingest.sessions.phones import PhoneDesk
from gps_ingest.valve import Valve
from kernel.clock import FixedClock
from tests.factories.gps import login, osmand, rmc

NOW = datetime(2026, 9, 22, 1, 0, tzinfo=UTC)
CAR, PHONE = "860000000000007", "phone-1"


class FakeStore:
    """Keeps what it is given until it is told that the database has it."""

    def __init__(self) -> None:
        self.is_away = False
        self.valve = Valve()
        self.waiting: list[Done] = []

    def commit(self) -> None:
        for done in self.waiting:
            done()
        self.waiting = []


class FakeIntake:
    """The real pipeline before a store that remembers."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOW)
        self.store = FakeStore()
        names = (CAR, PHONE, "@192.0.2.7")
        self.known = {name: KnownTerminal(n, name, "nmea") for n, name in enumerate(names, 1)}
        self.taken: list[tuple[str | None, Verdict | None]] = []
        self.strangers: list[str] = []

    def identify(self, identity: str, protocol: str, source: str) -> KnownTerminal | None:
        if identity not in self.known:
            self.strangers.append(identity)
        return self.known.get(identity)

    def take(
        self,
        fix: Fix,
        terminal: KnownTerminal | None,
        done: Done | None = None,
        told: Sequence[Told] = (),
    ) -> Verdict | None:
        verdict = Pipeline().run(Passage(fix, terminal, self.clock.now(), Rules()))
        self.taken.append((terminal.identity if terminal else None, verdict))
        if done and (verdict is None or verdict.end is not End.REFUSED):
            self.store.waiting.append(done)
        return verdict


class FakePeer:
    address = "198.51.100.4"

    def __init__(self) -> None:
        self.is_identified = False
        self.spoilt = (0, 0)

    def made_sense(self, *, identified: bool = False) -> None:
        self.is_identified |= identified

    def spoil(self, bad: int, noise: int) -> None:
        self.spoilt = (self.spoilt[0] + bad, self.spoilt[1] + noise)


@pytest.fixture
def intake() -> FakeIntake:
    return FakeIntake()


@pytest.fixture
def peer() -> FakePeer:
    return FakePeer()


def nmea_session(intake: FakeIntake, peer: FakePeer, **more: Any) -> NmeaSession:
    return NmeaSession(cast(Intake, intake), peer, **more)


def stored(intake: FakeIntake) -> list[str | None]:
    return [name for name, verdict in intake.taken if verdict is None]


RMC = rmc(NOW, 39.92, 116.39)
NEXT = rmc(NOW + timedelta(seconds=1), 39.92, 116.39)


def test_a_first_line_names_the_stream(intake: FakeIntake, peer: FakePeer) -> None:
    nmea_session(intake, peer).receive(login(CAR) + RMC + NEXT)
    assert stored(intake) == [CAR, CAR]
    assert peer.is_identified


def test_a_name_in_front_of_the_first_sentence_names_the_stream(
    intake: FakeIntake, peer: FakePeer
) -> None:
    nmea_session(intake, peer).receive(CAR.encode() + RMC + NEXT)
    assert stored(intake) == [CAR, CAR]


def test_the_owner_of_a_port_is_meant_whatever_name_is_told(
    intake: FakeIntake, peer: FakePeer
) -> None:
    nmea_session(intake, peer, owner=intake.known[CAR]).receive(login("somebody-else") + RMC)
    assert stored(intake) == [CAR]


def test_a_nameless_receiver_is_known_by_its_address(intake: FakeIntake, peer: FakePeer) -> None:
    peer.address = "192.0.2.7"
    nmea_session(intake, peer).receive(RMC)
    assert stored(intake) == ["@192.0.2.7"]


def test_a_nameless_receiver_from_nowhere_is_refused_and_counted(
    intake: FakeIntake, peer: FakePeer
) -> None:
    nmea_session(intake, peer).receive(RMC)
    assert stored(intake) == []
    assert intake.strangers == ["@198.51.100.4"]
    assert not peer.is_identified


def test_a_stream_that_changes_its_name_is_closed(intake: FakeIntake, peer: FakePeer) -> None:
    session = nmea_session(intake, peer)
    session.receive(login(CAR) + RMC)
    with pytest.raises(Dismissed, match="second_identity"):
        session.receive(login("860000000000008"))


def test_datagrams_of_one_gateway_may_come_from_many_receivers(
    intake: FakeIntake, peer: FakePeer
) -> None:
    session = nmea_session(intake, peer)
    session.datagram(CAR.encode() + RMC.strip())
    session.datagram(PHONE.encode() + b"00000" + RMC)
    assert stored(intake) == [CAR]
    assert intake.strangers == [PHONE + "00000"]


def test_rubbish_is_charged_to_the_peer(intake: FakeIntake, peer: FakePeer) -> None:
    nmea_session(intake, peer).receive(b"noise noise\r\n" + RMC[:30] + b"\r\n" + RMC)
    assert peer.spoilt == (2, 11)


# ----------------------------------------------------------------------- phones


def ask(intake: FakeIntake, peer: FakePeer, target: str, body: bytes = b"") -> list[int]:
    """What the desk has answered so far, as a list that goes on growing."""
    answers: list[int] = []
    kind = "application/json" if body else ""
    PhoneDesk(cast(Intake, intake), peer).handle(
        HttpRequest("POST", target, kind, body), lambda status, body=b"": answers.append(status)
    )
    return answers


def test_a_phone_is_answered_when_its_fix_is_stored_and_not_before(
    intake: FakeIntake, peer: FakePeer
) -> None:
    answers = ask(intake, peer, osmand(PHONE, NOW, 39.92, 116.39))
    assert answers == []
    intake.store.commit()
    assert answers == [200]


def test_a_fix_that_is_not_believed_is_kept_and_answered_so_that_the_phone_goes_on(
    intake: FakeIntake, peer: FakePeer
) -> None:
    answers = ask(intake, peer, osmand(PHONE, NOW, 0.0, 0.0))
    intake.store.commit()
    assert answers == [200]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/", 400),
        ("/?id=phone-1", 400),
        ("/?id=phone-1&lat=x&lon=1", 400),
        ("/?lat=39.9&lon=116.4", 400),
        ("/?id=phone-2&lat=39.9&lon=116.4", 403),
        ("/?id=phone-1&cell=460,0,1,2", 200),
        ("/?id=phone-2&cell=460,0,1,2", 403),
    ],
)
def test_every_other_request_is_answered_at_once(
    intake: FakeIntake, peer: FakePeer, target: str, status: int
) -> None:
    assert ask(intake, peer, target) == [status]
    assert peer.spoilt == ((1, 0) if status == 400 else (0, 0))


def test_a_heartbeat_is_answered(intake: FakeIntake, peer: FakePeer) -> None:
    assert ask(intake, peer, "/", b'{"device_id": "phone-1"}') == [200]


def test_a_disabled_phone_is_refused(intake: FakeIntake, peer: FakePeer) -> None:
    intake.known[PHONE].enabled = False
    assert ask(intake, peer, osmand(PHONE, NOW, 39.92, 116.39)) == [403]
    assert not peer.is_identified


def test_while_the_database_is_away_phones_are_asked_to_come_again(
    intake: FakeIntake, peer: FakePeer
) -> None:
    intake.store.is_away = True
    assert ask(intake, peer, osmand(PHONE, NOW, 39.92, 116.39)) == [503]
    assert intake.taken == []


def test_while_the_store_is_full_phones_are_asked_to_come_again(
    intake: FakeIntake, peer: FakePeer
) -> None:
    intake.store.valve.close()
    assert ask(intake, peer, osmand(PHONE, NOW, 39.92, 116.39)) == [503]
