"""What in a text looks like it leads to a person: kinds, and where they stand. Pure.

Better one hit too many than one too few: a person looks at each before anything leaves.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from kernel import credit_code

Span = tuple[int, int]

PHONE, ID_NUMBER, NAME, PLATE = "phone", "id_number", "name", "plate"
ADDRESS, EMAIL, BANK_CARD = "address", "email", "bank_card"
HIDDEN = "［号码已隐去］"

_GAP = r"[\s\-·.—_]?"
_PHONES = (
    re.compile(rf"(?<!\d)(?:\+?86{_GAP})?1{_GAP}[3-9](?:{_GAP}\d){{9}}(?!\d)"),
    re.compile(rf"(?<![\d.])0\d{{2,3}}{_GAP}[2-9]\d{{6,7}}(?!\d)"),
    re.compile(rf"(?<![0-9A-Za-z+])\+\d(?:{_GAP}\d){{7,15}}(?!\d)"),
)
_ID_18 = re.compile(
    rf"(?<!\d)[1-8]\d{{5}}{_GAP}(?:18|19|20)\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    rf"{_GAP}\d{{3}}[\dXx](?![\dA-Za-z])"
)
_ID_15 = re.compile(r"(?<!\d)[1-8]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?!\d)")
_CARD = re.compile(rf"(?<!\d)(?:62|4\d|5[1-5]|3[47])(?:{_GAP}\d){{13,17}}(?!\d)")
_EMAIL = re.compile(r"[A-Za-z0-9][\w.+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领]"
    r"[A-Z][\s·•.\-]?[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳](?![A-Za-z0-9])",
    re.IGNORECASE,
)

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕"
    "丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵钱严覃武"
    "戴莫孔汤温康施文牛樊葛邢安齐庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮纪梅童"
    "凌毕单季裴霍涂苗曲盛冉翁蓝骆路游辛靳管柴蒙鲍华喻祁房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项"
    "连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎"
    "甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位"
    "厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙"
    "浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利于"
    "方成万常向白邓傅钟"
)
_COMPOUND = (
    "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|令狐|慕容|宇文|司徒|长孙|夏侯|独孤|南宫|端木|百里|西门|"
    "轩辕"
)
_FUNCTION_WORDS = "区路楼房车宫党庄和时都应来向于方成常全明相单平满时原关连查那强位门解权利支计"
"""Surnames that are more often another word: alone they make no name."""
_SURNAME = rf"(?:{_COMPOUND}|[{_SURNAMES}])"
_SURE_SURNAME = rf"(?:{_COMPOUND}|(?![{_FUNCTION_WORDS}])[{_SURNAMES}])"
_LABEL = (
    "(?:举报人|投诉人|申诉人|反映人|消费者|当事人|来电人|联系人|知情人|线索人|爆料人|代理人|家属|顾客|"
    "姓名|本人|我是|我叫|名叫|叫做|住户|业主|居民|邻居)"
)
_END = (
    "(?=$|[^一-鿿]|反映|称|说|表示|投诉|举报|来电|电话|手机|联系|要求|希望|认为|在|到|与|及|的|住|"
    "身份|已|将|去|购|买|就餐|发现|因|被|等|现|先生|女士|提供|指认|证实)"
)
_NAMES = (
    re.compile(
        rf"{_LABEL}(?:\s*[:：]\s*|是|为|叫|系|\s+)({_SURNAME}(?:某某?|[一-鿿]{{1,3}}?)){_END}"
    ),
    re.compile(rf"{_LABEL}({_SURE_SURNAME}(?:某某?|[一-鿿]{{1,2}}?)){_END}"),
    re.compile(rf"({_SURE_SURNAME}(?:某某?|先生|女士|小姐|师傅|阿姨|大爷|大妈))"),
)

_NUMBER = r"[\dA-Za-z一二三四五六七八九十百]{1,5}"
_HOME = re.compile(
    rf"{_NUMBER}(?:号楼|号院|栋|幢|单元|弄)|\d{{3,4}}[室房](?!间)|"
    rf"(?:小区|家属院|宿舍|公寓|新村|花园|胡同|村){_NUMBER}[号栋幢排组]|(?:家住|住在|住址|家庭住址|现住)"
)
_WORD = re.compile(r"[一-鿿\dA-Za-z\-—#()（）]+")

_SPOKEN = str.maketrans("〇零○一幺二三四五六七八九", "0001123456789")
_SPOKEN_RUN = re.compile(r"(?:[〇零○一幺二三四五六七八九\d][\s\-·—、]?){7,}")
_NOISE = re.compile(r"[\s,，.。;；:：、()（）\-—·_/#]+")
_BLANK = "\0"


@dataclass(frozen=True, slots=True)
class Hit:
    """A stretch of the text, in characters of it, that looks like it leads to a person."""

    kind: str
    start: int
    end: int


def readable(text: str) -> str:
    """Full width to half, spoken digits (一三八…) to figures."""
    return _figures(unicodedata.normalize("NFKC", text))


def squeezed(text: str) -> str:
    """The text as one compares it: readable, without spaces and signs, in capitals."""
    return _NOISE.sub("", readable(text)).upper()


def scan(
    text: str, kinds: Collection[str] | None = None, known: Iterable[str] = ()
) -> tuple[Hit, ...]:
    """The hits of these kinds (all when None), in the order of the text.

    `known` are words that may stand there: the subject's own name, address, numbers.
    """
    plain, places = _with_places(text)
    may_stand = [word for word in map(readable, known) if len(word.strip()) >= 2]
    plain = _blanked(_figures(plain), may_stand)
    own = [squeezed(word) for word in may_stand]
    found = [
        Hit(kind, places[start], places[end - 1] + 1)
        for kind, detect in DETECTORS.items()
        if kinds is None or kind in kinds
        for start, end in _merged(detect(plain))
        if not _is_known(plain[start:end], own)
    ]
    return tuple(sorted(found, key=lambda hit: (hit.start, hit.end, hit.kind)))


def redacted(text: str, kinds: Collection[str], known: Iterable[str] = ()) -> str:
    """The text with every such stretch hidden."""
    for start, end in reversed(_merged((h.start, h.end) for h in scan(text, kinds, known))):
        text = text[:start] + HIDDEN + text[end:]
    return text


# -- one detector per kind --------------------------------------------------------------------


def _phones(text: str) -> Iterator[Span]:
    for pattern in _PHONES:
        yield from (match.span() for match in pattern.finditer(text))


def _id_numbers(text: str) -> Iterator[Span]:
    for match in _ID_18.finditer(text):
        # The credit code of an institution may look like an ID number; its check character tells.
        if not credit_code.is_valid(_NOISE.sub("", match.group()).upper()):
            yield match.span()
    yield from (match.span() for match in _ID_15.finditer(text))


def _names(text: str) -> Iterator[Span]:
    for pattern in _NAMES:
        yield from (match.span(1) for match in pattern.finditer(text))


def _plates(text: str) -> Iterator[Span]:
    yield from (match.span() for match in _PLATE.finditer(text))


def _addresses(text: str) -> Iterator[Span]:
    yield from (word.span() for word in _WORD.finditer(text) if _HOME.search(word.group()))


def _emails(text: str) -> Iterator[Span]:
    yield from (match.span() for match in _EMAIL.finditer(text))


def _bank_cards(text: str) -> Iterator[Span]:
    for match in _CARD.finditer(text):
        if _luhn(_NOISE.sub("", match.group())):
            yield match.span()


DETECTORS: dict[str, Callable[[str], Iterable[Span]]] = {
    PHONE: _phones,
    ID_NUMBER: _id_numbers,
    NAME: _names,
    PLATE: _plates,
    ADDRESS: _addresses,
    EMAIL: _emails,
    BANK_CARD: _bank_cards,
}
KINDS = frozenset(DETECTORS)


# -- helpers ----------------------------------------------------------------------------------


def _with_places(text: str) -> tuple[str, list[int]]:
    """The text in half width, and for each of its characters the place where it stood."""
    pairs = [
        (plain, place)
        for place, letter in enumerate(text)
        for plain in unicodedata.normalize("NFKC", letter)
    ]
    return "".join(plain for plain, _ in pairs), [place for _, place in pairs]


def _figures(text: str) -> str:
    return _SPOKEN_RUN.sub(lambda run: run.group().translate(_SPOKEN), text)


def _blanked(text: str, known: Iterable[str]) -> str:
    for word in known:
        text = text.replace(word, _BLANK * len(word))
    return text


def _is_known(found: str, own: Iterable[str]) -> bool:
    what = _NOISE.sub("", found.replace(_BLANK, "")).upper()
    return any(what in word for word in own)


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _luhn(digits: str) -> bool:
    doubled = [int(d) * (1 + n % 2) for n, d in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0
