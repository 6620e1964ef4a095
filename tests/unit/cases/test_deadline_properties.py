"""What holds for every rule, start, pause and extension."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from command_center.cases import holidays
from command_center.cases.deadlines import DAY, RULES, Due, Pause, Rule, due, expiry

CALENDAR = holidays.published()
IN_DAYS = st.sampled_from([rule for rule in RULES.values() if rule.in_days])
BY_THE_CLOCK = st.sampled_from([rule for rule in RULES.values() if not rule.in_days])
DAYS = st.dates(date(2025, 1, 1), date(2026, 12, 31))
LENGTHS = st.integers(0, 40)
PAUSES = st.lists(
    st.builds(lambda first, more: Pause(first, first + more * DAY), DAYS, LENGTHS), max_size=4
).map(tuple)
ROLLS = st.booleans()
EXTENDED = st.sampled_from([0, 15, 30])


def counted(rule: Rule, first: date, last: date) -> int:
    """Days of the rule's unit in a span, both ends included."""
    days = [first + n * DAY for n in range((last - first).days + 1)]
    return sum(rule.unit == "d" or CALENDAR.is_workday(day) for day in days)


def asked(
    rule: Rule, start: date, pauses: tuple[Pause, ...] = (), extended: int = 0, roll: bool = True
) -> Due:
    return due(rule, start, CALENDAR, roll, pauses, extended)


@given(IN_DAYS, DAYS, st.data())
def test_a_pause_moves_the_unrolled_end_by_exactly_the_days_it_takes(
    rule: Rule, start: date, data: st.DataObject
) -> None:
    without = asked(rule, start)
    first = start + data.draw(st.integers(1, (without.strict - start).days)) * DAY
    pause = Pause(first, first + data.draw(LENGTHS) * DAY)
    taken = counted(rule, pause.first, pause.last)
    paused = asked(rule, start, (pause,))
    assert counted(rule, without.strict + DAY, paused.strict) == taken
    assert paused.strict == without.strict or not pause.first <= paused.strict <= pause.last


@given(IN_DAYS, DAYS, PAUSES, EXTENDED, ROLLS)
def test_an_end_leaves_the_whole_limit(
    rule: Rule, start: date, pauses: tuple[Pause, ...], extended: int, roll: bool
) -> None:
    one = asked(rule, start, pauses, extended, roll)
    run = [start + n * DAY for n in range(1, (one.strict - start).days + 1)]
    free = [day for day in run if not any(p.first <= day <= p.last for p in pauses)]
    assert sum(counted(rule, day, day) for day in free) == rule.amount + extended
    assert free[-1] == one.strict


@given(IN_DAYS, DAYS, PAUSES, EXTENDED, ROLLS)
def test_nothing_makes_a_deadline_earlier(
    rule: Rule, start: date, pauses: tuple[Pause, ...], extended: int, roll: bool
) -> None:
    plain, one = asked(rule, start, roll=roll), asked(rule, start, pauses, extended, roll)
    assert start < plain.strict <= one.strict <= one.on
    assert plain.on <= one.on
    for some in range(len(pauses)):
        assert asked(rule, start, pauses[:some], extended, roll).on <= one.on


@given(IN_DAYS, DAYS, PAUSES)
def test_pauses_told_twice_or_in_another_order_or_day_by_day_are_the_same(
    rule: Rule, start: date, pauses: tuple[Pause, ...]
) -> None:
    single = tuple(
        Pause(p.first + n * DAY, p.first + n * DAY)
        for p in pauses
        for n in range((p.last - p.first).days + 1)
    )
    one = asked(rule, start, pauses)
    for same in (pauses + pauses, pauses[::-1], single):
        again = asked(rule, start, same)
        assert (again.on, again.strict, again.yellow_on) == (one.on, one.strict, one.yellow_on)


@given(IN_DAYS, DAYS, PAUSES, ROLLS)
def test_an_end_that_has_rolled_rolls_no_further(
    rule: Rule, start: date, pauses: tuple[Pause, ...], roll: bool
) -> None:
    end = asked(rule, start, pauses, roll=roll).on
    assert end not in CALENDAR.holidays
    assert not roll or CALENDAR.is_workday(end)


@given(IN_DAYS, DAYS, DAYS, PAUSES, ROLLS)
def test_who_starts_later_ends_no_earlier(
    rule: Rule, one: date, other: date, pauses: tuple[Pause, ...], roll: bool
) -> None:
    early, late = sorted((one, other))
    assert (
        asked(rule, early, pauses, roll=roll).strict <= asked(rule, late, pauses, roll=roll).strict
    )
    assert asked(rule, early, pauses, roll=roll).on <= asked(rule, late, pauses, roll=roll).on


@given(IN_DAYS, DAYS, PAUSES, EXTENDED)
def test_lights_turn_in_their_order_between_start_and_end(
    rule: Rule, start: date, pauses: tuple[Pause, ...], extended: int
) -> None:
    one = asked(rule, start, pauses, extended)
    judged = one.strict if one.provisional else one.on
    assert start < one.yellow_on <= one.red_on <= judged


@given(BY_THE_CLOCK, st.builds(datetime.combine, DAYS, st.times(), st.just(UTC)), PAUSES)
def test_hours_run_whole_outside_of_pauses(
    rule: Rule, start: datetime, pauses: tuple[Pause, ...]
) -> None:
    end, plain = expiry(rule, start, pauses).at, expiry(rule, start).at
    stopped = {p.first + n * DAY for p in pauses for n in range((p.last - p.first).days + 1)}
    lost = timedelta()
    for day in stopped:
        opens = datetime(day.year, day.month, day.day, tzinfo=UTC)
        lost += max(min(end, opens + DAY) - max(start, opens), timedelta())
    assert end - lost == plain
