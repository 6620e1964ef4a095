"""A unit's day, and its track as a file, over HTTP."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from apiflask import APIBlueprint
from flask import Response

from dispatch.tracking import day as days
from dispatch.tracking.export import MEDIA_TYPES, WRITERS, Line, Point, file_name
from dispatch.tracking.schemas import DayIn, DayQuery, ExportIn, UnitDayOut, day_out
from dispatch.units import track
from dispatch.units.queries import EACH_AT_MOST
from kernel.gate import gate
from kernel.schemas import IDENT
from kernel.web import a_file, handed_out, require, unit_of_work

TOLD = ("unit", "since", "until", "points")
"""What a file of a track is made of."""


def create_blueprint(zone: ZoneInfo) -> APIBlueprint:
    """`zone` is the bureau's: its day begins there at midnight."""
    blueprint = APIBlueprint("tracking", __name__, url_prefix="/api/v1", tag="Units")

    @blueprint.get(f"/units/<{IDENT}:unit_id>/day")
    @blueprint.input(DayQuery, location="query", arg_name="query")
    @blueprint.output(UnitDayOut)
    @blueprint.doc(operation_id="getUnitDay", responses={404: "Not found", 422: "Refused"})
    @require("unit.read")
    def get_day(unit_id: int, query: DayQuery) -> Any:
        with unit_of_work() as session:
            return day_out(days.read(session, zone, unit_id, query.date), places=False)

    @blueprint.post(f"/units/<{IDENT}:unit_id>/day")
    @blueprint.input(DayIn, arg_name="body")
    @blueprint.output(UnitDayOut)
    @blueprint.doc(operation_id="readUnitDay", responses={404: "Not found", 422: "Refused"})
    @require("track.read")
    def read_day(unit_id: int, body: DayIn) -> Any:
        why = days.Why(body.reason_code, body.note)
        with unit_of_work() as session:
            return day_out(days.read(session, zone, unit_id, body.date, why), places=True)

    @blueprint.post(f"/units/<{IDENT}:unit_id>/track/export")
    @blueprint.input(ExportIn, arg_name="body")
    @blueprint.doc(
        operation_id="exportUnitTrack",
        responses={
            200: a_file("The track", *MEDIA_TYPES.values()),
            404: "Not found",
            422: "Refused",
        },
    )
    @require("track.read")
    def export_track(unit_id: int, body: ExportIn) -> Response:
        wanted = track.Wanted(body.since, body.until, body.reason_code, body.note)
        with unit_of_work() as session:
            unit, rows = track.fixes(session, unit_id, wanted, EACH_AT_MOST, "track.exported")
        name = unit.plate or unit.name
        line = Line(name, [Point(*fix) for fix in rows])
        return file_of([line], name, body.since, body.format)

    return blueprint


def file_of(lines: Iterable[Line], what: str, since: datetime, form: str) -> Response:
    """The ways as a file of that form (`export.WRITERS`), to be kept."""
    return handed_out(
        gate.made_of("export.track", WRITERS[form](lines), TOLD),
        media_type=MEDIA_TYPES[form],
        name=file_name(what, since, form),
        download=True,
    )
