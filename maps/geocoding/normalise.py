"""Makes what people write and say comparable: one width, one case, digits, no fillers."""

import re
import unicodedata

_NUMERAL_CHARACTER = "零〇○一二三四五六七八九十百千两幺"
# 88-11 is another door than 8811, and 88、90 are two: what parts numbers stays, as a hyphen.
_PARTING = re.compile(
    rf"(?<=[\d{_NUMERAL_CHARACTER}])\s*[-‐‑‒–—―−~、,/]+\s*(?=[\d{_NUMERAL_CHARACTER}])"
)
_NOISE = re.compile(r"[\s\W_]+")
_DIGITS = {c: value for value, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "○": 0,
    "两": 2,
    "幺": 1,
}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_NUMERAL = f"[{_NUMERAL_CHARACTER}]+"
_HOUSE_NUMERAL = re.compile(
    rf"{_NUMERAL}(?=(?:[-之]{_NUMERAL})?(?:号|弄|栋|幢|室))|(?<=[路街巷道]){_NUMERAL}$"
)

# The longest come first, so that a short filler never breaks a long one.
_FILLERS = re.compile(
    "|".join(
        sorted(
            """
            喂你好 你好 您好 请问 麻烦 帮我查一下 帮我 查一下 找一下 我想问一下 我问一下 问一下
            我要投诉一下 我要投诉 我想投诉 投诉一下 我要举报一下 我要举报 我想举报 举报一下
            我要反映 我想反映 我就在 我现在在 我在 就在 那个那个 那个 这个 就是说 就是 怎么说呢
            好像是叫 好像叫 好像是 好像 应该是叫 应该是 应该叫 大概是 大概在 大概 可能是 可能叫
            名字叫做 名字叫 名字是 叫做 叫什么 什么的 之类的 有那么一家 有一家 有家 有个 那一家
            这一家 那家 这家 一家叫 开的 上面那个 上面的 上边的 里面的 旁边那个 旁边的 边上的
            附近的 位于 地址在 地址是 地址 对吧 是吧 的样子
            """.split(),
            key=len,
            reverse=True,
        )
    )
    + "|[嗯呃唔噢哦啊欸诶喂嘛呗]"
)
_LEADING = re.compile("^(?:在|叫|是|就|的|上|那|这|一家|个|里|边)+")
_TRAILING = re.compile("(?:的|那|吧|呢|了|里|那里|那边|这边|这里|旁边|附近|边上|门口)+$")

_PROVINCES = (
    "北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 "
    "广东 海南 四川 贵州 云南 陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆 香港 澳门"
).split()
# 北京路 and 河南中路 are streets everywhere.
_NO_STREET = (
    rf"(?!(?:[东南西北中上下前后内外]|\d+|{_NUMERAL}){{0,2}}"
    r"(?:大街|大道|胡同|路(?!桥)|街(?![舞景机坊])|道(?![路具教家])|巷(?!子)|弄(?!堂)))"
)
_HAN = "[\u4e00-\u9fff]"
_COUNTY = (
    rf"(?:{_HAN}(?:(?![路街巷弄]){_HAN}){{0,3}}?(?:(?<![小社园特专景厂校街商学])区|县)"
    rf"|(?:(?![路街巷弄]){_HAN}){{2,10}}?(?:开发区|自治县|自治旗))"
)
_BEFORE_CITY = rf"(?:(?![省市区县]){_HAN}){{2,4}}?"
# 老王超市 and 夜市 are businesses, not cities; 厦门市 and 盐城市 are cities.
_CITY = (
    r"(?:(?:成都|昌都|厦门|江门|荆门|天门|海门|玉门|辛集|聊城|晋城|盐城|运城|白城|宣城|邹城|诸城|禹城"
    r"|韩城|丰城|海城|凤城|麻城|应城|项城|永城|兴城|肥城)市"
    rf"|{_BEFORE_CITY}(?<![超都城菜门夜集花早商闹])市(?![场集])"
    rf"|{_BEFORE_CITY}(?<![超菜夜花早闹])市(?={_COUNTY})"
    rf"|{_HAN}{{2,9}}?自治州|(?:大兴安岭|阿里|喀什|和田|阿克苏|塔城|阿勒泰)地区"
    r"|(?:兴安|锡林郭勒|阿拉善)盟)"
)
_PROVINCE = (
    rf"(?:(?:{'|'.join(_PROVINCES)})"
    rf"(?:省|市(?![场集])|(?:壮族|回族|维吾尔)?自治区|特别行政区|{_NO_STREET})"
    rf"|(?:(?![省市区县]){_HAN}){{2,4}}?省(?={_CITY}|{_COUNTY}))"
)
_PLACE = rf"^(?:中国)?(?:{_PROVINCE})?(?:{_CITY})?(?P<county>{_COUNTY}|{_CITY})?"
_REGION = re.compile(rf"{_PLACE}(?=.{{2}})")
_REGION_ALONE = re.compile(_PLACE)
_TOWN = re.compile(rf"{_HAN}{{1,6}}?(?:街道|[镇乡])")

