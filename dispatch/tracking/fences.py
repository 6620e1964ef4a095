"""The listeners' port `Fences`: every live fix is held against areas, scenes and limits in memory.

Lives in the `ingest` process. What units have to do is read again every few seconds, with the
rights of the listeners: a terminal, the state of its unit, the point it is sent to, nothing more.
"""

from collections.abc import Callable
from typing import Any

import gevent
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, text
from sqlalchemy.exc import SQLAlchemyError

from dispatch.tracking.watching import (
    GAP_SECONDS,
    LOUD,
    NO_DUTY,
    Duty,
    Event,
    Limits,
    Seen,
    Target,
    Way,
)
from gps_ingest import queries
from gps_ingest.fixes import Table, seconds, to_us
from gps_ingest.history import Happening
from gps_ingest.memory import Memory
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


_CALM = np.dtype([("areas", "i8"), ("most", "f8"), ("least", "f8"), ("at", "f8")])
"""About which fixes of a terminal need no step of its `Way`: the combination of areas that it is
in, `Way.calm`, and when its last fix was."""
_RESTLESS = np.array([(-1, *LOUD, 0.0)], _CALM)


class Fences:
    """One watch per terminal. Its memory is rebuilt from the newest fixes when it starts."""

    def __init__(self, database: Database, principal: Principal, limits: Limits):
        self.limits = limits
        self.duties: dict[int, Duty] = {}
        self.areas = Geofences([], [])
        self._database, self._principal = database, principal
        self._ways: dict[int, Way] = {}
        self._calm = Memory(_RESTLESS)
        self._tell: Callable[[Happening], None] | None = None
        self._greenlet: gevent.Greenlet[[], None] | None = None

    def quiet(self, fixes: Table) -> NDArray[np.bool_]:
        """Which of the fixes, one of each terminal, change nothing but the time."""
        places = self._calm.enter(fixes["terminal_id"])
        calm, areas = self._calm.rows[places], self.areas.numbers(fixes["lon"], fixes["lat"])
        kmh, at = fixes["speed_kmh"], seconds(fixes["fixed_us"])
        quiet: NDArray[np.bool_] = (calm["areas"] == areas) & (calm["most"] >= 0)
        quiet &= ~(kmh > calm["most"])
        goes_on = (kmh >= calm["least"]) & (at - calm["at"] <= GAP_SECONDS)
        quiet &= (calm["least"] < 0) | goes_on
        self._calm.rows["at"][places[quiet]] = at[quiet]
        return quiet

    def passed(
        self, terminal_id: int, lat: float, lon: float, at: float, speed_kmh: float | None
    ) -> None:
        seen, way = Seen(at, lat, lon, speed_kmh), self._ways.get(terminal_id)
        if way is None:
            self._begin(terminal_id, seen)
            return
        duty, areas = self.duties.get(terminal_id, NO_DUTY), self.areas.at(lon, lat)
        way.rest(float(self._calm.row(terminal_id)["at"]))
        events = way.step(seen, areas, duty, self.limits)
        self._remember(terminal_id, at, areas)
        for event in events:
            self._happen(terminal_id, event)

    def _begin(self, terminal_id: int, seen: Seen) -> None:
        way, areas = Way(), self.areas.at(seen.lon, seen.lat)
        way.begin(seen, areas, self.duties.get(terminal_id, NO_DUTY))
        self._ways[terminal_id] = way
        self._remember(terminal_id, seen.at, areas)

    def _remember(self, terminal_id: int, at: float, areas: frozenset[str]) -> None:
        duty = self.duties.get(terminal_id, NO_DUTY)
        calm = self._ways[terminal_id].calm(duty, self.limits)
        row = self._calm.row(terminal_id)
        row["areas"], row["most"], row["least"] = self.areas.number(areas), *calm
        row["at"] = at

    def start(self, tell: Callable[[Happening], None]) -> None:
        """Begin to watch; raises SQLAlchemyError when the database does not answer."""
        self.stop()
        self.refresh()
        with self._database.unit_of_work(self._principal) as session:
            newest = queries.latest(session)
        for position in newest:
            seen = Seen(position.fixed_at.timestamp(), position.lat, position.lon)
            self._begin(position.terminal_id, seen)
        self._tell = tell
        self._greenlet = gevent.spawn(self._keep_true)

    def stop(self) -> None:
        if self._greenlet is not None:
            self._greenlet.kill(timeout=1)

    def refresh(self) -> None:
        """Read the areas, and what every unit has to do."""
        with self._database.unit_of_work(self._principal) as session:
            areas = geofences(session)
            rows = session.execute(WATCHED).all()
        duties = {row.terminal_id: _duty(row) for row in rows}
        if areas is not self.areas:
            self._calm.rows["most"] = LOUD.most_kmh
        for terminal_id in duties.keys() | self.duties.keys():
            if duties.get(terminal_id) != self.duties.get(terminal_id):
                self._calm.row(terminal_id)["most"] = LOUD.most_kmh
        self.areas, self.duties = areas, duties

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


def _duty(row: Row[Any]) -> Duty:
    """Of a row of WATCHED."""
    if row.assignment_id is None or row.lat is None or row.lon is None:
        return Duty(row.unit_state)
    return Duty(row.unit_state, Target(row.assignment_id, row.lat, row.lon))
