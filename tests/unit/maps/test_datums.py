import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps import datums
from maps.plane import distance_m

OWN = Path(__file__).parents[2] / "vectors" / "datums.jsonl"


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def near(found: datums.LonLat, lat_lon: list[float], tolerance: float) -> bool:
    return abs(found[0] - lat_lon[1]) < tolerance and abs(found[1] - lat_lon[0]) < tolerance


@pytest.mark.parametrize("row", rows(OWN), ids=lambda row: row["name"])
def test_own_rows_convert_as_written(row: dict[str, Any]) -> None:
    lat, lon = row["wgs84"]
    shifted = datums.wgs84_to_gcj02(lon, lat)
    if "gcj02" in row:
        assert near(shifted, row["gcj02"], 1e-7)
    if "bd09" in row:
        assert near(datums.wgs84_to_bd09(lon, lat), row["bd09"], 1e-7)
    if "inside" in row:
        assert datums.inside_china(lon, lat) is row["inside"]
        assert (shifted != (lon, lat)) is row["inside"]


def test_shared_rows_convert_both_ways(shared_folder: Path) -> None:
    found = rows(shared_folder / "vectors" / "gcj02.jsonl")
    assert found
    for row in (r for r in found if "wgs84" in r):
        lat, lon = row["wgs84"]
        assert near(datums.wgs84_to_gcj02(lon, lat), row["gcj02"], 1e-7), row["id"]
        back = datums.gcj02_to_wgs84(row["gcj02"][1], row["gcj02"][0])
        assert distance_m(*back, lon, lat) < 0.01, row["id"]
    for row in (r for r in found if "gcj02_in" in r):
        lat, lon = row["gcj02_in"]
        assert distance_m(*datums.gcj02_to_wgs84(lon, lat), lon, lat) < 2000, row["id"]


@given(lon=st.floats(73.6, 135.0), lat=st.floats(3.9, 53.5))
def test_every_point_comes_back_to_the_millimetre(lon: float, lat: float) -> None:
    for there, back in (
        (datums.wgs84_to_gcj02, datums.gcj02_to_wgs84),
        (datums.gcj02_to_bd09, datums.bd09_to_gcj02),
        (datums.wgs84_to_bd09, datums.bd09_to_wgs84),
    ):
        assert distance_m(*back(*there(lon, lat)), lon, lat) < 0.001


@given(lon=st.floats(-180, 180), lat=st.floats(-89, 89))
def test_no_point_on_earth_hangs_or_raises(lon: float, lat: float) -> None:
    for convert in (datums.wgs84_to_gcj02, datums.gcj02_to_wgs84, datums.bd09_to_wgs84):
        assert len(convert(lon, lat)) == 2


def test_a_datum_is_chosen_by_name() -> None:
    assert datums.to_wgs84("wgs84", 116.0, 40.0) == (116.0, 40.0)
    assert datums.to_wgs84("gcj02", 116.0, 40.0) == datums.gcj02_to_wgs84(116.0, 40.0)
    with pytest.raises(ValueError, match="mars"):
        datums.to_wgs84("mars", 116.0, 40.0)
