"""The registry of terminals, and what is read of positions."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert
from sqlalchemy.orm import Session

from gps_ingest import queries, terminals
from gps_ingest.models import LatestFix, StoredFix, UnknownIdentity
from kernel.audit import AuditEntry
from kernel.errors import BadInput, Conflict, NotFound
from tests.ingest import LAT, LON, switch

NOON = datetime(2026, 9, 22, 4, 0, tzinfo=UTC)


def point(lat: float, lon: float) -> str:
    return f"SRID=4326;POINT({lon} {lat})"


def test_a_terminal_is_registered_once_and_recorded(session: Session) -> None:
    terminal = terminals.register(
        session, identity=" 860000000000001 ", protocol="nmea", name="京A·1234", organisation_id=4
    )
    assert (terminal.identity, terminal.enabled, terminal.settings) == ("860000000000001", True, {})
    with pytest.raises(Conflict, match="terminal_exists"):
        terminals.register(session, identity="860000000000001", protocol="osmand")
    assert queries.terminal_by_identity(session, "860000000000001") is terminal
    assert session.query(AuditEntry).filter_by(action="gps.terminal_registered").count() == 1


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("identity", {"identity": "  "}),
        ("identity", {"identity": "x" * 65}),
        ("identity", {"identity": "a\x00b"}),
        ("protocol", {"protocol": "morse"}),
        ("settings.speed_unit", {"settings": {"speed_unit": "furlongs"}}),
    ],
)
def test_a_wrong_field_is_named(session: Session, field: str, wrong: dict[str, object]) -> None:
    with pytest.raises(BadInput) as refused:
        terminals.register(session, **{"identity": "one", "protocol": "nmea", **wrong})  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_terminal_is_switched_off_and_on(session: Session) -> None:
    terminal = terminals.register(session, identity="one", protocol="nmea")
    assert not switch(session, terminal.id, enabled=False).enabled
    assert switch(session, terminal.id, enabled=True).enabled
    with pytest.raises(NotFound):
        switch(session, 10**9, enabled=True)


def test_settings_are_merged_checked_and_removed(session: Session) -> None:
    terminal = terminals.register(session, identity="one", protocol="osmand")
    assert terminals.configure(session, terminal.id, speed_unit="m/s").settings == {
        "speed_unit": "m/s"
    }
    assert terminals.configure(session, terminal.id, speed_unit=None).settings == {}
    with pytest.raises(BadInput):
        terminals.configure(session, terminal.id, speed_unit="mph")


def test_whoever_is_registered_is_no_longer_unknown(session: Session) -> None:
    session.add(
        UnknownIdentity(
            identity="one",
            protocol="nmea",
            source="192.0.2.1",
            times=3,
            first_seen_at=NOON,
            last_seen_at=NOON,
        )
    )
    session.flush()
    assert [who.identity for who in queries.unknown_identities(session)] == ["one"]
    terminals.register(session, identity="one", protocol="nmea")
    assert queries.unknown_identities(session) == []


def place(session: Session, identity: str, lat: float, lon: float, age_s: int = 0) -> int:
    terminal = terminals.register(session, identity=identity, protocol="nmea")
    at = NOON - timedelta(seconds=age_s)
    session.execute(
        insert(LatestFix).values(
            terminal_id=terminal.id,
            fixed_at=at,
            received_at=at,
            geog=func.ST_GeogFromText(point(lat, lon)),
            flags=0,
        )
    )
    return terminal.id


def test_the_nearest_are_found_in_metres_not_degrees(session: Session) -> None:
    """At 40° north a degree of longitude is a quarter shorter than one of latitude."""
    east = place(session, "east", LAT, LON + 0.011)
    north = place(session, "north", LAT + 0.010, LON)
    place(session, "long ago", LAT, LON, age_s=3600)
    found = queries.nearest(session, LAT, LON, 5, heard_since=NOON - timedelta(minutes=5))
    assert [position.terminal_id for position, _ in found] == [east, north]
    assert [round(metres) for _, metres in found] == [
        pytest.approx(940, abs=5),
        pytest.approx(1111, abs=5),
    ]
    only = queries.nearest(
        session, LAT, LON, 5, heard_since=NOON - timedelta(minutes=5), terminal_ids=[north]
    )
    assert [position.terminal_id for position, _ in only] == [north]


def test_latest_gives_those_asked_for(session: Session) -> None:
    one, two = place(session, "one", LAT, LON), place(session, "two", LAT + 1, LON)
    assert [p.terminal_id for p in queries.latest(session, [two])] == [two]
    assert [p.terminal_id for p in queries.latest(session, [])] == []
    assert {p.terminal_id for p in queries.latest(session)} >= {one, two}


def test_a_trail_is_the_newest_fixes_oldest_first(session: Session) -> None:
    terminal = terminals.register(session, identity="one", protocol="nmea")
    for second in range(10):
        session.execute(
            insert(StoredFix).values(
                terminal_id=terminal.id,
                fixed_at=NOON + timedelta(seconds=second),
                received_at=NOON,
                geom=func.ST_GeomFromEWKT(point(LAT, LON + second / 1000)),
                flags=0,
            )
        )
    found = queries.trail(session, terminal.id, NOON, NOON + timedelta(seconds=8), limit=3)
    assert [position.fixed_at.second for position in found] == [6, 7, 8]
    assert found[0].lon == pytest.approx(LON + 0.006)
