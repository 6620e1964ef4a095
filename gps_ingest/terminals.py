"""The registry of terminals: who may report, under which name, in which units.

Every change tells the listeners through NOTIFY, at the moment it commits.
"""

from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gps_ingest.models import Terminal, UnknownIdentity
from gps_ingest.protocols.base import MODULES, identity
from kernel import audit
from kernel.clock import now
from kernel.errors import BadInput, Conflict, NotFound

CHANNEL = "gps_terminals"
"""PostgreSQL channel on which listeners hear that the registry has changed."""
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
    return settings
