"""The listeners' port `Fences`: every live fix is held against areas, scenes and limits in memory.

Lives in the `ingest` process. What units have to do is read again every few seconds, with the
rights of the listeners: a terminal, the state of its unit, the point it is sent to, nothing more.
"""

from collections.abc import Callable
from dataclasses import replace

import gevent
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from dispatch.tracking.watching import NO_DUTY, Duty, Event, Limits, Seen, Target, Way
from gps_ingest import queries
from gps_ingest.fixes import to_us
from gps_ingest.history import Happening
from kernel.access import Principal
from kernel.db import Database
from kernel.log import get_logger
from maps.geofences import Geofences, geofences

log = get_logger(__name__)
REFRESH_SECONDS = 3.0
WATCHED = text(
    "select terminal_id, unit_state, assignment_id, lat, lon from dispatch.watched()"
    " order by terminal_id"
)


class Fences:
    """One watch per terminal. Its memory is rebuilt from the newest fixes when it starts."""

    def __init__(self, database: Database, principal: Principal, limits: Limits):
        self.limits = limits
        self.duties: dict[int, Duty] = {}
        self.areas = Geofences([], [])
        self._database, self._principal = database, principal
        self._ways: dict[int, Way] = {}
        self._tell: Callable[[Happening], None] | None = None
        self._greenlet: gevent.Greenlet[[], None] | None = None

    def passed(
        self, terminal_id: int, lat: float, lon: float, at: float, speed_kmh: float | None
    ) -> None:
        way = self._ways.get(terminal_id)
        duty = self.duties.get(terminal_id, NO_DUTY)
        areas = self.areas.at(lon, lat)
        if way is not None and way.is_quiet(at, speed_kmh, areas, duty, self.limits):
            return
        seen = Seen(at, lat, lon, speed_kmh)
        if way is None:
            way = self._ways[terminal_id] = Way()
            way.begin(seen, areas, duty)
            return
        for event in way.step(seen, areas, duty, self.limits):
            self._happen(terminal_id, event)

    def start(self, tell: Callable[[Happening], None]) -> None:
        """Begin to watch; raises SQLAlchemyError when the database does not answer."""
        self.stop()
        self.refresh()
        with self._database.unit_of_work(self._principal) as session:
            newest = queries.latest(session)
        for position in newest:
            seen = Seen(position.fixed_at.timestamp(), position.lat, position.lon)
            way = self._ways[position.terminal_id] = Way()
            areas = self.areas.at(position.lon, position.lat)
            way.begin(seen, areas, self.duties.get(position.terminal_id, NO_DUTY))
        self._tell = tell
        self._greenlet = gevent.spawn(self._keep_true)

    def stop(self) -> None:
        if self._greenlet is not None:
            self._greenlet.kill(timeout=1)

    def refresh(self) -> None:
        """Read the areas, and what every unit has to do."""
        with self._database.unit_of_work(self._principal) as session:
            self.areas = geofences(session)
            rows = session.execute(WATCHED).all()
        duties: dict[int, Duty] = {}
        for row in rows:
            duty = Duty(row.unit_state)
            if row.assignment_id is not None and row.lat is not None and row.lon is not None:
                duty = replace(duty, target=Target(row.assignment_id, row.lat, row.lon))
            duties[row.terminal_id] = duty
        self.duties = duties

    def _keep_true(self) -> None:
        while True:
            gevent.sleep(REFRESH_SECONDS)
            try:
                self.refresh()
            except SQLAlchemyError as error:
                log.warning("duties_not_read", error=type(error).__name__)
            except Exception:
                log.exception("duties_not_read")

    def _happen(self, terminal_id: int, event: Event) -> None:
        if self._tell is None:
            return
        details = dict(event.details)
        if area := self.areas.areas.get(str(details.get("area"))):
            details |= {"name": area.name, "level": area.level}
        received = to_us(self._database.clock.now().timestamp())
        self._tell(
            Happening(terminal_id, event.kind, to_us(event.at), event.key, received,
                      event.seen.lat, event.seen.lon, details=details)
        )  # fmt: skip
