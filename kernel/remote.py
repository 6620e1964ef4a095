"""Asking services of others: so long, so many bytes, and not again while one is silent."""

from collections.abc import Callable
from time import monotonic

import requests


class Breaker:
    """After `failures` in a row nobody is kept waiting for `seconds`; then one may try."""

    def __init__(
        self, failures: int = 3, seconds: float = 60, clock: Callable[[], float] = monotonic
    ):
        self.failures, self.seconds, self.clock = failures, seconds, clock
        self.count, self.open_until = 0, 0.0

    @property
    def is_open(self) -> bool:
        return self.clock() < self.open_until

    def succeeded(self) -> None:
        self.count = 0

    def failed(self) -> None:
        self.count += 1
        if self.count >= self.failures:
            self.open_until = self.clock() + self.seconds


def body(response: requests.Response, seconds: float, at_most: int) -> bytes:
    """The whole of a streamed answer; raises Timeout for one that dribbles, RequestException for
    more bytes than that."""
    until, read = monotonic() + seconds, b""
    for piece in response.iter_content(8192):
        read += piece
        if monotonic() > until:
            raise requests.Timeout
        if len(read) > at_most:
            raise requests.RequestException("too large")
    return read
