from maps.geocoding import scoring, tokens
from maps.geocoding.query import Reading

PLACE = ("朝阳区", "建国路", "88")


def rows(*names: str) -> list[scoring.Row]:
    return [scoring.row(i, name, *PLACE) for i, name in enumerate(names)]


def first(said: str, *names: str) -> str:
    best = scoring.match([Reading(said)], rows(*names))[0]
    return names[best.row.id]


def test_the_exact_name_comes_before_a_longer_one() -> None:
    assert first("老王饭店", "老王饭店分店", "北京老王饭店有限公司", "老汪饭店") == (
        "北京老王饭店有限公司"
    )


def test_what_sounds_alike_beats_what_looks_alike() -> None:
    assert first("老亡饭店", "老李饭店", "老王饭店") == "老王饭店"


def test_an_abbreviation_finds_the_name_that_it_begins() -> None:
    assert first("福满楼餐", "福满楼餐饮管理有限公司", "满福楼面馆") == "福满楼餐饮管理有限公司"


def test_a_dropped_character_costs_less_than_a_wrong_one() -> None:
    assert first("福楼餐饮", "福满楼餐饮", "禄楼餐馆") == "福满楼餐饮"


def test_the_spoken_street_decides_between_namesakes() -> None:
    here = scoring.row(1, "老王饭店", "朝阳区", "建国路", "88")
    there = scoring.row(2, "老王饭店", "海淀区", "知春路", "3")
    reading = Reading("老王饭店", "知春路", "characters")
    assert [m.row.id for m in scoring.match([reading], [here, there])] == [2, 1]


def test_namesakes_share_the_confidence() -> None:
    matches = scoring.match([Reading("老王饭店")], rows("老王饭店", "老王饭店"))
    one, other = scoring.confidences(matches)
    assert one == other
    assert 0.45 < one < 0.5


def test_an_exact_name_is_sure_and_a_stranger_is_not() -> None:
    sure = scoring.confidences(scoring.match([Reading("福满楼餐饮")], rows("福满楼餐饮")))
    stranger = scoring.confidences(scoring.match([Reading("鹤屿餐饮")], rows("福满楼餐饮")))
    assert sure[0] > 0.95
    assert stranger[0] < 0.1


def test_nothing_to_compare_gives_nothing() -> None:
    assert scoring.match([Reading("老王")], []) == []
    assert scoring.confidences([]) == []


def test_tokens_are_stored_and_must_never_change() -> None:
    assert tokens.of_business(["北京福满楼餐饮有限公司"], "建国路", "88") == [
        -1942570015,
        -1319991255,
        -627993196,
        -78573859,
        -62710153,
        49002878,
        631629601,
        666893445,
        1196653572,
        1276534235,
        1607927104,
        1754055599,
        2135433183,
    ]


def test_a_dropped_character_still_shares_tokens() -> None:
    whole = set(tokens.of_business(["福满楼"], "", ""))
    assert whole & set(tokens.pairs("福楼"))


def test_a_door_is_read_as_people_write_it() -> None:
    said = ("88号", "甲8号院", "12-3号", "12之3", "088", "12-3456", "123456", "号")
    doors = ["88", "甲8", "12-3", "12-3", "88", "12", "", ""]
    assert [tokens.door(text) for text in said] == doors
