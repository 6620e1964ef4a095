"""News of positions: one compact entry of a short stream per stored batch."""

import gevent
import numpy as np
from gevent.queue import Full, Queue
from redis import RedisError

from gps_ingest import meters
from gps_ingest.fixes import EPOCH_2000_US, Table
from kernel.bus import Bus
from kernel.log import get_logger

log = get_logger(__name__)
STREAM = "positions"
MAX_WAITING = 50
"""Batches kept while the bus is away; its readers take a snapshot anyway when it is back."""
Notice = tuple[int, float, float, float | None, float | None, int, int, int]
"""terminal_id, lat, lon, speed_kmh, course, fixed_at, received_at, flags. WGS-84 degrees, km/h,
degrees from north, epoch milliseconds, FixFlag bits.
"""
_NOTICE = np.dtype(
    [
        ("terminal_id", "<i8"),
        ("lat", "<f8"),
        ("lon", "<f8"),
        ("speed_kmh", "<f4"),
        ("course", "<f4"),
        ("fixed_at", "<i8"),
        ("received_at", "<i8"),
        ("flags", "<i4"),
    ]
)
"""One fix as it travels; a measure that is not known is NaN."""


def encode(fixes: Table) -> bytes:
    """The notices of these fixes."""
    notices = np.empty(len(fixes), _NOTICE)
    for name in ("terminal_id", "lat", "lon", "speed_kmh", "course", "flags"):
        notices[name] = fixes[name]
    for name, us in (("fixed_at", "fixed_us"), ("received_at", "received_us")):
        notices[name] = (fixes[us] + EPOCH_2000_US) // 1000
    return notices.tobytes()


def decode(data: bytes) -> list[Notice]:
    """What `encode` told; places to a centimetre, measures to a tenth."""
    notices = np.frombuffer(data, _NOTICE)
    columns = {name: notices[name].tolist() for name in notices.dtype.names or ()}
    for name, digits in (("lat", 7), ("lon", 7), ("speed_kmh", 1), ("course", 1)):
        values = notices[name].astype(np.float64).round(digits).astype(object)
        values[np.isnan(notices[name])] = None
        columns[name] = values.tolist()
    return list(zip(*columns.values(), strict=True))


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
