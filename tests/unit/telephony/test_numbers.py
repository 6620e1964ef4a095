"""Who may be reached from where, as a table."""

import pytest

from telephony.numbers import is_demo, normal, refusal

DEMO = "+99913800000001"
REAL = "13800001111"


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("13800001111", "13800001111"),
        ("138 0000-1111", "13800001111"),
        ("１３８００００１１１１", "13800001111"),
        ("+86 138 0000 1111", "13800001111"),
        ("8613800001111", "13800001111"),
        ("0086-138-0000-1111", "13800001111"),
        ("(010) 6512-3456", "01065123456"),
        ("+86 10 6512 3456", "01065123456"),
        ("+86 010 6512 3456", "01065123456"),
        ("+86 12315", "12315"),
        ("+852 2345 6789", "+85223456789"),
        ("00852 2345 6789", "+85223456789"),
        ("+999 138 0000 0001", DEMO),
        ("99913800000001", DEMO),
        ("00999 13800000001", DEMO),
    ],
)
def test_a_number_has_one_written_form(written: str, form: str) -> None:
    assert normal(written) == form
    assert normal(form) == form


@pytest.mark.parametrize(
    "written",
    ["", "  ", "电话", "12", "010-65123456转801", "13800001111,1", "+", "1" * 16, "1+2345"],
)
def test_what_cannot_be_dialled_is_no_number(written: str) -> None:
    with pytest.raises(ValueError, match="not_a_number"):
        normal(written)


def test_the_ambulance_of_beijing_is_not_a_demo_number() -> None:
    assert normal("999") == "999"
    assert not is_demo("999")


@pytest.mark.parametrize(
    ("number", "demo_mode", "real", "why_not"),
    [
        (DEMO, True, False, None),
        (DEMO, True, True, "demo_number_on_real_line"),
        (DEMO, False, True, "demo_number_on_real_line"),
        (DEMO, False, False, None),
        (REAL, True, False, "real_number_in_demo"),
        (REAL, True, True, "real_number_in_demo"),
        (REAL, False, False, "real_number_on_simulator"),
        (REAL, False, True, None),
        ("99913800000001", False, True, "demo_number_on_real_line"),
        ("nobody", False, True, "not_a_number"),
    ],
)
def test_demo_and_real_never_meet(
    number: str, demo_mode: bool, real: bool, why_not: str | None
) -> None:
    assert refusal(number, demo_mode=demo_mode, real=real) == why_not
