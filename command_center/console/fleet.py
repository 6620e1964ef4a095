"""Which terminal speaks for which unit of which organisation: kept in memory, dropped on news."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from command_center.console.positions import Position
from dispatch.units.models import Unit, UnitTerminal
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

    def positions(self, notices: Iterable[dict[str, Any]]) -> list[Position]:
        """The positions of known units; a terminal of no unit is nobody's news."""
        notices = list(notices)
        strangers = {notice["terminal_id"] for notice in notices} - self._units.keys()
        if strangers:
            self._units = {**dict.fromkeys(strangers, NOBODY), **self._read()}
        found = []
        for notice in notices:
            unit_id, path = self._units[notice["terminal_id"]]
            if unit_id:
                found.append(_position(unit_id, path, notice))
        return found

    def _read(self) -> dict[int, tuple[int, str]]:
        with self.database.unit_of_work(self.principal) as session:
            rows = session.execute(
                select(UnitTerminal.terminal_id, Unit.id, Unit.organisation_path).join(
                    Unit, Unit.id == UnitTerminal.unit_id
                )
            )
            return {terminal: (unit, path) for terminal, unit, path in rows}


def _position(unit_id: int, path: str, notice: dict[str, Any]) -> Position:
    return Position(
        unit_id,
        path,
        notice["lon"],
        notice["lat"],
        notice.get("course"),
        notice.get("speed_kmh"),
        notice["fixed_at"],
    )
