"""OwnTracks over HTTP: one POST with a JSON object to one message. Speed is km/h as sent.

Answer `ANSWER` with status 200. Source: owntracks.org/booklet, "JSON" and "HTTP mode".
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gps_ingest.protocols.base import (
    Bad,
    Fix,
    Heartbeat,
    Message,
    Other,
    identity,
    printable,
    utc_seconds,
)
from gps_ingest.protocols.request import (
    MAX_BODY,
    Refused,
    Request,
    RequestReader,
    known,
    mapping,
    no_constant,
    not_negative,
    number,
    optional,
    raw,
    text,
)

ANSWER = b"[]"
"""No command for the phone. Anything but status 200 makes it keep what it sent."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_SECOND = 253_402_300_799
"""Of the year 9999, the last that a date can name."""


class Position(Fix):
    """A location; its time is told in whole seconds."""

    __slots__ = ()

    def told(self) -> dict[str, object]:
        return Fix.told(self) | {"time": utc_seconds(self.time)}


def decode(request: Request, received_at: datetime) -> Message:
    """The one message of a request. A location without `tst` gets `received_at`. Never raises."""
    try:
        if len(request.body) > MAX_BODY:
            raise Refused("too large")
        document = mapping(json.loads(request.body, parse_constant=no_constant))
        if document is None:
            raise Refused("the body is not an object")
        return _message(document, received_at, raw(request))
    except Refused as refused:
        return Bad(str(refused), raw=raw(request))
    except (ValueError, OverflowError, RecursionError) as error:
        return Bad(f"unreadable: {error}"[:120], raw=raw(request))


def _message(document: Mapping[str, Any], received_at: datetime, evidence: bytes) -> Message:
    kind = document.get("_type")
    if not isinstance(kind, str):
        raise Refused("_type is missing")
    device = _device(document)
    if kind == "lwt":  # the broker's last will: the phone has gone
        return Heartbeat(device, _time(document.get("tst")))
    if kind != "location":
        return Other(printable(kind, 40), device)
    if device is None:
        raise Refused("topic and tid are missing")
    time = _time(document.get("tst"))
    return Position(
        lat=number("lat", document.get("lat")),
        lon=number("lon", document.get("lon")),
        time=time or received_at,
        valid=True,
        speed_kmh=not_negative(optional(document.get("vel"))),
        course=not_negative(optional(document.get("cog"))),
        alt_m=optional(document.get("alt")),
        device=device,
        flags=() if time else ("receive_time",),
        extra=known(
            id=device,
            accuracy_m=not_negative(optional(document.get("acc"))),
            battery_pct=not_negative(optional(document.get("batt"))),
            trigger=text(document.get("t")),
        ),
        raw=evidence,
    )


def _device(document: Mapping[str, Any]) -> str | None:
    """The topic names user and device; the two letters of `tid` are only a label on a map."""
    names = (document.get("topic"), document.get("tid"))
    found = (identity(name) for name in names if isinstance(name, str))
    return next((name for name in found if name), None)


def _time(value: object) -> datetime | None:
    """Epoch seconds; None where absent. Raises Refused."""
    if value is None:
        return None
    seconds = number("tst", value)
    if not 0 <= seconds <= LAST_SECOND:
        raise Refused("tst is out of range")
    return EPOCH + timedelta(seconds=int(seconds))


class CaptureReader(RequestReader):
    """Recorded requests, one JSON object a line; or their bodies, one a line."""

    decode = staticmethod(decode)

    def request(self, given: Mapping[str, Any]) -> Request:
        if "_type" in given and "body" not in given:
            given = {"method": "POST", "body": dict(given)}
        return super().request(given)
