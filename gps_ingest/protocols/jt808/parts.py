"""Long messages in several frames: putting together what comes, and asking for what does not.

Source: JT/T 808-2013 chapters 4.4.3 and 7.12; the limits are ours.
"""

from dataclasses import dataclass, field

from gps_ingest.protocols.jt808.framing import MAX_BODY, Assembly, Header, Malformed, Peer

MAX_PARTS = 256
MAX_OPEN = 4
"""Unfinished messages of one link, whatever phones it tells; the oldest makes room."""
MAX_BYTES = 256 * 1024
"""Of all unfinished messages of one link."""
IDLE_SECONDS = 60.0
ASK_SECONDS = 10.0
MAX_ASKS = 5

Key = tuple[bytes, int, int]
"""Phone, message id and total: serials need not follow each other, and do not."""


@dataclass(slots=True)
class _Open:
    """A message of which parts are missing. Parts by index from 1: serial and bytes."""

    header: Header
    at: float
    asked_at: float
    asks: int = 0
    parts: dict[int, tuple[int, bytes]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(len(body) for _, body in self.parts.values())


@dataclass(frozen=True, slots=True)
class Gap:
    """Parts to ask the terminal for: the serial of the first part, and indices from 1."""

    peer: Peer
    message_id: int
    first_serial: int
    missing: tuple[int, ...]


class Assembler:
    """Unfinished messages of one link; `now` is any clock in seconds that only goes forward.

    `max_bytes` may change at any time: nothing is kept for a link that has not said who it is.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self._open: dict[Key, _Open] = {}

    def take(self, header: Header, body: bytes, now: float) -> Assembly | None:
        """The whole, once its last part is here; raises Malformed for a part that cannot be."""
        total, index = header.part or (1, 1)
        if not 1 <= index <= total or total > MAX_PARTS:
            raise Malformed("part", f"part {index} of {total}", header)
        self._drop_idle(now)
        key = (header.peer.phone, header.message_id, total)
        found = self._open.get(key) or self._begin(key, header, now)
        found.parts.setdefault(index, (header.serial, body))
        found.at = now
        if len(found.parts) == total:
            del self._open[key]
            parts = [found.parts[place] for place in range(1, total + 1)]
            serials = tuple(serial for serial, _ in parts)
            return Assembly(serials, b"".join(body for _, body in parts))
        while sum(one.size for one in self._open.values()) > self.max_bytes:
            self._drop_oldest()
        return None

    def gaps(self, now: float) -> list[Gap]:
        """What to ask for now: nothing came for ASK_SECONDS, nor since it was asked for."""
        if not self._open:
            return []
        self._drop_idle(now)
        out = []
        for one in self._open.values():
            if one.asks < MAX_ASKS and now - max(one.at, one.asked_at) >= ASK_SECONDS:
                one.asked_at, one.asks = now, one.asks + 1
                out.append(_gap(one))
        return out

    def _begin(self, key: Key, header: Header, now: float) -> _Open:
        if len(self._open) >= MAX_OPEN:
            self._drop_oldest()
        self._open[key] = _Open(header, now, now)
        return self._open[key]

    def _drop_oldest(self) -> None:
        del self._open[next(iter(self._open))]

    def _drop_idle(self, now: float) -> None:
        for key in [k for k, one in self._open.items() if now - one.at > IDLE_SECONDS]:
            del self._open[key]


def _gap(one: _Open) -> Gap:
    total = one.header.part[0] if one.header.part else 1
    missing = tuple(place for place in range(1, total + 1) if place not in one.parts)
    index, (serial, _) = min(one.parts.items())
    return Gap(one.header.peer, one.header.message_id, (serial - index + 1) & 0xFFFF, missing)


def divide(body: bytes) -> list[bytes]:
    """A body as the parts that fit frames; one part where it fits one frame."""
    if len(body) <= MAX_BODY:
        return [body]
    return [body[at : at + MAX_BODY] for at in range(0, max(1, len(body)), MAX_BODY)]


def retry_after(attempt: int, timeout: float) -> float:
    """Seconds from the `attempt`-th sending (from 0) to the next: T(N+1) = T(N) * (N+1)."""
    for n in range(1, attempt + 1):
        timeout *= n + 1
    return timeout
