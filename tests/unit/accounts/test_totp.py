"""Codes of RFC 6238: which step each belongs to, and none twice."""

from datetime import UTC, datetime, timedelta

import pytest

from command_center.accounts import totp

# RFC 6238, appendix B (SHA-1): the last six of its eight digits.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = [
    (59, "287082"),
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
]


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES)
def test_the_vectors_of_the_standard(seconds: int, code: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert totp.step_of(RFC_SECRET, code, moment, 0) == seconds // 30


@pytest.mark.parametrize(
    ("late", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_a_phone_s_clock_may_differ_by_one_step(late: int, taken: bool) -> None:
    moment = datetime.fromtimestamp(1_234_567_890, UTC) + timedelta(seconds=late)
    assert (totp.step_of(RFC_SECRET, "005924", moment, 0) is not None) is taken


def test_a_used_step_and_all_before_it_are_over() -> None:
    moment = datetime.fromtimestamp(1_234_567_890, UTC)
    step = totp.step_of(RFC_SECRET, "005924", moment, 0)
    assert step is not None
    assert totp.step_of(RFC_SECRET, "005924", moment, step) is None


@pytest.mark.parametrize("code", ["", "00592", "0059240", "００５９２４", "005 924", "abcdef"])
def test_what_is_no_code(code: str) -> None:
    assert totp.step_of(RFC_SECRET, code, datetime.fromtimestamp(1_234_567_890, UTC), 0) is None


def test_every_secret_is_new_and_long() -> None:
    made = {totp.new_secret() for _ in range(50)}
    assert len(made) == 50
    assert {len(secret) for secret in made} == {32}
