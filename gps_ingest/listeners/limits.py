"""What a stranger on the network may cost us. Every refusal has a reason, and is counted."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from gps_ingest import meters
from kernel.log import get_logger

log = get_logger(__name__)
Now = Callable[[], float]
"""Monotonic seconds."""
MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one listener. Times in seconds."""

    links: int = 20_000
    links_per_address: int = 4_000
    """Many terminals may share the address of one gateway."""
    first_message: float = 30
    """Until something sensible comes; a half-open or mute link costs no more than this."""
    identity: float = 60
    """Until a registered terminal has named itself."""
    idle: float = 180
    """Between sensible messages."""
    bytes_per_second: float = 256 * 1024
    """Whoever sends faster is read more slowly."""
    burst_bytes: float = 256 * 1024
    bad_per_minute: int = 20
    noise_per_minute: int = 64 * 1024
    """Bytes that belonged to no message."""
    offences: int = 10
    """So many links closed for rubbish within a minute close the door to their address."""
    shut_out: float = 30
    trusted_for: float = 600
    """An address from which a registered terminal reported is not shut out: others live there."""
    unsent_bytes: int = 8 * 1024
    write: float = 10
    """A peer that does not read its answers is let go after this."""


class Dismissed(Exception):
    """The link is to be closed; the text is the reason under which it is counted."""

    def __init__(self, reason: str, *, offence: bool = False):
        self.reason, self.offence = reason, offence
        super().__init__(reason)


class Door:
    """Who may come in: caps in total and per address, and addresses that are shut out."""

    def __init__(self, name: str, limits: Limits, now: Now = time.monotonic):
        self.name, self.limits = name, limits
        self._now = now
        self._inside: Counter[str] = Counter()
        self._offences: dict[str, list[float]] = {}
        self._shut_until: dict[str, float] = {}
        self._trusted_until: dict[str, float] = {}

    def enter(self, address: str) -> None:
        """Count the link in; raises Dismissed."""
        if self.is_shut(address):
            raise self.refuse("shut_out")
        if self._inside.total() >= self.limits.links:
            raise self.refuse("too_many_links")
        if self._inside[address] >= self.limits.links_per_address:
            raise self.refuse("too_many_links_of_address")
        self._inside[address] += 1
        meters.links.labels(self.name).inc()

    def leave(self, address: str) -> None:
        self._inside[address] -= 1
        if not self._inside[address]:
            del self._inside[address]
        meters.links.labels(self.name).dec()

    def refuse(self, reason: str) -> Dismissed:
        """Count a refusal; gives what to raise."""
        meters.dismissed.labels(self.name, reason).inc()
        return Dismissed(reason)

    def trust(self, address: str) -> None:
        """A registered terminal has reported from there."""
        self._trusted_until[address] = self._now() + self.limits.trusted_for

    def offend(self, address: str) -> None:
        """Somebody there sent rubbish until their link was closed."""
        now = self._now()
        if self._trusted_until.get(address, 0) > now:
            return
        recent = [at for at in self._offences.get(address, ()) if at > now - MINUTE] + [now]
        self._offences[address] = recent
        if len(recent) >= self.limits.offences:
            self._shut_until[address] = now + self.limits.shut_out
            del self._offences[address]
            meters.shut_out.labels(self.name).inc()
            log.warning("address_shut_out", listener=self.name, address=address)

    def is_shut(self, address: str) -> bool:
        return self._shut_until.get(address, 0) > self._now()

    def sweep(self) -> None:
        """Forget what is over, so that many addresses cannot fill the memory."""
        now = self._now()
        for until in (self._shut_until, self._trusted_until):
            for address in [a for a, end in until.items() if end <= now]:
                del until[address]
        for address in [a for a, ats in self._offences.items() if ats[-1] <= now - MINUTE]:
            del self._offences[address]


class Budget:
    """One peer's allowance of rubbish and of bytes."""

    __slots__ = ("_bad", "_limits", "_minute", "_noise", "_read_at", "_tokens")

    def __init__(self, limits: Limits, now: float):
        self._limits = limits
        self._minute, self._bad, self._noise = now, 0, 0
        self._tokens, self._read_at = limits.burst_bytes, now

    def spoil(self, bad: int, noise: int, now: float) -> None:
        """Charge bad messages and noise; raises Dismissed when a minute's allowance is spent."""
        if now - self._minute > MINUTE:
            self._minute, self._bad, self._noise = now, 0, 0
        self._bad += bad
        self._noise += noise
        if self._bad > self._limits.bad_per_minute:
            raise Dismissed("bad_messages", offence=True)
        if self._noise > self._limits.noise_per_minute:
            raise Dismissed("noise", offence=True)

    def read(self, count: int, now: float) -> float:
        """Charge bytes; gives the seconds to rest before reading on."""
        if count <= self._tokens:  # what came meanwhile is added when it is needed
            self._tokens -= count
            return 0.0
        rate, burst = self._limits.bytes_per_second, self._limits.burst_bytes
        self._tokens = min(burst, self._tokens + (now - self._read_at) * rate) - count
        self._read_at = now
        return max(0.0, -self._tokens / rate)
