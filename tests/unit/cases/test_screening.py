"""A person is found in free text however it is written, and a business is not taken for one."""

import pytest

from command_center.cases.screening import Traits, find

CANARY = Traits(
    name="诸葛青禾",
    phones=("13900007788", "010-64001234"),
    address="北京市东城区和平里七区十八号楼3单元501",
    id_number="110101198808081234",
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("诸葛青禾反映该店使用过期原料", "name"),
        ("诸葛 青禾反映", "name"),
        ("请联系１３９００００７７８８核实", "phone"),
        ("电话一三九零零零零七七八八", "phone"),
        ("住在和平里七区十八号楼3单元501的居民", "address"),
        ("证件110101 19880808 1234", "id_number"),
        ("座机 010 6400 1234", "phone"),
    ],
)
def test_this_very_person_is_found(text: str, found: str) -> None:
    assert find(text, CANARY) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("联系电话 138 1234 5678", "phone_pattern"),
        ("联系电话138-1234-5678", "phone_pattern"),
        ("手机+86 13812345678", "phone_pattern"),
        ("幺三八幺二三四五六七八", "phone_pattern"),
        ("座机0755-26547788", "phone_pattern"),
        ("身份证44030119900101123X", "id_pattern"),
        ("旧证440301900101123", "id_pattern"),
    ],
)
def test_anybodys_number_is_found(text: str, found: str) -> None:
    assert find(text, Traits()) == found


@pytest.mark.parametrize(
    "text",
    [
        "在朝阳区建国路88号的老王饭店就餐，消费1380元",
        "订单20260901123456789012，批号2026090112",
        "统一社会信用代码91110000802100433B",
        "保质期至2026-12-31，净含量500g，第三次投诉",
        "每斤十三元八角，共一百三十八斤",
        "东城区多家门店均存在同样问题",
        "",
    ],
)
def test_facts_about_a_business_pass(text: str) -> None:
    assert find(text, CANARY) is None


@pytest.mark.parametrize(
    ("person", "text"),
    [
        (Traits(phones=("+8613900007788",)), "回拨139 0000 7788"),
        (Traits(phones=("+9991387654321098",)), "号码9991387654321098"),
        (Traits(address="阳光小区3号楼501"), "阳光小区3号楼501有人知情"),
    ],
)
def test_traits_are_compared_without_their_trimmings(person: Traits, text: str) -> None:
    assert find(text, person) in ("phone", "address")


def test_someone_without_traits_is_never_found_everywhere() -> None:
    assert find("任何文字", Traits(name="", address="北京市", id_number="")) is None
