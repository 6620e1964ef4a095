"""The OsmAnd protocol of phones (Traccar Client, OsmAnd): one HTTP request to one message.

Data in the query string, else in a form body, else (client 9 and later) as JSON. A query gives
speed in knots, as Traccar Client does; JSON gives m/s. A number that is not one, a missing
identity or a missing position makes a `Bad`: nothing is guessed.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from gps_ingest.protocols.base import Bad, Fix, Heartbeat, Message, identity

MAX_BODY = 16 * 1024
MAX_URL = 8 * 1024
MAX_PARAMETERS = 100
MAX_TEXT = 200
KMH = {"knots": 1.852, "m/s": 3.6, "km/h": 1.0}
"""Units that senders use in the query's `speed`, in km/h; knots unless the terminal says."""
SECONDS_END = 2**31 - 1
"""Timestamps from here on are milliseconds."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_NUMBER = re.compile(r"[+-]?(?:\d{1,20}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,2})?", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Request:
    """What a phone sent, as far as the protocol cares."""

    method: str
    url: str
    content_type: str | None
    body: bytes


class _Refused(Exception):
    """The request cannot be read; the text says which field and why."""


def decode(request: Request, received_at: datetime) -> Message:
    """The one message of a request. A fix without a timestamp gets `received_at`. Never raises."""
    try:
        if len(request.url) > MAX_URL or len(request.body) > MAX_BODY:
            raise _Refused("too large")
        if (request.content_type or "").strip().lower().startswith("application/json"):
            return _from_json(request, received_at)
        return _from_parameters(request, received_at)
    except _Refused as refused:
        return Bad(str(refused), raw=_raw(request))
    except (ValueError, OverflowError, RecursionError) as error:
        return Bad(f"unreadable: {error}"[:120], raw=_raw(request))


def _raw(request: Request) -> bytes:
    return request.body or request.url.encode("utf-8", "replace")


# ------------------------------------------------------------------ parameters


def _from_parameters(request: Request, received_at: datetime) -> Message:
    text = urlsplit(request.url).query or request.body.decode("utf-8", "replace")
    pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    given = dict(pairs)
    device = identity(given.get("id") or given.get("deviceid") or "")
    if device is None:
        raise _Refused("id is missing")
    time, flags = _time(given.get("timestamp"), received_at)
    position = _place(given)
    if position is None:
        network = {name: [v for k, v in pairs if k == name] for name in ("cell", "wifi")}
        evidence = {name: values for name, values in network.items() if values}
        return Bad("position is missing", device, time, evidence, _raw(request))
    sent = _optional(given.get("speed"))
    return Fix(
        *position,
        time=time,
        valid=given.get("valid", "true").lower() in ("true", "1"),
        speed_kmh=_not_negative(sent, KMH["knots"]),
        course=_not_negative(_optional(given.get("bearing") or given.get("heading"))),
        alt_m=_optional(given.get("altitude")),
        device=device,
        flags=flags,
        extra=_known(
            speed_as_sent=sent,
            accuracy_m=_optional(given.get("accuracy")),
            hdop=_optional(given.get("hdop")),
            battery_pct=_optional(given.get("batt")),
            charging=_flag(given.get("charge")),
            driver=_text(given.get("driverUniqueId")),
            alarm=_text(given.get("alarm")),
        ),
        raw=_raw(request),
    )


def _place(given: Mapping[str, str]) -> tuple[float, float] | None:
    lat, lon = given.get("lat"), given.get("lon")
    if not (lat or lon) and "location" in given:
        lat, _, lon = given["location"].partition(",")
    if not (lat and lon):
        return None
    return _number("lat", lat), _number("lon", lon)


# ------------------------------------------------------------------------ JSON


def _from_json(request: Request, received_at: datetime) -> Message:
    document = _mapping(json.loads(request.body, parse_constant=_no_constant))
    if document is None:
        raise _Refused("the body is not an object")
    device = _device(document.get("device_id"))
    location = _member(document, "location")
    time, flags = _time(location.get("timestamp"), received_at)
    coords = _member(location, "coords")
    if not coords:
        return Heartbeat(device, time)
    if coords.get("latitude") is None or coords.get("longitude") is None:
        return Bad("position is missing", device, time, raw=_raw(request))
    if location.get("mock") is True:
        flags = (*flags, "mock")
    return Fix(
        lat=_number("latitude", coords["latitude"]),
        lon=_number("longitude", coords["longitude"]),
        time=time,
        valid=True,
        speed_kmh=_not_negative(_optional(coords.get("speed")), KMH["m/s"]),
        course=_not_negative(_optional(coords.get("heading"))),
        alt_m=_unless_minus_one(_optional(coords.get("altitude"))),
        device=device,
        flags=flags,
        extra=_json_extra(location, coords),
        raw=_raw(request),
    )


def _json_extra(location: Mapping[str, Any], coords: Mapping[str, Any]) -> Mapping[str, object]:
    battery = _mapping(location.get("battery")) or {}
    activity = _mapping(location.get("activity")) or {}
    extras = _mapping(location.get("extras")) or {}
    return _known(
        accuracy_m=_not_negative(_optional(coords.get("accuracy"))),
        battery_pct=_not_negative(_optional(battery.get("level")), 100),
        charging=_flag(battery.get("is_charging")),
        is_moving=_flag(location.get("is_moving")),
        activity=_text(activity.get("type")),
        event=_text(location.get("event")),
        alarm=_text(location.get("alarm") or extras.get("alarm")),
    )


def _device(value: object) -> str:
    named = isinstance(value, str | int) and not isinstance(value, bool)
    device = identity(str(value)) if named else None
    if device is None:
        raise _Refused("device_id is missing")
    return device


def _mapping(value: object) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _member(parent: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object of that name, empty where it is absent; raises _Refused when it is no object."""
    value = parent.get(name)
    found = {} if value is None else _mapping(value)
    if found is None:
        raise _Refused(f"{name} is not an object")
    return found


