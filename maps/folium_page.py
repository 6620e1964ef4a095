"""A heat map for leaders as one file: regions by colour, cells by heat; opens without a network.

The page holds aggregated cells and areas only, never a case's point.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from math import ceil
from typing import Any, Literal

import folium
import shapely
from folium.plugins import HeatMap
from jinja2 import Template

from kernel.gate.gate import Cleared
from maps import density
from maps.folium_assets import inlined

COLOURS = ("#fef0d9", "#fdcc8a", "#fc8d59", "#e34a33", "#b30000")
"""ColorBrewer OrRd: ordered in print and for colour-blind readers too."""
HEAT = {0.3: "#a5b4fc", 0.6: "#4f46e5", 1.0: "#1e1b4b"}
"""Away from the colours of the areas beneath."""
NOT_SHOWN = "#d9dce1"
_TEXTS = {
    "zh": {
        "areas": "按辖区",
        "heat": "热力",
        "roads": "主要道路",
        "count": "件数",
        "hidden": f"少于 {density.FEWEST} 件，不显示",
        "empty": "尚未导入辖区",
    },
    "en": {
        "areas": "By region",
        "heat": "Heat",
        "roads": "Main roads",
        "count": "Cases",
        "hidden": f"Fewer than {density.FEWEST}, not shown",
        "empty": "No region has been imported",
    },
}
_LOOK = """
<style>
  body { font: 14px/1.5 "Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif }
  .leaflet-container { background: #f4f5f7; font: inherit }
  .title, .legend { position: fixed; z-index: 1000; background: #fffffff0; color: #1f2733;
    border-radius: 6px; padding: 10px 14px; box-shadow: 0 1px 4px #0003 }
  .title { left: 56px; top: 12px; max-width: calc(100vw - 190px) }
  .title h1 { font-size: 18px; margin: 0 }
  .title p { margin: 2px 0 0; color: #5b6675 }
  .legend { right: 12px; bottom: 28px } .legend i { display: inline-block; width: 18px;
    height: 12px; margin-right: 8px; border: 1px solid #0002 }
  .legend div { font-variant-numeric: tabular-nums }
</style>
"""


@dataclass(frozen=True, slots=True)
class AreaValue:
    """A region and how much happened in it; None where that may not be shown."""

    name: str
    outline: shapely.Geometry
    count: int | None


@dataclass(frozen=True, slots=True)
class HeatPage:
    """What a page shows. `cells` are hexagons that have passed `density.suppressed`."""

    title: str
    stamp: str
    """Period, filters and when it was made: what a reader must know on paper."""
    areas: Sequence[AreaValue]
    cells: Sequence[density.Cell]
    source: str = ""
    roads: Sequence[shapely.Geometry] = ()
    lang: Literal["zh", "en"] = "zh"


class _Map(folium.Map):
    """Folium's map without the scripts that only its pop-ups and markers need."""

    default_js = [link for link in folium.Map.default_js if link[0] == "leaflet"]
    default_css = [link for link in folium.Map.default_css if link[0] == "leaflet_css"]


class _Margin(folium.MacroElement):
    """The scale, and the source of the data where Leaflet would put a link to outside."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            {{ this._parent.get_name() }}.attributionControl.setPrefix({{ this.text|tojson }});
            L.control.scale({imperial: false}).addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, text: str):
        super().__init__()  # type: ignore[no-untyped-call]  # branca carries no types
        self.text = _plain(text)


def _plain(text: str) -> str:
    """HTML that says the text as it is. Folium reads what it has written as a template once more:
    without its braces nothing in it is one.
    """
    return escape(text).replace("{", "&#123;")


def render(cleared: Cleared[HeatPage]) -> Cleared[str]:
    """The page as HTML. Raises FileNotFoundError before the front-end was built."""
    return cleared.written(_html)


def _html(page: HeatPage) -> str:
    texts = _TEXTS[page.lang]
    steps = _steps([area.count for area in page.areas if area.count])
    world = _Map(tiles=None, zoom_snap=0.25)
    if page.areas:
        _add_areas(world, page.areas, steps, texts)
        world.fit_bounds(_bounds(page.areas))
    _add_roads(world, page.roads, texts)
    _add_heat(world, page.cells, texts)
    folium.LayerControl(collapsed=False).add_to(world)
    world.add_child(_Margin(page.source))
    root: Any = world.get_root()
    root.html.add_child(folium.Element(_LOOK + _title(page) + _legend(page, steps, texts)))
    root.title = _plain(page.title)
    return inlined(root.render())


def _steps(counts: Sequence[int]) -> list[int]:
    """The upper ends of the colour classes: about as many areas in each."""
    ordered = sorted(counts)
    shares = [ceil(len(ordered) * part / len(COLOURS)) for part in range(1, len(COLOURS) + 1)]
    return sorted({ordered[share - 1] for share in shares if share})


def _colour(count: int | None, steps: Sequence[int]) -> str:
    if not count:
        return NOT_SHOWN
    return COLOURS[next(i for i, step in enumerate(steps) if count <= step)]


def _add_areas(
    world: folium.Map, areas: Sequence[AreaValue], steps: Sequence[int], texts: dict[str, str]
) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {
                "name": _plain(area.name),
                "count": texts["hidden"] if area.count is None else area.count,
                "colour": _colour(area.count, steps),
            },
            "geometry": _geojson(area.outline),
        }
        for area in areas
    ]
    folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        name=texts["areas"],
        style_function=lambda feature: {
            "fillColor": feature["properties"]["colour"],
            "fillOpacity": 0.75,
            "color": "#5b6675",
            "weight": 1.2,
        },
        tooltip=folium.GeoJsonTooltip(["name", "count"], aliases=["", texts["count"]]),
    ).add_to(world)


def _add_roads(world: folium.Map, roads: Sequence[shapely.Geometry], texts: dict[str, str]) -> None:
    if roads:
        folium.GeoJson(
            _geojson(shapely.union_all(roads).simplify(1e-4)),
            name=texts["roads"],
            style_function=lambda _: {"color": "#ffffff", "weight": 1.4, "opacity": 0.9},
            control=True,
        ).add_to(world)


def _add_heat(world: folium.Map, cells: Sequence[density.Cell], texts: dict[str, str]) -> None:
    strongest = max((cell.weight for cell in cells), default=1.0)
    points = [
        [lat, lon, cell.weight / strongest]
        for cell in cells
        for lon, lat in [density.centre_of(cell.id)]
    ]
    heat: Any = HeatMap
    heat(points, name=texts["heat"], radius=22, blur=18, min_opacity=0.2, gradient=HEAT).add_to(
        world
    )


def _geojson(shape: shapely.Geometry) -> dict[str, Any]:
    """The shape with coordinates rounded to a metre."""
    geometry: dict[str, Any] = json.loads(
        shapely.to_geojson(shapely.set_precision(shape, 1e-5, mode="pointwise"))
    )
    return geometry


def _bounds(areas: Sequence[AreaValue]) -> list[list[float]]:
    west, south, east, north = shapely.total_bounds([area.outline for area in areas])
    return [[south, west], [north, east]]


def _title(page: HeatPage) -> str:
    return f'<div class="title"><h1>{_plain(page.title)}</h1><p>{_plain(page.stamp)}</p></div>'


def _legend(page: HeatPage, steps: Sequence[int], texts: dict[str, str]) -> str:
    if not page.areas:
        return f'<div class="legend">{escape(texts["empty"])}</div>'
    ranges = [f"{low + 1} – {high}" for low, high in pairwise([0, *steps])]
    rows = [*zip(COLOURS, ranges, strict=False), (NOT_SHOWN, texts["hidden"])]
    lines = "".join(
        f'<div><i style="background:{colour}"></i>{_plain(text)}</div>' for colour, text in rows
    )
    return f'<div class="legend"><b>{_plain(texts["count"])}</b>{lines}</div>'
