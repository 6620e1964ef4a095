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
    ],
)
def test_a_name_is_freed_of_region_and_legal_form(name: str, core: str) -> None:
    assert normalise.core(normalise.normalise(name)) == core


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
    ],
)
def test_an_address_is_taken_apart(written: str, parts: tuple[str, str, str]) -> None:
    assert address.parse(written) == parts
