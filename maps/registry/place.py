"""Gives a point to businesses whose registry told none, and says honestly how exact it is."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Float, func, select, text
from sqlalchemy.orm import Session

from maps import revisions
from maps.geocoding.doors import Doors
from maps.models import Business, Region, Street

PROGRESS_EVERY = 10_000

_Placed = tuple[float, float, str]

_STAGE = """
create temporary table placed_stage (id bigint, lon float8, lat float8, level text) on commit drop
"""
_UPDATE = """
update maps.businesses b
set geom = st_setsrid(st_makepoint(s.lon, s.lat), 4326), point_level = s.level
from placed_stage s where b.id = s.id
"""
_POINT = func.st_x(Business.geom, type_=Float), func.st_y(Business.geom, type_=Float)


def place_missing(
    session: Session, progress: Callable[[int], None] = lambda count: None
) -> dict[str, int]:
    """Place what has no point yet; gives how many were placed at each level.

    By another business at the same door, between known doors, by the street, else by the district;
    what none of these knows stays without a point (`unknown`).
    """
    missing = session.execute(
        select(Business.id, Business.district, Business.street, Business.number)
        .where(Business.geom.is_(None))
        .order_by(Business.id)
    ).all()
    if not missing:
        return {}
    atlas = _Atlas(session)
    counts: Counter[str] = Counter()
    session.execute(text(_STAGE))
    cursor: Any = session.connection().connection.cursor()
    with cursor, cursor.copy("copy placed_stage from stdin") as copy:
        for done, row in enumerate(missing, 1):
            if found := atlas.locate(row.district, row.street, row.number):
                copy.write_row((row.id, *found))
            counts[found[2] if found else "unknown"] += 1
            if done % PROGRESS_EVERY == 0:
                progress(done)
    session.execute(text(_UPDATE))
    session.execute(text("drop table placed_stage"))
    revisions.mark_changed(session, "businesses")
    return dict(counts)


class _Atlas:
    """What is known of doors, streets and districts, in memory."""

    def __init__(self, session: Session):
        known: dict[tuple[str, str], list[tuple[str, float, float]]] = defaultdict(list)
        for district, street, number, lon, lat in _known_doors(session):
            known[district, street].append((number, lon, lat))
        self._doors = {place: Doors(doors) for place, doors in known.items()}
        self._streets = {(s.district, s.name): (s.lon, s.lat, "street") for s in _streets(session)}
        self._districts = {d.name: (d.lon, d.lat, "district") for d in _districts(session)}
        self._only_district = _where_unambiguous(self._streets)

    def locate(self, district: str, street: str, number: str) -> _Placed | None:
        """(lon, lat, level) of an address; None where nothing is known of it."""
        district = district or self._only_district.get(street, "")
        doors = self._doors.get((district, street))
        if number and doors and (place := doors.locate(number)):
            return place.lon, place.lat, place.level
        return self._streets.get((district, street)) or self._districts.get(district)


def _where_unambiguous(streets: dict[tuple[str, str], _Placed]) -> dict[str, str]:
    """Street -> its district, for streets of which there is only one."""
    districts = defaultdict(list)
    for district, street in streets:
        districts[street].append(district)
    return {street: found[0] for street, found in districts.items() if len(found) == 1}


def _known_doors(session: Session) -> Iterator[Any]:
    yield from session.execute(
        select(Business.district, Business.street, Business.number, *_POINT).where(
            Business.point_level == "door", Business.street != "", Business.number != ""
        )
    )


def _streets(session: Session) -> Iterator[Any]:
    lon, lat = (
        func.st_x(Street.centre, type_=Float).label("lon"),
        func.st_y(Street.centre, type_=Float).label("lat"),
    )
    yield from session.execute(
        select(Street.district, Street.name, lon, lat).where(Street.centre.is_not(None))
    )


def _districts(session: Session) -> Iterator[Any]:
    middle = func.st_pointonsurface(Region.geom)
    yield from session.execute(
        select(
            Region.name,
            func.st_x(middle, type_=Float).label("lon"),
            func.st_y(middle, type_=Float).label("lat"),
        ).where(Region.level == "district")
    )
