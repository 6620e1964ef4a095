"""SIMULATOR. The demo city lives: cars drive and speak real NMEA, OsmAnd and JT/T 808 to the real
ports, people file submissions through the public API, crews answer their orders by SMS, drivers by
the buttons of their terminals.

It stands outside the house: it reads the roster as a crew would know it, and changes nothing
except through ports that are open to vehicles, phones and the public.
"""

import json
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from random import Random
from typing import Any

import click
import requests
from sqlalchemy import text

from command_center.demo.crews import Crew, Task, codes_in
from command_center.demo.driving import Drive, Waypoint, rmc
from command_center.demo.stories import Teller
from command_center.demo.terminal import NoAnswer, SimulatedTerminal, at
from command_center.demo.vehicle import Newcomer, Vehicle
from command_center.engines.smsc import Smsc
from gps_ingest.protocols.jt808.bits import SOS
from kernel.access import Role, system
from kernel.db import Database
from kernel.log import configure, get_logger
from kernel.settings import Settings, load
from maps.routing import Router

log = get_logger(__name__)
TICK_SECONDS = 1.0
SIMULATOR = system("simulator", role=Role.HOUSE)
ROSTER_SECONDS = 3.0
HANDS_OFF = 2
"""The first units are left to people who try the demo: nobody else drives or answers for them."""
ROSTER = text("""
    select u.id, t.identity, t.protocol, st_x(o.place), st_y(o.place),
           array(select c.phone from dispatch.crew c
                  where c.unit_id = u.id and c.signed_off_at is null) as phones,
           a.id as assignment_id, a.code, a.state,
           (d.brief->>'lon')::float8 as lon, (d.brief->>'lat')::float8 as lat
      from dispatch.units u
      join dispatch.unit_terminals x on x.unit_id = u.id
      join gps.terminals t on t.id = x.terminal_id
      join accounts.organisations o on o.id = u.organisation_id
      left join dispatch.assignments a on a.unit_id = u.id and a.closed_at is null
      left join dispatch.orders d on d.id = a.order_id
     where u.plate like '演%' and u.id not in (
             select id from dispatch.units where plate like '演%' order by id limit :hands_off)
     order by u.id
""")
TWO_WAY = text("""
    select t.identity, st_y(l.geog::geometry) as lat, st_x(l.geog::geometry) as lon
      from dispatch.units u
      join dispatch.unit_terminals x on x.unit_id = u.id
      join gps.terminals t on t.id = x.terminal_id and t.protocol = 'jt808'
      left join gps.latest l on l.terminal_id = t.id
     where u.plate = :plate order by t.id limit 1
""")
TWO_WAY_PLATES = text("""
    select distinct u.plate from dispatch.units u
      join dispatch.unit_terminals x on x.unit_id = u.id
      join gps.terminals t on t.id = x.terminal_id and t.protocol = 'jt808'
     order by u.plate
""")
NEWCOMER = "999000009001"
"""A terminal that nobody has registered yet: it is left to people who try the demo."""


@dataclass
class Car:
    """One simulated unit on the road."""

    identity: str
    protocol: str
    home: tuple[float, float]
    drive: Drive
    crew: Crew
    phones: list[str] = field(default_factory=list)
    task: Task | None = None
    heading_for: int | None = None
    link: socket.socket | None = None
    vehicle: Vehicle | None = None

    @property
    def is_at_scene(self) -> bool:
        is_there = self.task is not None and self.heading_for == self.task.assignment_id
        return is_there and self.drive.arrived


