"""What leads to a person is seen in free text, however it is written; facts of a trade are not."""

import pytest

from kernel.gate.patterns import HIDDEN, redacted, scan


def seen(text: str, **more: object) -> list[tuple[str, str]]:
    """(kind, the words) of each hit."""
    return [(hit.kind, text[hit.start : hit.end]) for hit in scan(text, **more)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("请联系13812345678核实", "phone", "13812345678"),
        ("电话 +86 138 1234 5678。", "phone", "+86 138 1234 5678"),
        ("号码１３９００００７７８８", "phone", "１３９００００７７８８"),
        ("打幺三八幺二三四五六七八找他", "phone", "幺三八幺二三四五六七八"),
        ("座机0755-26547788", "phone", "0755-26547788"),
        ("国外号码+9991387654321098", "phone", "+9991387654321098"),
        ("证件11010119900101123X", "id_number", "11010119900101123X"),
        ("旧证440301900101123", "id_number", "440301900101123"),
        ("身份证110101 19900101 1234", "id_number", "110101 19900101 1234"),
        ("举报人王小明称", "name", "王小明"),
        ("投诉人：欧阳建国，女", "name", "欧阳建国"),
        ("投诉人王某某要求退款", "name", "王某某"),
        ("联系人 李四 电话另附", "name", "李四"),
        ("找店内的赵女士核对", "name", "赵女士"),
        ("我叫诸葛青禾", "name", "诸葛青禾"),
        ("车牌京A12345的货车", "plate", "京A12345"),
        ("用粤B·D12345送货", "plate", "粤B·D12345"),
        ("住在和平里七区十八号楼", "address", "住在和平里七区十八号楼"),
        ("到阳光小区3号楼501室找他", "address", "到阳光小区3号楼501室找他"),
        ("演示市金丝雀胡同77号院3单元", "address", "演示市金丝雀胡同77号院3单元"),
        ("发到wang.min@example.com", "email", "wang.min@example.com"),
        ("退到6222 0000 0000 0009 卡", "bank_card", "6222 0000 0000 0009"),
    ],
)
def test_what_leads_to_a_person_is_marked_where_it_stands(text: str, kind: str, words: str) -> None:
    assert (kind, words) in seen(text)


@pytest.mark.parametrize(
    "text",
    [
        "在朝阳区建国路88号的老王饭店就餐，消费1380元",
        "订单20260901123456789012，批号2026090112",
        "指令DD202609220001 金额13800元，案件TS1101012026092200012",
        "统一社会信用代码91110000802100433B",
        "事业单位12100000400010275N",
        "保质期至2026-12-31，净含量500g，第三次投诉",
        "每斤十三元八角，共一百三十八斤",
        "投诉人要求退款，消费者于9月1日购买，举报人方便时可配合",
        "店内后仓存放无标签白酒，晚间装车外送。",
        "顾客就餐后三人腹泻。核查后厨，带快检箱",
        "东城区某某街12号与建国路某商场，某区某店",
        "400-820-8820服务热线无人接听",
        "",
    ],
)
def test_facts_about_a_trade_are_no_hits(text: str) -> None:
    assert seen(text) == []


def test_what_belongs_to_the_subject_itself_may_stand_there() -> None:
    text = "法人王五女士电话138 1234 5678，店在东城区阳光小区3号楼102室"
    known = ("王五", "13812345678", "东城区阳光小区3号楼102室")
    assert seen(text) != []
    assert seen(text, known=known) == []


def test_only_the_kinds_asked_for_are_looked_for() -> None:
    assert seen("王女士13812345678", kinds={"phone"}) == [("phone", "13812345678")]


def test_two_ways_to_see_the_same_words_are_one_hit() -> None:
    assert seen("+8613812345678", kinds={"phone"}) == [("phone", "+8613812345678")]


def test_a_place_is_counted_in_characters_of_the_text_as_written() -> None:
    text = "㈱𠮷田，电话１３８１２３４５６７８！"
    assert seen(text) == [("phone", "１３８１２３４５６７８")]


def test_hidden_words_leave_the_rest_as_it_was() -> None:
    text = "身份证110101199001011234，手机13912345678，金额13800元"
    assert redacted(text, {"phone", "id_number"}) == f"身份证{HIDDEN}，手机{HIDDEN}，金额13800元"
    assert redacted(text, {"phone"}, known=("13912345678",)) == text
