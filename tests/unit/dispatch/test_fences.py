"""Fixes that are looked at together are watched as each would be by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.tracking import fences
from dispatch.tracking.fences import Fences
from dispatch.tracking.watching import Duty, Limits, Target
from gps_ingest.fixes import Row, table, to_us
from gps_ingest.history import Happening
from gps_ingest.pipeline import Pipeline
from kernel.clock import FixedClock
from maps.geofences import Geofences
from maps.regions import Area

LAT, LON = 39.9, 116.4
START = 1_790_000_000.0
DUTIES = (
    Duty("FREE"),
    Duty("BUSY"),
    Duty("EN_ROUTE"),
    Duty("EN_ROUTE", Target(7, LAT, LON)),
)


def areas(border: float) -> Geofences:
    """Everything west of the border, and everything east of it."""
    named = [Area(code, code, "beat", None) for code in ("west", "east")]
    return Geofences(named, [shapely.box(116, 39, border, 41), shapely.box(border, 39, 117, 41)])


@dataclass
class World:
    """The fences, and the database that they read."""

    duties: dict[int, Duty] = field(default_factory=dict)
    areas: Geofences = field(default_factory=lambda: areas(LON))
    told: list[tuple[int, str, int, str]] = field(default_factory=list)
    clock: FixedClock = field(default_factory=FixedClock)

    def __post_init__(self) -> None:
        self.fences = Fences(cast(Any, self), cast(Any, None), Limits())
        self.fences._tell = self._hear
        self.pipeline = Pipeline(self.fences)

    def _hear(self, one: Happening) -> None:
        self.told.append((one.terminal_id, one.kind, one.at_us, one.key))

    @contextmanager
    def unit_of_work(self, _: object) -> Iterator[SimpleNamespace]:
        rows = [
            SimpleNamespace(
                terminal_id=terminal,
                unit_state=duty.state,
                assignment_id=duty.target and duty.target.assignment_id,
                lat=duty.target and duty.target.lat,
                lon=duty.target and duty.target.lon,
            )
            for terminal, duty in self.duties.items()
        ]
        yield SimpleNamespace(execute=lambda _: SimpleNamespace(all=lambda: rows), areas=self.areas)


FIX = st.tuples(
    st.integers(0, 2),
    st.sampled_from((1, 1, 1, 5, 20, 60, 200)),
    st.sampled_from((0, 0, 0, 40, 400, 1_100, -40, -400)),
    st.sampled_from((None, 0.0, 9.0, 60.0, 60.0, 130.0)),
)
STEPS = st.lists(
    FIX
    | st.tuples(st.integers(0, 2), st.sampled_from(DUTIES))
    | st.sampled_from((LON, LON + 0.01)),
    max_size=80,
)


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_together_or_one_by_one_the_same_happens(steps: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fences, "geofences", lambda session: session.areas)
        together, apart = World(), World()
        second, metres = dict.fromkeys(range(3), START), dict.fromkeys(range(3), 0)
        for step in steps:
            match step:
                case float():
                    shown = areas(step)
                    together.areas = apart.areas = shown
                case (terminal, Duty() as duty):
                    together.duties[terminal] = apart.duties[terminal] = duty
                case (terminal, seconds, east, speed):
                    second[terminal] += seconds
                    metres[terminal] += east
                    lon = LON + metres[terminal] / 85_000
                    at = to_us(second[terminal])
                    fix = Row(terminal, at, at, LAT, lon, speed, None, None, 0)
                    together.pipeline.watch(table([fix]))
                    apart.fences.passed(terminal, LAT, lon, second[terminal], speed)
                    continue
            together.fences.refresh()
            apart.fences.refresh()
    assert together.told == apart.told


def test_nearly_all_of_a_fleet_on_the_road_is_quiet() -> None:
    world = World()
    quiet = 0
    for second in range(100):
        at = to_us(START + second)
        batch = table(
            [
                Row(n, at, at, LAT, LON + 0.1 + n * 1e-3 + second * 1e-4, 36.0, None, None, 0)
                for n in range(50)
            ]
        )
        quiet += world.fences.quiet(batch).sum()
        if not second:
            world.pipeline.watch(batch)
    assert quiet == 50 * 99


@pytest.mark.parametrize("fleet", [1, 64, 65, 129, 1_000])
def test_a_fleet_of_any_size_is_at_work_when_the_watch_begins(fleet: int) -> None:
    """And each of it is judged by its own duty from the first fix."""
    world = World()
    world.duties = {n: Duty("EN_ROUTE", Target(n, LAT, LON)) for n in range(fleet)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fences, "geofences", lambda session: session.areas)
        world.fences.refresh()
        for second in range(0, 91, 30):
            at = to_us(START + second)
            rows = [Row(n, at, at, LAT, LON - 1e-4, 0.0, None, None, 0) for n in range(fleet)]
            world.pipeline.watch(table(rows))
    arrived = [terminal for terminal, kind, _, _ in world.told if kind == "arrived"]
    assert sorted(arrived) == list(range(fleet))
