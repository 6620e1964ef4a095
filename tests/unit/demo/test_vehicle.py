"""A simulated driver: what they press, and when."""

from datetime import UTC, datetime
from random import Random

import pytest

from command_center.demo import vehicle
from command_center.demo.driving import Drive
from command_center.demo.terminal import SimulatedTerminal
from command_center.demo.vehicle import Vehicle
from gps_ingest.protocols.jt808 import control, words
from gps_ingest.protocols.jt808.framing import Header, Peer
from gps_ingest.protocols.jt808.location import Location

NOON = datetime(2026, 9, 22, 4, 0, tzinfo=UTC)
ORDER = ((1, "接令"), (2, "不能执行"))
ARRIVAL = ((4, "已到场"), (3, "需要支援"))


class Car(SimulatedTerminal):
    """Writes down what it would send."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.sent: list[object] = []

    @property
    def is_connected(self) -> bool:
        return True

    def send(self, message: object) -> int:
        self.sent.append(message)
        return 0

    def listen(self, seconds: float) -> None:
        """Nobody speaks."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(vehicle.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def car() -> Car:
    return Car("999000000007")


@pytest.fixture
def driven(car: Car, clock: list[float]) -> Vehicle:
    return Vehicle(car, Random(1))


def question(serial: int, answers: tuple[tuple[int, str], ...]) -> words.Question:
    asked = words.Question(0, "？", answers)
    asked.header = Header(0x8302, Peer.of("999000000007", 2019), serial)
    return asked


def tick(driven: Vehicle, *, at_scene: bool = False) -> None:
    driven.tick(0, Drive((116.4, 39.9, 30.0)), NOON, at_scene=at_scene)


def answers(car: Car) -> list[tuple[int, int]]:
    return [(m.ack_serial, m.answer_id) for m in car.sent if isinstance(m, words.Answer)]


def reports(car: Car) -> int:
    return sum(isinstance(m, Location) for m in car.sent)


def test_an_order_is_taken_after_a_while(driven: Vehicle, car: Car, clock: list[float]) -> None:
    assert car.driver(question(7, ORDER)) is None
    tick(driven)
    assert answers(car) == []
    clock[0] += 12
    tick(driven)
    tick(driven)
    assert answers(car) == [(7, 1)]


def test_arrival_is_told_at_the_scene(driven: Vehicle, car: Car, clock: list[float]) -> None:
    car.driver(question(8, ARRIVAL))
    clock[0] += 600
    tick(driven)
    assert answers(car) == []
    tick(driven, at_scene=True)
    assert answers(car) == [(8, 4)]


def test_what_the_driver_does_not_know_is_left_alone(driven: Vehicle, car: Car) -> None:
    car.driver(question(9, ((1, "是"), (2, "否"))))
    assert driven.asked == []


def test_it_reports_as_often_as_it_is_told(driven: Vehicle, car: Car, clock: list[float]) -> None:
    for _ in range(10):
        tick(driven)
        clock[0] += 1
    assert reports(car) == 2
    car.parameters[0x29] = bytes((0, 0, 0, 20))
    for _ in range(20):
        tick(driven)
        clock[0] += 1
    assert reports(car) == 3


def test_whoever_is_followed_reports_more_often_for_a_while(
    driven: Vehicle, car: Car, clock: list[float]
) -> None:
    tick(driven)
    car.heard.append(control.Track(2, 10))
    tick(driven)
    assert car.heard == []
    for _ in range(12):
        clock[0] += 1
        tick(driven)
    assert reports(car) == 1 + 6
