"""Shops on online platforms: who answers for them where nobody knows where they are. Pure.

The law sends a complaint about a shop on a platform to the address that is published there, or to
the platform's domicile (Measures for complaints and reports, article 13; SPEC §2.2).
"""

import re
from typing import NamedTuple

from maps.geocoding import normalise

OPERATORS = {
    "淘宝": "浙江淘宝网络有限公司",
    "天猫": "浙江天猫网络有限公司",
    "京东": "北京京东叁佰陆拾度电子商务有限公司",
    "拼多多": "上海寻梦信息技术有限公司",
    "美团": "北京三快科技有限公司",
    "饿了么": "上海拉扎斯信息科技有限公司",
    "小红书": "行吟信息科技(上海)有限公司",
}
"""What people call a platform -> the company that its registration names."""
_SHOP = re.compile(
    f"(?:在|是)?(?P<platform>{'|'.join(OPERATORS)})"
    "(?:网|平台|商城|app|外卖)?(?:上面|里面|上|里)?(?:开)?(?:的|那家|有家|叫)*"
    "(?P<shop>.*?)(?:官方)?(?P<kind>旗舰店|专营店|专卖店|网店|店铺|小店)?"
)


class OnlineShop(NamedTuple):
    """A shop by its platform; the shop's name may be empty."""

    platform: str
    shop: str

    @property
    def operator(self) -> str:
        return OPERATORS[self.platform]


def split(text: str) -> OnlineShop | None:
    """The platform and the shop there; None where no platform was said first."""
    said = normalise.joined(normalise.without_fillers(normalise.normalise(text)))
    found = _SHOP.fullmatch(said)
    return OnlineShop(found["platform"], found["shop"]) if found else None
