"""More ways in which callers' words differ from a registry's, beside those of `spoken`.

The weights of geocoding are fitted on `spoken.KINDS` and `FITTED`; `HELD_OUT` is never fitted on:
it shows whether what was learnt holds for noise of other kinds. Deterministic by seed.
"""

from collections.abc import Callable, Sequence
from random import Random

from pypinyin import lazy_pinyin

from command_center.demo.businesses import DemoBusiness
from tests.factories import spoken
from tests.factories.spoken import Spoken

_ACCENTS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("l", "n"), ("hu", "fu"))
_ENDS = (("ang", "an"), ("eng", "en"), ("ing", "in"), ("an", "ang"), ("en", "eng"), ("in", "ing"))
_TRADES = {
    "饭店": "饭馆", "餐厅": "饭店", "超市": "便利店", "便利店": "小卖部", "理发店": "美发店",
    "大药房": "药店", "药店": "药房", "美容院": "美容店", "宾馆": "旅馆", "酒店": "宾馆",
    "水果店": "果店", "服装店": "衣服店", "口腔诊所": "牙科诊所", "咖啡馆": "咖啡店",
}  # fmt: skip


def _name(business: DemoBusiness) -> str:
    return business.brand + business.trade


def _accented(text: str, random: Random) -> str:
    """The text with one character replaced by one that an accent makes of it."""
    for at in random.sample(range(len(text)), len(text)):
        syllable = lazy_pinyin(text[at])[0]
        others = [
            character
            for old, new in random.sample(_ACCENTS, len(_ACCENTS))
            if syllable.startswith(old)
            for character in spoken.sounding().get(new + syllable[len(old) :], ())
        ] or [
            character
            for old, new in random.sample(_ENDS, len(_ENDS))
            if syllable.endswith(old)
            for character in spoken.sounding().get(syllable.removesuffix(old) + new, ())
        ]
        if others:
            return text[:at] + random.choice(others) + text[at + 1 :]
    return text


def _without_one(text: str, random: Random) -> str:
    at = random.randrange(len(text))
    return text[:at] + text[at + 1 :]


def _accent(business: DemoBusiness, random: Random) -> Spoken:
    return Spoken(_accented(_name(business), random), "accent", business)


def _wrong(business: DemoBusiness, random: Random) -> Spoken:
    name, at = _name(business), random.randrange(len(_name(business)))
    other = random.choice(spoken.COMMON)
    return Spoken(name[:at] + other + name[at + 1 :], "wrong character", business)


def _added(business: DemoBusiness, random: Random) -> Spoken:
    name, at = _name(business), random.randrange(1, len(_name(business)))
    return Spoken(name[:at] + random.choice(spoken.COMMON) + name[at:], "added character", business)


def _placed_drop(business: DemoBusiness, random: Random) -> Spoken:
    text = business.street + _without_one(_name(business), random)
    return Spoken(text, "street, dropped character", business, street_spoken=True)


def _elsewhere(business: DemoBusiness, random: Random) -> Spoken:
    """The caller is wrong about the door by a little."""
    number = int(business.number) + random.choice((-4, -2, 2, 4, 6))
    text = f"{business.street}{max(number, 1)}号{_name(business)}"
    return Spoken(text, "door nearby", business, street_spoken=True)


def _swapped(business: DemoBusiness, random: Random) -> Spoken:
    name = _name(business)
    at = random.randrange(len(name) - 1)
    text = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return Spoken(text, "neighbours swapped", business)


def _other_trade(business: DemoBusiness, random: Random) -> Spoken:
    trade = _TRADES.get(business.trade, business.trade)
    text = f"{business.district}{business.street}{business.brand}{trade}"
    return Spoken(text, "place, trade in other words", business, street_spoken=True)


def _brand_on_street(business: DemoBusiness, random: Random) -> Spoken:
    return Spoken(
        f"{business.street}上的{business.brand}",
        "street, brand alone",
        business,
        street_spoken=True,
    )


def _district_drop(business: DemoBusiness, random: Random) -> Spoken:
    text = f"{business.district[:-1]}的{_without_one(_name(business), random)}"
    return Spoken(text, "district, dropped character", business)


def _whole_misheard(business: DemoBusiness, random: Random) -> Spoken:
    return Spoken(spoken.misheard(business.name, random, 2), "whole name, two misheard", business)


def _typed(business: DemoBusiness, random: Random) -> Spoken:
    """Two mishaps at once, with a district."""
    name = spoken.misheard(_without_one(_name(business), random), random)
    return Spoken(
        f"在{business.district}{business.street}，叫{name}", "street, dropped and misheard",
        business, street_spoken=True,
    )  # fmt: skip


_Maker = Callable[[DemoBusiness, Random], Spoken]
FITTED: tuple[_Maker, ...] = (_accent, _wrong, _added, _placed_drop, _elsewhere)
HELD_OUT: tuple[_Maker, ...] = (
    _swapped, _other_trade, _brand_on_street, _district_drop, _whole_misheard, _typed,
)  # fmt: skip


def queries(
    businesses: Sequence[DemoBusiness], makers: Sequence[_Maker], count: int, seed: int
) -> list[Spoken]:
    """`count` queries, the makers in turn."""
    random = Random(seed)
    return [makers[n % len(makers)](random.choice(businesses), random) for n in range(count)]


def strangers(
    businesses: Sequence[DemoBusiness], others: Sequence[DemoBusiness], count: int, seed: int
) -> list[str]:
    """Names that sound like any other, of businesses that are in no registry."""
    random = Random(seed)
    known = {business.brand + business.trade for business in businesses}
    free = sorted({_name(business) for business in others} - known)
    return random.sample(free, count)
