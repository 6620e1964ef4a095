"""News of positions: one compact entry of a short stream per stored batch."""

import gevent
from gevent.queue import Full, Queue
from redis import RedisError

from gps_ingest import meters
from gps_ingest.fixes import EPOCH_2000_US, Table
from kernel.bus import Bus
from kernel.log import get_logger

log = get_logger(__name__)
STREAM = "positions"
_FIX = "[%d,%.7f,%.7f,%.1f,%.1f,%d,%d,%d]"
MAX_WAITING = 50
"""Batches kept while the bus is away; its readers take a snapshot anyway when it is back."""


def encode(fixes: Table) -> bytes:
    """A JSON list of [terminal_id, lat, lon, speed_kmh, course, fixed_at, received_at, flags].

    WGS-84 degrees, km/h, degrees from north, epoch milliseconds, FixFlag bits.
    """
    columns = (
        fixes["terminal_id"],
        fixes["lat"],
        fixes["lon"],
        fixes["speed_kmh"],
        fixes["course"],
        (fixes["fixed_us"] + EPOCH_2000_US) // 1000,
        (fixes["received_us"] + EPOCH_2000_US) // 1000,
        fixes["flags"],
    )
    rows = zip(*(column.tolist() for column in columns), strict=True)
    # All at once: a fifth of what the general encoder takes.
    values = tuple(value for row in rows for value in row)
    written = ",".join([_FIX] * len(fixes)) % values
    return f"[{written.replace('nan', 'null')}]".encode()


class Notices:
    """Publishes on its own greenlet, so that a bus that hangs never holds up the store."""

    def __init__(self, bus: Bus):
        self._bus = bus
        self._queue: Queue[bytes] = Queue(MAX_WAITING)
        self._greenlet: gevent.Greenlet[[], None] | None = None

    def tell(self, fixes: Table) -> None:
        try:
            self._queue.put_nowait(encode(fixes))
        except Full:
            meters.notices.labels("dropped").inc()

    def start(self) -> None:
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        if self._greenlet is not None:
            self._greenlet.kill(timeout=1)

    def _run(self) -> None:
        while True:
            data = self._queue.get()
            try:
                self._bus.publish(STREAM, data)
                meters.notices.labels("told").inc()
            except RedisError as error:
                meters.notices.labels("failed").inc()
                log.warning("positions_not_told", error=type(error).__name__)
                gevent.sleep(0.5)
