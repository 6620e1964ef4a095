"""The leaders' heat map: regions by colour and cells by heat, as one page that needs no network."""

from typing import Literal

import shapely
from geoalchemy2 import WKBElement
from geoalchemy2.shape import to_shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.insight import queries
from command_center.insight.periods import Period
from kernel.gate import gate
from kernel.gate.gate import Cleared
from maps import density
from maps.folium_page import AreaValue, HeatPage
from maps.models import RoadEdge
from maps.regions import DISTRICT, regions
from maps.revisions import Cached

MAIN_ROADS = ("motorway", "trunk", "primary")
_WORDS = {
    "zh": {
        "title": "投诉举报热力图",
        None: "全部类型",
        "TS": "投诉",
        "JB": "举报",
        "ZX": "咨询",
        "made": "生成于",
        "few": f"少于{density.FEWEST}件的不显示",
    },
    "en": {
        "title": "Complaints and reports",
        None: "all kinds",
        "TS": "complaints",
        "JB": "reports",
        "ZX": "consultations",
        "made": "made",
        "few": f"fewer than {density.FEWEST} not shown",
    },
}


def page(
    session: Session, period: Period, kind: str | None, lang: Literal["zh", "en"], source: str
) -> Cleared[HeatPage]:
    """The page's content: areas and cells that have passed suppression, never a point."""
    words = _WORDS[lang]
    made = period.end.astimezone(period.zone)
    stamp = (
        f"{period.first_day} – {period.last_day} · {words[kind]} · {words['few']}"
        f" · {words['made']} {made:%Y-%m-%d %H:%M}"
    )
    content = HeatPage(
        title=words["title"],
        stamp=stamp,
        areas=_areas(session, period, kind),
        cells=density.suppressed(queries.by_cell(session, period, kind)),
        source=source,
        roads=_ROADS.get(session),
        lang=lang,
    )
    return gate.clear_record("page.heatmap", content)


def _areas(session: Session, period: Period, kind: str | None) -> list[AreaValue]:
    counts = queries.by_region(session, period)
    known = regions(session)
    return [
        AreaValue(area.name, known.outlines[area.code], _shown(counts.get(area.code, {}), kind))
        for area in known.areas
        if area.level == DISTRICT
    ]


def _shown(counts: dict[str, int], kind: str | None) -> int | None:
    if kind is None:
        return sum(counts.values())
    return counts.get(kind) if kind == "JB" else counts.get(kind, 0)


def _main_roads(session: Session) -> list[shapely.Geometry]:
    statement = select(RoadEdge.geom).where(RoadEdge.road_class.in_(MAIN_ROADS))
    found: list[WKBElement] = list(session.scalars(statement))
    return [to_shape(geom) for geom in found]


_ROADS = Cached(_main_roads, "roads")
