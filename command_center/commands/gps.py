"""`command-center gps`: look at what vehicles send. Loads no database and no web."""

import json
import os
import select
from collections.abc import Iterator
from datetime import UTC, datetime
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

    nmea takes raw bytes; osmand one JSON object a line: method, url, content_type, body.
    """
    for messages in _messages(base.reader(protocol)):
        answer(b"".join(as_line(message) for message in messages))


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
    """The message under the names that all protocols share; None where it says nothing, or a
    number that is none."""
    row: dict[str, Any] = {"kind": _kind(message), **dict.fromkeys(CORE)}
    row["device"] = message.device
    match message:
        case base.Fix():
            row |= {
                "lat": _rounded(message.lat, 9),
                "lon": _rounded(message.lon, 9),
                "speed_kmh": _rounded(message.speed_kmh, 6),
                "course": message.course,
                "alt_m": message.alt_m,
                "time": _utc(message.time),
                "valid": message.valid,
                "flags": list(message.flags),
                **message.extra,
            }
        case base.Bad():
            row |= {"time": _utc(message.time), "error": message.reason, **message.extra}
        case base.Heartbeat():
            row["time"] = _utc(message.time)
        case base.Other():
            row["type"] = message.type
    return {name: _finite(value) for name, value in row.items()}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value


def _kind(message: base.Message) -> str:
    match message:
        case base.Fix():
            return "fix"
        case base.Heartbeat():
            return "heartbeat"
        case base.Login():
            return "login"
        case base.Other():
            return "other"
    return "error"


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _utc(time: datetime | None) -> str | None:
    if time is None:
        return None
    precision = "microseconds" if time.microsecond % 1000 else "milliseconds"
    return time.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")