class City:
    """Everything that moves and speaks in the demo."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.random = Random(settings.demo_seed)
        self.database = Database(settings.sqlalchemy_url, pool_size=2)
        self.smsc = Smsc(settings)
        self.http = requests.Session()
        self.cars: dict[int, Car] = {}
        self.texts: set[tuple[str, str]] = set()
        self.journal_offset = 0
        self.router: Router | None = None
        self.newcomer: Newcomer | None = None
        self.teller = Teller(self.random)
        self.next_story_at = time.monotonic() + 30

    def run(self) -> None:
        """Live until the process is stopped; whatever is away for a while is tried again."""
        roster_at = 0.0
        for _ in cycle([None]):
            started = time.monotonic()
            if started >= roster_at:
                roster_at = started + ROSTER_SECONDS
                self._attempt(self._read_roster)
                self._attempt(self._read_texts)
            self._attempt(self._drive)
            self._attempt(self._knock)
            self._attempt(self._answer)
            self._attempt(self._tell)
            time.sleep(max(0.0, TICK_SECONDS - (time.monotonic() - started)))

    @staticmethod
    def _attempt(act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:
            log.warning("simulator_retries", act=act.__name__, error=type(error).__name__)

    # -- what it knows ---------------------------------------------------------------------

    def _read_roster(self) -> None:
        with self.database.unit_of_work(SIMULATOR) as session:
            if self.router is None:
                self.router = Router.load(session)
            rows = session.execute(ROSTER, {"hands_off": HANDS_OFF}).all()
        for row in rows:
            self._note(row)

    def _note(self, row: Sequence[Any]) -> None:
        ident, identity, protocol, lon, lat, phones, assignment, code, state, to_lon, to_lat = row
        car = self.cars.get(ident)
        if car is None:
            start: Waypoint = (lon + self.random.uniform(-0.01, 0.01), lat, 30.0)
            crew = Crew(Random(self.random.random()))
            car = self.cars[ident] = Car(identity, protocol, (lon, lat), Drive(start), crew)
            if protocol == "jt808":
                car.vehicle = self._vehicle(identity, crew.random)
            self.newcomer = self.newcomer or self._newcomer(start)
        car.phones = phones
        car.task = Task(assignment, code, state, to_lon, to_lat) if assignment else None

    @staticmethod
    def _vehicle(identity: str, random: Random) -> Vehicle:
        return Vehicle(SimulatedTerminal(identity, plate=f"演A{identity[-4:]}"), random)

    def _newcomer(self, start: Waypoint) -> Newcomer:
        return Newcomer(self._vehicle(NEWCOMER, self.random), Drive(start))

    def _read_texts(self) -> None:
        """The texts that have reached phones since the last look, from the SMSC's own journal."""
        if not self.smsc.journal.exists():
            return
        with self.smsc.journal.open("rb") as journal:
            journal.seek(self.journal_offset)
            for line in journal:
                if not line.endswith(b"\n"):
                    break
                self.journal_offset += len(line)
                if b'"event":"message"' in line:
                    self._note_text(line)

    def _note_text(self, line: bytes) -> None:
        event = json.loads(line)
        self.texts |= {(event["to"], code) for code in codes_in(event["text"])}

    # -- what it does ----------------------------------------------------------------------

    def _drive(self) -> None:
        moment = datetime.now(UTC)
        for car in self.cars.values():
            self._steer(car)
            car.drive.advance(TICK_SECONDS)
            self._report(car, moment)

    def _steer(self, car: Car) -> None:
        """To the order's scene when there is one to drive to, else round the neighbourhood."""
        task = car.task
        if task and task.state in ("ACKED", "EN_ROUTE") and task.lon is not None:
            if car.heading_for != task.assignment_id:
                car.heading_for = task.assignment_id
                self._route(car, (task.lon, task.lat or 0.0))
        elif task and task.state == "ON_SCENE":
            car.drive.follow([])
        elif car.drive.arrived and self.random.random() < 0.05:
            car.heading_for = None
            lon, lat = car.home
            goal = (
                lon + self.random.uniform(-0.02, 0.02),
                lat + self.random.uniform(-0.015, 0.015),
            )
            self._route(car, goal)

    def _route(self, car: Car, goal: tuple[float, float]) -> None:
        if self.router is not None:
            car.drive.follow(self.router.route((car.drive.at[0], car.drive.at[1]), goal))

    def _report(self, car: Car, moment: datetime) -> None:
        if car.protocol == "osmand":
            if moment.second % 5 == 0:
                self._report_osmand(car, moment)
            return
        if car.vehicle is not None:
            self._report_jt808(car.vehicle, car, moment)
            return
        try:
            if car.link is None:
                address = (self.settings.host, self.settings.nmea_tcp_port)
                car.link = socket.create_connection(address, timeout=2)
            car.link.sendall(car.identity.encode() + rmc(car.drive, moment))
        except OSError:
            car.link = None

    def _report_jt808(self, vehicle: Vehicle, car: Car, moment: datetime) -> None:
        with suppress(NoAnswer, OSError):
            vehicle.tick(self.settings.jt808_port, car.drive, moment, at_scene=car.is_at_scene)

    def _knock(self) -> None:
        if self.newcomer is not None:
            with suppress(NoAnswer, OSError):
                self.newcomer.tick(self.settings.jt808_port, datetime.now(UTC))

    def _report_osmand(self, car: Car, moment: datetime) -> None:
        query: dict[str, str | float] = {
            "id": car.identity,
            "timestamp": int(moment.timestamp()),
            "lat": car.drive.at[1],
            "lon": car.drive.at[0],
            "speed": car.drive.speed_kmh / 1.852,
            "bearing": car.drive.course,
        }
        base = f"http://{self.settings.host}:{self.settings.osmand_port}/"
        self.http.get(base, params=query, timeout=2)

    def _answer(self) -> None:
        for car in self.cars.values():
            if car.task is None:
                continue
            told = [phone for phone in car.phones if (phone, car.task.code) in self.texts]
            reply = car.crew.reply(
                car.task, time.monotonic(), has_text=bool(told), arrived=car.drive.arrived
            )
            if reply is not None:
                self.smsc.inbound(told[0], reply)

    def _tell(self) -> None:
        """Now and then somebody files a submission on the public page."""
        if time.monotonic() < self.next_story_at:
            return
        self.next_story_at = time.monotonic() + self.random.uniform(60, 150)
        with self.database.unit_of_work(SIMULATOR) as session:
            story = self.teller.story(session)
        url = f"{self.settings.base_url}/api/v1/public/submissions"
        self.http.post(url, json=story, timeout=10).raise_for_status()


