"""One HTTP exchange with an engine on this machine, which tells apart what may be repeated."""

from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from telephony.gateways.base import OutcomeUnknown

CONNECT_SECONDS = 3
ANSWER_SECONDS = 12
MOST = 64 * 1024
"""Bytes of an answer that are read."""


class NotReached(Exception):
    """Nobody listens: certainly nothing was handed over."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: str


def exchange(
    port: int,
    method: str,
    target: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    answer_seconds: float = ANSWER_SECONDS,
    most: int = MOST,
) -> Reply:
    """Ask and give the answer. Raises NotReached, or OutcomeUnknown once the request was out."""
    connection = HTTPConnection("127.0.0.1", port, timeout=CONNECT_SECONDS)
    try:
        connection.connect()
    except OSError as error:
        raise NotReached(type(error).__name__) from error
    try:
        connection.sock.settimeout(answer_seconds)
        connection.request(method, target, body, dict(headers or {}))
        response = connection.getresponse()
        return Reply(response.status, response.read(most).decode("utf-8", "replace"))
    except (OSError, HTTPException) as error:
        raise OutcomeUnknown(type(error).__name__) from error
    finally:
        connection.close()
