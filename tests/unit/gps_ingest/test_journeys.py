"""What a track comes to."""

from random import Random

import pytest

from gps_ingest.journeys import Track, find_stops, journey, track, without_jumps

LAT, LON = 39.92, 116.39
METRE = 1 / 111_195
Row = tuple[float, float, float, float | None]


def way_of(rows: list[Row]) -> Track:
    at, lon, lat, speed = zip(*rows, strict=True) if rows else ((), (), (), ())
    return track(at, lon, lat, speed)


def straight(seconds: int, speed: float, begin: float = 0, from_metres: float = 0) -> list[Row]:
    """North at km/h, a fix each second."""
    return [
        (begin + n, LON, LAT + (from_metres + n * speed / 3.6) * METRE, speed)
        for n in range(seconds + 1)
    ]


def wandering(seconds: int, begin: float, metres: float = 0, spread: float = 8) -> list[Row]:
    """A standing receiver."""
    random = Random(1)
    return [
        (
            begin + n,
            LON + random.gauss(0, spread) * METRE,
            LAT + (metres + random.gauss(0, spread)) * METRE,
            0.0,
        )
        for n in range(seconds + 1)
    ]


def test_a_straight_way_is_as_long_as_it_was_driven() -> None:
    found = journey(way_of(straight(600, 36)))
    assert found.metres == pytest.approx(6000, rel=0.005)
    assert found.driving_seconds == pytest.approx(600, abs=5)
    assert (found.max_speed_kmh, found.stops) == (36, [])


def test_a_standing_receiver_wanders_nowhere() -> None:
    found = journey(way_of(wandering(7200, 0)))
    assert found.metres == 0
    assert found.driving_seconds == 0
    (stop,) = found.stops
    assert (stop.since, stop.until) == (0, 7200)
    assert (stop.lon, stop.lat) == (
        pytest.approx(LON, abs=5 * METRE), pytest.approx(LAT, abs=5 * METRE),
    )  # fmt: skip


def test_a_day_of_two_drives_and_the_visit_between() -> None:
    there = straight(300, 36)
    visit = wandering(1200, 301, 3000)
    back = [(1502 + n, LON, LAT + (3000 - n * 10) * METRE, 36.0) for n in range(301)]
    found = journey(way_of([*there, *visit, *back]))
    assert found.metres == pytest.approx(6000, rel=0.02)
    (stop,) = found.stops
    assert stop.until - stop.since == pytest.approx(1200, abs=15)


def test_a_jump_is_no_way() -> None:
    rows = straight(100, 36)
    rows[50] = (50, LON + 0.2, LAT, 36.0)
    assert len(without_jumps(way_of(rows))) == 100
    assert journey(way_of(rows)).metres == pytest.approx(1000, rel=0.03)


def test_a_gap_counts_as_the_straight_line_and_as_no_driving_time() -> None:
    rows = [*straight(60, 36), *straight(60, 36, begin=1000, from_metres=5000)]
    found = journey(way_of(rows))
    assert found.metres == pytest.approx(5600, rel=0.01)
    assert found.driving_seconds == pytest.approx(120, abs=5)


def test_three_minutes_within_fifty_metres_is_a_stop_and_less_is_none() -> None:
    def stay(seconds: int) -> int:
        here = [(100.0 + n, LON, LAT + 1000 * METRE, 0.0) for n in range(seconds + 1)]
        away = straight(60, 36, begin=101 + seconds, from_metres=1200)
        return len(find_stops(way_of([*straight(99, 36), *here, *away])))

    assert (stay(150), stay(200)) == (0, 1)


def test_a_parked_vehicle_that_says_nothing_for_hours_has_stopped() -> None:
    rows = [(0.0, LON, LAT, 0.0), (9000.0, LON, LAT + 10 * METRE, 0.0)]
    (stop,) = find_stops(way_of(rows))
    assert stop.until == 9000


@pytest.mark.parametrize("rows", [[], [(0.0, LON, LAT, None)], [(0.0, LON, LAT, None)] * 2])
def test_nearly_nothing_is_no_journey(rows: list[Row]) -> None:
    found = journey(way_of(rows))
    assert (found.metres, found.driving_seconds, found.stops) == (0, 0, [])
    assert found.max_speed_kmh is None
