"""A message written down under the names that `gps decode` prints, to frames."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from gps_ingest.protocols.jt808.bits import ACC_ON, POSITIONED
from gps_ingest.protocols.jt808.body import Body
from gps_ingest.protocols.jt808.decoder import encode
from gps_ingest.protocols.jt808.framing import PHONE_BYTES, Header, Peer
from gps_ingest.protocols.jt808.link import Opaque
from gps_ingest.protocols.jt808.location import Location, pack_items
from gps_ingest.protocols.jt808.messages import READABLE
from gps_ingest.protocols.jt808.words import Text, text_flag

FLAGS = ("urgent", "display", "speak", "advert")
"""A text may name what it wants instead of giving its flag byte."""


def write(row: Mapping[str, Any]) -> list[bytes]:
    """The frames of a row; raises ValueError naming the field that is missing or wrong.

    `message_id` and `phone` are needed; `version` is 2013 and `serial` 0 if absent; then the
    message's own fields, or `data` for one that has no fields.
    """
    message_id = _number("message_id", row.get("message_id"))
    version = row.get("version", 2013)
    if version not in PHONE_BYTES:
        raise ValueError("version must be 2011, 2013 or 2019")
    try:
        peer = Peer.of(_string("phone", row.get("phone")), version)
    except ValueError as error:
        raise ValueError(f"phone: {error}") from None
    found = READABLE.get(message_id)
    message: Body | Location
    if found is None:
        data = _hex("data", row.get("data") or "")
        message = Opaque(data, header=Header(message_id, peer, 0))
    else:
        message = _message(found, row, version)
    return encode(message, peer, _number("serial", row.get("serial", 0)))


def _message(
    found: type[Body] | type[Location], row: Mapping[str, Any], version: int
) -> Body | Location:
    if issubclass(found, Location):
        return _location("", row)
    if found is Text and row.get("flag") is None:
        row = {**row, "flag": text_flag(version, **{k: bool(row[k]) for k in FLAGS if k in row})}
    values: dict[str, Any] = {}
    for one in fields(found):
        if one.name == "header":
            continue
        given = row.get(one.name)
        if given is not None:
            values[one.name] = _READERS[one.type](one.name, given)
        elif one.type is Location:
            values[one.name] = _location("", row)
        elif one.default is MISSING:
            if one.type != int | None and one.type != datetime | None:
                raise ValueError(f"{one.name} is missing")
            values[one.name] = None
    return found(**values)


def _location(name: str, row: Mapping[str, Any]) -> Location:
    """Of its own fields; a status of 3 says that the vehicle runs and knows where it is."""
    return Location(
        lat=_float("lat", row.get("lat")),
        lon=_float("lon", row.get("lon")),
        time=_time("time", row["time"]) if row.get("time") else None,
        valid=True,
        speed_kmh=_float("speed_kmh", row.get("speed_kmh") or 0),
        course=_float("course", row.get("course") or 0),
        alt_m=_float("alt_m", row.get("alt_m") or 0),
        alarm=_number("alarm", row.get("alarm") or 0),
        status=_number("status", row.get("status", ACC_ON | POSITIONED)),
        tail=pack_items(_mapping("items", row.get("items") or {})),
    )


# ---------------------------------------------------------------------- values


def _number(name: str, value: object) -> int:
    """An integer, or its text in any base that Python writes; raises ValueError."""
    if isinstance(value, str):
        try:
            return int(value, 0)
        except ValueError:
            raise ValueError(f"{name} is not a number") from None
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} is not a number" if value is not None else f"{name} is missing")
    return value


def _float(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError(f"{name} is not a number" if value is not None else f"{name} is missing")
    return value


def _string(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a text" if value is not None else f"{name} is missing")
    return value


def _hex(name: str, value: object) -> bytes:
    try:
        return bytes.fromhex(_string(name, value))
    except ValueError:
        raise ValueError(f"{name} is not hexadecimal") from None


def _time(name: str, value: object) -> datetime:
    try:
        found = datetime.fromisoformat(_string(name, value))
    except ValueError:
        raise ValueError(f"{name} is not ISO 8601") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _list(name: str, value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{name} is not a list")
    return value


def _mapping(name: str, value: object) -> dict[int, bytes]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is not an object")
    return {int(_string(name, key), 16): _hex(name, part) for key, part in value.items()}


def _numbers(name: str, value: object) -> tuple[int, ...]:
    return tuple(_number(name, one) for one in _list(name, value))


def _choices(name: str, value: object) -> tuple[tuple[int, str], ...]:
    pairs = (_list(name, one) for one in _list(name, value))
    try:
        return tuple((_number(name, key), _string(name, words)) for key, words in pairs)
    except TypeError:
        raise ValueError(f"{name} is not a list of pairs") from None


def _locations(name: str, value: object) -> tuple[Location, ...]:
    return tuple(_location(name, one) for one in _list(name, value))


_READERS: dict[object, Callable[[str, Any], Any]] = {
    int: _number,
    int | None: _number,
    str: _string,
    bytes: _hex,
    datetime | None: _time,
    tuple[int, ...]: _numbers,
    tuple[tuple[int, str], ...]: _choices,
    Mapping[int, bytes]: _mapping,
    Location: _location,
    tuple[Location, ...]: _locations,
}
"""By the type of a message's field."""
