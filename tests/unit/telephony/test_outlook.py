"""When calls should be over, reckoned forward from the queue."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from telephony.outlook import Waiting, begun, played

NOW = datetime(2026, 9, 22, 1, 0, tzinfo=UTC)
TAKES = timedelta(seconds=20)


def call(ident: int, **more: object) -> Waiting:
    said = {"list_key": None, "position": 0, "priority": 0, "try_at": NOW} | more
    return Waiting(ident, **said)  # type: ignore[arg-type]


def seconds(calls: list[Waiting], lines: int) -> dict[int, float]:
    found = played(calls, lines, TAKES, NOW)
    return {ident: (at - NOW).total_seconds() for ident, at in found.items()}


def test_free_lines_take_one_each_and_the_next_waits_for_the_first() -> None:
    assert seconds([call(1), call(2), call(3)], 2) == {1: 20, 2: 20, 3: 40}


def test_the_urgent_goes_first_then_the_older() -> None:
    assert seconds([call(1), call(2), call(3, priority=2)], 1) == {3: 20, 1: 40, 2: 60}


def test_a_list_goes_one_after_the_other_however_many_lines_are_free() -> None:
    told = [call(n, list_key="a", position=3 - n) for n in (1, 2, 3)]
    assert seconds(told, 4) == {3: 20, 2: 40, 1: 60}


def test_one_under_way_ends_when_it_has_taken_the_usual_time_and_later_nobody_knows() -> None:
    told = [
        call(1, is_under_way=True, sent_at=NOW - timedelta(seconds=5)),
        call(2, is_under_way=True, sent_at=NOW - timedelta(seconds=25)),
        call(3, is_under_way=True),
        call(4),
    ]
    assert begun(told, TAKES, NOW) == {1: NOW + timedelta(seconds=15)}


def test_what_is_under_way_is_half_done_and_holds_its_line_and_its_list() -> None:
    told = [call(1, list_key="a", is_under_way=True), call(2, list_key="a", position=1), call(3)]
    assert seconds(told, 1) == {2: 30, 3: 50}
    assert seconds(told, 2) == {3: 20, 2: 30}


def test_who_was_busy_waits_and_holds_nobody_up() -> None:
    later = NOW + timedelta(seconds=60)
    assert seconds([call(1, try_at=later), call(2)], 1) == {2: 20, 1: 80}


CALLS = st.lists(
    st.builds(
        lambda key, place, priority, wait, under_way: (key, place, priority, wait, under_way),
        st.sampled_from((None, "a", "b")), st.integers(0, 5), st.integers(0, 3),
        st.integers(0, 90), st.booleans(),
    ),
    max_size=12,
)  # fmt: skip


@given(CALLS, st.integers(1, 4))
def test_everybody_who_waits_has_an_end_and_no_line_is_used_twice(
    told: list[tuple[str | None, int, int, int, bool]], lines: int
) -> None:
    calls = [
        call(n, list_key=key, position=place, priority=priority, is_under_way=under_way,
             try_at=NOW + timedelta(seconds=wait))
        for n, (key, place, priority, wait, under_way) in enumerate(told)
    ]  # fmt: skip
    found = played(calls, lines, TAKES, NOW)
    assert found.keys() == {one.id for one in calls if not one.is_under_way}
    for at in found.values():
        assert at >= NOW + TAKES
        running = [end for end in found.values() if end - TAKES < at <= end]
        assert len(running) <= lines
