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


def track(rows: Sequence[tuple[float, float, float, float | None]]) -> Track:
    """Of (epoch seconds, longitude, latitude, km/h or None)."""
    table = np.array([(*row[:3], np.nan if row[3] is None else row[3]) for row in rows], float)
    columns = table.reshape(-1, 4)
    return Track(*(np.ascontiguousarray(columns[:, n]) for n in range(4)))


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
    at, lon, lat = way.at.tolist(), way.lon.tolist(), way.lat.tolist()
    first, count = 0, len(at)
    while first < count:
        last = first
        while (
            last + 1 < count
            and metres(lat[first], lon[first], lat[last + 1], lon[last + 1]) <= STOP_METRES
        ):
            last += 1
        if at[last] - at[first] >= STOP_SECONDS:
            here = slice(first, last + 1)
            place = float(way.lon[here].mean()), float(way.lat[here].mean())
            _add(found, Stop(at[first], at[last], *place))
            first = last + 1
        else:
            first += 1
    return found


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
    at, lon, lat = way.at.tolist(), way.lon.tolist(), way.lat.tolist()
    standing = iter((*stops, None))
    stop = next(standing)
    kept: list[int] = []
    for n, moment in enumerate(at):
        if stop is not None and moment > stop.until:
            stop = next(standing)
        if stop is not None and stop.since < moment <= stop.until:
            continue
        before = kept[-1] if kept else None
        if before is None or metres(lat[before], lon[before], lat[n], lon[n]) >= STEP_METRES:
            kept.append(n)
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
