"""Texts that wait for a person, over HTTP."""

from typing import Any

from apiflask import APIBlueprint

from dispatch.inbound import queries
from dispatch.inbound.schemas import InboundOut, InboundQuery, Inbounds, Settle, inbound_out
from dispatch.inbound.service import InboundService
from kernel.schemas import IDENT
from kernel.web import current_principal, require, unit_of_work


def create_blueprint(inbound: InboundService) -> APIBlueprint:
    blueprint = APIBlueprint("inbound", __name__, url_prefix="/api/v1", tag="Orders")

    @blueprint.get("/inbound")
    @blueprint.input(InboundQuery, location="query", arg_name="query")
    @blueprint.output(Inbounds)
    @blueprint.doc(operation_id="listInbound")
    @require("order.create")
    def list_inbound(query: InboundQuery) -> Any:
        with unit_of_work() as session:
            found = queries.listed(session, current_principal(), only_open=query.open)
            return [inbound_out(reply) for reply in found]

    @blueprint.post(f"/inbound/<{IDENT}:inbound_id>/settle")
    @blueprint.input(Settle, arg_name="body")
    @blueprint.output(InboundOut)
    @blueprint.doc(operation_id="settleInbound")
    @require("order.create")
    def settle(inbound_id: int, body: Settle) -> Any:
        with unit_of_work() as session:
            reply = inbound.settle(session, inbound_id, body.assignment_id, body.state, body.note)
            return inbound_out(reply)

    return blueprint
