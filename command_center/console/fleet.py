"""Which terminal speaks for which unit of which organisation: kept in memory, dropped on news."""

from collections.abc import Collection

from sqlalchemy import select

from command_center.console.positions import Position
from dispatch.units.models import Unit, UnitTerminal
from gps_ingest.notices import Notice
from kernel.access import Principal
from kernel.db import Database

NOBODY = (0, "")
"""Of a terminal that belongs to no unit, so that it is not looked up at every fix."""


class Fleet:
    """Turns the listeners' notices (by terminal) into positions of units."""

    def __init__(self, database: Database, principal: Principal):
        self.database, self.principal = database, principal
        self._units: dict[int, tuple[int, str]] = {}

    def forget(self) -> None:
        """Read the roster anew before the next position."""
        self._units = {}

    def positions(self, notices: Collection[Notice]) -> list[Position]:
        """The positions of known units; a terminal of no unit is nobody's news."""
        strangers = {notice[0] for notice in notices} - self._units.keys()
        if strangers:
            self._units = {**dict.fromkeys(strangers, NOBODY), **self._read()}
        return [
            Position(unit_id, path, lon, lat, course, speed_kmh, fixed_at_ms)
            for terminal, lat, lon, speed_kmh, course, fixed_at_ms, *_ in notices
            for unit_id, path in (self._units[terminal],)
            if unit_id
        ]

    def _read(self) -> dict[int, tuple[int, str]]:
        with self.database.unit_of_work(self.principal) as session:
            rows = session.execute(
                select(UnitTerminal.terminal_id, Unit.id, Unit.organisation_path).join(
                    Unit, Unit.id == UnitTerminal.unit_id
                )
            )
            return {terminal: (unit, path) for terminal, unit, path in rows}
