"""The switch over HTTP: who reads orders sees it, who answers for the bureau turns it."""

from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from dispatch.outbound.schemas import OutboundOut, PauseIn, outbound_out
from dispatch.outbound.service import OutboundService
from kernel import pause
from kernel.web import require, unit_of_work
from telephony import outbound


def create_blueprint(service: OutboundService) -> APIBlueprint:
    blueprint = APIBlueprint("outbound", __name__, url_prefix="/api/v1", tag="Orders")

    def show(session: Session) -> OutboundOut:
        return outbound_out(
            pause.current(session),
            outbound.waiting(session),
            may_switch=service.may_switch(session),
        )

    @blueprint.get("/outbound")
    @blueprint.output(OutboundOut)
    @blueprint.doc(operation_id="readOutbound")
    @require("order.read")
    def read() -> Any:
        with unit_of_work() as session:
            return show(session)

    @blueprint.post("/outbound/pause")
    @blueprint.input(PauseIn, arg_name="body")
    @blueprint.output(OutboundOut)
    @blueprint.doc(operation_id="pauseOutbound")
    @require("outbound.pause")
    def stop(body: PauseIn) -> Any:
        with unit_of_work() as session:
            service.pause(session, body.reason)
            return show(session)

    @blueprint.post("/outbound/resume")
    @blueprint.output(OutboundOut)
    @blueprint.doc(operation_id="resumeOutbound")
    @require("outbound.pause")
    def go_on() -> Any:
        with unit_of_work() as session:
            service.resume(session)
            return show(session)

    return blueprint
