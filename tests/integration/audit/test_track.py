"""An officer's old track needs a reason, and who read it is on record."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from dispatch.units import service as units
from dispatch.units.models import Unit
from gps_ingest import terminals
from kernel.audit import AuditEntry
from kernel.clock import FixedClock
from tests.factories.bureau import Bureau
from tests.factories.desk import Desk

Drive = Callable[[int], None]


@pytest.fixture
def unit(session: Session, bureau: Bureau) -> Unit:
    """A vehicle of the branch whose terminal has told a position each minute for three hours."""
    terminal = terminals.register(session, identity="T1", protocol="nmea")
    made = units.register(
        session, name="执法01", plate="演A0001", organisation_id=bureau.branch.id,
        organisation_name=bureau.branch.name, organisation_path=bureau.branch.path,
        terminal_ids=[terminal.id],
    )  # fmt: skip
    moment = session.info["clock"].now()
    fix = text(
        "insert into gps.fixes (terminal_id, fixed_at, geom, received_at, flags) values"
        " (:terminal, :at, st_setsrid(st_makepoint(116.4, 39.9), 4326), :at, 0)"
    )
    for minute in range(181):
        at = moment - timedelta(minutes=minute)
        session.execute(fix, {"terminal": terminal.id, "at": at})
    session.execute(
        text(
            "insert into gps.latest (terminal_id, fixed_at, received_at, geog, flags)"
            " values (:terminal, :at, :at, st_setsrid(st_makepoint(116.4, 39.9), 4326), 0)"
        ),
        {"terminal": terminal.id, "at": moment},
    )
    return made


def wanted(clock: FixedClock, hours: float = 2, **changes: Any) -> dict[str, Any]:
    since = clock.now() - timedelta(hours=hours)
    body = {"from": since.isoformat(), "to": clock.now().isoformat(), "reason_code": "complaint"}
    return {**body, "note": "核查对执法行为的投诉", **changes}


def test_a_commander_reads_an_old_track_for_a_reason_and_is_on_record(
    desk: Desk, bureau: Bureau, unit: Unit, clock: FixedClock, session: Session
) -> None:
    commander = bureau.person("CMD")
    answer = desk.post(commander, f"/units/{unit.id}/track", wanted(clock))
    assert answer.status_code == 200, answer.text
    points = answer.get_json()
    assert len(points) == 121
    assert points[0][:2] == [116.4, 39.9]
    assert points == sorted(points, key=lambda point: point[2])
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "track.read")).one()
    assert (entry.actor_id, entry.object_id) == (commander.id, str(unit.id))
    assert (entry.reason_code, entry.note) == ("complaint", "核查对执法行为的投诉")
    assert entry.detail["points"] == 121


@pytest.mark.parametrize("role", ["DISP", "SHIFT", "LEAD", "AUDIT", "UNIT", "ADMIN"])
def test_nobody_but_the_commander_reads_old_tracks(
    desk: Desk, bureau: Bureau, unit: Unit, clock: FixedClock, role: str
) -> None:
    answer = desk.post(bureau.person(role), f"/units/{unit.id}/track", wanted(clock))
    assert answer.status_code == 403


def test_a_unit_of_another_jurisdiction_has_no_track(
    desk: Desk, bureau: Bureau, unit: Unit, clock: FixedClock, session: Session
) -> None:
    elsewhere = bureau.person("CMD", at=bureau.other)
    assert desk.post(elsewhere, f"/units/{unit.id}/track", wanted(clock)).status_code == 404
    assert not session.scalars(select(AuditEntry).where(AuditEntry.action == "track.read")).all()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason_code": "curious"}, "reason_code"),
        ({"from": "2026-09-20T00:00:00Z"}, "to"),
        ({"to": "2026-09-20T00:00:00Z"}, "to"),
        ({"from": "2026-09-23T00:00:00Z", "to": "2026-09-23T01:00:00Z"}, "from"),
        ({"from": "2026-09-22T00:00:00"}, "from"),
        ({"note": "x" * 401}, "note"),
    ],
)
def test_a_track_without_a_known_reason_or_of_a_wrong_period_is_refused(
    desk: Desk, bureau: Bureau, unit: Unit, clock: FixedClock, changes: dict[str, Any], field: str
) -> None:
    answer = desk.post(bureau.person("CMD"), f"/units/{unit.id}/track", wanted(clock, **changes))
    assert (answer.status_code, answer.get_json()["field"]) == (422, field)


def test_the_live_trail_begins_with_the_present_duty(
    desk: Desk, bureau: Bureau, unit: Unit, clock: FixedClock, session: Session
) -> None:
    dispatcher = bureau.person("DISP")
    path = f"/units/{unit.id}/trail"
    assert desk.get(dispatcher, path, minutes=60).get_json() == []
    clock.advance(minutes=-10)
    units.sign_on(session, unit.id, user_id=77, name="甲", phone="", certified=True)
    clock.advance(minutes=10)
    assert len(desk.get(dispatcher, path, minutes=60).get_json()) == 11
    assert len(desk.get(dispatcher, path, minutes=5).get_json()) == 6
    assert desk.get(dispatcher, path, minutes=61).status_code == 422
    units.sign_off(session, 77)
    session.flush()
    assert desk.get(dispatcher, path, minutes=60).get_json() == []
