"""Plausible businesses on the demo city's streets: the same ones for the same seed.

None of them exists. Names are put together from words, credit codes are valid but carry `DEM0`
in their organisation part, nobody's phone rings at 010-0000-xxxx.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import shapely
from shapely import LineString, MultiLineString
from shapely.ops import linemerge

from command_center.demo.roads import PLANE, STREET_ENDINGS, Edge
from command_center.demo.sources import District
from kernel import credit_code
from maps.plane import Array

NUMBER_STEP_M = 9.0
"""Door numbers grow by one along this much of a street, even ones on the left side."""
SETBACK_M = 14.0

_FIRST = (
    "福德聚鑫金宏盛祥瑞和永恒华泰嘉美佳亿万隆兴旺富源顺达康宁安吉庆丰益鸿昌荣天地同信诚义仁凯博文思远"
    "志成立新伟杰俊豪雅静清明光耀辉煌星辰晨曦启航卓越翔腾飞龙凤麒麟玉珍宝翠竹梅兰菊松柏桃杏橙"
)
_SECOND = (
    "满源丰盛达隆兴旺泰和祥瑞康宁安福德华美佳顺通发利来庆余香味鲜园林春秋月星辰海川山泉云雅诺维科创联"
    "众合力强盈汇聚融锐捷迅畅优品尚格调韵悦享乐怡景悠然沐晴朗润泽恩慈惠民友邻"
)
_HOUSES = "楼轩阁斋坊记家园堂居府苑馆铺庄院"
_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_NICKNAMES = ("老", "小", "大", "阿")
_PLACES = "川湘粤鲁徽闽晋陕豫鄂滇黔蜀渝沪"
_CHAINS = (
    "味多香",
    "邻家",
    "优乐惠",
    "鲜百味",
    "康乃健",
    "尚美佳",
    "快客来",
    "绿源鲜",
    "悦读轩",
    "爱家乐",
    "同乐福",
    "万家宁",
    "天天鲜",
    "好又旺",
    "七彩虹",
    "小蜜蜂",
)


@dataclass(frozen=True, slots=True)
class Trade:
    name: str
    scope: str
    weight: int = 1
    shop: bool = True
    """A shop's name carries no legal form as a rule; a company's does."""


_FOOD = "餐饮服务;食品销售"
_GROCERY = "食品销售;日用百货销售;烟草制品零售"
_CARE = "生活美容服务;理发服务;化妆品零售"
TRADES = (
    Trade("饭店", _FOOD, 6),
    Trade("餐厅", _FOOD, 5),
    Trade("小吃店", _FOOD, 5),
    Trade("家常菜馆", _FOOD, 3),
    Trade("火锅店", _FOOD, 4),
    Trade("烤鸭店", _FOOD, 2),
    Trade("面馆", _FOOD, 4),
    Trade("饺子馆", _FOOD, 2),
    Trade("烧烤店", _FOOD, 3),
    Trade("咖啡馆", _FOOD, 2),
    Trade("奶茶店", _FOOD, 3),
    Trade("面包房", _FOOD, 2),
    Trade("便利店", _GROCERY, 6),
    Trade("超市", _GROCERY, 6),
    Trade("水果店", "新鲜水果零售;新鲜蔬菜零售", 4),
    Trade("粮油店", "粮油零售", 2),
    Trade("烟酒店", "烟草制品零售;酒类经营", 4),
    Trade("药店", "药品零售;医疗器械销售", 4),
    Trade("大药房", "药品零售;医疗器械销售", 2),
    Trade("口腔诊所", "医疗服务", 2),
    Trade("美容院", _CARE, 3),
    Trade("理发店", _CARE, 4),
    Trade("养生馆", "足浴服务;中医养生保健服务(非医疗)", 2),
    Trade("洗衣店", "洗染服务", 2),
    Trade("眼镜店", "眼镜销售;验光配镜", 2),
    Trade("服装店", "服装服饰零售", 4),
    Trade("鞋店", "鞋帽零售", 2),
    Trade("童装店", "服装服饰零售;玩具销售", 2),
    Trade("手机店", "通讯设备销售;修理", 3),
    Trade("电脑维修部", "计算机及办公设备维修", 1),
    Trade("家电维修部", "日用电器修理", 2),
    Trade("汽车修理厂", "机动车修理和维护", 2),
    Trade("汽车美容店", "洗车服务;汽车装饰用品销售", 2),
    Trade("自行车行", "自行车及零配件零售;修理", 1),
    Trade("五金店", "五金产品零售", 3),
    Trade("建材经营部", "建筑材料销售", 2),
    Trade("家具店", "家具销售", 2),
    Trade("花店", "礼品花卉销售", 2),
    Trade("文具店", "文具用品零售", 2),
    Trade("书店", "出版物零售", 1),
    Trade("宠物医院", "动物诊疗;宠物服务", 1),
    Trade("健身房", "健身休闲活动", 2),
    Trade("网吧", "互联网上网服务", 1),
    Trade("宾馆", "住宿服务", 2),
    Trade("酒店", "住宿服务;餐饮服务", 2),
    Trade("棋牌室", "棋牌室服务", 1),
    Trade("摄影工作室", "摄影扩印服务", 1),
    Trade("餐饮管理", "餐饮管理;餐饮服务", 3, shop=False),
    Trade("商贸", "日用百货销售;货物进出口", 6, shop=False),
    Trade("科技", "技术开发;软件销售;计算机系统服务", 5, shop=False),
    Trade("装饰工程", "住宅室内装饰装修", 3, shop=False),
    Trade("教育咨询", "教育咨询服务(不含教育培训)", 3, shop=False),
    Trade("文化传媒", "广告制作;组织文化艺术交流活动", 3, shop=False),
    Trade("物业管理", "物业管理", 2, shop=False),
    Trade("家政服务", "家政服务;搬运服务", 2, shop=False),
    Trade("房地产经纪", "房地产经纪", 2, shop=False),
    Trade("旅行社", "旅游业务", 1, shop=False),
    Trade("汽车销售", "汽车销售", 2, shop=False),
    Trade("健康管理", "健康咨询服务(不含诊疗)", 2, shop=False),
    Trade("食品", "食品销售;食品生产", 3, shop=False),
)
_SHOP_FORMS = ("", "", "", "(个体工商户)")
_COMPANY_FORMS = ("有限公司", "有限公司", "有限责任公司", "中心(有限合伙)")
_PROMISES = (
    "",
    "7日无理由退货",
    "明码标价,假一赔十",
    "线下购物15日无理由退货",
    "消费纠纷先行赔付",
)
_STANDARDS = ("", "投诉24小时内答复", "首问负责,3日内办结", "服务质量公约上墙公示")


@dataclass(frozen=True, slots=True)
class DemoBusiness:
    """One business. `brand`, `trade` and `form` are the parts its `name` is made of."""

    name: str
    credit_code: str
    address: str
    district: str
    street: str
    number: str
    lon: float
    lat: float
    phone: str
    legal_representative: str
    scope: str
    promises: str
    service_standards: str
    brand: str
    trade: str
    form: str


@dataclass(frozen=True, slots=True)
class _Door:
    street: str
    number: int
    district: District
    lon: float
    lat: float


def generate(
    edges: Sequence[Edge], districts: Sequence[District], count: int, seed: int
) -> Iterator[DemoBusiness]:
    """`count` businesses (at most 900,000) at doors of the districts' streets."""
    random = Random(seed)
    doors = _doors(edges, districts, count, seed)
    taken: set[tuple[str, str]] = set()
    for index, door in enumerate(doors):
        yield _business(index, door, random, taken)


