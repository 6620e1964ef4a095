"""The hand-over of a duty over HTTP."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response

from command_center.cases.handover import paper, service
from command_center.cases.handover.schemas import (
    HandoverIn,
    HandoverList,
    HandoverOut,
    StandingOut,
    handover_out,
    summary_out,
)
from command_center.cases.handover.standing import standing
from command_center.cases.office import Office
from kernel.gate import gate
from kernel.schemas import IDENT, READS, REFUSALS
from kernel.web import a_file, handed_out, require, unit_of_work

ONE = f"/<{IDENT}:handover_id>"
A_PDF = a_file("PDF", "application/pdf")


def create_blueprint(office: Office) -> APIBlueprint:
    blueprint = APIBlueprint("handover", __name__, url_prefix="/api/v1/handovers", tag="Duty")

    @blueprint.get("")
    @blueprint.output(HandoverList)
    @blueprint.doc(operation_id="listHandovers")
    @require("duty.hand_over")
    def list_handovers() -> Any:
        with unit_of_work() as session:
            return HandoverList(items=[summary_out(one) for one in service.listed(session)])

    @blueprint.get("/standing")
    @blueprint.output(StandingOut)
    @blueprint.doc(operation_id="getStanding")
    @require("duty.hand_over")
    def get_standing() -> Any:
        with unit_of_work() as session:
            return StandingOut.model_validate(standing(session))

    @blueprint.post("")
    @blueprint.input(HandoverIn, arg_name="body")
    @blueprint.output(HandoverOut, status_code=201)
    @blueprint.doc(operation_id="handOver", responses=REFUSALS)
    @require("duty.hand_over")
    def write(body: HandoverIn) -> Any:
        with unit_of_work() as session:
            return handover_out(service.write(session, office, body.notes.strip(), body.key))

    @blueprint.get(ONE)
    @blueprint.output(HandoverOut)
    @blueprint.doc(operation_id="getHandover", responses=READS)
    @require("duty.hand_over")
    def get(handover_id: int) -> Any:
        with unit_of_work() as session:
            return handover_out(service.get(session, handover_id))

    @blueprint.post(f"{ONE}/sign")
    @blueprint.output(HandoverOut)
    @blueprint.doc(operation_id="signHandover", responses=REFUSALS)
    @require("duty.hand_over")
    def sign(handover_id: int) -> Any:
        with unit_of_work() as session:
            return handover_out(service.sign(session, office, handover_id))

    @blueprint.get(f"{ONE}/paper.pdf")
    @blueprint.doc(operation_id="printHandover", responses={200: A_PDF, 404: "Not found"})
    @require("duty.hand_over")
    def print_handover(handover_id: int) -> Response:
        with unit_of_work() as session:
            told = paper.cleared(service.get(session, handover_id), office.zone)
        pdf = gate.made_of("desk.document", paper.render(told), ("number", "pdf"))
        return handed_out(pdf, media_type="application/pdf", name=f"handover-{handover_id}.pdf")

    return blueprint
