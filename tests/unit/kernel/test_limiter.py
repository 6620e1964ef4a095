"""How often somebody may ask."""

import pytest

from kernel import limiter
from kernel.errors import TooMany
from kernel.limiter import Limiter


class Hands:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def test_the_limit_holds_within_its_window_and_per_key() -> None:
    clock = Hands()
    limit = Limiter(2, 60, clock)
    limit.pass_or_refuse("a")
    limit.pass_or_refuse("a")
    with pytest.raises(TooMany):
        limit.pass_or_refuse("a")
    limit.pass_or_refuse("b")
    clock.at = 60.0
    limit.pass_or_refuse("a")


def test_what_is_taken_back_does_not_count() -> None:
    limit = Limiter(1, 60, Hands())
    for _ in range(5):
        limit.pass_or_refuse("a")
        limit.take_back("a")
    limit.take_back("a")
    limit.pass_or_refuse("a")
    with pytest.raises(TooMany):
        limit.pass_or_refuse("a")


def test_idle_keys_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter, "MANY_KEYS", 3)
    clock = Hands()
    limit = Limiter(5, 60, clock)
    for key in "abc":
        limit.pass_or_refuse(key)
    clock.at = 61.0
    limit.pass_or_refuse("d")
    assert set(limit._times) == {"d"}