def _no_constant(name: str) -> float:
    raise _Refused(f"{name} is not a number")


# ---------------------------------------------------------------------- values


def _number(field: str, value: object) -> float:
    """A finite number; raises _Refused naming the field."""
    found = _optional(value)
    if found is None:
        raise _Refused(f"{field} is not a number")
    return found


def _optional(value: object) -> float | None:
    """A finite number, or None for everything else: a secondary value spoils no position."""
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value.strip()) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def _not_negative(value: float | None, factor: float = 1.0) -> float | None:
    """The product; None where the value is negative (senders say -1 where they do not know) or
    the product too great for a number."""
    if value is None or value < 0:
        return None
    product = value * factor
    return product if isfinite(product) else None


def _unless_minus_one(value: float | None) -> float | None:
    return None if value == -1 else value


def _flag(value: object) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def _text(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    return "".join(c for c in value if c.isprintable())[:MAX_TEXT] or None


def _known(**values: object) -> Mapping[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _time(value: object, received_at: datetime) -> tuple[datetime, tuple[str, ...]]:
    """The moment told, or the moment of receipt and a flag; raises _Refused."""
    if value is None or value == "":
        return received_at, ("receive_time",)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise _Refused("timestamp is malformed")
    try:
        return _moment(value.strip()), ()
    except (ValueError, OverflowError):
        raise _Refused("timestamp is malformed") from None


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


# --------------------------------------------------------------------- capture


class CaptureReader:
    """Recorded requests, one JSON object a line (method, url, content_type, body)."""

    MAX_LINE = 4 * MAX_BODY
    waiting = False

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[Message]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        out = [message for line in lines if (message := self._line(line))]
        if len(self._rest) > self.MAX_LINE:
            self._rest, self._skipping = b"", True
        return out

    def settle(self) -> list[Message]:
        return []

    def finish(self) -> list[Message]:
        message = self._line(self._rest)
        self._rest = b""
        return [message] if message else []

    def _line(self, line: bytes) -> Message | None:
        if self._skipping or len(line) > self.MAX_LINE:
            self._skipping = False
            return Bad("too large")
        if not line.strip():
            return None
        try:
            given = _mapping(json.loads(line))
        except (ValueError, RecursionError):
            given = None
        if given is None:
            return Bad("the line is not a JSON object", raw=line)
        return decode(_request(given), self._now())


def _request(given: Mapping[str, Any]) -> Request:
    body = given.get("body")
    if isinstance(body, dict | list):
        body = json.dumps(body)
    return Request(
        method=str(given.get("method") or "GET"),
        url=str(given.get("url") or "/"),
        content_type=str(given.get("content_type") or ""),
        body=(body if isinstance(body, str) else "").encode("utf-8", "surrogatepass"),
    )
