"""A simulated drive along a route, and the sentences its receiver would speak. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from math import atan2, cos, degrees, hypot, radians

METRES_PER_DEGREE = 111_132.0
KNOT_KMH = 1.852

Waypoint = tuple[float, float, float]
"""Longitude, latitude (degrees), speed on the way to it (km/h)."""


def metres(a: Waypoint, b: Waypoint) -> tuple[float, float]:
    """East and north from a to b, metres; good for the few hundred metres of one edge."""
    east = (b[0] - a[0]) * METRES_PER_DEGREE * cos(radians(a[1]))
    return east, (b[1] - a[1]) * METRES_PER_DEGREE


@dataclass
class Drive:
    """Where the car is on its way. `at` is its position, `ahead` what is left of the route."""

    at: Waypoint
    ahead: list[Waypoint] = field(default_factory=list)
    course: float = 0.0
    speed_kmh: float = 0.0

    @property
    def arrived(self) -> bool:
        return not self.ahead

    def follow(self, route: Sequence[Waypoint]) -> None:
        """Forget the old way and take this one."""
        self.ahead = list(route)

    def advance(self, seconds: float) -> None:
        """Move on for that long at each edge's speed."""
        while self.ahead and seconds > 0:
            goal = self.ahead[0]
            east, north = metres(self.at, goal)
            distance, speed = hypot(east, north), max(goal[2], 5) / 3.6
            self.speed_kmh = speed * 3.6
            if distance > 0.5:
                self.course = degrees(atan2(east, north)) % 360
            reach = speed * seconds
            if reach >= distance:
                self.at, seconds = goal, seconds - distance / speed
                self.ahead.pop(0)
            else:
                share = reach / distance
                self.at = (
                    self.at[0] + (goal[0] - self.at[0]) * share,
                    self.at[1] + (goal[1] - self.at[1]) * share,
                    goal[2],
                )
                return
        self.speed_kmh = 0.0


def rmc(drive: Drive, moment: datetime) -> bytes:
    """The RMC sentence (NMEA 0183) of this moment, UTC."""
    lat, lon = drive.at[1], drive.at[0]
    body = (
        f"GNRMC,{moment:%H%M%S}.{moment.microsecond // 10_000:02d},A,"
        f"{_angle(lat, 2)},{'N' if lat >= 0 else 'S'},{_angle(lon, 3)},{'E' if lon >= 0 else 'W'},"
        f"{drive.speed_kmh / KNOT_KMH:.2f},{drive.course:.1f},{moment:%d%m%y},,,A"
    )
    return f"${body}*{reduce(int.__xor__, body.encode()):02X}\r\n".encode()


def _angle(value: float, digits: int) -> str:
    whole = int(abs(value))
    minutes = round((abs(value) - whole) * 60, 5)
    if minutes >= 60:
        whole, minutes = whole + 1, 0.0
    return f"{whole:0{digits}d}{minutes:08.5f}"