# -- where ------------------------------------------------------------------------------------


def _doors(
    edges: Sequence[Edge], districts: Sequence[District], count: int, seed: int
) -> list[_Door]:
    """Doors on streets, more of them on long ones; several businesses may share one."""
    streets = _street_lines(edges)
    lengths = np.array([line.length for _, line in streets])
    random = np.random.default_rng(seed)
    doors: list[_Door] = []
    while len(doors) < count:
        chosen = random.choice(len(streets), count, p=lengths / lengths.sum())
        numbers = 1 + (random.random(count) * lengths[chosen] / NUMBER_STEP_M).astype(int)
        places = PLANE.to_degrees(_places([streets[i][1] for i in chosen], numbers))
        for district, index in _within(districts, places):
            doors.append(
                _Door(
                    streets[chosen[index]][0],
                    int(numbers[index]),
                    district,
                    round(float(places[index][0]), 6),
                    round(float(places[index][1]), 6),
                )
            )
    return doors[:count]


def _street_lines(edges: Iterable[Edge]) -> list[tuple[str, LineString]]:
    """Each street's longest run on the plane; motorways and numbered roads have no doors."""
    pieces = defaultdict(list)
    for edge in edges:
        if edge.road_class != "motorway" and edge.name.endswith(STREET_ENDINGS):
            pieces[edge.name].append(PLANE.to_metres(np.array(edge.points)))
    lines = []
    for name, parts in sorted(pieces.items()):
        merged = linemerge(MultiLineString([LineString(part) for part in parts]))
        lines.append((name, max(shapely.get_parts(merged), key=shapely.length)))
    return lines


