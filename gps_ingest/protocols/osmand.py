"""The OsmAnd protocol of phones (Traccar Client, OsmAnd): one HTTP request to one message.

Data in the query string, else in a form body, else (client 9 and later) as JSON. A query gives
speed in knots, as Traccar Client does; JSON gives m/s. A number that is not one, a missing
identity or a missing position makes a `Bad`: nothing is guessed.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from gps_ingest.protocols.base import Bad, Fix, Heartbeat, Message, identity
from gps_ingest.protocols.request import (
    MAX_BODY,
    MAX_URL,
    Refused,
    RequestReader,
    flag,
    known,
    mapping,
    no_constant,
    not_negative,
    number,
    optional,
    raw,
    text,
)
from gps_ingest.protocols.request import Request as Request

MAX_PARAMETERS = 100
KMH = {"knots": 1.852, "m/s": 3.6, "km/h": 1.0}
"""Units that senders use in the query's `speed`, in km/h; knots unless the terminal says."""
SECONDS_END = 2**31 - 1
"""Timestamps from here on are milliseconds."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_INTEGER = re.compile(r"-?\d{1,15}", re.ASCII)


def decode(request: Request, received_at: datetime) -> Message:
    """The one message of a request. A fix without a timestamp gets `received_at`. Never raises."""
    try:
        if len(request.url) > MAX_URL or len(request.body) > MAX_BODY:
            raise Refused("too large")
        if (request.content_type or "").strip().lower().startswith("application/json"):
            return _from_json(request, received_at)
        return _from_parameters(request, received_at)
    except Refused as refused:
        return Bad(str(refused), raw=raw(request))
    except (ValueError, OverflowError, RecursionError) as error:
        return Bad(f"unreadable: {error}"[:120], raw=raw(request))


# ------------------------------------------------------------------ parameters


def _from_parameters(request: Request, received_at: datetime) -> Message:
    query = urlsplit(request.url).query or request.body.decode("utf-8", "replace")
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    given = dict(pairs)
    device = identity(given.get("id") or given.get("deviceid") or "")
    if device is None:
        raise Refused("id is missing")
    time, flags = _time(given.get("timestamp"), received_at)
    position = _place(given)
    if position is None:
        network = {name: [v for k, v in pairs if k == name] for name in ("cell", "wifi")}
        evidence = {name: values for name, values in network.items() if values}
        return Bad("position is missing", device, time, evidence, raw(request))
    sent = optional(given.get("speed"))
    return Fix(
        *position,
        time=time,
        valid=given.get("valid", "true").lower() in ("true", "1"),
        speed_kmh=not_negative(sent, KMH["knots"]),
        course=not_negative(optional(given.get("bearing") or given.get("heading"))),
        alt_m=optional(given.get("altitude")),
        device=device,
        flags=flags,
        extra=known(
            id=device,
            speed_as_sent=sent,
            accuracy_m=optional(given.get("accuracy")),
            hdop=optional(given.get("hdop")),
            battery_pct=optional(given.get("batt")),
            charging=flag(given.get("charge")),
            driver=text(given.get("driverUniqueId")),
            alarm=text(given.get("alarm")),
        ),
        raw=raw(request),
    )


def _place(given: Mapping[str, str]) -> tuple[float, float] | None:
    lat, lon = given.get("lat"), given.get("lon")
    if not (lat or lon) and "location" in given:
        lat, _, lon = given["location"].partition(",")
    if not (lat and lon):
        return None
    return number("lat", lat), number("lon", lon)


# ------------------------------------------------------------------------ JSON


def _from_json(request: Request, received_at: datetime) -> Message:
    document = mapping(json.loads(request.body, parse_constant=no_constant))
    if document is None:
        raise Refused("the body is not an object")
    device = _device(document.get("device_id"))
    location = _member(document, "location")
    time, flags = _time(location.get("timestamp"), received_at)
    coords = _member(location, "coords")
    if not coords:
        return Heartbeat(device, time)
    if coords.get("latitude") is None or coords.get("longitude") is None:
        return Bad("position is missing", device, time, raw=raw(request))
    if location.get("mock") is True:
        flags = (*flags, "mock")
    altitude = optional(coords.get("altitude"))
    return Fix(
        lat=number("latitude", coords["latitude"]),
        lon=number("longitude", coords["longitude"]),
        time=time,
        valid=True,
        speed_kmh=not_negative(optional(coords.get("speed")), KMH["m/s"]),
        course=not_negative(optional(coords.get("heading"))),
        alt_m=None if altitude == -1 else altitude,
        device=device,
        flags=flags,
        extra=_json_extra(device, location, coords),
        raw=raw(request),
    )


def _json_extra(
    device: str, location: Mapping[str, Any], coords: Mapping[str, Any]
) -> Mapping[str, object]:
    battery = mapping(location.get("battery")) or {}
    activity = mapping(location.get("activity")) or {}
    extras = mapping(location.get("extras")) or {}
    return known(
        id=device,
        mock=True if location.get("mock") is True else None,
        accuracy_m=not_negative(optional(coords.get("accuracy"))),
        battery_pct=not_negative(optional(battery.get("level")), 100),
        charging=flag(battery.get("is_charging")),
        is_moving=flag(location.get("is_moving")),
        activity=text(activity.get("type")),
        event=text(location.get("event")),
        alarm=text(location.get("alarm") or extras.get("alarm")),
    )


def _device(value: object) -> str:
    named = isinstance(value, str | int) and not isinstance(value, bool)
    device = identity(str(value)) if named else None
    if device is None:
        raise Refused("device_id is missing")
    return device


def _member(parent: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object of that name, empty where it is absent; raises Refused when it is no object."""
    value = parent.get(name)
    found = {} if value is None else mapping(value)
    if found is None:
        raise Refused(f"{name} is not an object")
    return found


def _time(value: object, received_at: datetime) -> tuple[datetime, tuple[str, ...]]:
    """The moment told, or the moment of receipt and a flag; raises Refused."""
    if value is None or value == "":
        return received_at, ("receive_time",)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise Refused("timestamp is malformed")
    try:
        return _moment(value.strip()), ()
    except (ValueError, OverflowError):
        raise Refused("timestamp is malformed") from None


def _moment(text: str) -> datetime:
    if _INTEGER.fullmatch(text):
        number = int(text)
        unit = "seconds" if number < SECONDS_END else "milliseconds"
        return EPOCH + timedelta(**{unit: number})
    if "T" in text:
        # A "+" of the zone that nobody escaped arrives as a space.
        found = datetime.fromisoformat(text.replace(" ", "+"))
    else:
        found = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


class CaptureReader(RequestReader):
    """Recorded requests, one JSON object a line (method, url, content_type, body)."""

    decode = staticmethod(decode)
