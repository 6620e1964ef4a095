from datetime import UTC, datetime

import pynmea2
import pytest

from command_center.demo.driving import Drive, rmc

START = (116.40, 39.90, 0.0)
NORTH = (116.40, 39.91, 36.0)


def test_ten_seconds_at_36_kmh_are_a_hundred_metres_north() -> None:
    drive = Drive(START)
    drive.follow([NORTH])
    drive.advance(10)
    assert (drive.at[1] - 39.90) * 111_132 == pytest.approx(100, abs=0.5)
    assert (drive.course, drive.speed_kmh) == (pytest.approx(0), pytest.approx(36))


def test_a_drive_ends_where_its_route_ends_and_stands_still() -> None:
    drive = Drive(START)
    drive.follow([NORTH, (116.41, 39.91, 36.0)])
    drive.advance(3600)
    assert drive.arrived
    assert drive.at[:2] == (116.41, 39.91)
    assert drive.speed_kmh == 0


def test_its_sentence_is_read_back_by_an_independent_parser() -> None:
    drive = Drive((116.4, 39.999_999_99, 0.0), speed_kmh=36, course=271.5)
    sentence = rmc(drive, datetime(2026, 9, 22, 1, 2, 3, 250_000, tzinfo=UTC)).decode()
    read = pynmea2.parse(sentence, check=True)
    assert (read.latitude, read.longitude) == (pytest.approx(40.0), pytest.approx(116.4))
    assert read.datetime == datetime(2026, 9, 22, 1, 2, 3, 250_000, tzinfo=UTC)
    assert read.spd_over_grnd * 1.852 == pytest.approx(36, abs=0.01)
    assert read.true_course == 271.5