def _places(lines: list[LineString], numbers: np.ndarray) -> Array:
    """Where the doors stand: along the line by number, beside it by parity."""
    along = numbers * NUMBER_STEP_M
    here = shapely.get_coordinates(shapely.line_interpolate_point(lines, along - 1))
    there = shapely.get_coordinates(shapely.line_interpolate_point(lines, along + 1))
    ahead = there - here
    length = np.maximum(np.hypot(*ahead.T), 1e-6)[:, None]
    left = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1) / length
    side = np.where(numbers % 2 == 0, 1, -1)[:, None]
    placed: Array = here + left * side * SETBACK_M
    return placed


def _within(districts: Sequence[District], places: Array) -> Iterator[tuple[District, int]]:
    """(district, index) of the places that lie in one, in the places' order."""
    tree = shapely.STRtree([district.outline for district in districts])
    inside = tree.query(shapely.points(places), predicate="within")
    for index, which in sorted(inside.T.tolist()):
        yield districts[which], index


# -- what -------------------------------------------------------------------------------------


def _business(index: int, door: _Door, random: Random, taken: set[tuple[str, str]]) -> DemoBusiness:
    trade = random.choices(TRADES, [t.weight for t in TRADES])[0]
    while True:
        brand, name, form = _name(trade, door, random)
        address = _address(door, random)
        if (name, address) not in taken:
            taken.add((name, address))
            break
    company = form in _COMPANY_FORMS
    return DemoBusiness(
        name=name,
        credit_code=_credit_code(index, door.district, company),
        address=address,
        district=door.district.name,
        street=door.street,
        number=str(door.number),
        lon=door.lon,
        lat=door.lat,
        phone=f"010-0000{index % 10_000:04}",
        legal_representative=f"{random.choice(_FAMILY)}某某",
        scope=trade.scope,
        promises=random.choice(_PROMISES),
        service_standards=random.choice(_STANDARDS),
        brand=brand,
        trade=trade.name,
        form=form,
    )


def _name(trade: Trade, door: _Door, random: Random) -> tuple[str, str, str]:
    """(brand, whole name, legal form)."""
    if random.random() < 0.03:
        brand = random.choice(_CHAINS)
        return brand, f"{brand}{trade.name}({door.street}店)", ""
    brand = _brand(random)
    if trade.shop:
        form = random.choice(_SHOP_FORMS)
        region = random.choice(("", "", f"北京市{door.district.name}"))
    else:
        form = random.choice(_COMPANY_FORMS)
        region = random.choice(("北京", "北京市", ""))
    return brand, f"{region}{brand}{trade.name}{form}", form


def _brand(random: Random) -> str:
    draw = random.random()
    if draw < 0.15:
        return random.choice(_NICKNAMES) + random.choice(_FAMILY)
    if draw < 0.25:
        return random.choice(_FAMILY) + random.choice("记氏家")
    if draw < 0.32:
        return random.choice(_PLACES) + random.choice(_SECOND) + random.choice(_HOUSES)
    if draw < 0.55:
        return random.choice(_FIRST) + random.choice(_SECOND) + random.choice(_HOUSES)
    if draw < 0.75:
        return random.choice(_FIRST) + random.choice(_SECOND)
    return random.choice(_FIRST) + random.choice(_SECOND) + random.choice(_FIRST + _SECOND)


def _address(door: _Door, random: Random) -> str:
    address = f"北京市{door.district.name}{door.street}{door.number}号"
    draw = random.random()
    if draw < 0.25:
        address += f"院{random.randint(1, 20)}号楼"
    if draw < 0.5:
        floor = random.randint(1, 6)
        address += f"{floor}层{floor}{random.randint(1, 40):02}"
    return address


def _credit_code(index: int, district: District, company: bool) -> str:
    digits = ""
    for _ in range(4):
        index, digit = divmod(index, len(credit_code.ALPHABET))
        digits = credit_code.ALPHABET[digit] + digits
    return credit_code.make("9", "1" if company else "2", district.code, f"DEM0{digits}")
