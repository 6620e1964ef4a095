"""From the wire to the row and the notice, through the real process."""

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from command_center.engines.process import wait_until
from gps_ingest import queries
from gps_ingest.models import Quarantined
from kernel.bus import Bus
from kernel.db import Database
from tests.factories.gps import osmand, rmc
from tests.ingest import LAT, LON, TEST, Inbox, IngestProcess, ask, count, now, switch


@pytest.fixture
def inbox(redis_url: str) -> Iterator[Inbox]:
    with closing(Inbox(redis_url)) as inbox:
        yield inbox


def stored(street: Any, car: Any) -> int:
    return count(street.database, where=f"terminal_id = {car.id}")


def where_now(database: Database, terminal_id: int) -> queries.Position:
    with database.unit_of_work(TEST) as session:
        (position,) = queries.latest(session, [terminal_id])
    return position


def test_a_fix_over_tcp_is_a_row_and_a_notice_within_a_second(
    street: Any, car: Any, inbox: Inbox
) -> None:
    at = now().replace(microsecond=0)
    with street.ingest.receiver(car.identity) as sock:
        begin = time.monotonic()
        sock.sendall(rmc(at, LAT, LON, knots=20, course=87.5))
        (told,) = inbox.next()
    assert time.monotonic() - begin < 1
    terminal_id, lat, lon, speed, course, fixed_ms, received_ms, flags = told
    assert (terminal_id, lat, lon, speed, course, flags) == (car.id, LAT, LON, 37.0, 87.5, 0)
    assert fixed_ms == at.timestamp() * 1000
    assert abs(received_ms - now().timestamp() * 1000) < 5000
    position = where_now(street.database, car.id)
    assert (position.lat, position.lon) == (LAT, LON)
    assert position.speed_kmh == pytest.approx(37.04)
    with street.database.unit_of_work(TEST) as session:
        assert queries.trail(session, car.id, at, at) == [position]


def test_the_notice_comes_after_the_commit(street: Any, car: Any, inbox: Inbox) -> None:
    with street.ingest.receiver(car.identity) as sock:
        for second in range(20):
            sock.sendall(rmc(now(), LAT, LON + second * 1e-5))
            (told,) = inbox.next()
            assert where_now(street.database, car.id).fixed_at.timestamp() * 1000 >= told[5]


def test_a_late_fix_joins_the_track_and_is_not_told(street: Any, car: Any, inbox: Inbox) -> None:
    with street.ingest.receiver(car.identity) as sock:
        sock.sendall(rmc(now(), LAT, LON))
        assert len(inbox.next()) == 1
        sock.sendall(rmc(now() - timedelta(minutes=3), LAT + 0.01, LON))
        assert wait_until(lambda: stored(street, car) == 2, 10)
        assert inbox.next(0.3) == []
    assert where_now(street.database, car.id).lat == LAT


def test_a_datagram_is_stored_like_a_line(street: Any, car: Any, inbox: Inbox) -> None:
    port = street.ingest.settings.nmea_udp_port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(car.identity.encode() + rmc(now(), LAT, LON), ("127.0.0.1", port))
    assert inbox.next()[0][0] == car.id


def test_a_phone_is_answered_when_its_fix_is_a_row(street: Any, car: Any) -> None:
    at = now()
    with closing(street.ingest.phone()) as phone:
        for second in range(5):
            target = osmand(car.identity, at + timedelta(seconds=second), LAT, LON, speed=10)
            assert ask(phone, target) == 200
            assert stored(street, car) == second + 1
        assert ask(phone, target) == 200
    assert stored(street, car) == 5
    assert where_now(street.database, car.id).speed_kmh == pytest.approx(18.52)


def test_a_terminal_may_have_a_port_of_its_own(street: Any, inbox: Inbox) -> None:
    port = street.ingest.settings.http_port + 20
    terminal = street.register("silent-receiver", listen_port=port)
    assert wait_until(lambda: street.ingest.listens(port), 10)
    with socket.create_connection(("127.0.0.1", port), 5) as sock:
        sock.sendall(rmc(now(), LAT, LON))
        assert inbox.next()[0][0] == terminal


def test_whoever_is_unknown_is_counted_and_seen_and_stored_nowhere(street: Any) -> None:
    with street.ingest.receiver("nobody-knows-me") as sock:
        for _ in range(3):
            sock.sendall(rmc(now(), LAT, LON))

        def seen() -> bool:
            with street.database.unit_of_work(TEST) as session:
                found = {u.identity: u.times for u in queries.unknown_identities(session)}
            return found.get("nobody-knows-me") == 4  # the login counts, too

        # The first report is written down at once, the others with the next reading.
        assert wait_until(seen, 30)


def test_a_terminal_that_is_switched_off_is_heard_no_longer(street: Any, car: Any) -> None:
    with closing(street.ingest.phone()) as phone:
        assert ask(phone, osmand(car.identity, now(), LAT, LON)) == 200
        with street.database.unit_of_work(TEST) as session:
            switch(session, car.id, enabled=False)
        target = f"/?id={car.identity}&cell=460,0,1,2"
        assert wait_until(lambda: ask(phone, target) == 403, 10)


