"""The level proposed from what was said, and why."""

import pytest

from command_center.cases.urgency import Facts, propose


@pytest.mark.parametrize(
    ("text", "persons", "level", "code"),
    [
        ("买的水果有几个坏了，要求退款", 1, 0, None),
        ("饭店正在使用过期食材", 1, 1, "ONGOING"),
        ("老板准备连夜转移货物", 1, 1, "VANISHING"),
        ("向老年人推销保健品", 1, 1, "VULNERABLE"),
        ("已有记者在现场采访", 1, 1, "ATTENTION"),
        ("热水器漏电，孩子爸爸受伤住院", 1, 2, "INJURY"),
        ("商场电梯突然下坠", 1, 2, "EQUIPMENT"),
        ("吃完饭后两人上吐下泻", 2, 2, "POISONING"),
        ("不给解决我就跳楼", 1, 2, "THREAT"),
        ("健身房关门，我们几十个人都交了钱", 1, 2, "MASS"),
        ("聚餐后十二人腹泻", 12, 3, "ILL_TEN"),
        ("使用燃气灶时爆燃，一人死亡", 1, 3, "DEATH"),
        ("超市出现恐慌性购买", 1, 3, "PANIC"),
    ],
)
def test_triggers_in_the_words(text: str, persons: int, level: int, code: str | None) -> None:
    proposal = propose(Facts(text=text, persons_affected=persons))
    assert proposal.level == level
    assert code is None or code in {hit.code for hit in proposal.triggers}


@pytest.mark.parametrize(
    "text", ["没有受伤，只是要求退货", "未造成人员死亡", "暂无人员住院", "无人受伤"]
)
def test_what_is_denied_is_no_trigger(text: str) -> None:
    assert propose(Facts(text=text)).level == 0


def test_three_persons_against_one_subject_within_a_day_are_a_mass_case() -> None:
    assert propose(Facts(text="退款", same_subject_24h=1)).level == 0
    (hit,) = propose(Facts(text="退款", same_subject_24h=2)).triggers
    assert (hit.code, hit.level) == ("MASS", 2)
    assert "24小时内同一主体另有2件" in hit.why


def test_one_sick_person_is_an_injury_not_a_poisoning() -> None:
    (hit,) = propose(Facts(text="吃了以后腹泻", persons_affected=1)).triggers
    assert hit.code == "INJURY"


def test_a_large_amount_is_level_one() -> None:
    assert propose(Facts(amount_yuan=49_999)).level == 0
    assert propose(Facts(amount_yuan=50_000)).triggers[0].code == "AMOUNT"


def test_ticked_triggers_count_and_unknown_ones_do_not() -> None:
    proposal = propose(Facts(ticked=frozenset({"RECALL", "NONSENSE"})))
    assert [(hit.code, hit.why) for hit in proposal.triggers] == [("RECALL", "人工勾选")]


def test_the_most_serious_trigger_comes_first_and_each_only_once() -> None:
    proposal = propose(Facts(text="正在营业，有人死亡，死了", ticked=frozenset({"DEATH"})))
    codes = [hit.code for hit in proposal.triggers]
    assert codes[0] == "DEATH"
    assert len(codes) == len(set(codes))
