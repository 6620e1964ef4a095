"""Intake over HTTP, for staff."""

from typing import Any

from apiflask import APIBlueprint

from command_center.intake import service
from command_center.intake.schemas import (
    AskedSubject,
    ProposalOut,
    ProposedTrigger,
    Submission,
    Submitted,
    SubmittedCase,
    UrgencyQuestion,
)
from command_center.intake.service import Intake, Opened
from kernel.web import require, unit_of_work


def create_blueprint(intake: Intake) -> APIBlueprint:
    blueprint = APIBlueprint("intake", __name__, url_prefix="/api/v1", tag="Intake")

    @blueprint.post("/submissions")
    @blueprint.input(Submission, arg_name="body")
    @blueprint.output(Submitted, status_code=201)
    @blueprint.doc(
        operation_id="submit",
        responses={400: "Malformed", 403: "Forbidden", 409: "Key used", 422: "Refused"},
    )
    @require("case.create")
    def submit(body: Submission) -> Any:
        with unit_of_work() as session:
            return Submitted(cases=[_submitted(one) for one in intake.register(session, body)])

    @blueprint.post("/urgency-proposal")
    @blueprint.input(UrgencyQuestion, arg_name="body")
    @blueprint.output(ProposalOut)
    @blueprint.doc(operation_id="proposeUrgency", responses={400: "Malformed", 422: "Refused"})
    @require("case.create", "case.escalate")
    def propose(body: UrgencyQuestion) -> Any:
        about = body.subject or AskedSubject()
        with unit_of_work() as session:
            found = service.propose(
                session,
                text=body.text,
                persons_affected=body.persons_affected,
                amount=body.amount,
                ticked=body.triggers,
                business_id=about.business_id,
                name=about.name,
                only_visible=True,
            )
        triggers = [ProposedTrigger(code=t.code, level=t.level, why=t.why) for t in found.triggers]
        return ProposalOut(level=found.level, triggers=triggers)

    return blueprint


def _submitted(opened: Opened) -> SubmittedCase:
    case = opened.case
    return SubmittedCase(
        id=case.id,
        case_no=case.case_no,
        kind=case.kind,
        state=case.state,
        query_code=opened.query_code,
    )
