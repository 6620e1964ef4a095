"""The other listening processes: where they heard our terminals last, and which lines they took.

A terminal that comes anew may reach any process of any machine. The announcements stand in one
order for all: whoever announced a terminal last has its line.
"""

import json

import gevent
from gevent.event import Event
from redis import RedisError

from gps_ingest.ending import end
from gps_ingest.fleet import Fleet
from gps_ingest.notices import STREAM as POSITIONS
from gps_ingest.notices import decode
from gps_ingest.switchboard import Switchboard
from kernel.bus import Bus, Cursor, Entry, Gap
from kernel.log import get_logger

log = get_logger(__name__)
PLUGGED = "gps_plugged"
"""Stream of {terminal_ids}: the process that tells it has their lines from now on."""
RETRY_SECONDS = 1.0
REST_SECONDS = 0.2
"""Between two readings: what others tell is not urgent, and comes with all that we tell."""


class Siblings:
    """Tells the others of our lines and hears of theirs; nothing waits for it."""

    def __init__(self, bus: Bus, fleet: Fleet, switchboard: Switchboard):
        self._bus, self._fleet, self._switchboard = bus, fleet, switchboard
        self._announced: dict[int, int] = {}
        self._waiting: dict[int, None] = {}
        self._some = Event()
        self._greenlets: list[gevent.Greenlet[[], None]] = []

    def start(self) -> None:
        self._switchboard.on_plug = self.announce
        self._greenlets = [gevent.spawn(self._tell), gevent.spawn(self._hear)]

    def stop(self) -> None:
        end(self._greenlets)

    def announce(self, terminal_id: int) -> None:
        """The terminal's line is ours. Until that is told, what others tell came before it."""
        self._announced.pop(terminal_id, None)
        self._waiting[terminal_id] = None
        self._some.set()

    def _tell(self) -> None:
        while True:
            self._some.wait()
            self._some.clear()
            while self._waiting:
                told, self._waiting = self._waiting, {}
                order = self._publish(list(told))
                # What came anew meanwhile is told once more.
                self._announced |= dict.fromkeys(told.keys() - self._waiting.keys(), order)

    def _publish(self, terminal_ids: list[int]) -> int:
        while True:
            try:
                return self._bus.publish_json(PLUGGED, {"terminal_ids": terminal_ids})
            except RedisError:
                gevent.sleep(RETRY_SECONDS)

    def _hear(self) -> None:
        cursor: Cursor | None = None
        while True:
            try:
                cursor = cursor or self._bus.now(POSITIONS, PLUGGED)
                for entry in self._bus.follow(cursor, REST_SECONDS):
                    if entry.by != self._bus.name:
                        self._take(entry)
            except Gap:
                log.warning("siblings_not_heard")
                cursor = None
                self._fleet.look_again()
            except RedisError:
                gevent.sleep(RETRY_SECONDS)

    def _take(self, entry: Entry) -> None:
        if entry.stream == POSITIONS:
            for terminal_id, lat, lon, _, _, fixed_ms, *_ in decode(entry.data):
                self._fleet.moved(terminal_id, (fixed_ms / 1000, lat, lon))
            return
        for terminal_id in json.loads(entry.data)["terminal_ids"]:
            if entry.order > self._announced.get(terminal_id, entry.order):
                self._switchboard.taken_over(terminal_id, entry.by)
