"""What the protocols of phones share: an HTTP request, the values in it, and captures of many."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from gps_ingest.protocols.base import Bad, LineReader, Message

MAX_BODY = 16 * 1024
MAX_URL = 8 * 1024
MAX_TEXT = 200

_NUMBER = re.compile(r"[+-]?(?:\d{1,20}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Request:
    """What a phone sent, as far as the protocols care."""

    method: str
    url: str
    content_type: str | None
    body: bytes


class Refused(Exception):
    """The request cannot be read; the text says which field and why."""


def raw(request: Request) -> bytes:
    """What is kept of a request as evidence."""
    return request.body or request.url.encode("utf-8", "replace")


# ---------------------------------------------------------------------- values


def number(field: str, value: object) -> float:
    """A finite number; raises Refused naming the field."""
    found = optional(value)
    if found is None:
        raise Refused(f"{field} is not a number")
    return found


def optional(value: object) -> float | None:
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


def not_negative(value: float | None, factor: float = 1.0) -> float | None:
    """The product; None where the value is negative (senders say -1 where they do not know) or
    the product too great for a number."""
    if value is None or value < 0:
        return None
    product = value * factor
    return product if isfinite(product) else None


def flag(value: object) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def text(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    return "".join(c for c in value if c.isprintable())[:MAX_TEXT] or None


def known(**values: object) -> Mapping[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def mapping(value: object) -> dict[str, Any] | None:
    """A JSON object, or None for everything else."""
    return value if isinstance(value, dict) else None


def no_constant(name: str) -> float:
    """For json.loads: NaN and Infinity are refused."""
    raise Refused(f"{name} is not a number")


# --------------------------------------------------------------------- capture


class RequestReader(LineReader):
    """Recorded requests, one JSON object a line (method, url, content_type, body)."""

    MAX_LINE = 4 * MAX_BODY
    decode: Callable[[Request, datetime], Message]

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(self._one, self.MAX_LINE)
        self._now = now

    def _one(self, line: bytes) -> list[Message]:
        try:
            given = mapping(json.loads(line))
        except (ValueError, RecursionError):
            given = None
        if given is None:
            return [Bad("the line is not a JSON object", raw=line)]
        return [self.decode(self.request(given), self._now())]

    def request(self, given: Mapping[str, Any]) -> Request:
        """The request that a line describes."""
        body = given.get("body")
        if isinstance(body, dict | list):
            body = json.dumps(body)
        return Request(
            method=str(given.get("method") or "GET"),
            url=str(given.get("url") or "/"),
            content_type=str(given.get("content_type") or ""),
            body=(body if isinstance(body, str) else "").encode("utf-8", "surrogatepass"),
        )
