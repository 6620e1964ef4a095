"""What a track comes to: way, driving time, stops. Pure: arrays in, plain figures out.

A standing receiver wanders: its steps are no way. A jump, and a way that no vehicle could have
driven, are none either.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gps_ingest.pipeline import METRES_PER_DEGREE, metres

Array = NDArray[np.float64]

STEP_METRES = 15.0
"""Shorter moves are not believed: the next fix that is farther away counts from the same place."""
FASTEST_KMH, SLOWEST_KMH = 250.0, 3.0
STOP_METRES, STOP_SECONDS, WANDER_SECONDS = 50.0, 180.0, 120.0
UNBROKEN_SECONDS = 180.0
"""Driving time is counted between fixes at most so far apart."""


@dataclass(frozen=True, slots=True)
class Track:
    """Fixes in the order of their times: epoch seconds, WGS-84 degrees, km/h (NaN: not told)."""

    at: Array
    lon: Array
    lat: Array
    speed_kmh: Array

    def __len__(self) -> int:
        return len(self.at)

    def without(self, cut: NDArray[np.bool_]) -> "Track":
        kept = ~cut
        return Track(self.at[kept], self.lon[kept], self.lat[kept], self.speed_kmh[kept])


@dataclass(frozen=True, slots=True)
class Stop:
    """A place where the unit stayed for three minutes or more; epoch seconds, degrees."""

    since: float
    until: float
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Journey:
    """A day of driving: metres, seconds, km/h."""

    metres: float
    driving_seconds: float
    max_speed_kmh: float | None
    stops: Sequence[Stop]


def track(
    at: Sequence[float],
    lon: Sequence[float],
    lat: Sequence[float],
    speed_kmh: Sequence[float | None],
) -> Track:
    """Of columns in any order of time: epoch seconds, degrees, km/h or None."""
    columns = [np.array(column, float) for column in (at, lon, lat, speed_kmh)]
    order = np.argsort(columns[0], kind="stable")
    return Track(*(column[order] for column in columns))


def journey(way: Track) -> Journey:
    """The figures of one terminal's track."""
    believed = without_jumps(way)
    stops = find_stops(believed)
    steps = _steps(believed, stops)
    driven, seconds = _sum(believed, steps)
    told = believed.speed_kmh[~np.isnan(believed.speed_kmh)]
    return Journey(driven, seconds, float(told.max()) if len(told) else None, stops)


def without_jumps(way: Track) -> Track:
    """Without the fixes to which, and from which, no vehicle could have driven."""
    if len(way) < 3:
        return way
    hours = np.diff(way.at) / 3600
    with np.errstate(divide="ignore", invalid="ignore"):
        speeds = np.nan_to_num(_leaps(way) / 1000 / hours, nan=0.0, posinf=np.inf)
    wild = speeds > FASTEST_KMH
    # A single fix far away is leapt to and leapt from.
    lone = np.zeros(len(way), bool)
    lone[1:-1] = wild[:-1] & wild[1:]
    return way.without(lone)


def find_stops(way: Track) -> list[Stop]:
    """Where it stayed within 50 m for three minutes or more, oldest first."""
    found: list[Stop] = []
    at, (east, north) = way.at.tolist(), _flat(way)
    first, count, near = 0, len(at), STOP_METRES**2
    while first < count:
        x, y, last = east[first], north[first], first + 1
        while last < count and (east[last] - x) ** 2 + (north[last] - y) ** 2 <= near:
            last += 1
        if at[last - 1] - at[first] >= STOP_SECONDS:
            place = float(way.lon[first:last].mean()), float(way.lat[first:last].mean())
            _add(found, Stop(at[first], at[last - 1], *place))
            first = last
        else:
            first += 1
    return found


def _flat(way: Track) -> tuple[list[float], list[float]]:
    """Metres east and north of the first fix, on a plane: right within 0.1 % in one city."""
    if not len(way):
        return [], []
    scale = METRES_PER_DEGREE * np.cos(np.radians(way.lat[0]))
    east = (way.lon - way.lon[0]) * scale
    north = (way.lat - way.lat[0]) * METRES_PER_DEGREE
    return east.tolist(), north.tolist()


def _add(found: list[Stop], stop: Stop) -> None:
    """A receiver that wandered off for a moment makes no second stop."""
    before = found[-1] if found else None
    if (
        before is not None
        and stop.since - before.until <= WANDER_SECONDS
        and metres(before.lat, before.lon, stop.lat, stop.lon) <= STOP_METRES
    ):
        found[-1] = Stop(before.since, stop.until, before.lon, before.lat)
    else:
        found.append(stop)


def _leaps(way: Track) -> Array:
    """Metres from each fix to the next."""
    north = np.diff(way.lat)
    east = np.diff(way.lon) * np.cos(np.radians((way.lat[1:] + way.lat[:-1]) / 2))
    found: Array = METRES_PER_DEGREE * np.hypot(north, east)
    return found


def _steps(way: Track, stops: Sequence[Stop]) -> list[int]:
    """The places in the track from which the way is measured: believable moves outside stops."""
    at, (east, north) = way.at.tolist(), _flat(way)
    standing = iter((*stops, None))
    stop = next(standing)
    kept: list[int] = []
    x = y = np.inf
    for n, moment in enumerate(at):
        if stop is not None and moment > stop.until:
            stop = next(standing)
        if stop is not None and stop.since < moment <= stop.until:
            continue
        if (east[n] - x) ** 2 + (north[n] - y) ** 2 >= STEP_METRES**2:
            kept.append(n)
            x, y = east[n], north[n]
    return kept


def _sum(way: Track, steps: Sequence[int]) -> tuple[float, float]:
    """(metres, driving seconds) along these places."""
    if len(steps) < 2:
        return 0.0, 0.0
    marks = Track(way.at[steps], way.lon[steps], way.lat[steps], way.speed_kmh[steps])
    leaps, seconds = _leaps(marks), np.diff(marks.at)
    with np.errstate(divide="ignore", invalid="ignore"):
        speeds = leaps / seconds * 3.6
    driven = (leaps >= STEP_METRES) & (speeds <= FASTEST_KMH)
    timed = driven & (speeds >= SLOWEST_KMH) & (seconds <= UNBROKEN_SECONDS)
    return float(leaps[driven].sum()), float(seconds[timed].sum())
