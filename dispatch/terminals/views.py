"""Terminals over HTTP: the registry for administrators."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response
from sqlalchemy.orm import Session

from dispatch.terminals import queries
from dispatch.terminals.queries import Listed, Wanted
from dispatch.terminals.schemas import (
    AskIn,
    CarrierOut,
    Carriers,
    DoubtDetail,
    DoubtQuery,
    Doubts,
    DownlinkOut,
    Downlinks,
    NewTerminal,
    TerminalIn,
    TerminalOut,
    TerminalQuery,
    TerminalsOut,
    UnknownOut,
    Unknowns,
    WindowIn,
    doubt_detail,
    doubt_out,
    downlink_out,
    terminal_out,
    terminals_out,
)
from dispatch.terminals.service import MANAGE, Registry
from gps_ingest import queries as gps
from kernel.schemas import IDENT, REFUSALS
from kernel.web import require, unit_of_work

ONE = f"/terminals/<{IDENT}:terminal_id>"


def create_blueprint(registry: Registry) -> APIBlueprint:
    blueprint = APIBlueprint("terminals", __name__, url_prefix="/api/v1", tag="Terminals")
    _reading(blueprint, registry)
    _changing(blueprint, registry)
    _asking(blueprint, registry)
    return blueprint


def _reading(blueprint: APIBlueprint, registry: Registry) -> None:
    @blueprint.get("/terminals")
    @blueprint.input(TerminalQuery, location="query", arg_name="query")
    @blueprint.output(TerminalsOut)
    @blueprint.doc(operation_id="listTerminals")
    @require(MANAGE)
    def list_terminals(query: TerminalQuery) -> Any:
        wanted = Wanted(query.q.strip(), query.protocol, query.state)
        with unit_of_work() as session:
            return terminals_out([_out(session, one) for one in registry.listed(session, wanted)])

    @blueprint.get("/terminals/carriers")
    @blueprint.output(Carriers)
    @blueprint.doc(operation_id="listCarriers")
    @require(MANAGE)
    def list_carriers() -> Any:
        with unit_of_work() as session:
            found = registry.carriers(session)
        return [CarrierOut.model_validate(one, from_attributes=True) for one in found]

    @blueprint.get("/terminals/unknown")
    @blueprint.output(Unknowns)
    @blueprint.doc(operation_id="listUnknownIdentities")
    @require(MANAGE)
    def list_unknown() -> Any:
        with unit_of_work() as session:
            found = registry.unknown(session)
            return [UnknownOut.model_validate(one, from_attributes=True) for one in found]

    @blueprint.get("/terminals/quarantine")
    @blueprint.input(DoubtQuery, location="query", arg_name="query")
    @blueprint.output(Doubts)
    @blueprint.doc(operation_id="listQuarantine")
    @require(MANAGE)
    def list_quarantine(query: DoubtQuery) -> Any:
        with unit_of_work() as session:
            found = registry.quarantine(session, query.terminal_id)
            return [doubt_out(row, terminal) for row, terminal in found]

    @blueprint.get(f"/terminals/quarantine/<{IDENT}:quarantine_id>")
    @blueprint.output(DoubtDetail)
    @blueprint.doc(operation_id="readQuarantined", responses={404: "Not found"})
    @require(MANAGE)
    def read_quarantined(quarantine_id: int) -> Any:
        with unit_of_work() as session:
            return doubt_detail(*registry.doubted(session, quarantine_id))

    @blueprint.get(ONE)
    @blueprint.output(TerminalOut)
    @blueprint.doc(operation_id="getTerminal", responses={404: "Not found"})
    @require(MANAGE)
    def get_terminal(terminal_id: int) -> Any:
        with unit_of_work() as session:
            return _out(session, registry.one(session, terminal_id))


def _changing(blueprint: APIBlueprint, registry: Registry) -> None:
    @blueprint.post("/terminals")
    @blueprint.input(NewTerminal, arg_name="body")
    @blueprint.output(TerminalOut, status_code=201)
    @blueprint.doc(operation_id="registerTerminal", responses=REFUSALS)
    @require(MANAGE, fresh=True)
    def register(body: NewTerminal) -> Any:
        with unit_of_work() as session:
            made = registry.register(session, body.identity, body.protocol, body.said())
            return _out(session, made)

    @blueprint.put(ONE)
    @blueprint.input(TerminalIn, arg_name="body")
    @blueprint.output(TerminalOut)
    @blueprint.doc(operation_id="changeTerminal", responses=REFUSALS)
    @require(MANAGE, fresh=True)
    def change(terminal_id: int, body: TerminalIn) -> Any:
        with unit_of_work() as session:
            return _out(session, registry.change(session, terminal_id, body.said()))

    @blueprint.post(f"{ONE}/window")
    @blueprint.input(WindowIn, arg_name="body")
    @blueprint.output(TerminalOut)
    @blueprint.doc(operation_id="openWindow", responses=REFUSALS)
    @require(MANAGE, fresh=True)
    def open_window(terminal_id: int, body: WindowIn) -> Any:
        with unit_of_work() as session:
            registry.open_window(session, terminal_id, body.minutes)
            return _out(session, registry.one(session, terminal_id))

    @blueprint.delete(f"{ONE}/window")
    @blueprint.doc(operation_id="closeWindow", responses={204: "Closed", 404: "Not found"})
    @require(MANAGE)
    def close_window(terminal_id: int) -> Response:
        with unit_of_work() as session:
            registry.close_window(session, terminal_id)
        return Response(status=204)

    @blueprint.delete(f"{ONE}/code")
    @blueprint.doc(operation_id="revokeCode", responses={204: "Revoked", **REFUSALS})
    @require(MANAGE, fresh=True)
    def revoke(terminal_id: int) -> Response:
        with unit_of_work() as session:
            registry.revoke(session, terminal_id)
        return Response(status=204)


def _asking(blueprint: APIBlueprint, registry: Registry) -> None:
    @blueprint.post(f"{ONE}/ask")
    @blueprint.input(AskIn, arg_name="body")
    @blueprint.output(Downlinks)
    @blueprint.doc(operation_id="askTerminal", responses=REFUSALS)
    @require(MANAGE)
    def ask(terminal_id: int, body: AskIn) -> Any:
        with unit_of_work() as session:
            match body.what:
                case "position":
                    registry.ask(session, terminal_id)
                case "follow":
                    registry.ask(session, terminal_id, body.minutes)
                case "parameters":
                    registry.read_parameters(session, terminal_id)
                case "interval":
                    registry.set_interval(session, terminal_id, body.seconds)
            return _ledger(session, registry, terminal_id)

    @blueprint.get(f"{ONE}/downlinks")
    @blueprint.output(Downlinks)
    @blueprint.doc(operation_id="listDownlinks", responses={404: "Not found"})
    @require(MANAGE)
    def list_downlinks(terminal_id: int) -> Any:
        with unit_of_work() as session:
            return _ledger(session, registry, terminal_id)


def _out(session: Session, one: Listed) -> TerminalOut:
    return terminal_out(one, queries.is_connected(session, one.terminal))


def _ledger(session: Session, registry: Registry, terminal_id: int) -> list[DownlinkOut]:
    rows = registry.ledger(session, terminal_id)
    contents = gps.contents(session, [row.id for row in rows])
    return [downlink_out(row, contents[row.id], parameters=True) for row in rows]
