"""How long texts are cut."""

from hypothesis import given
from hypothesis import strategies as st

from telephony.sms_text import PART, SINGLE, header, split, units


def test_seventy_characters_go_in_one_message() -> None:
    assert split("令" * 70) == ["令" * 70]


def test_one_more_needs_two_parts_of_at_most_sixty_seven() -> None:
    assert [len(part) for part in split("令" * 71)] == [67, 4]


def test_a_character_outside_the_basic_plane_counts_twice_and_is_never_cut() -> None:
    parts = split("令" * 66 + "😀" + "令" * 10)
    assert parts == ["令" * 66, "😀" + "令" * 10]


def test_the_header_carries_reference_total_and_number() -> None:
    assert header(0x1234, 2, 3) == bytes([5, 0, 3, 0x34, 3, 2])


@given(st.text(max_size=400))
def test_the_parts_are_the_text_and_each_fits(text: str) -> None:
    parts = split(text)
    assert "".join(parts) == text
    assert all(units(part) <= (SINGLE if len(parts) == 1 else PART) for part in parts)
    assert all(parts) or text == ""
