"""GT06 trackers and OwnTracks phones, over real sockets with the real process."""

import json
import socket
from collections.abc import Iterator
from datetime import datetime

import pytest

from command_center.engines.process import wait_until
from gps_ingest.protocols import gt06
from gps_ingest.protocols.base import Message
from tests.ingest import LAT, LON, count, known_soon, now
from tests.integration.gps_ingest.conftest import Street

IMEI = "868120145233604"


def position(at: datetime, *, type: int = 0x22, tail: bytes = b"", serial: int = 2) -> bytes:
    clock = bytes((at.year % 100, at.month, at.day, at.hour, at.minute, at.second))
    units = gt06.UNITS_PER_DEGREE
    place = int(LAT * units).to_bytes(4, "big") + int(LON * units).to_bytes(4, "big")
    flags = 0x1000 | 0x0400 | 90
    data = clock + b"\xc9" + place + bytes((36,)) + flags.to_bytes(2, "big") + tail
    return gt06.seal(gt06.Header(type, serial), data)


class Tracker:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self.decoder = gt06.Decoder()

    def ask(self, packet: bytes) -> list[Message]:
        self.socket.sendall(packet)
        data = self.socket.recv(4096)
        assert data, "closed"
        return self.decoder.feed(data)


@pytest.fixture
def tracker(street: Street) -> Iterator[Tracker]:
    if not count(street.database, "gps.terminals", f"identity = '{IMEI}'"):
        street.register(IMEI, "gt06")
    known_soon(street.ingest, IMEI)  # who comes unknown ten times is shut out
    made = Tracker(street.ingest.settings.gt06_port)
    made.ask(gt06.seal(gt06.Header(0x01, 1), bytes.fromhex("0" + IMEI)))
    yield made
    made.socket.close()


MINE = f"terminal_id = (select id from gps.terminals where identity = '{IMEI}')"


def test_a_position_is_stored(street: Street, tracker: Tracker) -> None:
    before = count(street.database, "gps.fixes", MINE)
    tracker.socket.sendall(position(now().replace(microsecond=0)))
    assert wait_until(lambda: count(street.database, "gps.fixes", MINE) == before + 1, 5)


def test_an_alarm_is_stored_and_only_then_answered(street: Street, tracker: Tracker) -> None:
    tail = bytes.fromhex("0801cc00287d001f71") + bytes((0x44, 4, 3, 1, 2))
    tracker.ask(position(now().replace(microsecond=0), type=0x16, tail=tail, serial=7))
    sos = f"{MINE} and (details->>'sos')::bool"
    assert count(street.database, "gps.happenings", sos) == 1


def test_a_stranger_is_sent_away(street: Street) -> None:
    made = Tracker(street.ingest.settings.gt06_port)
    hello = gt06.seal(gt06.Header(0x01, 1), bytes.fromhex("0999999999999999"))
    with pytest.raises((AssertionError, OSError)):
        made.ask(hello)
    made.socket.close()


def test_owntracks_is_answered_with_a_list_once_it_is_stored(street: Street) -> None:
    street.register("owntracks/owner/phone", "owntracks")
    moment = int(now().timestamp())
    body = json.dumps(
        {"_type": "location", "topic": "owntracks/owner/phone", "lat": LAT, "lon": LON,
         "tst": moment, "vel": 36}
    )  # fmt: skip

    def reports() -> bool:
        phone = street.ingest.phone()
        phone.request("POST", "/owntracks", body, {"Content-Type": "application/json"})
        response = phone.getresponse()
        said = response.read()
        phone.close()
        return response.status == 200 and said == b"[]"

    assert wait_until(reports, 10)
    mine = "terminal_id = (select id from gps.terminals where identity = 'owntracks/owner/phone')"
    assert count(street.database, "gps.fixes", mine) == 1
