"""`command-center gps`: look at what vehicles send. Loads no database and no web."""

import json
import os
import select
import sys
from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import Any

import click

from command_center.commands.filters import answer
from gps_ingest.protocols import base

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
