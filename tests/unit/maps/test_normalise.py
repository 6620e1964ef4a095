import pytest

from maps.geocoding import address, normalise
from maps.geocoding.sound import sound, syllables


@pytest.mark.parametrize(
    ("said", "normal"),
    [
        ("建国路八十八号", "建国路88号"),
        ("建国路一百零三号", "建国路103号"),
        ("建国路一八八号", "建国路188号"),
        ("建国路十号", "建国路10号"),
        ("建国路二〇八", "建国路208"),
        ("科创十三街十八号院", "科创十三街18号院"),
        ("东三环北路", "东三环北路"),
        ("ＫＦＣ　肯德基（望京店）", "kfc肯德基望京店"),
        ("", ""),
        ("？！…", ""),
        ("建国路88-11号", "建国路88-11号"),
        ("建国路８８ － １１号", "建国路88-11号"),
        ("建国路88—11号", "建国路88-11号"),
        ("建国路88–11号", "建国路88-11号"),
        ("建国路八十八－十一号", "建国路88-11号"),
        ("建国路88、90号", "建国路88-90号"),
        ("望京-SOHO", "望京soho"),
        ("建国路 8 8 号", "建国路88号"),
    ],
)
def test_text_becomes_comparable(said: str, normal: str) -> None:
    assert normalise.normalise(said) == normal


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("北京市朝阳区老王饭店", "老王饭店"),
        ("北京老王餐饮管理有限公司", "老王餐饮管理"),
        ("内蒙古自治区呼和浩特市回民区小肥羊", "小肥羊"),
        ("老王超市", "老王超市"),
        ("上海市场研究所", "市场研究所"),
        ("有限公司", "有限公司"),
        ("老王饭店(个体工商户)", "老王饭店"),
        ("7-11便利店", "711便利店"),
        ("北京路桥工程有限公司", "路桥工程"),
        ("老王旗舰店", "老王旗舰店"),
    ],
)
def test_a_name_is_freed_of_region_and_legal_form(name: str, core: str) -> None:
    assert normalise.core(normalise.name(name)) == core


def test_fillers_go_and_names_stay() -> None:
    spoken = normalise.normalise("喂，你好，我要投诉那个，就是有一家叫老王饭店的")
    assert normalise.trimmed(normalise.without_fillers(spoken)) == "老王饭店"


def test_what_sounds_alike_has_the_same_sound() -> None:
    assert sound("王府井") == sound("亡府景")
    assert sound("老王") != sound("老李")
    assert sound("kfc7") == "kfc7"
    assert syllables("建国路") == "jian guo lu"


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("北京市朝阳区建国路88号院3号楼", ("朝阳区", "建国路", "88")),
        ("三里屯街道工体北路甲8号", ("", "工体北路", "甲8")),
        ("上海市黄浦区南京东路一百零三号2层", ("黄浦区", "南京东路", "103")),
        ("东四十条22号", ("", "东四十条", "22")),
        ("西城区辟才胡同2号", ("西城区", "辟才胡同", "2")),
        ("朝阳区建国路", ("朝阳区", "建国路", "")),
        ("建国路口往东", ("", "", "")),
        ("北京市朝阳区望京SOHO", ("朝阳区", "", "")),
        ("", ("", "", "")),
        ("北京路77号", ("", "北京路", "77")),
        ("上海路5号", ("", "上海路", "5")),
        ("天津路5号", ("", "天津路", "5")),
        ("河南中路5号", ("", "河南中路", "5")),
        ("北京东路8号", ("", "北京东路", "8")),
        ("北京北路1号", ("", "北京北路", "1")),
        ("上海市黄浦区北京东路8号", ("黄浦区", "北京东路", "8")),
        ("上海市北京东路8号", ("", "北京东路", "8")),
        ("北京草桥东路120号", ("", "草桥东路", "120")),
        ("北京三环路5号", ("", "三环路", "5")),
        ("朝阳区建国路88-11号", ("朝阳区", "建国路", "88-11")),
        ("朝阳区建国路12之3号", ("朝阳区", "建国路", "12-3")),
        ("成都市武侯区人民南路5号", ("武侯区", "人民南路", "5")),
        ("西城区闹市口大街5号", ("西城区", "闹市口大街", "5")),
        ("青岛市市南区香港中路5号", ("市南区", "香港中路", "5")),
        ("江苏省苏州市昆山市玉山镇前进中路1号", ("昆山市", "前进中路", "1")),
        ("东海省临江市望湖区北京路1号", ("望湖区", "北京路", "1")),
    ],
)
def test_an_address_is_taken_apart(written: str, parts: tuple[str, str, str]) -> None:
    assert address.parse(written) == parts


@pytest.mark.parametrize(
    ("before", "rest"),
    [
        ("北京", ""),
        ("北京市", ""),
        ("上海市黄浦区", ""),
        ("东海省临江市望湖区佛堂镇", ""),
        ("花乡街道", ""),
        ("江南水乡", "江南水乡"),
        ("老王超市", "老王超市"),
        ("北京市老王饭店", "老王饭店"),
        ("", ""),
    ],
)
def test_what_stands_before_a_street_is_a_region_or_a_name(before: str, rest: str) -> None:
    assert normalise.before_street(before) == rest
