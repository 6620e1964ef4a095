"""The registry of terminals: who may report, under which name, in which units.

Every change tells the listeners through NOTIFY, at the moment it commits.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

from sqlalchemy import delete, func, select, update
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
PHONE = "phone-"
"""How the names of officers' own phones begin. The house registers them itself and nobody else
manages them: the name is a secret, and when it was heard is when its officer was at work."""
SPEED_UNITS = ("knots", "m/s", "km/h")
EDITIONS = (2011, 2013, 2019)
"""Of JT/T 808."""
FIRST_PORT, LAST_PORT = 1024, 65_535


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
        identity=_identity(identity, _protocol(protocol)),
        protocol=protocol,
        name=name,
        organisation_id=organisation_id,
        enabled=enabled,
        listen_port=_port(listen_port, protocol),
        settings=_settings(settings or {}),
        created_at=now(session),
    )
    with _nobody_else(session):
        session.add(terminal)
    session.execute(delete(UnknownIdentity).where(UnknownIdentity.identity == terminal.identity))
    _changed(session, "gps.terminal_registered", terminal)
    return terminal


def change(
    session: Session,
    terminal_id: int,
    *,
    name: str,
    organisation_id: int | None,
    enabled: bool,
    listen_port: int | None,
) -> Terminal:
    """What people say of a terminal; its identity and protocol stay what they are.

    Raises NotFound, BadInput, Conflict for a port in use.
    """
    terminal = get(session, terminal_id)
    port = _port(listen_port, terminal.protocol)
    was = terminal.enabled
    with _nobody_else(session):
        terminal.name, terminal.organisation_id = name, organisation_id
        terminal.listen_port, terminal.enabled = port, enabled
    _changed(session, "gps.terminal_changed", terminal, organisation_id=organisation_id)
    if enabled != was:
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
    _changed(session, "gps.window_opened", terminal, minutes=minutes)
    return until


def close_window(session: Session, terminal_id: int) -> None:
    """Let it register no more; raises NotFound."""
    terminal = get(session, terminal_id)
    closed = update(Credential).where(Credential.terminal_id == terminal_id)
    session.execute(closed.values(window_until=None))
    _changed(session, "gps.window_closed", terminal)


def revoke(session: Session, terminal_id: int) -> None:
    """Its code is void and its link is cut; it must register anew. Raises NotFound."""
    terminal = get(session, terminal_id)
    session.execute(delete(Credential).where(Credential.terminal_id == terminal_id))
    _changed(session, "gps.code_revoked", terminal)


def get(session: Session, terminal_id: int) -> Terminal:
    """The terminal; raises NotFound."""
    terminal = session.get(Terminal, terminal_id)
    if terminal is None:
        raise NotFound("terminal", terminal_id)
    return terminal


def _changed(session: Session, action: str, terminal: Terminal, **detail: Any) -> None:
    session.flush()
    audit.record(session, action, "terminal", terminal.id, protocol=terminal.protocol, **detail)
    session.execute(select(func.pg_notify(CHANNEL, "")))


@contextmanager
def _nobody_else(session: Session) -> Iterator[None]:
    """Raises Conflict where another terminal has the name, or the port."""
    try:
        with session.begin_nested():
            yield
    except IntegrityError as error:
        if "listen_port" in str(error.orig):
            raise Conflict("port_taken", field="listen_port") from error
        raise Conflict("terminal_exists", field="identity") from error


def _identity(text: str, protocol: str) -> str:
    name = identity(text)
    if name is not None and protocol == "jt808" and name.isdecimal():
        name = name.lstrip("0") or "0"  # the padding of its header is no part of the name
    if name is None:
        raise BadInput("identity")
    return name


def _protocol(name: str) -> str:
    if name not in MODULES:
        raise BadInput("protocol", allowed=list(MODULES))
    return name


def _port(port: int | None, protocol: str) -> int | None:
    if port is not None and (protocol != "nmea" or not FIRST_PORT <= port <= LAST_PORT):
        raise BadInput("listen_port")
    return port


def _settings(settings: dict[str, Any]) -> dict[str, Any]:
    if settings.get("speed_unit", "knots") not in SPEED_UNITS:
        raise BadInput("settings.speed_unit", allowed=list(SPEED_UNITS))
    if settings.get("edition", EDITIONS[0]) not in EDITIONS:
        raise BadInput("settings.edition", allowed=list(EDITIONS))
    zone = settings.get("zone_minutes", 0)
    if not isinstance(zone, int) or abs(zone) > DAY_MINUTES:
        raise BadInput("settings.zone_minutes")
    for flag in ("verify", "asks"):
        if not isinstance(settings.get(flag, True), bool):
            raise BadInput(f"settings.{flag}")
    _network(settings.get("network", "127.0.0.0/8"))
    return settings


def _network(network: Any) -> None:
    """A network whose terminals need no code; never the whole world."""
    try:
        if ip_network(network).prefixlen == 0:
            raise BadInput("settings.network", "network_too_wide")
    except (ValueError, TypeError) as error:
        raise BadInput("settings.network") from error
