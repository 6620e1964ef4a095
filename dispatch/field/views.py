"""The officer's phone over HTTP."""

from typing import Any

from apiflask import APIBlueprint

from dispatch.alarms.schemas import AlarmOut, alarm_out
from dispatch.field.inspection import InspectionIn
from dispatch.field.ports import PhoneFix
from dispatch.field.schemas import (
    FieldOut,
    FieldStatus,
    InspectionOut,
    InspectionsOut,
    Photo,
    PhotoOut,
    PositionIn,
    SignOn,
    Sos,
    field_out,
    inspection_out,
    missed_out,
)
from dispatch.field.service import FieldService, Said
from kernel.clock import now
from kernel.schemas import IDENT, READS, REFUSALS
from kernel.web import require, unit_of_work

PREFIX = "/api/v1/field"


def create_blueprint(field: FieldService) -> APIBlueprint:
    blueprint = APIBlueprint("field", __name__, url_prefix=PREFIX, tag="Field")
    _duty(blueprint, field)
    _work(blueprint, field)
    _inspections(blueprint, field)
    _whereabouts(blueprint, field)
    return blueprint


def _duty(blueprint: APIBlueprint, field: FieldService) -> None:
    @blueprint.get("")
    @blueprint.output(FieldOut)
    @blueprint.doc(operation_id="getField")
    @require("field.act")
    def page() -> Any:
        with unit_of_work() as session:
            return field_out(field.page(session))

    @blueprint.post("/sign-on")
    @blueprint.input(SignOn, arg_name="body")
    @blueprint.output(FieldOut)
    @blueprint.doc(operation_id="signOn")
    @require("field.act")
    def sign_on(body: SignOn) -> Any:
        with unit_of_work() as session:
            field.sign_on(session, body.unit_id)
            return field_out(field.page(session))

    @blueprint.post("/sign-off")
    @blueprint.output(FieldOut)
    @blueprint.doc(operation_id="signOff")
    @require("field.act")
    def sign_off() -> Any:
        with unit_of_work() as session:
            field.sign_off(session)
            return field_out(field.page(session))


def _work(blueprint: APIBlueprint, field: FieldService) -> None:
    @blueprint.post(f"/assignments/<{IDENT}:assignment_id>/status")
    @blueprint.input(FieldStatus, arg_name="body")
    @blueprint.output(FieldOut)
    @blueprint.doc(operation_id="reportStatus")
    @require("field.act")
    def report(assignment_id: int, body: FieldStatus) -> Any:
        with unit_of_work() as session:
            missed = missed_out(field.report(session, assignment_id, Said(**body.model_dump())))
            return field_out(field.page(session), missed)

    @blueprint.post(f"/assignments/<{IDENT}:assignment_id>/proposals/<{IDENT}:proposal_id>/dismiss")
    @blueprint.output(FieldOut)
    @blueprint.doc(operation_id="dismissOwnProposal")
    @require("field.act")
    def dismiss(assignment_id: int, proposal_id: int) -> Any:
        with unit_of_work() as session:
            field.dismiss(session, assignment_id, proposal_id)
            return field_out(field.page(session))

    @blueprint.post(f"/assignments/<{IDENT}:assignment_id>/photos")
    @blueprint.input(Photo, location="files", arg_name="body")
    @blueprint.output(PhotoOut, status_code=201)
    @blueprint.doc(operation_id="addPhoto")
    @require("field.act")
    def photo(assignment_id: int, body: Photo) -> Any:
        data = body.file.read()
        name, media_type = body.file.filename or "photo", body.file.mimetype
        with unit_of_work() as session:
            ident = field.photo(session, assignment_id, name, media_type, data)
            return PhotoOut(
                id=ident, name=name, media_type=media_type, size=len(data), at=now(session)
            )


def _inspections(blueprint: APIBlueprint, field: FieldService) -> None:
    address = f"/assignments/<{IDENT}:assignment_id>/inspections"

    @blueprint.post(address)
    @blueprint.input(InspectionIn, arg_name="body")
    @blueprint.output(InspectionOut, status_code=201)
    @blueprint.doc(operation_id="fileInspection", responses=REFUSALS)
    @require("field.act")
    def inspected(assignment_id: int, body: InspectionIn) -> Any:
        with unit_of_work() as session:
            return inspection_out(field.inspected(session, assignment_id, body))

    @blueprint.get(address)
    @blueprint.output(InspectionsOut)
    @blueprint.doc(operation_id="listInspections", responses=READS)
    @require("field.act")
    def inspections(assignment_id: int) -> Any:
        with unit_of_work() as session:
            found = field.inspections_of(session, assignment_id)
            return InspectionsOut(inspections=[inspection_out(one) for one in found])


def _whereabouts(blueprint: APIBlueprint, field: FieldService) -> None:
    @blueprint.post("/position")
    @blueprint.input(PositionIn, arg_name="body")
    @blueprint.doc(operation_id="postPosition", responses={204: "Taken"})
    @require("field.act")
    def position(body: PositionIn) -> Any:
        fix = PhoneFix(body.lat, body.lon, body.at, body.accuracy, body.speed_kmh, body.course)
        with unit_of_work() as session:
            field.position(session, fix)
        return "", 204

    @blueprint.post("/sos")
    @blueprint.input(Sos, arg_name="body")
    @blueprint.output(AlarmOut, status_code=201)
    @blueprint.doc(operation_id="callForHelp")
    @require("field.act")
    def sos(body: Sos) -> Any:
        with unit_of_work() as session:
            fix = None
            if body.lat is not None and body.lon is not None:
                fix = PhoneFix(body.lat, body.lon, body.at or now(session))
            return alarm_out(field.sos(session, fix))
