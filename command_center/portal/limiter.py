"""A small limit on how often somebody may ask: a sliding window in this process's memory."""

from collections import deque
from collections.abc import Callable
from threading import Lock
from time import monotonic

from kernel.errors import TooMany

MANY_KEYS = 10_000


class Limiter:
    """At most `limit` times within `seconds` per key. Give it a clock to move in tests."""

    def __init__(self, limit: int, seconds: float, clock: Callable[[], float] = monotonic):
        self.limit, self.seconds, self.clock = limit, seconds, clock
        self._times: dict[str, deque[float]] = {}
        self._lock = Lock()

    def check(self, key: str) -> None:
        """Pass while the key is under its limit; raises TooMany. Counts nothing."""
        with self._lock:
            if len(self._recent(key)) >= self.limit:
                raise TooMany(seconds=round(self.seconds))

    def count(self, key: str) -> None:
        """One more of this key."""
        with self._lock:
            self._recent(key).append(self.clock())
            if len(self._times) > MANY_KEYS:
                self._forget_the_idle()

    def pass_or_refuse(self, key: str) -> None:
        """Check, then count; raises TooMany."""
        self.check(key)
        self.count(key)

    def _recent(self, key: str) -> deque[float]:
        times = self._times.setdefault(key, deque())
        while times and times[0] <= self.clock() - self.seconds:
            times.popleft()
        return times

    def _forget_the_idle(self) -> None:
        since = self.clock() - self.seconds
        for key in [k for k, times in self._times.items() if not times or times[-1] <= since]:
            del self._times[key]
