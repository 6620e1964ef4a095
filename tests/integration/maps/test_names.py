"""A business is found by the names it had, by its sign and by its shops on platforms."""

import pytest
from sqlalchemy.orm import Session

from maps.geocoding import platforms
from maps.geocoding.resolver import Geocoder
from maps.registry import load
from maps.registry.rows import RegistryRow

ROW = RegistryRow(
    "北京锦宏餐饮管理有限公司", "朝阳区建国路9号", lon=116.5, lat=39.91,
    former_names="北京蓝岸商贸有限公司；翠屿酒家", other_names="老灶台火锅;木叶数码旗舰店",
)  # fmt: skip


@pytest.fixture
def geocoder(session: Session) -> Geocoder:
    load.load(session, [ROW], source="registry")
    return Geocoder()


@pytest.mark.parametrize(
    ("said", "evidence"),
    [
        ("蓝岸商贸", "called:former:北京蓝岸商贸有限公司"),
        ("翠屿酒家", "called:former:翠屿酒家"),
        ("老灶台火锅", "called:other:老灶台火锅"),
        ("老灶火锅", "called:other:老灶台火锅"),
    ],
)
def test_by_another_name(session: Session, geocoder: Geocoder, said: str, evidence: str) -> None:
    [found, *_] = geocoder.geocode(session, said)
    assert (found.name, found.level, evidence in found.evidence) == (ROW.name, "door", True)


def test_by_its_registered_name_it_is_one_candidate(session: Session, geocoder: Geocoder) -> None:
    [found] = geocoder.geocode(session, "锦宏餐饮管理")
    assert "namesakes" not in str(found.evidence)
    assert "called" not in str(found.evidence)


def test_names_that_a_file_has_no_column_for_are_kept_and_still_found(
    session: Session, geocoder: Geocoder
) -> None:
    row = RegistryRow(ROW.name, ROW.address, untold=("former_names", "other_names"))
    load.load(session, [row], source="registry")
    assert geocoder.geocode(session, "翠屿酒家")[0].name == ROW.name


def test_a_shop_on_a_platform_is_its_business(session: Session, geocoder: Geocoder) -> None:
    found = geocoder.geocode(session, "淘宝上的木叶数码旗舰店")
    assert (found[0].name, found[0].level) == (ROW.name, "door")


def test_an_unknown_shop_is_answered_for_by_its_platform(
    session: Session, geocoder: Geocoder
) -> None:
    [found] = geocoder.geocode(session, "拼多多那家鲸鱼小铺")
    assert (found.name, found.level, found.lat) == ("上海寻梦信息技术有限公司", "unknown", None)
    assert (found.evidence, found.confidence) == (("platform:拼多多",), 0.8)
    operator = RegistryRow(found.name, "上海市长宁区娄山关路533号", lon=121.41, lat=31.21)
    load.load(session, [operator], source="registry")
    [found] = geocoder.geocode(session, "拼多多那家鲸鱼小铺")
    assert (found.level, found.lon) == ("door", 121.41)


def test_a_house_that_is_called_like_a_platform_is_itself(
    session: Session, geocoder: Geocoder
) -> None:
    shop = RegistryRow("京东便利店", "朝阳区建国路11号", lon=116.51, lat=39.91)
    load.load(session, [shop], source="registry")
    assert geocoder.geocode(session, "京东便利店")[0].name == "京东便利店"


@pytest.mark.parametrize(
    ("said", "platform", "shop"),
    [
        ("喂，你好，我要投诉淘宝上面的鲸鱼旗舰店", "淘宝", "鲸鱼"),
        ("天猫超市", "天猫", "超市"),
        ("拼多多", "拼多多", ""),
    ],
)
def test_what_was_said_of_a_shop(said: str, platform: str, shop: str) -> None:
    assert platforms.split(said) == (platform, shop)


def test_no_platform_is_none() -> None:
    assert platforms.split("老王饭店") is None
