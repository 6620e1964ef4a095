"""The style of the base map for MapLibre, light and dark, without a single outside address.

There is no `glyphs` address: labels are drawn with the fonts of the page, which ships
Noto Sans SC. Urgency colours are reserved for cases, so the base map stays grey and blue.
"""

from typing import Any, Literal, NamedTuple

from maps.tiles import MAX_ZOOM, MIN_ZOOM

Theme = Literal["light", "dark"]
Layer = dict[str, Any]

FONT = ["Noto Sans SC"]
TILES = "/api/v1/maps/tiles/{z}/{x}/{y}.mvt"
OPENSTREETMAP = "© OpenStreetMap contributors (ODbL)"
DEMO = {"zh": "演示数据", "en": "demo data"}


class Palette(NamedTuple):
    land: str
    outside: str
    casing: str
    motorway: str
    major: str
    minor: str
    border: str
    beat: str
    text: str
    halo: str


PALETTES: dict[str, Palette] = {
    "light": Palette(
        land="#f4f5f7",
        outside="#e9ebef",
        casing="#d5d9e0",
        motorway="#b9c7dd",
        major="#ffffff",
        minor="#ffffff",
        border="#8a94a6",
        beat="#b4bccb",
        text="#3c4657",
        halo="#ffffff",
    ),
    "dark": Palette(
        land="#151a22",
        outside="#10141b",
        casing="#0d1117",
        motorway="#3d4f6e",
        major="#333d4d",
        minor="#272f3c",
        border="#6d7a90",
        beat="#414c5f",
        text="#b9c3d3",
        halo="#10141b",
    ),
}

# class -> width in pixels at zoom 10, 14 and 18
_WIDTHS = {
    "motorway": (1.4, 5, 18),
    "trunk": (1.2, 4.5, 17),
    "primary": (1.0, 4, 16),
    "secondary": (0.7, 3.2, 14),
    "tertiary": (0.5, 2.4, 12),
}
_OTHER_WIDTH = (0.3, 1.6, 9)
_MAJOR = ["trunk", "primary", "secondary"]


def style(
    theme: Theme = "light",
    lang: str = "zh",
    *,
    base_url: str = "",
    centre: tuple[float, float] = (116.39, 39.92),
    demo: bool = False,
) -> dict[str, Any]:
    """The style document. `base_url` goes before the tile path: MapLibre wants it absolute."""
    palette = PALETTES[theme]
    attribution = f"{OPENSTREETMAP} · {DEMO.get(lang, DEMO['zh'])}" if demo else OPENSTREETMAP
    return {
        "version": 8,
        "name": f"command-center-{theme}",
        "center": list(centre),
        "zoom": 11,
        "sources": {
            "base": {
                "type": "vector",
                "tiles": [base_url + TILES],
                "minzoom": MIN_ZOOM,
                "maxzoom": MAX_ZOOM,
                "attribution": attribution,
            }
        },
        "layers": [*_areas(palette), *_roads(palette), *_borders(palette), *_labels(palette)],
    }


def _areas(palette: Palette) -> list[Layer]:
    return [
        {
            "id": "background",
            "type": "background",
            "paint": {"background-color": palette.outside},
        },
        _layer(
            "districts",
            "fill",
            "regions",
            filter=_is("district"),
            paint={"fill-color": palette.land},
        ),
    ]


def _roads(palette: Palette) -> list[Layer]:
    round_line = {"line-cap": "round", "line-join": "round"}
    colour = [
        "match",
        ["get", "class"],
        "motorway",
        palette.motorway,
        _MAJOR,
        palette.major,
        palette.minor,
    ]
    return [
        _layer(
            "road-casing",
            "line",
            "roads",
            layout=round_line,
            paint={"line-color": palette.casing, "line-width": _width(1.6)},
        ),
        _layer(
            "road",
            "line",
            "roads",
            layout=round_line,
            paint={"line-color": colour, "line-width": _width(0)},
        ),
    ]


def _borders(palette: Palette) -> list[Layer]:
    return [
        _layer(
            "beat-border",
            "line",
            "regions",
            filter=_is("beat"),
            paint={"line-color": palette.beat, "line-width": 1, "line-dasharray": [2, 3]},
        ),
        _layer(
            "district-border",
            "line",
            "regions",
            filter=_is("district"),
            paint={"line-color": palette.border, "line-width": 1.4, "line-dasharray": [5, 2]},
        ),
    ]


def _labels(palette: Palette) -> list[Layer]:
    paint = {
        "text-color": palette.text,
        "text-halo-color": palette.halo,
        "text-halo-width": 1.4,
    }
    return [
        _layer(
            "road-name",
            "symbol",
            "roads",
            minzoom=12,
            layout={
                "symbol-placement": "line",
                "symbol-spacing": 320,
                "text-field": ["get", "name"],
                "text-font": FONT,
                "text-size": ["interpolate", ["linear"], ["zoom"], 12, 10.5, 16, 13],
            },
            paint=paint,
        ),
        _layer(
            "beat-name",
            "symbol",
            "region_labels",
            minzoom=12,
            filter=_is("beat"),
            layout={"text-field": ["get", "name"], "text-font": FONT, "text-size": 12},
            paint={**paint, "text-opacity": 0.75},
        ),
        _layer(
            "district-name",
            "symbol",
            "region_labels",
            maxzoom=13,
            filter=_is("district"),
            layout={
                "text-field": ["get", "name"],
                "text-font": FONT,
                "text-size": ["interpolate", ["linear"], ["zoom"], 8, 12, 12, 18],
                "text-letter-spacing": 0.15,
            },
            paint=paint,
        ),
    ]


def _layer(ident: str, kind: str, source_layer: str, **rest: Any) -> Layer:
    return {"id": ident, "type": kind, "source": "base", "source-layer": source_layer, **rest}


def _is(level: str) -> list[Any]:
    return ["==", ["get", "level"], level]


def _width(more: float) -> list[Any]:
    """Line width by class and zoom, `more` pixels wider for a casing."""

    def at(index: int) -> list[Any]:
        by_class = [part for name, w in _WIDTHS.items() for part in (name, w[index] + more)]
        return ["match", ["get", "class"], *by_class, _OTHER_WIDTH[index] + more]

    return ["interpolate", ["exponential", 1.6], ["zoom"], 10, at(0), 14, at(1), 18, at(2)]
