"""The registry of terminals: who may report, under which name, in which units.

Every change tells the listeners through NOTIFY, at the moment it commits.
"""

from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gps_ingest.models import Credential, Terminal, UnknownIdentity
from gps_ingest.protocols.base import MODULES, identity
from kernel import audit
from kernel.clock import now
from kernel.errors import BadInput, Conflict, NotFound

CHANNEL = "gps_terminals"
"""PostgreSQL channel on which listeners hear that the registry has changed."""
WINDOW_MINUTES, DAY_MINUTES = 15, 24 * 60
"""For how long an operator lets a terminal register unless they say otherwise, and at most."""
SPEED_UNITS = ("knots", "m/s", "km/h")


def register(
    session: Session,
    *,
    identity: str,
    protocol: str,
    name: str = "",
    organisation_id: int | None = None,
    enabled: bool = True,
    listen_port: int | None = None,
    settings: dict[str, Any] | None = None,
) -> Terminal:
    """A new terminal. Raises BadInput for a wrong field, Conflict for a name or port in use."""
    terminal = Terminal(
        identity=_identity(identity),
        protocol=_protocol(protocol),
        name=name,
        organisation_id=organisation_id,
        enabled=enabled,
        listen_port=listen_port,
        settings=_settings(settings or {}),
        created_at=now(session),
    )
    try:
        with session.begin_nested():
            session.add(terminal)
    except IntegrityError as error:
        raise Conflict("terminal_exists", field="identity", identity=identity) from error
    session.execute(delete(UnknownIdentity).where(UnknownIdentity.identity == terminal.identity))
    _changed(session, "gps.terminal_registered", terminal)
    return terminal


def set_enabled(session: Session, terminal_id: int, enabled: bool) -> Terminal:
    """Let a terminal report, or stop it; raises NotFound."""
    terminal = get(session, terminal_id)
    terminal.enabled = enabled
    _changed(session, "gps.terminal_enabled" if enabled else "gps.terminal_disabled", terminal)
    return terminal


def configure(session: Session, terminal_id: int, **settings: Any) -> Terminal:
    """Change some of a terminal's settings (None removes one); raises BadInput, NotFound."""
    terminal = get(session, terminal_id)
    merged = {**terminal.settings, **settings}
    terminal.settings = _settings({k: v for k, v in merged.items() if v is not None})
    _changed(session, "gps.terminal_configured", terminal)
    return terminal


def open_window(session: Session, terminal_id: int, minutes: int = WINDOW_MINUTES) -> datetime:
    """Let the terminal register once, within some minutes; gives until when.

    Whatever code it has stays good until it registers. Raises NotFound, BadInput for more than a
    day.
    """
    if not 1 <= minutes <= DAY_MINUTES:
        raise BadInput("minutes", most=DAY_MINUTES)
    terminal = get(session, terminal_id)
    until = now(session) + timedelta(minutes=minutes)
    opened = insert(Credential).values(terminal_id=terminal_id, window_until=until)
    session.execute(
        opened.on_conflict_do_update(
            index_elements=[Credential.terminal_id], set_={"window_until": until}
        )
    )
    _changed(session, "gps.window_opened", terminal)
    return until


def get(session: Session, terminal_id: int) -> Terminal:
    """The terminal; raises NotFound."""
    terminal = session.get(Terminal, terminal_id)
    if terminal is None:
        raise NotFound("terminal", terminal_id)
    return terminal


def _changed(session: Session, action: str, terminal: Terminal) -> None:
    session.flush()
    audit.record(session, action, "terminal", terminal.id, protocol=terminal.protocol)
    session.execute(select(func.pg_notify(CHANNEL, "")))


def _identity(text: str) -> str:
    name = identity(text)
    if name is None:
        raise BadInput("identity")
    return name


def _protocol(name: str) -> str:
    if name not in MODULES:
        raise BadInput("protocol", allowed=list(MODULES))
    return name


def _settings(settings: dict[str, Any]) -> dict[str, Any]:
    if settings.get("speed_unit", "knots") not in SPEED_UNITS:
        raise BadInput("settings.speed_unit", allowed=list(SPEED_UNITS))
    zone = settings.get("zone_minutes", 0)
    if not isinstance(zone, int) or abs(zone) > DAY_MINUTES:
        raise BadInput("settings.zone_minutes")
    try:
        ip_network(settings.get("network", "127.0.0.0/8"))
    except (ValueError, TypeError) as error:
        raise BadInput("settings.network") from error
    return settings
