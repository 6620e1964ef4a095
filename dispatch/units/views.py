"""Units over HTTP."""

from typing import Any

from apiflask import APIBlueprint

from dispatch.units import queries, service, track
from dispatch.units.schemas import (
    SetEquipment,
    SetState,
    TrackIn,
    Trail,
    TrailQuery,
    UnitOut,
    Units,
    unit_out,
)
from kernel.schemas import IDENT
from kernel.web import current_principal, require, unit_of_work


def create_blueprint() -> APIBlueprint:
    blueprint = APIBlueprint("units", __name__, url_prefix="/api/v1", tag="Units")

    @blueprint.get("/units")
    @blueprint.output(Units)
    @blueprint.doc(operation_id="listUnits")
    @require("unit.read")
    def list_units() -> Any:
        with unit_of_work() as session:
            found = queries.board(session, current_principal().organisation_path)
            return [unit_out(placed) for placed in found]

    @blueprint.post(f"/units/<{IDENT}:unit_id>/state")
    @blueprint.input(SetState, arg_name="body")
    @blueprint.output(UnitOut)
    @blueprint.doc(operation_id="setUnitState")
    @require("unit.manage")
    def set_state(unit_id: int, body: SetState) -> Any:
        with unit_of_work() as session:
            unit = service.set_state(session, unit_id, body.state, body.reason)
            return unit_out(queries.place(session, [unit])[0])

    @blueprint.post(f"/units/<{IDENT}:unit_id>/equipment")
    @blueprint.input(SetEquipment, arg_name="body")
    @blueprint.output(UnitOut)
    @blueprint.doc(operation_id="setUnitEquipment", responses={404: "Not found"})
    @require("unit.manage")
    def set_equipment(unit_id: int, body: SetEquipment) -> Any:
        with unit_of_work() as session:
            unit = service.set_equipment(session, unit_id, body.equipment)
            return unit_out(queries.place(session, [unit])[0])

    @blueprint.get(f"/units/<{IDENT}:unit_id>/trail")
    @blueprint.input(TrailQuery, location="query", arg_name="query")
    @blueprint.output(Trail)
    @blueprint.doc(operation_id="getUnitTrail")
    @require("unit.read")
    def trail(unit_id: int, query: TrailQuery) -> Any:
        with unit_of_work() as session:
            unit = queries.visible(session, current_principal(), unit_id)
            fixes = queries.trail(session, unit, query.minutes)
        # The shape itself, not its list: APIFlask would take each point for a shape of its own.
        return Trail([(fix.lon, fix.lat, int(fix.fixed_at.timestamp() * 1000)) for fix in fixes])

    @blueprint.post(f"/units/<{IDENT}:unit_id>/track")
    @blueprint.input(TrackIn, arg_name="body")
    @blueprint.output(Trail)
    @blueprint.doc(operation_id="readUnitTrack", responses={404: "Not found", 422: "Refused"})
    @require("track.read")
    def read_track(unit_id: int, body: TrackIn) -> Any:
        wanted = track.Wanted(body.since, body.until, body.reason_code, body.note)
        with unit_of_work() as session:
            return Trail(track.read(session, unit_id, wanted))

    return blueprint