def cry_for_help(settings: Settings, plate: str) -> None:
    """Press the button of one vehicle. Raises LookupError for one without a two-way terminal,
    NoAnswer, OSError.
    """
    database = Database(settings.sqlalchemy_url, pool_size=1)
    try:
        with database.unit_of_work(SIMULATOR) as session:
            found = session.execute(TWO_WAY, {"plate": plate}).one_or_none()
            others = session.scalars(TWO_WAY_PLATES).all()
    finally:
        database.close()
    if found is None:
        raise LookupError(", ".join(others))
    terminal = SimulatedTerminal(found.identity, plate=plate)
    terminal.connect(settings.jt808_port)
    terminal.report(at(datetime.now(UTC), found.lat or 0, found.lon or 0, alarm=SOS))
    terminal.close()


@click.command()
@click.option("--sos", metavar="PLATE", help="Press the button for help in this vehicle, and end.")
def simulate(sos: str | None) -> None:
    """Let the demo city live until stopped. Demo mode only."""
    settings = load()
    configure(json=False, level=settings.log_level)
    if not settings.is_demo:
        raise click.ClickException("the simulator runs in demo mode only")
    if sos is None:
        City(settings).run()
        return
    try:
        cry_for_help(settings, sos)
    except LookupError as error:
        raise click.ClickException(
            f"no two-way terminal in {sos}; there is one in {error}"
        ) from error
    except (NoAnswer, OSError) as error:
        raise click.ClickException(f"the listeners do not answer: {error}") from error
    click.echo(f"{sos} has called for help", err=True)
