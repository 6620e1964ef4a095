"""The registry for people: who may report, in which unit, and what a terminal is asked to do.

Nothing here commits. Everything asks for the administrator's right and for the jurisdiction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from dispatch.orders.ports import Directory
from dispatch.terminals import queries
from dispatch.terminals.queries import Carrier, Listed, Wanted
from dispatch.units import queries as units
from dispatch.units import service as crews
from dispatch.units.events import UnitChanged
from dispatch.units.models import Unit
from gps_ingest import downlink, evidence, terminals
from gps_ingest import queries as gps
from gps_ingest.models import Quarantined, Terminal, UnknownIdentity
from gps_ingest.protocols.base import Message
from kernel.access import Role
from kernel.audit import record
from kernel.db import in_role, principal_of
from kernel.errors import BadInput, Conflict, NotFound
from kernel.events import emit

MANAGE = "admin.terminals"
SEND = "unit.manage"
"""Who sends units may ask them where they are."""
INTERVAL = 0x0029
"""JT/T 808 parameter: seconds between two reports, a DWORD."""
SHORTEST_SECONDS, LONGEST_SECONDS = 5, 3600


@dataclass(frozen=True, slots=True)
class Said:
    """What an administrator says of a terminal."""

    name: str
    organisation_id: int | None
    unit_id: int | None
    enabled: bool
    listen_port: int | None
    settings: dict[str, Any]
    """Every setting by name; None removes it."""


class Registry:
    """`directory` knows the organisations' places in the tree."""

    def __init__(self, directory: Directory):
        self.directory = directory

    # -- reading ----------------------------------------------------------------------------

    def listed(self, session: Session, wanted: Wanted) -> list[Listed]:
        """Terminals of the jurisdiction; one more than the list's limit says that there are more.

        Those without an organisation belong to the bureau as a whole.
        """
        principal_of(session).require(MANAGE)
        known: dict[int | None, bool] = {}
        return [
            one
            for one in queries.listed(session, wanted)
            if self._covers(session, one.terminal.organisation_id, known)
        ]

    def one(self, session: Session, terminal_id: int) -> Listed:
        """Raises NotFound, also for terminals of another jurisdiction."""
        principal_of(session).require(MANAGE)
        found = queries.one(session, terminal_id)
        if not self._covers(session, found.terminal.organisation_id, {}):
            raise NotFound("terminal", terminal_id)
        return found

    def carriers(self, session: Session) -> list[Carrier]:
        """The units that may carry a terminal."""
        principal = principal_of(session)
        principal.require(MANAGE)
        found = queries.carriers(session)
        return [one for one in found if principal.covers(one.organisation_path)]

    def unknown(self, session: Session) -> list[UnknownIdentity]:
        """Who reports without being registered: for whoever administers the whole bureau."""
        principal_of(session).require(MANAGE)
        return gps.unknown_identities(session) if self._covers(session, None, {}) else []

    def quarantine(
        self, session: Session, terminal_id: int | None
    ) -> list[tuple[Row[Any], Terminal]]:
        """What could not be believed in the last days, with whose it is."""
        principal_of(session).require(MANAGE)
        known: dict[int | None, bool] = {}
        found = []
        for row in queries.quarantined(session, terminal_id):
            terminal = session.get(Terminal, row.terminal_id)
            if terminal is not None and self._covers(session, terminal.organisation_id, known):
                found.append((row, terminal))
        return found

    def doubted(
        self, session: Session, quarantine_id: int
    ) -> tuple[Quarantined, Terminal, list[Message]]:
        """One message of the quarantine, read once more; on record, because it tells a place."""
        kept = session.get(Quarantined, quarantine_id)
        if kept is None:
            raise NotFound("quarantine", quarantine_id)
        terminal = self.one(session, kept.terminal_id).terminal
        record(session, "gps.quarantine_read", "terminal", terminal.id, reason=kept.reason)
        return kept, terminal, evidence.read(terminal.protocol, kept.raw)

    # -- changing ---------------------------------------------------------------------------

    def register(self, session: Session, identity: str, protocol: str, said: Said) -> Listed:
        """A new terminal. Raises BadInput, Conflict."""
        principal_of(session).require(MANAGE)
        if identity.strip().startswith(terminals.PHONE):
            raise BadInput("identity", "reserved")
        self._check_organisation(session, said.organisation_id)
        made = terminals.register(
            session,
            identity=identity,
            protocol=protocol,
            name=said.name,
            organisation_id=said.organisation_id,
            enabled=said.enabled,
            listen_port=said.listen_port,
            settings={key: value for key, value in said.settings.items() if value is not None},
        )
        self._put_into(session, made.id, None, said.unit_id)
        return queries.one(session, made.id)

    def change(self, session: Session, terminal_id: int, said: Said) -> Listed:
        """Raises NotFound, BadInput, Conflict."""
        found = self.one(session, terminal_id)
        self._check_organisation(session, said.organisation_id)
        self._put_into(session, terminal_id, found.carrier, said.unit_id)
        terminals.change(
            session,
            terminal_id,
            name=said.name,
            organisation_id=said.organisation_id,
            enabled=said.enabled,
            listen_port=said.listen_port,
        )
        terminals.configure(session, terminal_id, **said.settings)
        return queries.one(session, terminal_id)

    def open_window(self, session: Session, terminal_id: int, minutes: int) -> datetime:
        """Raises NotFound, BadInput, Conflict for a protocol that registers nobody."""
        if self.one(session, terminal_id).terminal.protocol != "jt808":
            raise Conflict("registers_nobody")
        return terminals.open_window(session, terminal_id, minutes)

    def close_window(self, session: Session, terminal_id: int) -> None:
        self.one(session, terminal_id)
        terminals.close_window(session, terminal_id)

    def revoke(self, session: Session, terminal_id: int) -> None:
        """Its code is void: it is cut off, and must register anew within a window."""
        self.one(session, terminal_id)
        terminals.revoke(session, terminal_id)

    def set_interval(self, session: Session, terminal_id: int, seconds: int) -> None:
        """How often it reports from now on, 5 s to an hour. Raises what `ask` raises."""
        if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
            raise BadInput("seconds", least=SHORTEST_SECONDS, most=LONGEST_SECONDS)
        self.one(session, terminal_id)
        refuse_twice(session, terminal_id, downlink.PARAMETERS)
        downlink.set_parameters(session, terminal_id, {INTERVAL: seconds.to_bytes(4)})
        record(session, "gps.interval_set", "terminal", terminal_id, seconds=seconds)

    def read_parameters(self, session: Session, terminal_id: int) -> None:
        """All of them; the answer stands in the ledger. Raises what `ask` raises."""
        self.one(session, terminal_id)
        refuse_twice(session, terminal_id, downlink.READ_PARAMETERS)
        downlink.read_parameters(session, terminal_id)
        record(session, "gps.parameters_asked", "terminal", terminal_id)

    def ask(self, session: Session, terminal_id: int, follow_minutes: int = 0) -> None:
        """Raises NotFound, BadInput for a terminal that takes no messages, Conflict where the
        same was asked a moment ago."""
        self.one(session, terminal_id)
        ask_where(session, terminal_id, follow_minutes)

    def ledger(self, session: Session, terminal_id: int) -> list[Row[Any]]:
        """The newest messages to it, without their words."""
        self.one(session, terminal_id)
        return gps.ledger(session, [terminal_id])

    # -- rules ------------------------------------------------------------------------------

    def _covers(
        self, session: Session, organisation_id: int | None, known: dict[int | None, bool]
    ) -> bool:
        """Whether an organisation's terminals are the asker's to manage; `known` remembers."""
        if organisation_id not in known:
            path = (
                self.directory.bureau_path(session)
                if organisation_id is None
                else self.directory.branch(session, organisation_id).path
            )
            known[organisation_id] = principal_of(session).covers(path)
        return known[organisation_id]

    def _check_organisation(self, session: Session, organisation_id: int | None) -> None:
        try:
            is_mine = self._covers(session, organisation_id, {})
        except NotFound:
            is_mine = False
        if not is_mine:
            raise BadInput("organisation_id", "not_found")

    def _put_into(
        self, session: Session, terminal_id: int, now_in: Carrier | None, wanted: int | None
    ) -> None:
        """Both units' places change; raises BadInput, Conflict for a terminal in a unit
        elsewhere."""
        if wanted == (now_in.id if now_in else None):
            return
        mine = {one.id: one for one in self.carriers(session)}
        if wanted is not None and wanted not in mine:
            raise BadInput("unit_id", "not_found")
        if now_in is None:
            _refuse_if_carried(session, terminal_id)
        else:
            emit(session, UnitChanged(now_in.id, now_in.organisation_path))
        if wanted is None:
            crews.detach_terminal(session, terminal_id)
        else:
            crews.attach_terminal(session, wanted, terminal_id)
            emit(session, UnitChanged(wanted, mine[wanted].organisation_path))


