import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.geocoding import relative
from maps.plane import distance_m


@pytest.mark.parametrize(
    ("said", "anchor", "evidence"),
    [
        ("三元桥东南角", "三元桥", "corner:se"),
        ("知春路与学院路路口东北角", "知春路与学院路", "corner:ne"),
        ("老王饭店对面", "老王饭店", "relative:opposite"),
        ("老王饭店斜对面的", "老王饭店", "relative:opposite"),
        ("大悦城旁边", "大悦城", "relative:beside"),
        ("老王饭店楼上", "老王饭店", "relative:above"),
        ("国贸桥西侧", "国贸桥", "side:w"),
        ("中关村以南", "中关村", "side:s"),
        ("团结湖地铁站C口出来往北走大概两百米", "团结湖地铁站", "moved:n:200"),
        ("国贸地铁口出来往北200米", "国贸地铁", "moved:n:200"),
        ("建国路88号往东50米左右", "建国路88号", "moved:e:50"),
        ("国贸桥往西1.5公里", "国贸桥", "moved:w:1500"),
    ],
)
def test_a_place_is_told_by_another(said: str, anchor: str, evidence: str) -> None:
    told = relative.split(said)
    assert told is not None
    assert (told.anchor, told.evidence) == (anchor, evidence)


@pytest.mark.parametrize("said", ["建国路88号", "东门饭店", "三元桥", "老王饭店", "对面", ""])
def test_most_places_stand_for_themselves(said: str) -> None:
    assert relative.split(said) is None


def test_paces_are_metres_on_the_ground_and_cost_certainty() -> None:
    near, far = (relative.split(f"国贸桥往东南{m}米") for m in (100, 1000))
    assert near is not None and far is not None
    lon, lat = near.moved(116.4, 39.9)
    assert distance_m(116.4, 39.9, lon, lat) == pytest.approx(100, abs=1)
    assert lon > 116.4 and lat < 39.9
    assert near.certainty > far.certainty


@given(st.text(max_size=100))
def test_nothing_that_can_be_said_breaks_it(text: str) -> None:
    relative.split(text)