_BRACKETS = re.compile(r"\s*[(（\[【][^()（）\[\]【】]*[)）\]】]\s*$")
_LEGAL_FORM = re.compile(
    "股份有限公司|有限责任公司|有限公司|(?:中心)?(?:有限合伙|普通合伙)|合伙企业|个人独资企业"
    "|个体工商户|分公司"
)


def normalise(text: str) -> str:
    """Half width, lower case, no blanks or punctuation (save between numbers), house numbers in
    digits."""
    parts = _PARTING.split(unicodedata.normalize("NFKC", text).casefold())
    plain = "-".join(_NOISE.sub("", part) for part in parts)
    return _HOUSE_NUMERAL.sub(lambda found: str(number(found[0])), plain)


def without_brackets(text: str) -> str:
    """A name as written, without what stands in brackets at its end; never less than two
    characters."""
    shorter = _BRACKETS.sub("", text)
    return shorter if len(shorter) >= 2 else text


def listed(names: str) -> list[str]:
    """The names of a registry's list, parted by ; or 、"""
    return [name for part in re.split("[;；、]", names) if (name := part.strip())]


def name(text: str) -> str:
    """A name or a query as names are compared: 7-11 is 711."""
    return joined(normalise(text))


def joined(text: str) -> str:
    """A normalised text without the hyphens that part numbers."""
    return text.replace("-", "")


def number(numeral: str) -> int:
    """The value of a Chinese numeral: 一百零三, 八十八, or digit by digit as in 一八八."""
    if not any(c in _UNITS for c in numeral):
        return int("".join(str(_DIGITS[c]) for c in numeral))
    total, digit = 0, 0
    for character in numeral:
        if unit := _UNITS.get(character):
            total += (digit or 1) * unit
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit


def without_fillers(text: str) -> str:
    """The normalised text without the words that people only speak."""
    return _FILLERS.sub("", text)


def trimmed(text: str) -> str:
    """The text without the small words that stand around a name; never less than two characters."""
    shorter = _TRAILING.sub("", _LEADING.sub("", text))
    return shorter if len(shorter) >= 2 else text


def without_region(name: str) -> str:
    """A normalised name or address without its leading province, city and county; never less than
    two characters."""
    return name[len(found[0]) :] if (found := _REGION.match(name)) else name


def before_street(text: str) -> str:
    """What stands before a street without region and town, which is often nothing."""
    found = _REGION_ALONE.match(text)
    region, rest = (text[: found.end()], text[found.end() :]) if found else ("", text)
    is_town = _TOWN.fullmatch(rest) and (region or rest.endswith("街道"))
    return "" if is_town else rest


def county(address: str) -> str:
    """The district or county that a normalised address begins with, or nothing."""
    found = _REGION.match(address)
    return (found["county"] or "") if found else ""


def without_form(local: str) -> str:
    """A local name without its legal form; never less than two characters."""
    shorter = _LEGAL_FORM.sub("", local)
    return shorter if len(shorter) >= 2 else local


def core(name: str) -> str:
    """A normalised name without region and legal form: what people call the place."""
    return without_form(without_region(name))
