"""Retention, destruction and its certificates over HTTP."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response

from command_center.cases.archive import person, search, service
from command_center.cases.archive.models import Destruction, LegalHold
from command_center.cases.archive.person import Proof
from command_center.cases.archive.schemas import (
    ArchivedCaseOut,
    ArchivePage,
    ArchiveQuery,
    DestructionOut,
    Destructions,
    DestructionSummary,
    HoldIn,
    HoldOut,
    Holds,
    PersonExportIn,
    PersonExportOut,
    RefuseIn,
    RetentionRuleOut,
    RetentionRules,
)
from command_center.cases.archive.search import Wanted
from command_center.cases.identity_views import seat
from command_center.cases.office import Office
from kernel.gate import gate
from kernel.schemas import IDENT, READS, REFUSALS
from kernel.web import a_file, handed_out, require, unit_of_work

ONE = f"/destructions/<{IDENT}:destruction_id>"
A_PDF = a_file("PDF", "application/pdf")


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

    @blueprint.get("/cases")
    @blueprint.input(ArchiveQuery, location="query", arg_name="query")
    @blueprint.output(ArchivePage)
    @blueprint.doc(operation_id="searchArchive", responses=READS)
    @require("archive.read")
    def search_archive(query: ArchiveQuery) -> Any:
        wanted = Wanted(query.q, query.kind, query.standing, query.limit + 1, query.cursor)
        with unit_of_work() as session:
            rows = search.search(session, wanted)
        items = [ArchivedCaseOut(**row) for row in rows[: query.limit]]
        more = len(rows) > query.limit
        return ArchivePage(items=items, next=str(query.cursor + query.limit) if more else None)

    @blueprint.get("/holds")
    @blueprint.output(Holds)
    @blueprint.doc(operation_id="listLegalHolds", responses=READS)
    @require("archive.read", "archive.approve")
    def list_holds() -> Any:
        with unit_of_work() as session:
            return [_held(*one) for one in service.holds(session)]

    @blueprint.get("/destructions")
    @blueprint.output(Destructions)
    @blueprint.doc(operation_id="listDestructions", responses=READS)
    @require("archive.read", "archive.approve")
    def list_destructions() -> Any:
        with unit_of_work() as session:
            found = service.lists(session)
            return [DestructionSummary.model_validate(one, from_attributes=True) for one in found]

    @blueprint.get(ONE)
    @blueprint.output(DestructionOut)
    @blueprint.doc(operation_id="getDestruction", responses=READS)
    @require("archive.read", "archive.approve")
    def get_destruction(destruction_id: int) -> Any:
        with unit_of_work() as session:
            return _whole(service.get(session, destruction_id))

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
            return _whole(service.request(session, destruction_id))

    @blueprint.post(f"{ONE}/approve")
    @blueprint.output(DestructionOut)
    @blueprint.doc(operation_id="approveDestruction", responses=REFUSALS)
    @require("archive.approve", fresh=True)
    def approve(destruction_id: int) -> Any:
        with unit_of_work() as session:
            return _whole(service.approve(session, destruction_id))

    @blueprint.post(f"{ONE}/refuse")
    @blueprint.input(RefuseIn, arg_name="body")
    @blueprint.output(DestructionOut)
    @blueprint.doc(operation_id="refuseDestruction", responses=REFUSALS)
    @require("archive.approve")
    def refuse(destruction_id: int, body: RefuseIn) -> Any:
        with unit_of_work() as session:
            return _whole(service.refuse(session, destruction_id, body.reason))

    @blueprint.post("/holds")
    @blueprint.input(HoldIn, arg_name="body")
    @blueprint.output(HoldOut, status_code=201)
    @blueprint.doc(operation_id="placeLegalHold", responses=REFUSALS)
    @require("archive.hold")
    def hold(body: HoldIn) -> Any:
        with unit_of_work() as session:
            placed = service.hold(session, body.case_no, body.reason)
            return _held(*service.numbered(session, [placed])[0])

    @blueprint.post(f"/holds/<{IDENT}:hold_id>/lift")
    @blueprint.output(HoldOut)
    @blueprint.doc(operation_id="liftLegalHold", responses=REFUSALS)
    @require("archive.hold")
    def lift(hold_id: int) -> Any:
        with unit_of_work() as session:
            placed = service.lift(session, hold_id)
            return _held(*service.numbered(session, [placed])[0])


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


def _whole(listed: Destruction) -> DestructionOut:
    return DestructionOut.model_validate(listed, from_attributes=True)


def _held(placed: LegalHold, case_no: str) -> HoldOut:
    columns = ("id", "reason", "placed_by_name", "placed_at", "lifted_at")
    return HoldOut(case_no=case_no, **{name: getattr(placed, name) for name in columns})
