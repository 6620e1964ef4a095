"""`command-center gps`: look at what vehicles send, and at who may send it.

`decode` and `encode` load no database and no web: the registry's imports stand in its verbs.
"""

import json
import os
import select
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import isfinite
from typing import TYPE_CHECKING, Any

import click

from command_center.commands.filters import answer
from gps_ingest.protocols import base

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

REST_SECONDS = 1.0
"""Input that rests this long has ended its second: a fix waits no longer for its height."""
STDIN = 0
CHUNK = 64 * 1024
CORE = ("lat", "lon", "speed_kmh", "course", "alt_m", "time", "valid", "device", "error")


@click.group()
def gps() -> None:
    """Vehicle positions."""


@gps.command()
@click.option("--protocol", required=True, type=click.Choice(list(base.MODULES)))
def decode(protocol: str) -> None:
    """Captured input on stdin, one JSON object per decoded message on stdout.

    nmea takes raw bytes; jt808 and gt06 hex digits, one datagram a line; osmand and owntracks one
    JSON object a line: method, url, content_type, body.
    """
    for messages in _messages(base.reader(protocol)):
        answer(b"".join(as_line(message) for message in messages))


@gps.command()
@click.option("--protocol", required=True, type=click.Choice(list(base.SPOKEN)))
def encode(protocol: str) -> None:
    """Messages on stdin, one JSON object a line under the names that decode prints; their frames
    in hex on stdout, one a line, or an object with an error.

    jt808 needs message_id and phone, and takes version (2013) and serial (0); gt06 needs type.
    """
    write = base.writer(protocol)
    for line in sys.stdin.buffer:
        if line.strip():
            answer(_written(write, line))


@gps.command("terminals")
def list_terminals() -> None:
    """Every registered terminal, one JSON object a line; then who reports unregistered."""
    from dataclasses import asdict

    from gps_ingest import queries
    from gps_ingest.terminals import PHONE

    with _registry() as session:
        for one in queries.terminals(session):
            if one.identity.startswith(PHONE):  # an officer's own: its name is its secret
                continue
            row = {
                "id": one.id,
                "identity": one.identity,
                "protocol": one.protocol,
                "name": one.name,
                "enabled": one.enabled,
                "last_seen_at": base.utc(one.last_seen_at),
                **asdict(queries.admission(session, one.id)),
            }
            answer(json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n")
        for who in queries.unknown_identities(session):
            row = {
                "unknown": who.identity,
                "protocol": who.protocol,
                "source": who.source,
                "times": who.times,
                "last_seen_at": base.utc(who.last_seen_at),
            }
            answer(json.dumps(row, ensure_ascii=False).encode() + b"\n")


@gps.command()
@click.argument("identity")
@click.option("--minutes", type=click.IntRange(1, 1440), default=15, show_default=True)
def window(identity: str, minutes: int) -> None:
    """Let a registered JT/T 808 terminal register itself once, within some minutes."""
    from gps_ingest import queries, terminals

    with _registry() as session:
        found = queries.terminal_by_identity(session, identity.lstrip("0") or identity)
        found = found or queries.terminal_by_identity(session, identity)
        if found is None or found.protocol != "jt808":
            raise click.ClickException("no JT/T 808 terminal of this identity is registered")
        until = terminals.open_window(session, found.id, minutes)
    click.echo(f"it may register until {base.utc_seconds(until)}", err=True)


@contextmanager
def _registry() -> "Iterator[Session]":
    """A transaction of the operator's on the registry."""
    from command_center.engines.database import running_database
    from kernel.access import system
    from kernel.db import Database
    from kernel.settings import load

    with running_database(load()) as url:
        database = Database(url, pool_size=1)
        try:
            with database.unit_of_work(system("command line")) as session:
                yield session
        finally:
            database.close()


@gps.command()
@click.option("--put-away", metavar="DAY", help="YYYYMMDD: to its file, whatever its age.")
@click.option("--bring-back", metavar="DAY", help="YYYYMMDD: from its file; the file stays.")
def partitions(put_away: str | None, bring_back: str | None) -> None:
    """Days of positions: where each is, about how many fixes, megabytes, whether its file is sound.

    Exit status 1 when a file is not what its checksum says.
    """
    from command_center.commands.gps_days import table

    sys.exit(0 if table(put_away, bring_back) else 1)


def _written(write: Callable[[Mapping[str, Any]], list[bytes]], line: bytes) -> bytes:
    try:
        row = json.loads(line)
        if not isinstance(row, dict):
            raise ValueError("the line is not a JSON object")
        return b"".join(frame.hex().encode() + b"\n" for frame in write(row))
    except (ValueError, RecursionError) as error:
        return json.dumps({"kind": "error", "error": str(error)[:200]}).encode() + b"\n"


def _messages(reader: base.Reader) -> Iterator[list[base.Message]]:
    while True:
        if reader.waiting and not select.select([STDIN], [], [], REST_SECONDS)[0]:
            yield reader.settle()
        try:
            data = os.read(STDIN, CHUNK)
        except OSError:  # closed: that, too, is an input without a message
            data = b""
        if not data:
            yield reader.finish()
            return
        yield reader.feed(data)


def as_line(message: base.Message) -> bytes:
    """One line of JSON, every core field present."""
    return json.dumps(as_row(message), separators=(",", ":"), allow_nan=False).encode() + b"\n"


def as_row(message: base.Message) -> dict[str, Any]:
    """The message under the names that all protocols share; None where it says nothing."""
    row: dict[str, Any] = {"kind": message.kind, **dict.fromkeys(CORE), "device": message.device}
    return {name: _plain(value) for name, value in (row | message.told()).items()}


def _plain(value: Any) -> Any:
    """Nine decimals are a tenth of a millimetre of the earth, and no number that is none."""
    match value:
        case float():
            return round(value, 9) if isfinite(value) else None
        case dict():
            return {name: _plain(part) for name, part in value.items()}
        case list():
            return [_plain(part) for part in value]
    return value