def ask_where(session: Session, terminal_id: int, follow_minutes: int = 0) -> None:
    """Where it is now, or every few seconds for some minutes. The caller has checked the right.

    Raises NotFound, BadInput for a terminal that takes no messages, Conflict `already_asked`.
    """
    refuse_twice(session, terminal_id, downlink.TRACK if follow_minutes else downlink.POSITION)
    if follow_minutes:
        downlink.follow(session, terminal_id, follow_minutes * 60)
        record(session, "gps.followed", "terminal", terminal_id, minutes=follow_minutes)
    else:
        downlink.ask_position(session, terminal_id)
        record(session, "gps.position_asked", "terminal", terminal_id)


def ask_unit(session: Session, unit_id: int, follow_minutes: int = 0) -> Unit:
    """`ask_where` of every terminal of a unit that takes messages.

    Raises NotFound outside the jurisdiction, Conflict where it has none or was asked just now.
    """
    principal = principal_of(session)
    principal.require(SEND)
    unit = units.visible(session, principal, unit_id)
    asked = [one.terminal for one in unit.terminals if can_be_asked(one.terminal)]
    if not asked:
        raise Conflict("takes_no_messages")
    for terminal in asked:
        ask_where(session, terminal.id, follow_minutes)
    return unit


def can_be_asked(terminal: Terminal) -> bool:
    return terminal.enabled and terminal.protocol in downlink.TWO_WAY


def refuse_twice(session: Session, terminal_id: int, kind: str) -> None:
    """Raises Conflict while the same is on its way: nobody fills a terminal's queue by clicking."""
    if downlink.is_waiting(session, terminal_id, kind):
        raise Conflict("already_asked")


def _refuse_if_carried(session: Session, terminal_id: int) -> None:
    with in_role(session, Role.HOUSE):
        holder = units.of_terminal(session, terminal_id)
    if holder is not None and not principal_of(session).covers(holder.organisation_path):
        raise Conflict("carried_elsewhere")


def parameters_of(content: dict[str, Any]) -> Sequence[tuple[int, bytes]]:
    """The parameters that a terminal told, or was set to, by id."""
    told = content.get("told") or content.get("values") or {}
    return [(int(key, 16), bytes.fromhex(value)) for key, value in sorted(told.items())]
