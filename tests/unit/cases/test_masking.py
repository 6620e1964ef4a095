"""How people look to those who may not see them."""

import pytest

from command_center.cases import masking


@pytest.mark.parametrize(
    ("text", "shown"),
    [("王小明", "王**"), ("欧阳修", "欧**"), ("李", "李**"), ("", "")],
)
def test_a_name_keeps_its_first_character(text: str, shown: str) -> None:
    assert masking.name(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("13812345678", "138****5678"), ("01068886666", "010****6666"), ("12315", "****"), ("", "")],
)
def test_a_phone_keeps_three_and_four(text: str, shown: str) -> None:
    assert masking.phone(text) == shown


def test_an_id_number_keeps_three_and_two() -> None:
    assert masking.id_number("110101199003070012") == "110*************12"
    assert masking.id_number("12345") == "*****"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("北京市东城区和平里七区18号楼3单元", "北京市东城区**"),
        ("河北省围场满族蒙古族自治县镇上1号", "河北省围场满族蒙古族自治县**"),
        ("广东省深圳市某街1号", "广东省深圳市**"),
        ("和平里七号", "**"),
        ("北京市朝阳小区3号楼501", "北京市**"),
        ("阳光小区3号楼501", "**"),
        ("", ""),
    ],
)
def test_an_address_ends_at_the_county(text: str, shown: str) -> None:
    assert masking.address(text) == shown
