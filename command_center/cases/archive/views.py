"""Retention, destruction and its certificates over HTTP."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response

from command_center.cases.archive import person, service
from command_center.cases.archive.person import Proof
from command_center.cases.archive.schemas import (
    DestructionOut,
    Destructions,
    HoldIn,
    HoldOut,
    PersonExportIn,
    PersonExportOut,
    RefuseIn,
    RetentionRuleOut,
    RetentionRules,
)
from command_center.cases.identity_views import seat
from command_center.cases.office import Office
from kernel.gate import gate
from kernel.schemas import IDENT
from kernel.web import a_file, handed_out, require, unit_of_work

ONE = f"/destructions/<{IDENT}:destruction_id>"
A_PDF = a_file("PDF", "application/pdf")
REFUSALS = {404: "Not found", 409: "Conflict", 422: "Refused"}


def create_blueprint(office: Office) -> APIBlueprint:
    blueprint = APIBlueprint("archive", __name__, url_prefix="/api/v1/archive", tag="Archive")
    _lists(blueprint)
    _acts(blueprint)
    _person(blueprint, office)
    return blueprint


def _lists(blueprint: APIBlueprint) -> None:
    @blueprint.get("/rules")
    @blueprint.output(RetentionRules)
    @blueprint.doc(operation_id="listRetentionRules")
    @require("archive.read")
    def list_rules() -> Any:
        with unit_of_work() as session:
            found = service.rules_in_force(session)
        return [RetentionRuleOut.model_validate(rule, from_attributes=True) for rule in found]

    @blueprint.get("/destructions")
    @blueprint.output(Destructions)
    @blueprint.doc(operation_id="listDestructions", responses=REFUSALS)
    @require("archive.read", "archive.approve")
    def list_destructions() -> Any:
        with unit_of_work() as session:
            return [_shown(one) for one in service.lists(session)]

    @blueprint.get(f"{ONE}/certificate")
    @blueprint.doc(operation_id="getDestructionCertificate", responses={200: A_PDF, **REFUSALS})
    @require("archive.read", "archive.approve")
    def certificate(destruction_id: int) -> Response:
        with unit_of_work() as session:
            listed, pdf = service.pdf(session, destruction_id)
        cleared = gate.made_of("desk.document", pdf, ("number", "pdf"))
        return handed_out(cleared, media_type="application/pdf", name=f"{listed.number}.pdf")


def _acts(blueprint: APIBlueprint) -> None:
    @blueprint.post(f"{ONE}/request")
    @blueprint.output(DestructionOut)
    @blueprint.doc(operation_id="requestDestruction", responses=REFUSALS)
    @require("archive.destroy")
    def request(destruction_id: int) -> Any:
        with unit_of_work() as session:
            return _shown(service.request(session, destruction_id))

    @blueprint.post(f"{ONE}/approve")
    @blueprint.output(DestructionOut)
    @blueprint.doc(operation_id="approveDestruction", responses=REFUSALS)
    @require("archive.approve")
    def approve(destruction_id: int) -> Any:
        with unit_of_work() as session:
            return _shown(service.approve(session, destruction_id))

    @blueprint.post(f"{ONE}/refuse")
    @blueprint.input(RefuseIn, arg_name="body")
    @blueprint.output(DestructionOut)
    @blueprint.doc(operation_id="refuseDestruction", responses=REFUSALS)
    @require("archive.approve")
    def refuse(destruction_id: int, body: RefuseIn) -> Any:
        with unit_of_work() as session:
            return _shown(service.refuse(session, destruction_id, body.reason))

    @blueprint.post("/holds")
    @blueprint.input(HoldIn, arg_name="body")
    @blueprint.output(HoldOut, status_code=201)
    @blueprint.doc(operation_id="placeLegalHold", responses=REFUSALS)
    @require("archive.hold")
    def hold(body: HoldIn) -> Any:
        with unit_of_work() as session:
            placed = service.hold(session, body.case_no, body.reason)
            return HoldOut.model_validate(placed, from_attributes=True)

    @blueprint.post(f"/holds/<{IDENT}:hold_id>/lift")
    @blueprint.output(HoldOut)
    @blueprint.doc(operation_id="liftLegalHold", responses=REFUSALS)
    @require("archive.hold")
    def lift(hold_id: int) -> Any:
        with unit_of_work() as session:
            placed = service.lift(session, hold_id)
            return HoldOut.model_validate(placed, from_attributes=True)


def _person(blueprint: APIBlueprint, office: Office) -> None:
    @blueprint.post("/person-export")
    @blueprint.input(PersonExportIn, arg_name="body")
    @blueprint.output(PersonExportOut)
    @blueprint.doc(operation_id="exportPerson", responses=REFUSALS)
    @require("person.export", fresh=True)
    def export_person(body: PersonExportIn) -> Any:
        others = [Proof(one.case_no, one.query_code) for one in body.others]
        first = Proof(body.case_no, body.query_code)
        with unit_of_work() as session:
            return person.export(session, office, seat(office), first, others, body.reason_code)


def _shown(listed: Any) -> DestructionOut:
    return DestructionOut.model_validate(listed, from_attributes=True)
