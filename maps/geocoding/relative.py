"""Places told by another place: 老王饭店对面, 地铁口出来往北200米, 三元桥东南角. Pure."""

import re
from math import cos, radians, sin
from typing import NamedTuple

import numpy as np

from maps.geocoding import normalise
from maps.plane import Plane

_BEARINGS = {
    "东北": 45,
    "东南": 135,
    "西南": 225,
    "西北": 315,
    "北": 0,
    "东": 90,
    "南": 180,
    "西": 270,
}
_TO = "(?P<to>东北|东南|西南|西北|东|南|西|北)"
_METRES = (
    r"(?P<metres>\d{1,5}(?:\.\d)?|[一二三四五六七八九十百千两零]{1,6})(?P<unit>米|m|公里|千米|km)"
)
_IN_KM = re.compile(r"(\d+\.\d+)\s*(?:公里|千米|km)", re.I)
_ABOUT = "(?:大概|大约|差不多|约)?(?:有个)?"
_END = "(?:左右|开外|远|处|的地方|的位置|那里|那边|路[东南西北])*的?$"
_OUT = (
    "(?:[a-z]?\\d?(?:西北|东北|东南|西南|[东南西北])?(?:出站口|出口|口))?"
    "(?:出来|出去|出站)?(?:以?后)?(?:就)?"
)
_AWAY = re.compile(
    rf"(?P<out>{_OUT})(?:再|一直)?(?:(?:往|向|朝|以|再|偏)*{_TO}(?:边|面|侧|方向|方|走|行|去)*{_ABOUT}"
    rf"{_METRES}){_END}"
)
_CORNER = re.compile(rf"(?:的|路口)?{_TO}角{_END}")
_SIDE = re.compile(rf"(?P<by>的|以)?{_TO}(?(by)(?:边|面|侧|方)?|(?:边|面|侧)){_END}")
_BESIDE = {
    "opposite": "斜对面|正对面|马路对面|街对面|路对面|对面|对过",
    "beside": "紧挨着|隔壁|旁边|边上|侧面|旁|附近|不远",
    "front": "大门口|正门口|门口|门前|前面|前边|楼下|门外",
    "behind": "后面|后边|背后|后身|后门|楼后",
    "above": "楼上",
}
_NEAR = re.compile(
    "(?:的|那)?(?:" + "|".join(f"(?P<{how}>{words})" for how, words in _BESIDE.items()) + f"){_END}"
)
CORNER_M, SIDE_M = 30.0, 40.0
"""How far the corner of a crossing, or the side of a place, lies from its middle."""
NEARBY_SURE = 0.8
"""How sure a place beside a known one is: the caller's own is within some 50 m of it."""


class Relative(NamedTuple):
    """A place by its anchor: so many metres at a bearing (degrees, north 0, clockwise)."""

    anchor: str
    evidence: str
    bearing: float = 0.0
    metres: float = 0.0

    def moved(self, lon: float, lat: float) -> tuple[float, float]:
        """The point that lies so from the anchor's."""
        turn = radians(self.bearing)
        step = np.array([[self.metres * sin(turn), self.metres * cos(turn)]])
        [[x, y]] = Plane(lon, lat).to_degrees(step).tolist()
        return x, y

    @property
    def certainty(self) -> float:
        """What the anchor's confidence is worth: paces are guessed the worse the more there are."""
        return NEARBY_SURE / (1 + self.metres / 2000)


def split(text: str) -> Relative | None:
    """The anchor and where the place lies from it; None where a text says no such thing."""
    whole = normalise.joined(normalise.normalise(_IN_KM.sub(_in_metres, text)))
    if (found := _AWAY.search(whole)) and found.start() >= 2:
        metres = _metres(found)
        to = _BEARINGS[found["to"]]
        return Relative(whole[: found.start()], f"moved:{_KEYS[to]}:{metres:.0f}", to, metres)
    for pattern, word, away in ((_CORNER, "corner", CORNER_M), (_SIDE, "side", SIDE_M)):
        if (found := pattern.search(whole)) and found.start() >= 2:
            to = _BEARINGS[found["to"]]
            return Relative(whole[: found.start()], f"{word}:{_KEYS[to]}", to, away)
    if (found := _NEAR.search(whole)) and found.start() >= 2:
        how = next(name for name, words in found.groupdict().items() if words)
        return Relative(whole[: found.start()], f"relative:{how}")
    return None


_KEYS = {0: "n", 45: "ne", 90: "e", 135: "se", 180: "s", 225: "sw", 270: "w", 315: "nw"}


def _in_metres(found: re.Match[str]) -> str:
    return f"{float(found[1]) * 1000:.0f}米"


def _metres(found: re.Match[str]) -> float:
    said = found["metres"]
    value = float(said) if said[0].isdigit() else float(normalise.number(said))
    return value * 1000 if found["unit"] in ("公里", "千米", "km") else value
