import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.geocoding.query import Reading, Vocabulary

VOCABULARY = Vocabulary(
    ["建国路", "建国门外大街", "西三环", "西三环南路", "六号楼北路", "朝阳路"],
    ["朝阳区", "丰台区", "海淀区"],
)


@pytest.mark.parametrize(
    ("said", "reading"),
    [
        ("建国路88号老王饭店", Reading("老王饭店", "建国路", "characters", "88")),
        ("建国路八十八号", Reading("", "建国路", "characters", "88")),
        ("建国鹿老王饭店", Reading("老王饭店", "建国路", "sound")),
        ("建国路甲8号院3号楼老王饭店", Reading("老王饭店", "建国路", "characters", "甲8")),
        ("建国路7天酒店", Reading("7天酒店", "建国路", "characters")),
        ("就在建国路上有一家叫老王饭店的", Reading("老王饭店", "建国路", "characters")),
        ("朝阳区建国路老王饭店", Reading("老王饭店", "建国路", "characters", "", "朝阳区")),
        ("朝阳老王饭店", Reading("老王饭店", "", "", "", "朝阳区")),
        ("六号楼北路七号", Reading("", "六号楼北路".replace("六", "6"), "characters", "7")),
        ("老王饭店", Reading("老王饭店")),
        ("北京市朝阳区建国路88号", Reading("", "建国路", "characters", "88", "朝阳区")),
        ("北京建国路88号院3号楼2单元301室", Reading("", "建国路", "characters", "88")),
        ("建国路88号3层306", Reading("", "建国路", "characters", "88")),
        ("建国路88号地下一层B05铺", Reading("", "建国路", "characters", "88")),
        ("建国路88-11号", Reading("", "建国路", "characters", "88-11")),
        ("建国路88号7-11", Reading("711", "建国路", "characters", "88")),
        ("建国路88号二楼小馆", Reading("二楼小馆", "建国路", "characters", "88")),
        # A longer street by sound beats a shorter one that happens to be written inside it.
        ("西三环南陆老王饭店", Reading("老王饭店", "西三环南路", "sound")),
        ("西三环老王饭店", Reading("老王饭店", "西三环", "characters")),
    ],
)
def test_the_first_reading_is_the_most_telling(said: str, reading: Reading) -> None:
    assert VOCABULARY.read(said).readings[0] == reading


PLACES = Vocabulary(
    ["建国路", "西大望路", "知春路"], ["朝阳区"], ["地铁国贸站", "大悦城", "三元桥", "知春路"]
)


@pytest.mark.parametrize(
    "said",
    [
        "建国路与西大望路交叉口",
        "建国路西大望路路口",
        "建国路和西大望路",
        "朝阳区建国路跟西大望路口",
    ],
)
def test_two_streets_that_were_said_are_a_crossing(said: str) -> None:
    assert PLACES.read(said).crossing == ("建国路", "西大望路")


@pytest.mark.parametrize("said", ["建国路老王饭店", "建国路", "建国路和西大望路的老王饭店", "路口"])
def test_one_street_or_a_name_is_no_crossing(said: str) -> None:
    assert PLACES.read(said).crossing is None


@pytest.mark.parametrize(
    ("said", "within", "name", "floor"),
    [
        ("三元桥", "三元桥", "", ""),
        ("国贸地铁站", "国贸", "", ""),
        ("朝阳大悦城3层312老王饭店", "大悦城", "老王饭店", "3层312"),
        ("大悦城三楼老王饭店", "大悦城", "老王饭店", "三楼"),
        ("老王饭店(大悦城店)", "大悦城", "老王饭店", ""),
        # A stop that is named after a street is the street.
        ("知春路", "", "", ""),
        # A mall that nobody knows still says where the name begins.
        ("银泰3层312老王饭店", "", "老王饭店", "3层312"),
    ],
)
def test_a_landmark_floor_and_stall(said: str, within: str, name: str, floor: str) -> None:
    query = PLACES.read(said)
    first = query.readings[0]
    assert (first.within, first.name, query.floor) == (within, name, floor)


def test_a_branch_is_the_chain_at_its_place() -> None:
    assert PLACES.read("味多香饭店(朝阳店)").readings[0] == Reading("味多香饭店", district="朝阳区")
    there = PLACES.read("味多香饭店（知春路店）").readings[0]
    assert (there.name, there.street) == ("味多香饭店", "知春路")


def test_a_name_that_looks_like_filler_is_tried_whole_too() -> None:
    names = {reading.name for reading in VOCABULARY.read("有家便利店").readings}
    assert {"便利店", "有家便利店"} <= names


def test_silence_has_no_text() -> None:
    assert VOCABULARY.read(" ，。").text == ""


@given(st.text(max_size=400))
def test_nothing_that_can_be_typed_breaks_the_reader(text: str) -> None:
    query = VOCABULARY.read(text)
    assert query.readings
    assert all(-(2**31) <= token < 2**31 for token in query.tokens())