def test_what_cannot_be_believed_is_kept_in_quarantine(street: Any, car: Any) -> None:
    wrong = rmc(now() + timedelta(hours=1), LAT, LON)
    mine = f"terminal_id = {car.id}"
    with street.ingest.receiver(car.identity) as sock:
        sock.sendall(wrong)
        assert wait_until(lambda: count(street.database, "gps.quarantine", mine) == 1, 10)
    with street.database.unit_of_work(TEST) as session:
        (kept,) = session.scalars(select(Quarantined).filter_by(terminal_id=car.id))
    assert (kept.reason, kept.raw) == ("clock_ahead", wrong.strip())
    assert stored(street, car) == 0


def test_the_process_says_that_it_lives_and_what_it_has_counted(
    street: Any, car: Any, bus: Bus
) -> None:
    with street.ingest.receiver(car.identity) as sock, closing(bus.redis):
        sock.sendall(rmc(now(), LAT, LON))
        assert wait_until(lambda: bus.alive("ingest"), 10)
        counted = b'cc_gps_fixes_total{outcome="accepted"'
        assert wait_until(lambda: any(counted in told for told in bus.counted().values()), 10)


def test_floods_of_rubbish_are_shown_out_and_stop_nobody_else(
    street: Any, car: Any, inbox: Inbox
) -> None:
    kinds = [
        b"$" * 20_000,
        b"$GPRMC,1*00" + b"\r" * 9_000 + b"x",
        b"$GPTXT," + b"x" * 10_000,
        bytes(range(256)) * 40,
        b"\0" * 10_000,
        rmc(now(), LAT, LON)[:-6] * 100,
    ]
    floods = [Flood(street.ingest, kind) for kind in kinds for _ in range(2)]
    slowest = 0.0
    with street.ingest.receiver(car.identity) as sock:
        for second in range(15):
            for flood in floods:
                flood.more()
            begin = time.monotonic()
            sock.sendall(rmc(now(), LAT, LON + second * 1e-5))
            assert len(inbox.next()) == 1
            slowest = max(slowest, time.monotonic() - begin)
    assert slowest < 1
    assert stored(street, car) == 15
    assert wait_until(lambda: all(flood.more() for flood in floods), 20)


class Flood:
    """A peer that sends rubbish for as long as it is let."""

    def __init__(self, ingest: IngestProcess, rubbish: bytes) -> None:
        self.rubbish, self.is_shown_out = rubbish, False
        self._socket = socket.create_connection(("127.0.0.1", ingest.settings.nmea_tcp_port), 5)
        self._socket.settimeout(0.05)

    def more(self) -> bool:
        """Send once more, if that is still possible; True when it was shown out."""
        if not self.is_shown_out:
            try:
                self._socket.sendall(self.rubbish)
            except TimeoutError:
                pass  # read slowly, and that is right
            except OSError:
                self._socket.close()
                self.is_shown_out = True
        return self.is_shown_out


def test_five_hundred_mute_connections_stop_nobody(street: Any, car: Any, inbox: Inbox) -> None:
    port = street.ingest.settings.nmea_tcp_port
    mute = [socket.create_connection(("127.0.0.1", port)) for _ in range(500)]
    with street.ingest.receiver(car.identity) as sock:
        sock.sendall(rmc(now(), LAT, LON))
        assert len(inbox.next()) == 1
    for one in mute:
        one.close()


def test_a_stop_stores_what_has_come_remembers_who_was_heard_and_ends_cleanly(
    street: Any, car: Any
) -> None:
    start = now() - timedelta(seconds=2000)
    lines = [rmc(start + timedelta(seconds=n), LAT, LON + n * 1e-5) for n in range(2000)]
    with street.ingest.receiver(car.identity) as sock:
        sock.sendall(b"".join(lines))
        assert wait_until(lambda: stored(street, car) > 0, 10)
        code = street.ingest.stop()
    log = street.ingest.log.read_text("utf-8")
    street.ingest.start()
    assert code == 0, log
    assert "not_stored=0" in log
    assert "Traceback" not in log
    heard = f"id = {car.id} and last_seen_at > now() - interval '5 minutes'"
    assert count(street.database, "gps.terminals", heard) == 1


def test_a_stop_waits_for_nobody_who_goes_on_sending(street: Any, car: Any) -> None:
    """Lines that come while the store is emptied are left where they are."""
    start, is_over = now() - timedelta(hours=5), threading.Event()

    def send(sock: socket.socket) -> None:
        for second in itertools.takewhile(lambda _: not is_over.is_set(), itertools.count()):
            with suppress(OSError):
                sock.sendall(rmc(start + timedelta(seconds=second), LAT, LON))

    with street.ingest.receiver(car.identity) as sock:
        sock.settimeout(1)
        sender = threading.Thread(target=send, args=(sock,))
        sender.start()
        try:
            assert wait_until(lambda: stored(street, car) > 0, 10)
            began = time.monotonic()
            code = street.ingest.stop()
            seconds = time.monotonic() - began
        finally:
            is_over.set()
            sender.join()
    log = street.ingest.log.read_text("utf-8")
    street.ingest.start()
    assert code == 0, log
    assert "not_stored=0" in log
    assert seconds < 12, log
