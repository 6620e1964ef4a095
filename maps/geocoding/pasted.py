"""Coordinates and map links that somebody pasted, in whatever datum their app speaks. Pure.

A link's host says the datum, its parameters may say another. Latitude and longitude are told apart
by their size: inside China they never overlap. Short links say nothing without the network and are
left alone.
"""

import re
from typing import NamedTuple
from urllib.parse import unquote

from maps import datums

_LINK = re.compile(
    r"(?:https?://|geo:|[a-z]{2,20}map(?:client)?://|map://)[^\s，。；）】》]+", re.I
)
# Apps by a part of their links: the datum is the one in which they tell coordinates within China.
_APPS = (
    ("geo:", "geo", "wgs84"),
    ("openstreetmap.org", "osm", "wgs84"),
    ("osm.org", "osm", "wgs84"),
    ("amap", "amap", "gcj02"),
    ("gaode", "amap", "gcj02"),
    ("map.baidu", "baidu", "bd09"),
    ("baidumap:", "baidu", "bd09"),
    ("map.qq.com", "tencent", "gcj02"),
    ("qqmap:", "tencent", "gcj02"),
    ("maps.apple.com", "apple", "gcj02"),
    ("google.", "google", "gcj02"),
    ("goo.gl", "google", "gcj02"),
    ("tianditu", "tianditu", "wgs84"),
)
# What a link says of its own datum, or a person beside a pair of numbers.
_SAID = (
    (re.compile(r"bd-?09mc|bd09_?mc", re.I), "bd09mc"),
    (re.compile(r"bd-?09|百度", re.I), "bd09"),
    (re.compile(r"gcj-?02|高德|腾讯|coordinate=gaode|火星", re.I), "gcj02"),
    (re.compile(r"wgs-?84|dev=1|gps|天地图|coord_type=1(?!\d)", re.I), "wgs84"),
)
_ABOUT = re.compile(
    "(?:百度|高德|腾讯|火星|GPS|WGS-?84|GCJ-?02|BD-?09)?(?:地图)?坐标[是:：为]*", re.I
)
_NUMBER = r"-?\d{1,3}\.\d{2,}"
_PAIRS = (
    re.compile(rf"!3d(?P<a>{_NUMBER})!4d(?P<b>{_NUMBER})"),
    re.compile(rf"\bm?lat=(?P<a>{_NUMBER}).*?\bm?(?:lon|lng)=(?P<b>{_NUMBER})", re.I),
    re.compile(rf"\bm?(?:lon|lng)=(?P<a>{_NUMBER}).*?\bm?lat=(?P<b>{_NUMBER})", re.I),
    re.compile(rf"pointx=(?P<a>{_NUMBER})&pointy=(?P<b>{_NUMBER})", re.I),
    re.compile(rf"(?:ll|coordinate|position|location|marker=coord|mcoord|coord|q)[=:]"
               rf"(?P<a>{_NUMBER}),(?P<b>{_NUMBER})", re.I),
    re.compile(rf"(?P<a>{_NUMBER})\s*[,/，、;]\s*(?P<b>{_NUMBER})"),
)  # fmt: skip
_METRES = re.compile(r"@(?P<a>\d{7,8}(?:\.\d+)?),(?P<b>\d{6,7}(?:\.\d+)?)")
_SPOKEN = re.compile(
    rf"(?:(?:北纬|纬度|lat\w*)[:：]?\s*)?(?P<a>{_NUMBER})\s*[°度]?\s*[NE]?\s*[,，、;/\s]\s*"
    rf"(?:(?:东经|经度|lon\w*|lng)[:：]?\s*)?(?P<b>{_NUMBER})\s*[°度]?\s*[NE]?"
    rf"|(?:东经|经度)[:：]?\s*(?P<c>{_NUMBER})\s*[°度]?\s*[,，、;/\s]*"
    rf"(?:北纬|纬度)[:：]?\s*(?P<d>{_NUMBER})\s*[°度]?",
    re.I,
)
_ANGLE = r"(\d{1,3})\s*[°度]\s*(\d{1,2})\s*['′分]\s*(\d{1,2}(?:\.\d+)?)?\s*(?:[\"″秒]|'')?"
_ANGLES = re.compile(rf"(?:北纬)?\s*{_ANGLE}\s*N?[\s,，、]*(?:东经)?\s*{_ANGLE}\s*E?", re.I)


class Pasted(NamedTuple):
    """A pasted point in WGS-84 degrees, and the words around it."""

    lon: float
    lat: float
    evidence: tuple[str, ...]
    """`pasted:<app>` and `datum:<name>`; `datum:assumed` where nobody said one."""
    rest: str


def find(text: str) -> Pasted | None:
    """The point that a text carries; None where it carries none inside China. Never raises."""
    if link := _LINK.search(text):
        rest = text[: link.start()] + " " + text[link.end() :]
        return _in_link(unquote(link[0]), rest)
    if angles := _ANGLES.search(text):
        d = [float(part or 0) for part in angles.groups()]
        pair = d[0] + d[1] / 60 + d[2] / 3600, d[3] + d[4] / 60 + d[5] / 3600
        return _placed(pair, _said(text), "numbers", _around(text, angles))
    if numbers := _SPOKEN.search(text):
        pair = (float(numbers["a"] or numbers["c"]), float(numbers["b"] or numbers["d"]))
        return _placed(pair, _said(text), "numbers", _around(text, numbers))
    return None


def _around(text: str, found: re.Match[str]) -> str:
    return text[: found.start()] + " " + text[found.end() :]


def _in_link(link: str, rest: str) -> Pasted | None:
    app, datum = next(((name, d) for part, name, d in _APPS if part in link.lower()), ("link", ""))
    # A host that names its app says nothing of the datum: only what follows it does.
    said = _said(link.partition("?")[2].replace("amap", "")) or datum
    if app == "baidu" and (metres := _METRES.search(link)):
        return _placed((float(metres["a"]), float(metres["b"])), "bd09mc", app, rest)
    for pattern in _PAIRS:
        for pair in pattern.finditer(link):
            if found := _placed((float(pair["a"]), float(pair["b"])), said, app, rest):
                return found
    return None


def _said(words: str) -> str:
    return next((datum for pattern, datum in _SAID if pattern.search(words)), "")


def _placed(pair: tuple[float, float], datum: str, app: str, rest: str) -> Pasted | None:
    lon, lat = pair if datum == "bd09mc" or pair[0] > pair[1] else (pair[1], pair[0])
    x, y = datums.to_wgs84(datum or "wgs84", lon, lat)
    if not datums.inside_china(x, y):
        return None
    return Pasted(
        x, y, (f"pasted:{app}", f"datum:{datum or 'assumed'}"), _ABOUT.sub("", rest).strip()
    )
