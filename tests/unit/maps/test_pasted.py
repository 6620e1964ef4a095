import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps import datums
from maps.geocoding import pasted

HERE = (116.4074, 39.9042)
GCJ = "{:.6f}".format
lon_gcj, lat_gcj = map(GCJ, datums.wgs84_to_gcj02(*HERE))
lon_bd, lat_bd = map(GCJ, datums.wgs84_to_bd09(*HERE))


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("39.9042,116.4074", ("pasted:numbers", "datum:assumed")),
        ("在 116.4074，39.9042 这里", ("pasted:numbers", "datum:assumed")),
        ("北纬39.9042 东经116.4074", ("pasted:numbers", "datum:assumed")),
        ("东经116.4074度，北纬39.9042度", ("pasted:numbers", "datum:assumed")),
        (f"高德坐标 {lon_gcj},{lat_gcj}", ("pasted:numbers", "datum:gcj02")),
        (f"百度坐标：{lon_bd},{lat_bd}", ("pasted:numbers", "datum:bd09")),
        ("geo:39.9042,116.4074;crs=wgs84?z=16", ("pasted:geo", "datum:wgs84")),
        ("https://www.openstreetmap.org/?mlat=39.9042&mlon=116.4074#map=16/39.9/116.4",
         ("pasted:osm", "datum:wgs84")),
        ("https://www.openstreetmap.org/#map=16/39.9042/116.4074", ("pasted:osm", "datum:wgs84")),
        (f"https://www.google.com/maps/place/x/@39.9,116.4,15z/data=!8m2!3d{lat_gcj}!4d{lon_gcj}",
         ("pasted:google", "datum:gcj02")),
        (f"https://maps.apple.com/?ll={lat_gcj},{lon_gcj}&q=x", ("pasted:apple", "datum:gcj02")),
        (f"https://uri.amap.com/marker?position={lon_gcj}%2C{lat_gcj}&name=x",
         ("pasted:amap", "datum:gcj02")),
        ("https://uri.amap.com/marker?position=116.4074,39.9042&coordinate=wgs84",
         ("pasted:amap", "datum:wgs84")),
        ("androidamap://viewMap?lat=39.9042&lon=116.4074&dev=1", ("pasted:amap", "datum:wgs84")),
        (f"https://www.amap.com/?p=B000A8,{lat_gcj},{lon_gcj},x", ("pasted:amap", "datum:gcj02")),
        (f"http://api.map.baidu.com/marker?location={lat_bd},{lon_bd}&title=x",
         ("pasted:baidu", "datum:bd09")),
        (f"http://api.map.baidu.com/marker?location={lat_gcj},{lon_gcj}&coord_type=gcj02",
         ("pasted:baidu", "datum:gcj02")),
        (f"https://apis.map.qq.com/uri/v1/marker?marker=coord:{lat_gcj},{lon_gcj};title:x",
         ("pasted:tencent", "datum:gcj02")),
        (f"https://map.qq.com/?type=marker&pointx={lon_gcj}&pointy={lat_gcj}",
         ("pasted:tencent", "datum:gcj02")),
    ],
)  # fmt: skip
def test_a_pasted_point_is_ours_whatever_the_app(text: str, evidence: tuple[str, str]) -> None:
    found = pasted.find(text)
    assert found is not None
    assert (found.lon, found.lat) == pytest.approx(HERE, abs=2e-6)
    assert found.evidence == evidence


def test_the_page_of_baidu_carries_its_own_metres() -> None:
    """Baidu's own example: 12958160.97, 4825923.77 is 116.404, 39.915."""
    assert datums.bd09mc_to_bd09(12958160.97, 4825923.77) == pytest.approx(
        (116.404, 39.915), abs=2e-4
    )
    found = pasted.find("老王饭店 https://map.baidu.com/poi/x/@12958160.97,4825923.77,19z")
    assert found is not None
    assert (found.evidence[1], found.rest) == ("datum:bd09mc", "老王饭店")
    assert (found.lon, found.lat) == pytest.approx(
        datums.bd09_to_wgs84(116.40387, 39.915), abs=1e-4
    )


@pytest.mark.parametrize(
    "text",
    ["建国路88号", "https://surl.amap.com/abc", "12.50,13.50", "51.5074,-0.1278", "3.5元", ""],
)
def test_what_is_no_point_in_china_is_left_alone(text: str) -> None:
    assert pasted.find(text) is None


def test_degrees_minutes_seconds() -> None:
    found = pasted.find("39°54′15″N 116°24′26″E")
    assert found is not None
    assert (found.lon, found.lat) == pytest.approx((116.407222, 39.904167), abs=1e-6)


@given(st.text(alphabet="0123456789.,°′″NE@!34dhttps:/geo?=&北纬东经 ", max_size=80))
def test_nothing_that_can_be_pasted_breaks_the_reader(text: str) -> None:
    pasted.find(text)
