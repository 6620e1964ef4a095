"""Texts and faxes that wait for a person, over HTTP."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response

from dispatch.inbound import queries
from dispatch.inbound.schemas import (
    InboundOut,
    InboundQuery,
    Inbounds,
    Settle,
    SettleText,
    StrangerTextOut,
    StrangerTexts,
    inbound_out,
    stranger_text_out,
)
from dispatch.inbound.service import InboundService
from kernel.gate import gate
from kernel.schemas import IDENT
from kernel.web import a_file, current_principal, handed_out, require, unit_of_work

A_PDF = a_file("PDF", "application/pdf")


def create_blueprint(inbound: InboundService) -> APIBlueprint:
    blueprint = APIBlueprint("inbound", __name__, url_prefix="/api/v1", tag="Orders")

    @blueprint.get("/inbound")
    @blueprint.input(InboundQuery, location="query", arg_name="query")
    @blueprint.output(Inbounds)
    @blueprint.doc(operation_id="listInbound")
    @require("order.create")
    def list_inbound(query: InboundQuery) -> Any:
        with unit_of_work() as session:
            who = current_principal()
            found = queries.listed(session, who, strangers=False, only_open=query.open)
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

    @blueprint.get(f"/inbound/<{IDENT}:inbound_id>/pages")
    @blueprint.doc(operation_id="readInboundPages", responses={200: A_PDF, 404: "Not found"})
    @require("order.create")
    def read_pages(inbound_id: int) -> Response:
        with unit_of_work() as session:
            reply = queries.visible(session, current_principal(), inbound_id, strangers=False)
            return _pdf(inbound.pages.read(session, reply))

    @blueprint.get(f"/strangers/texts/<{IDENT}:text_id>/pages")
    @blueprint.doc(operation_id="readStrangersPages", responses={200: A_PDF, 404: "Not found"})
    @require("text.read")
    def read_strangers_pages(text_id: int) -> Response:
        with unit_of_work() as session:
            reply = queries.visible(session, current_principal(), text_id, strangers=True)
            return _pdf(inbound.pages.read(session, reply))

    @blueprint.get("/strangers/texts")
    @blueprint.output(StrangerTexts)
    @blueprint.doc(operation_id="listStrangersTexts")
    @require("text.read")
    def list_strangers_texts() -> Any:
        with unit_of_work() as session:
            found = queries.listed(session, current_principal(), strangers=True, only_open=True)
            return [stranger_text_out(reply, inbound.strangers_words(reply)) for reply in found]

    @blueprint.post(f"/strangers/texts/<{IDENT}:text_id>/settle")
    @blueprint.input(SettleText, arg_name="body")
    @blueprint.output(StrangerTextOut)
    @blueprint.doc(operation_id="settleStrangersText")
    @require("text.read")
    def settle_strangers_text(text_id: int, body: SettleText) -> Any:
        with unit_of_work() as session:
            reply = inbound.settle_stranger(session, text_id, body.note)
            return stranger_text_out(reply, inbound.strangers_words(reply))

    return blueprint


def _pdf(pages: bytes) -> Response:
    cleared = gate.made_of("desk.attachment", pages, ("media_type", "data"))
    return handed_out(cleared, media_type="application/pdf", name="fax.pdf")
