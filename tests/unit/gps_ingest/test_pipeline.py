"""What a fix passes before it is stored, rule by rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from gps_ingest import meters
from gps_ingest.fixes import Row, Table, table
from gps_ingest.flags import FixFlag
from gps_ingest.intake import Intake
from gps_ingest.pipeline import End, KnownTerminal, Passage, Pipeline, Rules, Verdict
from gps_ingest.protocols.base import Fix
from kernel.clock import FixedClock
from tests.fakes.store import Store

NOW = datetime(2026, 9, 22, 1, 0, tzinfo=UTC)
LAT, LON = 39.92, 116.39
TEN_METRES = 0.0001


def fix(seconds: float = 0, **change: Any) -> Fix:
    plain = Fix(LAT, LON, NOW + timedelta(seconds=seconds), valid=True, speed_kmh=30.0)
    return replace(plain, **change)


@pytest.fixture
def terminal() -> KnownTerminal:
    return KnownTerminal(7, "860000000000007", "nmea")


def run(
    what: Fix, terminal: KnownTerminal | None, rules: Rules | None = None, received: float = 0
) -> tuple[Verdict | None, Passage]:
    passage = Passage(what, terminal, NOW + timedelta(seconds=received), rules or Rules())
    return Pipeline().run(passage), passage


def test_nobody_unknown_and_nobody_disabled_may_report(terminal: KnownTerminal) -> None:
    assert run(fix(), None)[0] == Verdict(End.REFUSED, "unknown")
    terminal.enabled = False
    assert run(fix(), terminal)[0] == Verdict(End.REFUSED, "disabled")
    assert terminal.newest is None


def test_a_void_fix_is_neither_stored_nor_suspicious(terminal: KnownTerminal) -> None:
    for void in (fix(valid=False), fix(lat=None, lon=None)):
        assert run(void, terminal)[0] == Verdict(End.VOID, "void")


def test_a_good_fix_becomes_the_present(terminal: KnownTerminal) -> None:
    verdict, passage = run(fix(), terminal)
    assert verdict is None
    assert passage.is_live
    assert terminal.newest == (NOW.timestamp(), LAT, LON)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"time": None}, "no_time"),
        ({"time": NOW + timedelta(minutes=6)}, "clock_ahead"),
        ({"time": NOW + timedelta(hours=8)}, "zone_suspect"),
        ({"time": datetime(2019, 12, 31, tzinfo=UTC)}, "clock_unset"),
        ({"time": datetime(1980, 1, 6, tzinfo=UTC)}, "clock_unset"),
        ({"lat": 91.0}, "out_of_range"),
        ({"lon": 180.5}, "out_of_range"),
        ({"lat": 116.39, "lon": 39.92}, "swapped"),
        ({"lat": 0.0, "lon": 0.0}, "null_island"),
        ({"speed_kmh": 221.0}, "too_fast"),
        ({"speed_kmh": -1.0}, "too_fast"),
        ({"lat": 31.2, "lon": 121.5}, "outside_area"),
    ],
)
def test_what_cannot_be_believed_is_quarantined_with_its_reason(
    terminal: KnownTerminal, change: dict[str, Any], reason: str
) -> None:
    rules = Rules(service_area=(115.0, 39.0, 118.0, 41.0))
    assert run(fix(**change), terminal, rules)[0] == Verdict(End.QUARANTINED, reason)
    assert terminal.newest is None


def test_a_clock_five_minutes_ahead_is_still_believed(terminal: KnownTerminal) -> None:
    assert run(fix(300), terminal)[0] is None


@pytest.mark.parametrize("times", [1, 2])
def test_a_week_counter_that_rolled_over_is_set_right(terminal: KnownTerminal, times: int) -> None:
    old = NOW - times * timedelta(weeks=1024)
    verdict, passage = run(fix(time=old), terminal)
    assert verdict is None
    assert passage.fix.time == NOW
    assert passage.flags & FixFlag.WEEK_CORRECTED


def test_a_clock_exactly_eight_hours_behind_is_marked(terminal: KnownTerminal) -> None:
    verdict, passage = run(fix(-8 * 3600), terminal)
    assert verdict is None
    assert passage.flags & FixFlag.ZONE_SUSPECT


def test_secondary_values_out_of_range_are_unknown_and_spoil_nothing(
    terminal: KnownTerminal,
) -> None:
    verdict, passage = run(fix(course=400.0, alt_m=1e99), terminal)
    assert verdict is None
    assert (passage.fix.course, passage.fix.alt_m) == (None, None)


def test_a_late_fix_joins_the_track_and_leaves_the_present_alone(terminal: KnownTerminal) -> None:
    run(fix(), terminal)
    verdict, passage = run(fix(-30, lat=LAT + TEN_METRES), terminal)
    assert verdict is None
    assert not passage.is_live
    assert terminal.newest == (NOW.timestamp(), LAT, LON)


def test_history_from_far_away_is_no_jump(terminal: KnownTerminal) -> None:
    run(fix(), terminal)
    assert run(fix(-3600, lat=LAT + 0.5), terminal)[0] is None


def test_the_same_fix_again_is_a_repetition(terminal: KnownTerminal) -> None:
    run(fix(), terminal)
    assert run(fix(), terminal)[0] == Verdict(End.REPEATED, "repeated")


def test_a_jump_waits_until_three_fixes_agree(terminal: KnownTerminal) -> None:
    run(fix(), terminal)
    there = LAT + 0.3
    assert run(fix(1, lat=there), terminal, received=1)[0] == Verdict(End.QUARANTINED, "jump")
    assert run(fix(2, lat=there), terminal, received=2)[0] == Verdict(End.QUARANTINED, "jump")
    assert run(fix(3, lat=there), terminal, received=3)[0] is None
    assert terminal.newest == ((NOW + timedelta(seconds=3)).timestamp(), there, LON)


def test_a_receiver_that_jumps_about_is_never_believed(terminal: KnownTerminal) -> None:
    run(fix(), terminal)
    for second in range(1, 20):
        wild = fix(second, lat=LAT + 0.3 * (1 + second % 2))
        assert run(wild, terminal, received=second)[0] == Verdict(End.QUARANTINED, "jump")
    assert run(fix(20), terminal, received=20)[0] is None


def test_one_wild_fix_does_not_stop_the_good_ones(terminal: KnownTerminal) -> None:
    run(fix(), terminal)
    assert run(fix(1, lat=LAT + 1), terminal, received=1)[0] is not None
    assert run(fix(2, lat=LAT + TEN_METRES), terminal, received=2)[0] is None
    assert terminal.doubted == []


def test_after_ten_minutes_of_silence_a_vehicle_may_be_anywhere(terminal: KnownTerminal) -> None:
    run(fix(), terminal)
    assert run(fix(601, lat=LAT + 0.5), terminal, received=601)[0] is None


def test_receivers_that_wander_are_not_jumping(terminal: KnownTerminal) -> None:
    run(fix(), terminal)
    assert run(fix(0.1, lat=LAT + 8 * TEN_METRES), terminal, received=1)[0] is None


@pytest.mark.parametrize(("unit", "kmh"), [("knots", 18.52), ("m/s", 36.0), ("km/h", 10.0)])
def test_a_terminal_may_have_its_own_speed_unit(
    terminal: KnownTerminal, unit: str, kmh: float
) -> None:
    terminal.settings = {"speed_unit": unit}
    _, passage = run(fix(speed_kmh=18.52, extra={"speed_as_sent": 10.0}), terminal)
    assert passage.fix.speed_kmh == pytest.approx(kmh)


def test_marks_of_the_device_are_kept(terminal: KnownTerminal) -> None:
    _, passage = run(fix(flags=("mock", "receive_time", "unheard-of")), terminal)
    assert passage.flags == FixFlag.MOCK | FixFlag.RECEIVE_TIME


def test_fences_hear_of_live_fixes_only(terminal: KnownTerminal) -> None:
    class Listening:
        def __init__(self) -> None:
            self.heard: list[tuple[int, float, float, float]] = []

        def passed(
            self, terminal_id: int, lat: float, lon: float, at: float, speed_kmh: float | None
        ) -> None:
            self.heard.append((terminal_id, lat, lon, at))

        def quiet(self, fixes: Table) -> NDArray[np.bool_]:
            return fixes["terminal_id"] != 7

    fences, store = Listening(), Store()
    fleet: Any = SimpleNamespace(heard_all=lambda _: None)
    intake = Intake(fleet, cast(Any, store), pipeline=Pipeline(fences), clock=FixedClock(NOW))
    other = KnownTerminal(8, "other", "nmea")
    for what, whose in (
        (fix(), terminal),
        (fix(-5), terminal),
        (fix(valid=False), terminal),
        (fix(), other),
    ):
        intake.take(what, whose)
    store.flush()
    assert len(store.rows) == 3
    assert fences.heard == [(7, LAT, LON, NOW.timestamp())], "neither late nor void nor quiet ones"


def test_fences_that_fail_cost_no_fix_are_counted_and_logged_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken:
        def quiet(self, *_: object) -> NDArray[np.bool_]:
            raise RuntimeError("a fault")

        def passed(self, *_: object) -> None:
            raise RuntimeError("a fault")

    def counted() -> float:
        return meters.registry.get_sample_value("cc_gps_fence_faults_total") or 0

    pipeline, before = Pipeline(Broken()), counted()
    for second in range(3):
        pipeline.tell(7, (float(second), 39.9, 116.4), 36.0)
    assert counted() == before + 3
    pipeline.watch(table([Row(7, 0, 0, 39.9, 116.4, 36.0, None, None, 0)] * 2))
    assert counted() == before + 6, "asked in vain which are quiet, and then of each"
    assert sum("fences_failed" in str(record.msg) for record in caplog.records) == 1
