"""The terminals of a unit, for whoever sends units."""

from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from dispatch.terminals import queries
from dispatch.terminals.schemas import (
    AskUnitIn,
    UnitTerminalOut,
    UnitTerminalsOut,
    downlink_out,
)
from dispatch.terminals.service import SEND, ask_unit, can_be_asked
from dispatch.units.models import Unit
from dispatch.units.queries import visible
from gps_ingest import queries as gps
from gps_ingest.models import Terminal
from gps_ingest.terminals import PHONE
from kernel.schemas import IDENT
from kernel.web import current_principal, require, unit_of_work

LAST = 8
"""So many messages to a unit are shown."""


def create_blueprint() -> APIBlueprint:
    blueprint = APIBlueprint("unit_terminals", __name__, url_prefix="/api/v1", tag="Units")

    @blueprint.get(f"/units/<{IDENT}:unit_id>/terminals")
    @blueprint.output(UnitTerminalsOut)
    @blueprint.doc(operation_id="listUnitTerminals", responses={404: "Not found"})
    @require("unit.read")
    def list_terminals(unit_id: int) -> Any:
        with unit_of_work() as session:
            return _shown(session, visible(session, current_principal(), unit_id))

    @blueprint.post(f"/units/<{IDENT}:unit_id>/ask")
    @blueprint.input(AskUnitIn, arg_name="body")
    @blueprint.output(UnitTerminalsOut)
    @blueprint.doc(
        operation_id="askUnit", responses={404: "Not found", 409: "Asked already, or cannot be"}
    )
    @require(SEND)
    def ask(unit_id: int, body: AskUnitIn) -> Any:
        minutes = body.minutes if body.what == "follow" else 0
        with unit_of_work() as session:
            return _shown(session, ask_unit(session, unit_id, minutes))

    return blueprint


def _shown(session: Session, unit: Unit) -> UnitTerminalsOut:
    terminals = [one.terminal for one in unit.terminals]
    ledger = gps.ledger(session, [one.id for one in terminals], LAST)
    contents = gps.contents(session, [row.id for row in ledger])
    readable = queries.readable(session, ledger)
    return UnitTerminalsOut(
        terminals=[_terminal(session, one) for one in terminals],
        messages=[downlink_out(row, contents[row.id], words=row.id in readable) for row in ledger],
    )


def _terminal(session: Session, terminal: Terminal) -> UnitTerminalOut:
    return UnitTerminalOut(
        id=terminal.id,
        name=terminal.name,
        protocol=terminal.protocol,
        is_phone=terminal.identity.startswith(PHONE),
        enabled=terminal.enabled,
        connected=queries.is_connected(session, terminal),
        last_seen_at=terminal.last_seen_at,
        can_be_asked=can_be_asked(terminal),
    )
