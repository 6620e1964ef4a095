"""The maps API: places, businesses, and the base map with its style."""

import gzip
import json
from dataclasses import asdict
from typing import Any

import shapely
from apiflask import APIBlueprint
from flask import Response, current_app, request
from sqlalchemy import Float, func, select

from kernel.errors import NotFound
from kernel.gate import gate
from kernel.gate.gate import Cleared
from kernel.settings import Settings
from kernel.web import a_file, handed_out, require, unit_of_work
from maps import tiles
from maps.geocoding import resolver
from maps.geocoding.sources.online import chosen
from maps.models import AnswerCount, Business
from maps.regions import regions
from maps.schemas import (
    AnswerCounts,
    BusinessOut,
    CandidateOut,
    FeatureCollection,
    GeocodeAnswer,
    GeocodeQuery,
    RegionsQuery,
    StyleQuery,
)
from maps.style import style

TILE_TYPE = "application/vnd.mapbox-vector-tile"
A_TILE = a_file("Mapbox vector tile", TILE_TYPE)
TILE_SECONDS = 600
OUTLINE_PRECISION = 1e-5
MONTHS = 12

blueprint = APIBlueprint("maps", __name__, url_prefix="/api/v1/maps", tag="Maps")


@blueprint.get("/geocode")
@blueprint.input(GeocodeQuery, location="query", arg_name="query")
@blueprint.output(GeocodeAnswer)
@blueprint.doc(operation_id="geocode")
@require("case.create", "map.read")
def geocode(query: GeocodeQuery) -> Any:
    with unit_of_work() as session:
        found = resolver.candidates(session, query.q, query.limit)
    if query.online:
        others = chosen(current_app.extensions["settings"])
        found = resolver.with_others(found, query.q, others, query.limit)
    shown = [CandidateOut.model_validate(asdict(candidate)) for candidate in found]
    return GeocodeAnswer(query=query.q, candidates=shown)


@blueprint.get("/answers")
@blueprint.output(AnswerCounts)
@blueprint.doc(operation_id="listAnswerCounts")
@require("admin.health")
def list_answer_counts() -> Any:
    with unit_of_work() as session:
        latest = select(AnswerCount).order_by(AnswerCount.month.desc()).limit(MONTHS)
        return {"items": [vars(one) for one in session.scalars(latest)]}


@blueprint.get("/businesses/<int:business_id>")
@blueprint.output(BusinessOut)
@blueprint.doc(operation_id="getBusiness")
@require("case.create", "map.read")
def business(business_id: int) -> Any:
    lon, lat = func.st_x(Business.geom, type_=Float), func.st_y(Business.geom, type_=Float)
    with unit_of_work() as session:
        row = session.execute(
            select(Business, lon, lat).where(Business.id == business_id)
        ).one_or_none()
    if row is None:
        raise NotFound("business", business_id)
    found, x, y = row
    told = {name: getattr(found, name) for name in BusinessOut.model_fields.keys() - {"lon", "lat"}}
    return BusinessOut(**told, lon=x, lat=y)


@blueprint.get("/tiles/<int:z>/<int:x>/<int:y>.mvt")
@blueprint.doc(operation_id="getTile", responses={200: A_TILE, 304: "Unchanged"})
@require("map.read")
def tile(z: int, x: int, y: int) -> Response:
    if not tiles.exists(z, x, y):
        raise NotFound("tile", f"{z}/{x}/{y}")
    with unit_of_work() as session:
        tag = tiles.etag(session)
        if request.if_none_match.contains(tag):
            response = Response(status=304)
        else:
            body = tiles.tile(session, z, x, y)
            response = _packed(gate.made_of("map.tile", body, tiles.PROPERTIES))
    response.set_etag(tag)
    response.cache_control.private = True
    response.cache_control.max_age = TILE_SECONDS
    return response


def _packed(tile: Cleared[bytes]) -> Response:
    packed = tile.written(lambda body: gzip.compress(body, 5))
    response = handed_out(packed, media_type=TILE_TYPE)
    response.headers["Content-Encoding"] = "gzip"
    return response


@blueprint.get("/style.json")
@blueprint.input(StyleQuery, location="query", arg_name="query")
@blueprint.doc(operation_id="getMapStyle", responses={200: "MapLibre style"})
@require("map.read")
def style_json(query: StyleQuery) -> Response:
    settings: Settings = current_app.extensions["settings"]
    base_url = request.host_url.rstrip("/")
    made = style(query.theme, query.lang, base_url=base_url, demo=settings.is_demo)
    cleared = gate.made_of("map.style", json.dumps(made, ensure_ascii=False), ("style",))
    return handed_out(cleared, media_type="application/json")


@blueprint.get("/regions")
@blueprint.input(RegionsQuery, location="query", arg_name="query")
@blueprint.output(FeatureCollection)
@blueprint.doc(operation_id="listRegions")
@require("map.read")
def list_regions(query: RegionsQuery) -> Any:
    with unit_of_work() as session:
        known = regions(session)
    return {
        "features": [
            {
                "id": area.code,
                "properties": asdict(area),
                "geometry": _outline(known.outlines[area.code]),
            }
            for area in known.areas
            if query.level in (None, area.level)
        ]
    }


def _outline(shape: shapely.Geometry) -> dict[str, Any]:
    rounded = shapely.set_precision(shape, OUTLINE_PRECISION)
    geometry: dict[str, Any] = json.loads(shapely.to_geojson(rounded))
    return geometry
