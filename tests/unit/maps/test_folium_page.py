import json
import re

import pytest
from shapely import box

from kernel.gate import gate
from maps import density
from maps.folium_assets import OutsideAddress, available, inlined
from maps.folium_page import AreaValue, HeatPage, render

needs_build = pytest.mark.skipif(
    not available(), reason="the front-end was not built: no Leaflet to write into the page"
)


def page(title: str = "热力图") -> str:
    cells = density.suppressed(density.hexagons([116.4] * 5 + [116.5], [39.9] * 6))
    areas = [
        AreaValue("东城区", box(116.38, 39.88, 116.44, 39.94), 5),
        AreaValue("朝阳区", box(116.44, 39.88, 116.50, 39.94), None),
    ]
    made = HeatPage(title, "2026 年", areas, cells, source="© 演示数据")
    return render(gate.clear_record("page.heatmap", made)).content


@needs_build
def test_the_page_loads_nothing_from_outside() -> None:
    html = page()
    assert not re.search(r'<(?:script|link|img)[^>]+(?:src|href)="', html)
    assert "L.heatLayer" in html
    assert json.dumps("东城区") in html and json.dumps("© 演示数据") in html


@needs_build
def test_a_cell_that_may_not_be_shown_is_not_in_the_file() -> None:
    _, lat = density.centre_of(density.cell_of(116.5, 39.9))
    html = page()
    assert f"{lat}"[:8] not in html
    assert f"{density.centre_of(density.cell_of(116.4, 39.9))[1]}"[:8] in html


@needs_build
def test_a_title_cannot_break_out_of_the_page() -> None:
    html = page("<script>alert(1)</script>")
    assert "<script>alert(1)" not in html


def test_an_address_without_a_local_file_is_refused() -> None:
    with pytest.raises(OutsideAddress, match="example"):
        inlined('<script src="https://cdn.example/x.js"></script>')
    with pytest.raises(OutsideAddress, match="picture"):
        inlined('<img src="https://cdn.example/picture.png">')


@needs_build
def test_before_regions_are_imported_the_page_says_so() -> None:
    made = HeatPage("热力图", "2026 年", [], [], source="")
    html = render(gate.clear_record("page.heatmap", made)).content
    assert "尚未导入辖区" in html
