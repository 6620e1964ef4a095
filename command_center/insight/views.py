"""Statistics for leaders over HTTP."""

from dataclasses import asdict
from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app
from gevent import get_hub
from sqlalchemy.orm import Session

from command_center.cases.office import Office
from command_center.insight import heatmap, queries
from command_center.insight.indicators import indicators
from command_center.insight.periods import Period
from command_center.insight.queries import KINDS
from command_center.insight.schemas import (
    DayOut,
    HeatmapQuery,
    IndicatorOut,
    IndicatorQuery,
    IndicatorsOut,
    PeriodQuery,
    RegionOut,
    RegionsOut,
    TrendOut,
)
from kernel.clock import now
from kernel.settings import Settings
from kernel.web import a_file, handed_out, require, unit_of_work
from maps.folium_page import render
from maps.regions import DISTRICT, regions
from maps.style import DEMO, OPENSTREETMAP

A_PAGE = a_file("A page", "text/html")
REFUSALS = {400: "Malformed", 422: "Refused"}
# The page brings its own script and may reach nothing: no cookie, no server, no other frame.
HEATMAP_CSP = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:;"
    " sandbox allow-scripts allow-downloads; frame-ancestors 'self'"
)


def create_blueprint(office: Office) -> APIBlueprint:
    blueprint = APIBlueprint("insight", __name__, url_prefix="/api/v1/insight", tag="Insight")

    def period(session: Session, days: int) -> Period:
        return Period.last_days(days, now(session), office.zone)

    @blueprint.get("/indicators")
    @blueprint.input(IndicatorQuery, location="query", arg_name="query")
    @blueprint.output(IndicatorsOut)
    @blueprint.doc(operation_id="getIndicators", responses=REFUSALS)
    @require("stats.read")
    def get_indicators(query: IndicatorQuery) -> Any:
        with unit_of_work() as session:
            span = period(session, query.days)
            scope = queries.scope_of(session, span, query.region)
            present = queries.tally(session, span, scope)
            past = queries.tally(session, span.before(), scope)
        items = [IndicatorOut(**asdict(item)) for item in indicators(present, past)]
        return IndicatorsOut(items=items, as_of=span.end)

    @blueprint.get("/regions")
    @blueprint.input(PeriodQuery, location="query", arg_name="query")
    @blueprint.output(RegionsOut)
    @blueprint.doc(operation_id="getRegionCounts", responses=REFUSALS)
    @require("stats.read")
    def get_regions(query: PeriodQuery) -> Any:
        with unit_of_work() as session:
            return region_counts(session, period(session, query.days))

    @blueprint.get("/trend")
    @blueprint.input(PeriodQuery, location="query", arg_name="query")
    @blueprint.output(TrendOut)
    @blueprint.doc(operation_id="getTrend", responses=REFUSALS)
    @require("stats.read")
    def get_trend(query: PeriodQuery) -> Any:
        with unit_of_work() as session:
            span = period(session, query.days)
            counts = queries.by_day(session, span)
        return [
            DayOut(
                day=day,
                **{name: counts.get(day, {}).get(kind, 0) for kind, name in KINDS.items()},
            )
            for day in span.days()
        ]

    @blueprint.get("/heatmap.html")
    @blueprint.input(HeatmapQuery, location="query", arg_name="query")
    @blueprint.doc(operation_id="getHeatmap", responses={200: A_PAGE, **REFUSALS})
    @require("stats.read")
    def get_heatmap(query: HeatmapQuery) -> Response:
        with unit_of_work() as session:
            span = period(session, query.days)
            page = heatmap.page(session, span, query.kind, query.lang, _source(query.lang))
        return handed_out(
            get_hub().threadpool.apply(render, (page,)),
            media_type="text/html; charset=utf-8",
            name=f"heatmap-{span.first_day}-{span.last_day}.html",
            download=query.download,
            policy=HEATMAP_CSP,
        )

    return blueprint


def _source(lang: str) -> str:
    """The credit that maps of this installation carry."""
    settings: Settings = current_app.extensions["settings"]
    return f"{OPENSTREETMAP} · {DEMO[lang]}" if settings.is_demo else OPENSTREETMAP


def region_counts(session: Session, period: Period) -> list[RegionOut]:
    """Every district with its cases, the busiest first; few reports are not told."""
    counts = queries.by_region(session, period)
    bases = queries.businesses_by_district(session)
    found = [
        _region(area.code, area.name, counts.get(area.code, {}), bases.get(area.name, 0))
        for area in regions(session).areas
        if area.level == DISTRICT
    ]
    return sorted(found, key=lambda region: (-region.cases, region.region_code))


def _region(code: str, name: str, counts: dict[str, int], businesses: int) -> RegionOut:
    cases = sum(counts.values())
    return RegionOut(
        region_code=code,
        name=name,
        cases=cases,
        reports=counts.get("JB"),
        per_10k=round(cases / businesses * 10_000, 2) if businesses else None,
    )
