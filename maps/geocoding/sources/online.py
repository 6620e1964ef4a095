"""Geocoding sources on the network: Nominatim, Tianditu, Amap. Off unless the operator names them.

Asked only when a person presses the search and nothing here is sure. What leaves is the asked
place alone, through the gate, which holds back words that seem to lead to a person.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from time import monotonic
from typing import Any

import requests
from pydantic import BaseModel, Field, ValidationError

from kernel.errors import BadInput
from kernel.gate import gate
from kernel.log import get_logger
from kernel.remote import Breaker, body
from kernel.settings import Settings
from maps.datums import inside_china, to_wgs84
from maps.geocoding.candidates import Candidate

log = get_logger(__name__)
QUESTION = "place.question"
AT_MOST = 256 * 1024
KEPT, KEPT_SECONDS = 500, 3600.0
"""Answers are kept in memory, so many and so long: no service's terms allow to store them."""
SURE = {"door": 0.7, "landmark": 0.65, "street": 0.5, "district": 0.3}
"""What another's answer is worth: never so much that nobody looks."""


class Place(BaseModel):
    """One answer, in the service's own datum."""

    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    address: str = Field(max_length=400)
    level: str


@dataclass(frozen=True, slots=True)
class Service:
    """How one service is asked and read."""

    name: str
    url: str
    datum: str
    licence: str
    asking: Callable[[str], dict[str, str]]
    """The parameters for an asked place."""
    reading: Callable[[object], Iterator[Place]]
    """The places of an answer; raises KeyError, TypeError, ValueError for another shape."""


class Online:
    """Asks one service; silent while that is silent."""

    def __init__(self, service: Service, seconds: float, clock: Callable[[], float] = monotonic):
        self.name, self.service, self.seconds, self.clock = (
            service.name, service, seconds, clock,
        )  # fmt: skip
        self.breaker = Breaker(clock=clock)
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["User-Agent"] = "command-center"
        self._kept: OrderedDict[str, tuple[float, list[Candidate]]] = OrderedDict()

    def find(self, text: str) -> list[Candidate]:
        """The candidates for an asked place; empty where it knows none or does not answer."""
        when, found = self._kept.get(text, (0.0, []))
        if when > self.clock():
            return found
        if self.breaker.is_open or (asked := _cleared(text)) is None:
            return []
        try:
            found = self._asked(asked)
        except (
            requests.RequestException,
            ValidationError,
            LookupError,
            TypeError,
            ValueError,
        ) as e:
            self.breaker.failed()
            log.warning("geocoder_silent", source=self.name, problem=type(e).__name__)
            return []
        self.breaker.succeeded()
        self._keep(text, found)
        return found

    def _asked(self, asked: str) -> list[Candidate]:
        with self.http.get(
            self.service.url,
            params=self.service.asking(asked),
            timeout=self.seconds,
            allow_redirects=False,
            stream=True,
        ) as response:
            if response.status_code != requests.codes.ok:
                raise requests.RequestException(str(response.status_code))
            told = json.loads(body(response, self.seconds, AT_MOST))
        places = [self._candidate(place) for place in self.service.reading(told)]
        inside = [c for c in places if inside_china(c.lon or 0, c.lat or 0)]
        return [replace(c, confidence=c.confidence / len(inside)) for c in inside]

    def _candidate(self, place: Place) -> Candidate:
        lon, lat = to_wgs84(self.service.datum, place.lon, place.lat)
        return Candidate(
            name=None,
            address=place.address,
            lat=round(lat, 6),
            lon=round(lon, 6),
            level=place.level,
            confidence=SURE[place.level],
            evidence=(f"remote:{self.name}",),
            source=self.name,
        )

    def _keep(self, text: str, found: list[Candidate]) -> None:
        self._kept[text] = self.clock() + KEPT_SECONDS, found
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)


def chosen(settings: Settings) -> Sequence[Online]:
    """The services that the operator has named; the same ones for the same settings."""
    return _chosen(
        settings.place_nominatim_url,
        settings.place_tianditu_key and settings.place_tianditu_url,
        settings.place_tianditu_key,
        settings.place_amap_key and settings.place_amap_url,
        settings.place_amap_key,
        settings.place_seconds,
    )


@lru_cache(maxsize=8)
def _chosen(
    nominatim: str, tianditu: str, tianditu_key: str, amap: str, amap_key: str, seconds: float
) -> Sequence[Online]:
    services = (
        _nominatim(nominatim),
        _tianditu(tianditu, tianditu_key),
        _amap(amap, amap_key),
    )
    return tuple(Online(service, seconds) for service in services if service.url)


def _cleared(text: str) -> str | None:
    """The asked place as it may leave; None where it seems to lead to a person."""
    try:
        return str(gate.clear(QUESTION, {"place": text}).for_way("api")["place"])
    except BadInput:
        return None


def _nominatim(url: str) -> Service:
    def reading(told: object) -> Iterator[Place]:
        if not isinstance(told, list):
            raise TypeError("no list")
        for one in told:
            level = {"highway": "street", "boundary": "district"}.get(one["category"], "landmark")
            level = "door" if one.get("addresstype") == "house_number" else level
            yield Place(lon=one["lon"], lat=one["lat"], address=one["display_name"], level=level)

    return Service(
        "nominatim", url, "wgs84", "© OpenStreetMap contributors (ODbL)",
        lambda text: {"q": text, "format": "jsonv2", "limit": "3", "countrycodes": "cn"}, reading,
    )  # fmt: skip


def _tianditu(url: str, key: str) -> Service:
    levels = {"门址": "door", "兴趣点": "landmark", "道路": "street"}

    def reading(told: object) -> Iterator[Place]:
        answer = _object(told)
        if answer.get("status") != "0":
            raise ValueError(answer.get("status"))
        if one := answer.get("location"):
            level = levels.get(one.get("level", ""), "district")
            yield Place(lon=one["lon"], lat=one["lat"], address=one["keyWord"], level=level)

    return Service(
        "tianditu", url, "wgs84", "天地图: terms of the platform, no storing",
        lambda text: {"ds": json.dumps({"keyWord": text}, ensure_ascii=False), "tk": key}, reading,
    )  # fmt: skip


def _amap(url: str, key: str) -> Service:
    levels = {"门牌号": "door", "兴趣点": "landmark", "道路": "street", "道路交叉路口": "street"}

    def reading(told: object) -> Iterator[Place]:
        answer = _object(told)
        if answer.get("status") != "1":
            raise ValueError(answer.get("infocode"))
        for one in answer["geocodes"][:3]:
            lon, lat = one["location"].split(",")
            level = levels.get(one["level"], "district")
            yield Place(lon=lon, lat=lat, address=one["formatted_address"], level=level)

    return Service(
        "amap", url, "gcj02", "高德地图: terms of the platform, no storing",
        lambda text: {"address": text, "key": key, "output": "JSON"}, reading,
    )  # fmt: skip


def _object(told: object) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise TypeError("no object")
    return told
