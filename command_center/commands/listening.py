"""The life of the `ingest` process: settings in, listeners up, an orderly end."""

import faulthandler
import resource
import signal

import gevent
import psycopg.waiting
from gevent.event import Event
from gevent.util import print_run_info
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from dispatch.tracking.fences import Fences
from dispatch.tracking.watching import Limits
from gps_ingest.pipeline import Rules
from gps_ingest.server import INGEST, Addresses, IngestServer
from kernel.bus import Bus
from kernel.db import Database
from kernel.log import configure, get_logger
from kernel.settings import Settings, load
from maps.models import Region

log = get_logger(__name__)
MARGIN_DEGREES = 1.0
"""Vehicles do leave the city; farther away than this (about 100 km) is a wrong position."""
RETRY_SECONDS = 2
STOP_SECONDS = 14
"""The supervisor gives 15."""


def run() -> None:
    """Listen until told to stop. Raises RuntimeError when gevent's patch came too late."""
    if psycopg.waiting.wait is getattr(psycopg.waiting, "wait_c", None):
        raise RuntimeError("psycopg was imported before gevent's patch")
    settings = load()
    configure(json=settings.log_json or not settings.is_demo, level=settings.log_level)
    _allow_many_files()
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stop.set)
    server = _started(settings, stop)
    stop.wait()
    # Whatever hangs on the way out says where it does, and is ended.
    faulthandler.dump_traceback_later(STOP_SECONDS, exit=True)
    gevent.spawn_later(STOP_SECONDS - 1, print_run_info)
    if server is not None:
        server.stop()


def _started(settings: Settings, stop: Event) -> IngestServer | None:
    """The running server; waits for the database. None when told to stop before it answered."""
    # The whole house is not loaded here: the listeners need its ground only, and start at once.
    database, bus = Database(settings.sqlalchemy_url), Bus(settings.bus_url)
    fences = Fences(database, INGEST, watch_limits(settings))
    while not stop.is_set():
        try:
            server = IngestServer(
                database,
                bus,
                Addresses(
                    settings.host,
                    settings.nmea_tcp_port,
                    settings.nmea_udp_port,
                    settings.osmand_port,
                    settings.jt808_port,
                    settings.gt06_port,
                    shared=settings.ingest_processes > 1,
                ),
                rules=Rules(service_area=service_area(database)),
                fences=fences,
                auto_register=settings.nmea_auto_register and settings.is_demo,
            )
            fences.start(server.store.happen)
            server.start()
        except SQLAlchemyError as error:
            log.warning("ingest_waits_for_the_database", error=type(error).__name__)
            stop.wait(RETRY_SECONDS)
        else:
            return server
    return None


def watch_limits(settings: Settings) -> Limits:
    """What the bureau wants to know of its vehicles' ways."""
    off_duty = frozenset({"OFF_DUTY", "OUT_OF_SERVICE"})
    moved = {"off": frozenset[str](), "off_duty": off_duty, "all": off_duty | {"FREE"}}
    return Limits(settings.overspeed_kmh or None, moved[settings.unordered_moves])


def service_area(database: Database) -> tuple[float, float, float, float] | None:
    """The box around all districts and a margin: west, south, east, north. None without any."""
    box = func.ST_Extent(Region.geom)
    edges = (func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box))
    with database.unit_of_work(INGEST) as session:
        found = session.execute(select(*edges).where(Region.level == "district")).one()
    if found[0] is None:
        return None
    west, south, east, north = (float(edge) for edge in found)
    return (
        west - MARGIN_DEGREES,
        south - MARGIN_DEGREES,
        east + MARGIN_DEGREES,
        north + MARGIN_DEGREES,
    )


def _allow_many_files() -> None:
    """One descriptor per vehicle: as many as the system lets us have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
