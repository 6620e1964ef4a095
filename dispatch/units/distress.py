"""An officer in danger: the alarm that every commander hears, with where, and who is near."""

from collections.abc import Mapping
from datetime import timedelta, tzinfo
from typing import Any

from sqlalchemy.orm import Session

from dispatch.alarms.duty import Present, call, text
from dispatch.alarms.models import Alarm
from dispatch.alarms.service import CALLED, TERMINAL, AlarmService
from dispatch.orders.ports import Directory
from dispatch.units import queries
from dispatch.units.lifecycle import OUT_OF_SERVICE
from dispatch.units.models import Unit
from gps_ingest import queries as gps
from gps_ingest.models import Happened
from kernel.audit import record
from kernel.clock import now
from kernel.gate import gate

GRAVEST = 3
KIND = "officer_distress"
NEAREST, FRESH = 5, timedelta(minutes=15)
"""So many units are named, of those heard since."""


class Distress:
    """Raises the alarm once however often the button is pressed; a person settles it."""

    def __init__(
        self,
        alarms: AlarmService,
        directory: Directory,
        is_anybody_here: Present,
        zone: tzinfo,
        *,
        voice: bool,
    ):
        """`voice`: whether there is an engine that calls people."""
        self.alarms, self.directory, self.zone = alarms, directory, zone
        self.is_anybody_here, self.voice = is_anybody_here, voice

    def of_terminal(self, session: Session, told: Happened) -> Alarm:
        """A vehicle's button. Without a position the last known one is told, and its age."""
        unit = queries.of_terminal(session, told.terminal_id)
        terminal = gps.terminal(session, told.terminal_id)
        name = unit.name if unit else (terminal.name or terminal.identity if terminal else "")
        place = (told.lat, told.lon) if told.lat is not None and told.lon is not None else None
        return self.cry(
            session,
            (TERMINAL, told.terminal_id),
            name=name,
            unit=unit,
            path=unit.organisation_path if unit else self.directory.bureau_path(session),
            place=place or self._last_place(session, told.terminal_id),
            at=told.at.isoformat(),
            is_last_known=place is None,
            bits=told.details.get("bits", 1),
        )

    def cry(
        self,
        session: Session,
        reference: tuple[str, int],
        *,
        name: str,
        unit: Unit | None,
        path: str,
        place: tuple[float, float] | None,
        **more: Any,
    ) -> Alarm:
        """The alarm, with the units that are near; `place` is latitude and longitude, WGS-84."""
        params = {
            "name": name,
            "unit_id": unit.id if unit else None,
            "unit": unit.name if unit else None,
            "lat": place[0] if place else None,
            "lon": place[1] if place else None,
            "nearest": self._near(session, place, unit) if place else [],
            **more,
        }
        record(session, "officer.sos", reference[0], reference[1])
        alarm = self.alarms.raise_alarm(
            session, KIND, reference, organisation_path=path, level=GRAVEST, params=params
        )
        if CALLED not in alarm.params:
            alarm.params = {**alarm.params, CALLED: self._call_duty(session, alarm, path)}
        return alarm

    def _call_duty(self, session: Session, alarm: Alarm, path: str) -> list[str]:
        """Where no commander sits at a desk the duty list is told; gives who was."""
        duty = self.directory.commanders(session, path)
        if self.is_anybody_here([one.id for one in duty]):
            return []
        said = {
            "name": alarm.params["name"],
            "minute": f"{alarm.raised_at.astimezone(self.zone):%H:%M}",
        }
        if self.voice:
            call(session, alarm, duty, gate.clear("voice.duty_call", said).written(_words))
        words = gate.clear("sms.duty_call", said).written(_words)
        return text(session, alarm, duty, words, subject="SOS")

    def help_wanted(self, session: Session, unit: Unit, told: Happened) -> None:
        """The button for help of a unit that has no order, or several."""
        self.alarms.raise_alarm(
            session,
            "help_needed",
            ("unit", unit.id),
            organisation_path=unit.organisation_path,
            level=1,
            params={"name": unit.name, "unit_id": unit.id, "lat": told.lat, "lon": told.lon},
        )

    def suspicious(self, session: Session, told: Happened) -> None:
        """Somebody seems to pose as a vehicle's terminal: a dispatcher asks the crew."""
        unit = queries.of_terminal(session, told.terminal_id)
        terminal = gps.terminal(session, told.terminal_id)
        name = unit.name if unit else (terminal.name or terminal.identity if terminal else "")
        self.alarms.raise_alarm(
            session,
            "terminal_suspicious",
            (TERMINAL, told.terminal_id),
            organisation_path=(
                unit.organisation_path if unit else self.directory.bureau_path(session)
            ),
            params={
                "name": name,
                "suspicion": told.details["reason"],
                "address": told.details["address"],
            },
        )

    @staticmethod
    def _last_place(session: Session, terminal_id: int) -> tuple[float, float] | None:
        known = gps.latest(session, [terminal_id])
        return (known[0].lat, known[0].lon) if known else None

    @staticmethod
    def _near(
        session: Session, place: tuple[float, float], own: Unit | None
    ) -> list[dict[str, Any]]:
        """The nearest units in service, a unit once, with the way as the crow flies in metres."""
        since = now(session) - FRESH
        found: dict[int, dict[str, Any]] = {}
        for position, metres in gps.nearest(
            session, place[0], place[1], NEAREST * 4, heard_since=since
        ):
            unit = queries.of_terminal(session, position.terminal_id)
            if unit is None or unit.state == OUT_OF_SERVICE or (own and unit.id == own.id):
                continue
            found.setdefault(
                unit.id,
                {"id": unit.id, "name": unit.name, "state": unit.state, "metres": round(metres)},
            )
        return list(found.values())[:NEAREST]


def _words(said: Mapping[str, Any]) -> str:
    return f"【紧急求助】{said['name']} {said['minute']} 发出求助，指挥台无人值守，请立即登录处置。"
