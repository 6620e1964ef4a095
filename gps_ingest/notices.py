"""News of positions: one compact entry of a short stream per stored batch."""

from collections.abc import Sequence

import gevent
from gevent.queue import Full, Queue
from redis import RedisError

from gps_ingest import meters
from gps_ingest.history import EPOCH_2000_US, Row
from kernel.bus import Bus
from kernel.log import get_logger

log = get_logger(__name__)
STREAM = "positions"
MAX_WAITING = 50
"""Batches kept while the bus is away; its readers take a snapshot anyway when it is back."""


def encode(rows: Sequence[Row]) -> bytes:
    """A JSON list of [terminal_id, lat, lon, speed_kmh, course, fixed_at, received_at, flags].

    WGS-84 degrees, km/h, degrees from north, epoch milliseconds, FixFlag bits.
    """
    return f"[{','.join(map(_written, rows))}]".encode()


def _written(row: Row) -> str:
    """By hand: a third of what the general encoder takes for the same."""
    speed, course = row.speed_kmh, row.course
    return (
        f"[{row.terminal_id},{row.lat:.7f},{row.lon:.7f},"
        f"{'null' if speed is None else f'{speed:.1f}'},"
        f"{'null' if course is None else f'{course:.1f}'},"
        f"{(row.fixed_us + EPOCH_2000_US) // 1000},"
        f"{(row.received_us + EPOCH_2000_US) // 1000},{row.flags}]"
    )


class Notices:
    """Publishes on its own greenlet, so that a bus that hangs never holds up the store."""

    def __init__(self, bus: Bus):
        self._bus = bus
        self._queue: Queue[bytes] = Queue(MAX_WAITING)
        self._greenlet: gevent.Greenlet[[], None] | None = None

    def tell(self, rows: Sequence[Row]) -> None:
        try:
            self._queue.put_nowait(encode(rows))
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
