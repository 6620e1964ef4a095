"""The demo city, whole: places, bureau, vehicles with crews, a year of past cases."""

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.accounts.models import Organisation, User
from command_center.demo import geography, past_cases, people
from dispatch.units import service as units
from gps_ingest import terminals
from kernel.settings import Settings

VEHICLES = 40
OFF_DUTY = 2
"""The first vehicles wait for people who try the demo: their officers sign on by themselves."""
OSMAND_EVERY = 5
"""One vehicle in five reports by telephone (OsmAnd) instead of a receiver (NMEA)."""
JT808_EVERY, JT808_FIRST = 4, 3
"""One in four, the third and so on, has a two-way terminal (JT/T 808) that shows orders."""
LOOPBACK = "127.0.0.0/8"
"""Simulated terminals start anew with the simulator: they need no code."""


def is_empty(session: Session) -> bool:
    """Whether nobody has set up a bureau here yet."""
    return session.scalar(select(Organisation.id).limit(1)) is None


def seed(session: Session, settings: Settings) -> None:
    """Fill an empty database with the demo city; the same seed gives the same city."""
    geography.seed_geography(session, settings)
    branches = people.seed_organisations(
        session, settings.region_code, geography.districts(), geography.branches()
    )
    bureau = session.scalars(select(Organisation).where(Organisation.parent_id.is_(None))).one()
    crews = people.seed_staff(session, bureau, branches, settings.demo_seed)
    _seed_vehicles(session, crews)
    past_cases.seed_past_cases(session, settings)


def _seed_vehicles(session: Session, crews: Iterator[tuple[Organisation, list[User]]]) -> None:
    for number, (branch, officers) in enumerate(islice(crews, VEHICLES), 1):
        session.flush()
        protocol = _protocol(number)
        two_way = protocol == "jt808"
        terminal = terminals.register(
            session,
            identity=f"99900000{number:04d}" if two_way else f"DEMO{number:04d}",
            protocol=protocol,
            name=f"演示车载终端{number:02d}",
            organisation_id=branch.id,
            settings={"network": LOOPBACK} if two_way else {},
        )
        unit = units.register(
            session,
            name=f"执法{number:02d}",
            plate=f"演A{number:04d}",
            organisation_id=branch.id,
            organisation_name=branch.name,
            organisation_path=branch.path,
            equipment=_equipment(number),
            terminal_ids=[terminal.id],
        )
        if number <= OFF_DUTY:
            continue
        for officer in officers:
            units.sign_on(
                session,
                unit.id,
                user_id=officer.id,
                name=officer.name,
                phone=officer.phone,
                certified=bool(officer.certificate_no),
            )


def _equipment(number: int) -> list[str]:
    """Every crew records and seals; test kits are dear, so that not every vehicle has one."""
    every = {"food_kit": 2, "sampling_kit": 3, "cold_box": 5, "metrology_kit": 7}
    return [*(code for code, n in every.items() if number % n == 0), "recorder", "seals"]


def _protocol(number: int) -> str:
    if number % OSMAND_EVERY == 0:
        return "osmand"
    return "jt808" if number % JT808_EVERY == JT808_FIRST else "nmea"
