"""Which terminals count as away, since when, and why."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from gps_ingest.fixes import EPOCH_2000_US, Row, table, to_us
from gps_ingest.history import Happening
from gps_ingest.pipeline import KnownTerminal
from gps_ingest.presence import Presence
from gps_ingest.server import IngestServer
from kernel.clock import FixedClock

START = datetime(2026, 9, 22, 1, 0, tzinfo=UTC)
CAR = KnownTerminal(7, "car", "nmea")


class Watch:
    """A presence with its clock."""

    def __init__(self) -> None:
        self.told: list[Happening] = []
        self.presence = Presence(self.told.append, START)

    def fix(self, seconds: float, terminal: KnownTerminal = CAR) -> None:
        at = START.timestamp() + seconds
        row = Row(terminal.id, to_us(at), to_us(at), 39.9, 116.4, None, None, None, 0)
        self.presence.fixes(table([row]))

    def trouble(self, seconds: float, reason: str) -> None:
        self.presence.trouble(CAR.id, reason, START.timestamp() + seconds)

    def look(self, seconds: float, terminal: KnownTerminal = CAR) -> list[tuple[str, float, str]]:
        """What is told by then: kind, seconds after the start, reason."""
        self.presence.sweep([terminal], START + timedelta(seconds=seconds))
        told, self.told[:] = list(self.told), []
        return [(one.kind, seconds_of(one), str(one.details.get("reason", ""))) for one in told]


def seconds_of(told: Happening) -> float:
    return (told.at_us + EPOCH_2000_US) / 1e6 - START.timestamp()


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_three_intervals_of_its_own_without_a_fix(watch: Watch) -> None:
    for n in range(10):
        watch.fix(60 * n)
    assert watch.look(540 + 180) == []
    assert watch.look(540 + 181) == [("offline", 540, "silent")]
    assert watch.look(900) == [], "once"


def test_a_receiver_that_speaks_each_second_is_not_away_after_three(watch: Watch) -> None:
    for n in range(10):
        watch.fix(n)
    assert watch.look(9 + 30) == []
    assert watch.look(9 + 31) == [("offline", 9, "silent")]


def test_one_long_pause_does_not_change_what_is_usual(watch: Watch) -> None:
    for at in (0, 20, 40, 80, 100, 120):
        watch.fix(at)
    assert watch.look(181) == [("offline", 120, "silent")]


@pytest.mark.parametrize("reason", ["connection_closed", "void", "quarantined"])
def test_the_last_that_came_instead_is_the_reason(watch: Watch, reason: str) -> None:
    watch.fix(0)
    watch.trouble(1, reason)
    assert watch.look(91) == [("offline", 0, reason)]


def test_a_fix_that_came_before_and_is_told_of_later_is_no_end_of_the_trouble(watch: Watch) -> None:
    watch.fix(0)
    watch.trouble(11, "connection_closed")
    watch.fix(10)
    assert watch.look(101) == [("offline", 10, "connection_closed")]


def test_trouble_before_the_first_fix_is_told_of_is_its_reason_and_nothing_else(
    watch: Watch,
) -> None:
    watch.trouble(1, "connection_closed")
    assert watch.look(500) == [], "there is no fix that it could have been away since"
    watch.fix(0)
    assert watch.look(91) == [("offline", 0, "connection_closed")]


def test_a_connection_that_is_replaced_is_no_reason(watch: Watch) -> None:
    watch.fix(0)
    watch.trouble(1, "connection_closed")
    watch.fix(10)
    assert watch.look(101) == [("offline", 10, "silent")]


def test_it_is_told_when_it_is_heard_again(watch: Watch) -> None:
    watch.fix(0)
    watch.look(91)
    watch.fix(200)
    assert watch.look(200) == [("online", 200, "")]


def test_a_silence_from_before_the_start_is_given_time_and_then_told_with_its_reason(
    watch: Watch,
) -> None:
    before = KnownTerminal(8, "x", "nmea", newest=(START.timestamp() - 600, 39.9, 116.4))
    assert watch.look(90, before) == []
    assert watch.look(91, before) == [("offline", -600, "nobody_listened")]


def test_what_has_long_been_silent_is_no_news(watch: Watch) -> None:
    long_ago = KnownTerminal(8, "x", "nmea", newest=(START.timestamp() - 90_000, 39.9, 116.4))
    never = KnownTerminal(9, "y", "nmea")
    assert watch.look(1000, long_ago) == watch.look(1000, never) == []


def test_a_fix_that_another_process_heard_is_a_fix(watch: Watch) -> None:
    watch.fix(0)
    elsewhere = KnownTerminal(7, "car", "nmea", newest=(START.timestamp() + 80, 39.9, 116.4))
    assert watch.look(91, elsewhere) == []
    assert watch.look(91 + 90, elsewhere) == []
    assert watch.look(91 + 91, elsewhere) == [("offline", 80, "silent")]
    elsewhere.newest = (START.timestamp() + 300, 39.9, 116.4)
    assert watch.look(310, elsewhere) == [("online", 300, "")]


def test_nobody_falls_silent_while_nobody_listens(watch: Watch) -> None:
    watch.fix(0)
    watch.presence.wait(START + timedelta(seconds=300))
    assert watch.look(390) == []
    assert watch.look(391) == [("offline", 0, "silent")]


@pytest.mark.parametrize(("is_open", "is_away"), [(False, False), (True, True)])
def test_what_cannot_be_stored_is_not_heard_and_makes_nobody_silent(
    watch: Watch, is_open: bool, is_away: bool
) -> None:
    watch.fix(0)
    clock = FixedClock(START + timedelta(seconds=300))
    server: Any = SimpleNamespace(
        intake=SimpleNamespace(clock=clock, presence=watch.presence),
        store=SimpleNamespace(valve=SimpleNamespace(is_open=is_open), is_away=is_away),
        fleet=SimpleNamespace(known=lambda: [CAR]),
    )
    IngestServer.sweep(server)
    assert watch.told == []
    server.store = SimpleNamespace(valve=SimpleNamespace(is_open=True), is_away=False)
    clock.advance(seconds=91)
    IngestServer.sweep(server)
    assert [one.kind for one in watch.told] == ["offline"]


def test_trouble_of_many_who_never_reported_is_kept_for_each(watch: Watch) -> None:
    watch.fix(0)
    for other in range(100, 300):
        watch.presence.trouble(other, "void", START.timestamp() + 1)
    watch.trouble(1, "connection_closed")
    assert watch.look(600) == [("offline", 0, "connection_closed")]
