"""Intake over HTTP, for staff."""

from typing import Any

from apiflask import APIBlueprint

from command_center.cases.schemas import PublicStatus, QueryCode
from command_center.intake import callers, service
from command_center.intake.callers import Limits
from command_center.intake.schemas import (
    AskedSubject,
    CallerIn,
    CallerOut,
    ProposalOut,
    ProposedTrigger,
    Submission,
    Submitted,
    SubmittedCase,
    UrgencyQuestion,
)
from command_center.intake.service import Intake, Opened
from kernel.web import require, unit_of_work


def create_blueprint(intake: Intake, limits: Limits | None = None) -> APIBlueprint:
    blueprint = APIBlueprint("intake", __name__, url_prefix="/api/v1", tag="Intake")
    _callers(blueprint, intake, limits or Limits())

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


def _callers(blueprint: APIBlueprint, intake: Intake, limits: Limits) -> None:
    """A caller's number comes in a body, never in an address that is logged on its way."""

    @blueprint.post("/callers")
    @blueprint.input(CallerIn, arg_name="body")
    @blueprint.output(CallerOut)
    @blueprint.doc(
        operation_id="showCaller",
        responses={400: "Malformed", 403: "Forbidden", 422: "Refused", 429: "Too many"},
    )
    @require("case.create")
    def show_caller(body: CallerIn) -> Any:
        with unit_of_work() as session:
            return CallerOut(cases=callers.earlier(session, intake.office, limits, body.number))

    @blueprint.post("/callers/report")
    @blueprint.input(QueryCode, arg_name="body")
    @blueprint.output(PublicStatus)
    @blueprint.doc(
        operation_id="showCallersReport",
        responses={400: "Malformed", 404: "No such pair", 422: "Refused", 429: "Too many"},
    )
    @require("case.create")
    def show_report(body: QueryCode) -> Any:
        with unit_of_work() as session:
            return callers.report_state(
                session, intake.office, limits, body.case_no, body.query_code
            )


def _submitted(opened: Opened) -> SubmittedCase:
    case = opened.case
    return SubmittedCase(
        id=case.id,
        case_no=case.case_no,
        kind=case.kind,
        state=case.state,
        query_code=opened.query_code,
    )
