"""What a kept message says, read once more for people: the quarantine shows both."""

import json

from gps_ingest.protocols import base
from gps_ingest.protocols.base import Message


def read(protocol: str, raw: bytes) -> list[Message]:
    """The messages in the bytes that were kept, cut short as they may be; raises KeyError for a
    protocol that is not registered.
    """
    reader = base.reader(protocol)
    return reader.feed(_as_capture(protocol, raw)) + reader.finish()


def _as_capture(protocol: str, raw: bytes) -> bytes:
    """As `gps decode` takes it: of a request only its body, or else its address, was kept."""
    if protocol in ("jt808", "gt06"):
        return raw.hex().encode() + b"\n"
    if protocol == "nmea":
        return raw + b"\r\n"
    words = raw.decode("utf-8", "replace")
    kind = "application/json" if words.lstrip().startswith("{") else ""
    request = {"url": words} if words.startswith("/") else {"method": "POST", "body": words}
    return json.dumps({**request, "content_type": kind}).encode() + b"\n"
