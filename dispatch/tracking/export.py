"""Tracks as files that other programs read: GPX 1.1 and GeoJSON (RFC 7946). Pure.

WGS-84 degrees and UTC, as both standards ask.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as Xml  # (written, never parsed)

from dispatch.moments import iso

GPX = "http://www.topografix.com/GPX/1/1"
MEDIA_TYPES = {"gpx": "application/gpx+xml", "geojson": "application/geo+json"}
NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, escaped or not."""


@dataclass(frozen=True, slots=True)
class Point:
    lon: float
    lat: float
    at: datetime
    speed_kmh: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One unit's way, oldest first."""

    name: str
    points: Sequence[Point]


def gpx(lines: Iterable[Line]) -> bytes:
    """A file with one track for each line."""
    root = Xml.Element("gpx", {"version": "1.1", "creator": "Command Center", "xmlns": GPX})
    for line in lines:
        track = Xml.SubElement(root, "trk")
        Xml.SubElement(track, "name").text = NO_XML.sub("", line.name)
        segment = Xml.SubElement(track, "trkseg")
        for point in line.points:
            place = {"lat": f"{point.lat:.7f}", "lon": f"{point.lon:.7f}"}
            Xml.SubElement(Xml.SubElement(segment, "trkpt", place), "time").text = iso(point.at)
    written: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def geojson(lines: Iterable[Line]) -> bytes:
    """A file with one feature for each line; `times` and `speeds_kmh` run along its points."""
    features = [
        {
            "type": "Feature",
            "properties": {
                "name": line.name,
                "times": [iso(point.at) for point in line.points],
                "speeds_kmh": [_rounded(point.speed_kmh) for point in line.points],
            },
            "geometry": _shape(line.points),
        }
        for line in lines
    ]
    whole = {"type": "FeatureCollection", "features": features}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


WRITERS = {"gpx": gpx, "geojson": geojson}


def file_name(what: str, since: datetime, form: str) -> str:
    """Such as `track-A1234-20260922T0100Z.gpx`."""
    plain = re.sub(r"[^\w-]+", "_", what).strip("_") or "track"
    return f"track-{plain}-{iso(since)[:16].replace('-', '').replace(':', '')}Z.{form}"


def _shape(points: Sequence[Point]) -> dict[str, object] | None:
    """A line needs two points; one alone is a point, none is no place."""
    places = [[round(point.lon, 7), round(point.lat, 7)] for point in points]
    if len(places) > 1:
        return {"type": "LineString", "coordinates": places}
    return {"type": "Point", "coordinates": places[0]} if places else None


def _rounded(speed: float | None) -> float | None:
    return None if speed is None else round(speed, 1)
