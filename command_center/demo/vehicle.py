"""SIMULATOR: a vehicle with a JT/T 808 terminal and a driver who reads it, told in ticks.

Nothing here waits: the city has other cars to drive.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from command_center.demo.driving import Drive
from command_center.demo.terminal import NoAnswer, SimulatedTerminal, at
from gps_ingest.protocols.jt808 import control, link, words

EVERY_SECONDS, INTERVAL = 5, 0x0029
"""Between two reports, until the platform sets the parameter, or follows the vehicle."""
NOTICE_SECONDS = (4.0, 12.0)
"""Until a driver has read a question and pressed a button."""
ACCEPT, ARRIVED = "接令", "已到场"
BREATH = 0.001
KNOCK_SECONDS = 20.0


@dataclass
class Asked:
    """A question that the driver has not answered yet."""

    serial: int
    answer: int
    due: float
    on_arrival: bool


@dataclass
class Vehicle:
    """Reports where it drives; its driver takes orders and says when they have arrived."""

    terminal: SimulatedTerminal
    random: Random
    asked: list[Asked] = field(default_factory=list)
    report_at: float = 0.0
    followed_until: float = 0.0
    follow_seconds: float = EVERY_SECONDS

    def __post_init__(self) -> None:
        self.terminal.driver = self._read

    def tick(self, port: int, drive: Drive, moment: datetime, *, at_scene: bool) -> None:
        """Raises NoAnswer, OSError when the link is gone: the next tick makes another."""
        try:
            if not self.terminal.is_connected:
                self.terminal.connect(port)
            self._report(drive, moment)
            self.terminal.listen(BREATH)
            self._obey()
            self._press(at_scene)
        except (NoAnswer, OSError):
            self.terminal.close()
            raise

    def _report(self, drive: Drive, moment: datetime) -> None:
        if time.monotonic() < self.report_at:
            return
        followed = time.monotonic() < self.followed_until
        usual = int.from_bytes(self.terminal.parameters.get(INTERVAL, b"")) or EVERY_SECONDS
        self.report_at = time.monotonic() + (self.follow_seconds if followed else usual)
        lon, lat, _ = drive.at
        self.terminal.send(at(moment, lat, lon, speed_kmh=drive.speed_kmh, course=drive.course))

    def _obey(self) -> None:
        for message in self.terminal.heard:
            if isinstance(message, control.Track):
                self.follow_seconds = message.interval or EVERY_SECONDS
                self.followed_until = time.monotonic() + message.duration
                self.report_at = 0.0
        self.terminal.heard.clear()

    def _read(self, question: words.Question) -> None:
        """The driver knows two answers: that they go, and that they are there."""
        for answer, said in question.answers:
            if said in (ACCEPT, ARRIVED):
                due = time.monotonic() + self.random.uniform(*NOTICE_SECONDS)
                self.asked.append(Asked(question.header.serial, answer, due, said == ARRIVED))
                return

    def _press(self, at_scene: bool) -> None:
        for one in [one for one in self.asked if one.due <= time.monotonic()]:
            if at_scene or not one.on_arrival:
                self.asked.remove(one)
                self.terminal.send(words.Answer(one.serial, one.answer))


@dataclass
class Newcomer:
    """A terminal fresh from the box: nobody has registered it, and it keeps knocking."""

    vehicle: Vehicle
    drive: Drive
    knock_at: float = 0.0
    is_in: bool = False

    def tick(self, port: int, moment: datetime) -> None:
        """Raises NoAnswer, OSError."""
        terminal = self.vehicle.terminal
        if self.is_in and terminal.is_connected:
            self.vehicle.tick(port, self.drive, moment, at_scene=False)
        elif time.monotonic() >= self.knock_at:
            self.knock_at = time.monotonic() + KNOCK_SECONDS
            terminal.connect(port)
            known = terminal.code or terminal.register().result == link.OK
            self.is_in = bool(known) and terminal.authenticate() == link.OK
            if not self.is_in:
                terminal.code = ""
                terminal.close()
