"""What a stranger on the network may cost us."""

from collections.abc import Iterator

import pytest

from gps_ingest.listeners.limits import Budget, Dismissed, Door, Limits
from gps_ingest.valve import Valve


class Watch:
    """Monotonic seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def door(watch: Watch) -> Iterator[Door]:
    yield Door("test", Limits(links=5, links_per_address=3, offences=3), watch)


def reason_of_refusal(door: Door, address: str) -> str | None:
    try:
        door.enter(address)
    except Dismissed as dismissed:
        return dismissed.reason
    return None


def test_links_are_capped_per_address_and_in_total(door: Door) -> None:
    assert [reason_of_refusal(door, "a") for _ in range(4)] == [
        None,
        None,
        None,
        "too_many_links_of_address",
    ]
    assert [reason_of_refusal(door, "b") for _ in range(3)] == [None, None, "too_many_links"]
    door.leave("a")
    assert reason_of_refusal(door, "b") is None


def test_an_address_that_offends_again_and_again_is_shut_out_for_a_while(
    door: Door, watch: Watch
) -> None:
    for _ in range(3):
        assert reason_of_refusal(door, "bad") is None
        door.leave("bad")
        door.offend("bad")
    assert reason_of_refusal(door, "bad") == "shut_out"
    assert reason_of_refusal(door, "good") is None
    watch.now += 31
    assert reason_of_refusal(door, "bad") is None


def test_offences_of_other_minutes_do_not_add_up(door: Door, watch: Watch) -> None:
    for _ in range(5):
        door.offend("clumsy")
        watch.now += 40
    assert reason_of_refusal(door, "clumsy") is None


def test_an_address_where_a_terminal_lives_is_never_shut_out(door: Door, watch: Watch) -> None:
    door.trust("gateway")
    for _ in range(10):
        door.offend("gateway")
    assert reason_of_refusal(door, "gateway") is None
    watch.now += 601
    for _ in range(3):
        door.offend("gateway")
    assert reason_of_refusal(door, "gateway") == "shut_out"


def test_the_door_forgets_what_is_over(door: Door, watch: Watch) -> None:
    for number in range(100):
        door.offend(f"once-{number}")
        door.trust(f"known-{number}")
    watch.now += 1000
    door.sweep()
    assert (door._offences, door._trusted_until, door._shut_until) == ({}, {}, {})


def test_a_peer_may_be_wrong_twenty_times_a_minute(watch: Watch) -> None:
    budget = Budget(Limits(), watch())
    budget.spoil(20, 0, watch())
    watch.now += 61
    budget.spoil(20, 0, watch())
    with pytest.raises(Dismissed) as dismissed:
        budget.spoil(1, 0, watch())
    assert dismissed.value.offence


def test_noise_has_its_own_allowance(watch: Watch) -> None:
    budget = Budget(Limits(), watch())
    budget.spoil(0, 64 * 1024, watch())
    with pytest.raises(Dismissed, match="noise"):
        budget.spoil(0, 1, watch())


def test_whoever_sends_too_fast_is_read_more_slowly(watch: Watch) -> None:
    budget = Budget(Limits(bytes_per_second=1000, burst_bytes=2000), watch())
    assert budget.read(2000, watch()) == 0
    assert budget.read(500, watch()) == pytest.approx(0.5)
    watch.now += 10
    assert budget.read(2000, watch()) == 0


def test_who_finds_the_valve_closed_is_called_once_when_it_opens() -> None:
    valve, called = Valve(), []
    valve.close()
    valve.wait(lambda: called.append("a"))
    valve.wait(lambda: called.append("b"))
    valve.open()
    valve.open()
    assert called == ["a", "b"]
    assert valve.is_open
