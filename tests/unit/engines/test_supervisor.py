"""What the supervisor does when parts start, die, come back and stop."""

from dataclasses import dataclass, field

import pytest

from command_center.engines.process import EngineError
from command_center.engines.supervisor import BACKOFF_CAP_SECONDS, Supervisor


@dataclass
class FakePart:
    """A part that dies and refuses on command, and writes down what happens to it."""

    name: str
    diary: list[str]
    pid: int | None = None
    refuses: bool = False
    clings: bool = False

    def start(self) -> None:
        if self.refuses:
            raise EngineError("no such program")
        self.diary.append(f"start {self.name}")
        self.pid = 1

    def stop(self) -> bool:
        self.diary.append(f"stop {self.name}")
        self.pid = None
        return not self.clings


@dataclass
class House:
    """A supervisor with a clock that the test moves."""

    now: float = 0.0
    said: list[str] = field(default_factory=list)
    diary: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(self.said.append, clock=lambda: self.now)

    def part(self, name: str) -> FakePart:
        part = FakePart(name, self.diary)
        self.supervisor.start(part)
        return part

    def later(self, seconds: float) -> None:
        self.now += seconds
        self.supervisor.look()


@pytest.fixture
def house() -> House:
    return House()


def test_parts_stop_in_the_reverse_of_their_order(house: House) -> None:
    house.part("postgres")
    house.part("serve")
    assert house.supervisor.stop()
    assert house.diary == ["start postgres", "start serve", "stop serve", "stop postgres"]


def test_a_part_that_died_is_started_again_after_a_second(house: House) -> None:
    part = house.part("serve")
    part.pid = None
    house.later(0)
    assert part.pid is None
    house.later(1)
    assert part.pid == 1
    assert "serve died; next try in 1 s" in house.said


def test_the_wait_doubles_up_to_a_cap(house: House) -> None:
    part = house.part("serve")
    for _ in range(8):
        part.pid = None
        house.later(0)
        house.later(BACKOFF_CAP_SECONDS)
    waits = [float(line.split(" in ")[1].split()[0]) for line in house.said if "died" in line]
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_part_that_ran_steadily_starts_its_waits_anew(house: House) -> None:
    part = house.part("serve")
    part.pid = None
    house.later(0)
    house.later(1)
    house.later(3600)
    part.pid = None
    house.later(0)
    assert house.said[-1] == "serve died; next try in 1 s"


def test_a_part_that_cannot_start_again_is_tried_again_and_the_others_run_on(house: House) -> None:
    sick, well = house.part("kannel"), house.part("serve")
    sick.pid, sick.refuses = None, True
    house.later(0)
    house.later(1)
    assert "did not start: no such program" in house.said[-1]
    assert well.pid == 1
    sick.refuses = False
    house.later(2)
    assert sick.pid == 1


def test_a_part_that_had_to_be_killed_is_told(house: House) -> None:
    part = house.part("serve")
    part.clings = True
    assert not house.supervisor.stop()
    assert "killed" in house.said[-1]


def test_a_part_that_never_started_is_still_stopped(house: House) -> None:
    """It may have left a child behind: `stop` is cheap and certain."""
    part = FakePart("kannel", house.diary, refuses=True)
    with pytest.raises(EngineError):
        house.supervisor.start(part)
    house.supervisor.stop()
    assert house.diary == ["stop kannel"]
