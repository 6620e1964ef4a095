"""How callers say what a registry writes: seven kinds of noise, and queries that match nothing.

Deterministic by seed. A spoken query knows the business it means and what would be a right answer.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from pypinyin import lazy_pinyin

from command_center.demo.businesses import DemoBusiness

KINDS = (
    "abbreviation",
    "homophone",
    "dropped character",
    "street, number, abbreviation",
    "filler, street, homophone",
    "district, homophone street, abbreviation",
    "street, number in numerals",
)

_BEFORE = ("喂，你好，", "我想问一下，", "那个，", "嗯，", "我要投诉，", "就是说，", "")
_AT = ("就在", "在", "位于", "我在", "")
_CALLED = ("有一家叫", "有个", "那家", "开的", "有家")
_AFTER = ("", "的", "那里", "，对吧", "的样子")
COMMON = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子"
    "说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机"
    "当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心"
    "反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程"
    "展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期"
    "根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志"
    "世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每"
    "目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律"
    "福鑫德聚宏盛祥瑞和永恒泰嘉佳亿隆兴旺富源顺康宁吉庆丰益鸿昌荣诚仁满香味鲜园春秋星辰川泉云雅楼轩"
    "阁斋坊堂居府苑馆铺庄院王李刘陈杨赵黄周吴徐孙胡朱何郭罗梁宋郑谢韩唐冯董萧曹袁邓傅沈曾彭吕湘粤鲁"
    "饭店餐厅吃火锅烤鸭饺烧咖啡奶茶包房便超市果粮烟酒药口腔美容理发养洗衣眼镜服装鞋童手修汽自五金材具"
    "花书宠物医健网宾酒棋牌影管商贸技饰程咨询媒物业政产旅售食品劲勒璐陆鹿录禄潞街杰捷届界介戒借解阶接"
    "亡网往忘旺望汪妄里理力立丽利礼李厉离黎犁璃梨厘狸"
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A query and what it means."""

    text: str
    kind: str
    meant: DemoBusiness
    street_spoken: bool = False
    number_only: bool = False

    def right(self, name: str | None, address: str) -> bool:
        """Whether an answer is the one meant.

        The same trade name and form (and street where it was spoken); for a bare door, the same
        street and number.
        """
        if self.number_only:
            return f"{self.meant.street}{self.meant.number}号" in address
        if name is None or _plain(name) != _plain(self.meant.name):
            return False
        return not self.street_spoken or self.meant.street in address


def queries(businesses: Sequence[DemoBusiness], count: int, seed: int) -> list[Spoken]:
    """`count` queries, the seven kinds in turn."""
    random = Random(seed)
    return [
        _MAKERS[index % len(KINDS)](random.choice(businesses), random) for index in range(count)
    ]


def unknown(count: int, seed: int) -> list[str]:
    """Queries for businesses that no registry has: made of words the demo's names never use."""
    random = Random(seed)
    first, second = "蓝翠墨霜雾岚枫柏竹兰梅荷雁鹤鹿鲸珊瑚", "屿砚笙箫笛琴瑟舟帆桨锚塔桥渡汀洲湾岬"
    trades = ("饭店", "超市", "药店", "理发店", "商贸有限公司", "健身房", "面馆", "口腔诊所")
    return [
        random.choice(first) + random.choice(second) + random.choice(trades) for _ in range(count)
    ]


def _plain(name: str) -> str:
    """The name without region: trade name and form."""
    for word in ("北京市", "北京"):
        name = name.removeprefix(word)
    for word in ("东城区", "西城区", "朝阳区", "海淀区", "丰台区", "石景山区"):
        name = name.removeprefix(word)
    return name


def _short(business: DemoBusiness, random: Random) -> str:
    """What people call it: brand and trade, or brand and the trade's first half."""
    if random.random() < 0.25 and len(business.brand) >= 3:
        return business.brand + business.trade[: (len(business.trade) + 1) // 2]
    return business.brand + business.trade


def _spoken_name(business: DemoBusiness) -> str:
    return _plain(business.name).replace("(", "").replace(")", "")


@cache
def sounding() -> dict[str, list[str]]:
    """Syllable -> common characters with it."""
    found: dict[str, list[str]] = defaultdict(list)
    for character in dict.fromkeys(COMMON):
        found[lazy_pinyin(character)[0]].append(character)
    return found


def misheard(text: str, random: Random, count: int = 1) -> str:
    """The text with up to `count` characters replaced by others of the same sound."""
    characters = list(text)
    for at in random.sample(range(len(text)), len(text)):
        others = [c for c in sounding().get(lazy_pinyin(text[at])[0], ()) if c != text[at]]
        if others and count:
            characters[at], count = random.choice(others), count - 1
    return "".join(characters)


def _numeral(number: int, random: Random) -> str:
    digits = "零一二三四五六七八九"
    if number >= 100 and random.random() < 0.3:
        return "".join(digits[int(d)] for d in str(number))
    text, zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            text += ("零" if zero and text else "") + digits[digit] + name
            zero = False
        else:
            zero = bool(text)
    return text.removeprefix("一") if text.startswith("一十") else text


def _abbreviation(business: DemoBusiness, random: Random) -> Spoken:
    return Spoken(_short(business, random), KINDS[0], business)


def _homophone(business: DemoBusiness, random: Random) -> Spoken:
    name = business.brand + business.trade
    return Spoken(misheard(name, random, random.choice((1, 1, 2))), KINDS[1], business)


def _dropped(business: DemoBusiness, random: Random) -> Spoken:
    name = random.choice((_spoken_name(business), business.brand + business.trade))
    at = random.randrange(len(name))
    return Spoken(name[:at] + name[at + 1 :], KINDS[2], business)


def _street_number(business: DemoBusiness, random: Random) -> Spoken:
    text = f"{business.street}{business.number}号{_short(business, random)}"
    return Spoken(text, KINDS[3], business, street_spoken=True)


def _filler(business: DemoBusiness, random: Random) -> Spoken:
    text = (
        random.choice(_BEFORE)
        + random.choice(_AT)
        + business.street
        + random.choice(("", "上", "那边"))
        + random.choice(_CALLED)
        + misheard(business.brand + business.trade, random)
        + random.choice(_AFTER)
    )
    return Spoken(text, KINDS[4], business, street_spoken=True)


def _district(business: DemoBusiness, random: Random) -> Spoken:
    district = random.choice((business.district, business.district[:-1]))
    text = district + misheard(business.street, random) + _short(business, random)
    return Spoken(text, KINDS[5], business, street_spoken=True)


def _numerals(business: DemoBusiness, random: Random) -> Spoken:
    text = f"{business.street}{_numeral(int(business.number), random)}号"
    return Spoken(text, KINDS[6], business, number_only=True)


_MAKERS = (
    _abbreviation,
    _homophone,
    _dropped,
    _street_number,
    _filler,
    _district,
    _numerals,
)
