"""What the way of a terminal shows, fix by fix."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.tracking.watching import (
    ARRIVED,
    ENTERED,
    GAP_SECONDS,
    LEFT,
    MOVED,
    NO_DUTY,
    OVERSPEED,
    Duty,
    Event,
    Limits,
    Seen,
    Target,
    Way,
)

LAT, LON = 39.92, 116.39
METRE = 1 / 111_195
SCENE = Target(7, LAT, LON)
SENT = Duty("EN_ROUTE", SCENE)
HERE, THERE = frozenset({"east"}), frozenset({"west"})


def north(at: float, metres: float, speed: float | None = None) -> Seen:
    """So many metres north of the scene."""
    return Seen(at, LAT + metres * METRE, LON, speed)


def drive(
    fixes: Iterable[Seen],
    duty: Duty = NO_DUTY,
    areas: Iterable[frozenset[str]] = (),
    limits: Limits | None = None,
) -> list[Event]:
    """The events of a way; it begins unheard with its first fix."""
    first, *rest = fixes
    named = list(areas) or [HERE] * (len(rest) + 1)
    way = Way()
    way.begin(first, named[0], duty)
    steps = zip(rest, named[1:], strict=True)
    return [e for seen, inside in steps for e in way.step(seen, inside, duty, limits or Limits())]


def kinds(events: Iterable[Event]) -> list[str]:
    return [event.kind for event in events]


# -- arrival -------------------------------------------------------------------------------------


def test_sixty_seconds_within_a_hundred_metres_is_an_arrival_once() -> None:
    (event,) = drive((north(10 * n, 99) for n in range(20)), SENT)
    assert (event.kind, event.at, event.key) == (ARRIVED, 60, "assignment:7")
    assert event.details == {"assignment_id": 7, "since": 0, "metres": 99}


@pytest.mark.parametrize(
    ("fixes", "why"),
    [
        ([north(10 * n, 101) for n in range(20)], "too far away"),
        ([north(10 * n, 50) for n in range(6)], "not long enough"),
        ([north(10 * n, 150 if n == 4 else 50) for n in range(10)], "out again in between"),
        ([north(0, 50), north(200, 50)], "nobody knows where it was between"),
    ],
)
def test_anything_less_is_none(fixes: list[Seen], why: str) -> None:
    assert drive(fixes, SENT) == [], why


def test_who_passes_twice_arrives_by_the_second_stay() -> None:
    passing = [north(0, 50), north(30, 300)]
    staying = [north(40 + 10 * n, 20) for n in range(8)]
    (event,) = drive([*passing, *staying], SENT)
    assert (event.at, event.details["since"]) == (100, 40)


def test_a_new_order_is_a_new_arrival_at_the_same_place() -> None:
    way = Way()
    way.begin(north(0, 10), HERE, SENT)
    told = [e for n in range(1, 12) for e in way.step(north(10 * n, 10), HERE, SENT, Limits())]
    again = Duty("EN_ROUTE", Target(8, LAT, LON))
    told += [e for n in range(12, 30) for e in way.step(north(10 * n, 10), HERE, again, Limits())]
    assert [e.key for e in told] == ["assignment:7", "assignment:8"]
    assert told[1].details["since"] == 120


def test_an_arrival_that_was_dismissed_is_not_told_again_before_it_leaves() -> None:
    """While a proposal waits the fences know no target."""
    way, told = Way(), []
    way.begin(north(0, 10), HERE, SENT)
    for n in range(1, 40):
        metres, duty = (300 if 20 <= n < 22 else 10), (Duty("EN_ROUTE") if 7 <= n < 10 else SENT)
        told += way.step(north(10 * n, metres), HERE, duty, Limits())
    assert [event.at for event in told] == [60, 280]


def test_time_without_an_order_is_no_stay_at_its_scene() -> None:
    way, told = Way(), []
    way.begin(north(0, 10), HERE, SENT)
    for n in range(1, 14):
        duty = Duty("FREE") if 4 <= n < 8 else SENT
        told += way.step(north(10 * n, 10), HERE, duty, Limits())
    assert told == []


def test_without_a_scene_nobody_arrives() -> None:
    assert drive((north(10 * n, 0) for n in range(20)), Duty("FREE")) == []


# -- borders -------------------------------------------------------------------------------------


def test_a_border_is_crossed_when_the_vehicle_stays_across_it() -> None:
    fixes = [north(5 * n, 10 * n) for n in range(10)]
    left, entered = drive(fixes, areas=[HERE] * 4 + [THERE] * 6)
    assert (left.kind, left.key, left.at) == (LEFT, "east", 20)
    assert left.details == {"area": "east", "seconds": 20}
    assert (entered.kind, entered.key, entered.at) == (ENTERED, "west", 20)


def test_a_receiver_that_wanders_along_a_border_crosses_nothing() -> None:
    areas = [HERE, THERE, HERE, THERE, THERE, HERE] * 5
    assert drive((north(5 * n, 0) for n in range(30)), areas=areas) == []


def test_the_time_within_an_area_is_from_border_to_border() -> None:
    areas = [THERE] * 3 + [HERE] * 20 + [THERE] * 5
    events = drive((north(10 * n, 0) for n in range(28)), areas=areas)
    assert kinds(events) == [ENTERED, LEFT, ENTERED, LEFT] or kinds(events) == [
        ENTERED, LEFT, LEFT, ENTERED,
    ]  # fmt: skip
    (stay,) = [e for e in events if (e.kind, e.key) == (LEFT, "east")]
    assert stay.details["seconds"] == 200


# -- speed ---------------------------------------------------------------------------------------


def test_speeding_is_told_once_an_episode() -> None:
    speeds = [100, 130, 131, 132, 140, 115, 130, 130, 130, 90, 125, 126, 127]
    events = drive(
        (north(n, 0, speed) for n, speed in enumerate(speeds)), limits=Limits(120, frozenset())
    )
    assert [(e.kind, e.at, e.details["speed_kmh"]) for e in events] == [
        (OVERSPEED, 3, 132),
        (OVERSPEED, 12, 127),
    ]


def test_one_wild_speed_is_none() -> None:
    speeds = [60, 180, 60, 180, 180, 60]
    fixes = (north(n, 0, speed) for n, speed in enumerate(speeds))
    assert drive(fixes, limits=Limits(120, frozenset())) == []


def test_nobody_watches_where_there_is_no_limit() -> None:
    fixes = (north(n, 0, 200) for n in range(9))
    assert drive(fixes, limits=Limits(None, frozenset())) == []


# -- a drive without an order --------------------------------------------------------------------


def cruise(count: int, speed: float = 36) -> list[Seen]:
    """A fix every ten seconds."""
    return [north(10 * n, n * speed / 3.6 * 10, speed) for n in range(count)]


def test_a_kilometre_without_an_order_is_told_once_from_where_it_began() -> None:
    (event,) = drive(cruise(40), Duty("OFF_DUTY"))
    assert (event.kind, event.at) == (MOVED, 10)
    assert event.details["metres"] == 1000
    assert event.details["state"] == "OFF_DUTY"


def test_ten_minutes_at_speed_are_enough_however_short_the_way() -> None:
    circling = [north(30 * n, 10 * (n % 2), 12) for n in range(30)]
    (event,) = drive(circling, Duty("FREE"))
    assert event.details["seconds"] == 600


@pytest.mark.parametrize("state", ["ASSIGNED", "EN_ROUTE", "ON_SCENE", "HANDLING"])
def test_who_has_an_order_drives_for_it(state: str) -> None:
    assert drive(cruise(40), Duty(state)) == []


def test_a_rest_ends_the_drive_and_the_next_is_told_again() -> None:
    first = cruise(30)
    rest = [north(300 + 30 * n, 3000, 0) for n in range(13)]
    second = [north(700 + 10 * n, 3000 + 100 * n, 36) for n in range(20)]
    events = drive([*first, *rest, *second], Duty("OFF_DUTY"))
    assert [(e.kind, e.at) for e in events] == [(MOVED, 10), (MOVED, 700)]


def test_which_states_are_watched_is_the_bureaus_choice() -> None:
    only_off_duty = Limits(120, frozenset({"OFF_DUTY"}))
    assert drive(cruise(40), Duty("FREE"), limits=only_off_duty) == []
    assert drive(cruise(40), Duty("RETURNING"), limits=only_off_duty) == []


# -- the quick test ------------------------------------------------------------------------------

DUTIES = (NO_DUTY, Duty("FREE"), Duty("BUSY"), SENT, Duty("EN_ROUTE"))
STEPS = st.lists(
    st.tuples(
        st.sampled_from((1, 1, 1, 20, 60, 200)),
        st.integers(0, 300) | st.just(1_100),
        st.sampled_from((None, 0.0, 9.0, 12.0, 60.0, 115.0, 130.0)),
        st.sampled_from((HERE, HERE, HERE, THERE)),
        st.sampled_from(DUTIES),
    ),
    max_size=80,
)


@settings(max_examples=300, deadline=None)
@given(STEPS, st.sampled_from((Limits(), Limits(None, frozenset()), Limits(100.0))))
def test_a_fix_that_is_called_quiet_would_have_changed_nothing(
    steps: list[tuple[int, int, float | None, frozenset[str], Duty]], limits: Limits
) -> None:
    quick, whole, at, inside = Way(), Way(), 0.0, HERE
    for way in (quick, whole):
        way.begin(north(0, 0), HERE, NO_DUTY)
    for seconds, metres, speed, areas, duty in steps:
        at += seconds
        seen, told = north(at, metres, speed), list[Event]()
        calm = quick.calm(duty, limits)
        is_calm = calm.most_kmh >= 0 and (speed is None or speed <= calm.most_kmh)
        if calm.least_kmh >= 0:
            is_calm &= speed is not None and speed >= calm.least_kmh and seconds <= GAP_SECONDS
        if is_calm and areas == inside:
            quick.rest(at)
        else:
            told = quick.step(seen, areas, duty, limits)
        inside = areas
        assert told == whole.step(seen, areas, duty, limits)


def test_a_vehicle_that_stands_in_its_area_is_quiet() -> None:
    way = Way()
    way.begin(north(0, 0), HERE, NO_DUTY)
    assert 0.0 < way.calm(Duty("FREE"), Limits()).most_kmh < 10.0


def test_a_drive_without_an_order_that_was_told_is_quiet_while_it_goes_on() -> None:
    way, fixes = Way(), list(cruise(40))
    way.begin(fixes[0], frozenset(), Duty("FREE"))
    for fix in fixes:
        way.step(fix, frozenset(), Duty("FREE"), Limits())
    calm = way.calm(Duty("FREE"), Limits())
    assert calm.least_kmh == 10.0
    assert calm.most_kmh == 120.0
