"""A small limit on how often somebody may ask: a sliding window in this process's memory."""

from collections import deque
from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic

from kernel.errors import TooMany

MANY_KEYS = 10_000


class Limiter:
    """At most `limit` times within `seconds` per key. Give it a clock to move in tests."""

    def __init__(self, limit: int, seconds: float, clock: Callable[[], float] = monotonic):
        self.limit, self.seconds, self.clock = limit, seconds, clock
        self._times: dict[Hashable, deque[float]] = {}
        self._lock = Lock()

    def pass_or_refuse(self, key: Hashable) -> None:
        """Count one more of this key; raises TooMany, and counts nothing, at its limit."""
        with self._lock:
            recent = self._recent(key)
            if len(recent) >= self.limit:
                raise TooMany(seconds=round(self.seconds))
            recent.append(self.clock())
            if len(self._times) > MANY_KEYS:
                self._forget_the_idle()

    def take_back(self, key: Hashable) -> None:
        """The newest of this key does not count."""
        with self._lock:
            if recent := self._recent(key):
                recent.pop()

    def _recent(self, key: Hashable) -> deque[float]:
        times = self._times.setdefault(key, deque())
        while times and times[0] <= self.clock() - self.seconds:
            times.popleft()
        return times

    def _forget_the_idle(self) -> None:
        since = self.clock() - self.seconds
        for key in [k for k, times in self._times.items() if not times or times[-1] <= since]:
            del self._times[key]
