import json
import re

import pytest

from maps.style import PALETTES, Theme, style


@pytest.mark.parametrize("theme", PALETTES)
def test_the_style_asks_for_nothing_outside(theme: Theme) -> None:
    text = json.dumps(style(theme, base_url="http://127.0.0.1:8300"), ensure_ascii=False)
    assert "glyphs" not in text and "sprite" not in text
    assert set(re.findall(r"https?://[^/\"]+", text)) == {"http://127.0.0.1:8300"}


@pytest.mark.parametrize("theme", PALETTES)
def test_every_layer_draws_from_a_layer_that_tiles_have(theme: Theme) -> None:
    layers = style(theme)["layers"]
    drawn = {layer["source-layer"] for layer in layers if "source-layer" in layer}
    assert drawn == {"roads", "regions", "region_labels"}
    assert len({layer["id"] for layer in layers}) == len(layers)


def test_the_themes_differ_in_colour_only() -> None:
    def bare(theme: Theme) -> str:
        return re.sub(r"#[0-9a-f]{6}|command-center-\w+", "", json.dumps(style(theme)))

    assert bare("light") == bare("dark")


def test_demo_data_says_so_and_the_source_is_named() -> None:
    def credit(lang: str, demo: bool) -> str:
        return str(style("light", lang, demo=demo)["sources"]["base"]["attribution"])

    assert credit("zh", True) == "© OpenStreetMap contributors (ODbL) · 演示数据"
    assert credit("en", True).endswith("demo data")
    assert credit("zh", False) == "© OpenStreetMap contributors (ODbL)"
