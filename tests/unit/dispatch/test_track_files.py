"""Tracks as GPX and GeoJSON."""

import json
from datetime import UTC, datetime, timedelta, timezone
from xml.etree import ElementTree

from dispatch.tracking.export import GPX, Line, Point, file_name, geojson, gpx

AT = datetime(2026, 9, 22, 9, 0, tzinfo=timezone(timedelta(hours=8)))
HOSTILE = "京A<1>&\"'\x00\x0b\ud800"
LINE = Line(HOSTILE, [Point(116.39, 39.92, AT, 36.04), Point(116.4, 39.92, AT, None)])


def test_gpx_escapes_names_and_tells_utc() -> None:
    root = ElementTree.fromstring(gpx([LINE, Line("leer", [])]))  # noqa: S314 (our own)
    names = [name.text for name in root.iter(f"{{{GPX}}}name")]
    assert names == ["京A<1>&\"'", "leer"]
    first = next(root.iter(f"{{{GPX}}}trkpt"))
    assert (first.get("lat"), first.get("lon")) == ("39.9200000", "116.3900000")
    assert first[0].text == "2026-09-22T01:00:00.000Z"


def test_geojson_is_longitude_first_and_its_times_run_along() -> None:
    plain = Line("京A1", LINE.points)
    one, alone, none = json.loads(geojson([plain, Line("x", LINE.points[:1]), Line("y", [])]))[
        "features"
    ]
    assert one["geometry"] == {
        "type": "LineString", "coordinates": [[116.39, 39.92], [116.4, 39.92]],
    }  # fmt: skip
    assert one["properties"]["times"] == ["2026-09-22T01:00:00.000Z"] * 2
    assert one["properties"]["speeds_kmh"] == [36.0, None]
    assert alone["geometry"]["type"] == "Point"
    assert none["geometry"] is None


def test_a_file_is_named_after_unit_and_moment_in_utc() -> None:
    assert file_name("京A/12 34", AT, "gpx") == "track-京A_12_34-20260922T0100Z.gpx"
    assert file_name("../..", datetime(2026, 1, 2, tzinfo=UTC), "geojson") == (
        "track-track-20260102T0000Z.geojson"
    )
