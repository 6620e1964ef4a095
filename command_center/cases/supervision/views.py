"""Supervision orders over HTTP."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response
from sqlalchemy.orm import Session

from command_center.cases import papers
from command_center.cases.office import Office
from command_center.cases.supervision import service
from command_center.cases.supervision.models import Supervision
from command_center.cases.supervision.schemas import (
    ActIn,
    ListQuery,
    ProposeIn,
    SupervisionList,
    SupervisionOut,
    supervision_out,
)
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import NotFound
from kernel.gate import gate
from kernel.schemas import IDENT, READS, REFUSALS
from kernel.web import a_file, handed_out, require, unit_of_work

ONE = f"/<{IDENT}:supervision_id>"
A_PDF = a_file("PDF", "application/pdf")
PROPOSES = ("supervision.propose", "supervision.issue")


def create_blueprint(office: Office) -> APIBlueprint:
    blueprint = APIBlueprint(
        "supervision", __name__, url_prefix="/api/v1/supervisions", tag="Supervision"
    )

    @blueprint.get("")
    @blueprint.input(ListQuery, location="query", arg_name="query")
    @blueprint.output(SupervisionList)
    @blueprint.doc(operation_id="listSupervisions", responses=READS)
    @require("supervision.read")
    def list_supervisions(query: ListQuery) -> Any:
        with unit_of_work() as session:
            found = service.listed(session, case_id=query.case_id, only_open=query.open)
            return SupervisionList(items=[_out(session, one) for one in found])

    @blueprint.post("")
    @blueprint.input(ProposeIn, arg_name="body")
    @blueprint.output(SupervisionOut, status_code=201)
    @blueprint.doc(operation_id="proposeSupervision", responses=REFUSALS)
    @require(*PROPOSES)
    def propose(body: ProposeIn) -> Any:
        with unit_of_work() as session:
            made = service.propose(session, office, body.case_id, body.draft.draft())
            if body.issue:
                made = service.act(session, office, made.id, "issue", made.version)
            return _out(session, made)

    @blueprint.get(ONE)
    @blueprint.output(SupervisionOut)
    @blueprint.doc(operation_id="getSupervision", responses=READS)
    @require("supervision.read")
    def get(supervision_id: int) -> Any:
        with unit_of_work() as session:
            return _out(session, service.get(session, supervision_id))

    @blueprint.post(f"{ONE}/actions/<action>")
    @blueprint.input(ActIn, arg_name="body")
    @blueprint.output(SupervisionOut)
    @blueprint.doc(operation_id="actOnSupervision", responses=REFUSALS)
    @require("supervision.issue", "supervision.answer")  # the table says which each step takes
    def act(supervision_id: int, action: str, body: ActIn) -> Any:
        draft = body.draft.draft() if body.draft else None
        with unit_of_work() as session:
            done = service.act(
                session, office, supervision_id, action, body.version, body.text, draft
            )
            return _out(session, done)

    @blueprint.get(f"{ONE}/paper.pdf")
    @blueprint.doc(operation_id="printSupervision", responses={200: A_PDF, 404: "Not found"})
    @require("supervision.read")
    def print_supervision(supervision_id: int) -> Response:
        with unit_of_work() as session:
            order = service.get(session, supervision_id)
            if order.document_id is None:
                raise NotFound("document", supervision_id)
            paper, made = papers.made(session, order.document_id)
        pdf = gate.made_of("desk.document", made, ("number", "pdf"))
        return handed_out(pdf, media_type="application/pdf", name=f"{paper.number}.pdf")

    return blueprint


def _out(session: Session, order: Supervision) -> SupervisionOut:
    return supervision_out(order, principal_of(session), now(session))
