"""The `ingest` process: its listeners, its store, and what keeps them in order."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import gevent
import psycopg
from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from gps_ingest import meters
from gps_ingest.bulk import Bulk
from gps_ingest.ending import end
from gps_ingest.fleet import Fleet
from gps_ingest.gatehouse import Gatehouse
from gps_ingest.intake import Intake
from gps_ingest.listeners.http import HttpSession
from gps_ingest.listeners.limits import Limits
from gps_ingest.listeners.poller import Poller
from gps_ingest.listeners.tcp import Link, Session, TcpListener
from gps_ingest.listeners.udp import DatagramSession, UdpListener, UdpPeer
from gps_ingest.notices import Notices
from gps_ingest.pipeline import Fences, Pipeline, Rules
from gps_ingest.positions import PositionStore, StoreLimits
from gps_ingest.sessions.gt06 import Gt06Session
from gps_ingest.sessions.jt808 import Jt808Session
from gps_ingest.sessions.nmea import NmeaSession
from gps_ingest.sessions.phones import PhoneDesk
from gps_ingest.siblings import Siblings
from gps_ingest.switchboard import Switchboard
from gps_ingest.valve import Valve
from kernel.access import Role, system
from kernel.bus import Bus
from kernel.db import Database
from kernel.log import get_logger

log = get_logger(__name__)
INGEST = system("ingest", "gps.ingest", role=Role.INGEST)
PROCESS = "ingest"
BEAT_SECONDS = 5
OWN_PORTS_SECONDS = 2
PARTITION_SECONDS = 3600
SWEEP_SECONDS = 5
DAYS_BEHIND, DAYS_AHEAD = 7, 2
"""Partitions made ready around today; anything else goes to the default partition."""
STATEMENT_MS = 20_000


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the listeners stand; port 0 lets the system choose."""

    host: str
    nmea_tcp: int
    nmea_udp: int
    osmand: int
    jt808: int
    """TCP and UDP."""
    gt06: int
    shared: bool = False
    """Whether other processes of this machine stand there too (SO_REUSEPORT)."""


class IngestServer:
    """All parts of the process, started and stopped in order."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        addresses: Addresses,
        *,
        rules: Rules | None = None,
        fences: Fences | None = None,
        limits: Limits | None = None,
        store_limits: StoreLimits | None = None,
        auto_register: bool = False,
    ):
        self.addresses = addresses
        self.limits = limits or Limits()
        self.fleet = Fleet(database, INGEST, auto_register=auto_register)
        self.notices = Notices(bus)
        self.store = PositionStore(connector(database), self.notices.tell, store_limits)
        self.intake = Intake(
            self.fleet,
            self.store,
            pipeline=Pipeline(fences),
            rules=rules,
            clock=database.clock,
        )
        self.bulk = Bulk(self.intake)
        self.poller = Poller()
        self.gatehouse = Gatehouse(database, INGEST)
        self.switchboard = Switchboard(database, INGEST)
        self.siblings = Siblings(bus, self.fleet, self.switchboard)
        self.nmea_tcp = self._tcp("nmea_tcp", addresses.nmea_tcp, self._receiver)
        self.nmea_udp = self._udp("nmea_udp", addresses.nmea_udp, self._datagrams)
        # A phone is told 503 when there is no room, so that it keeps its fix: never made to wait.
        self.osmand = self._tcp("osmand", addresses.osmand, self._phone, Valve())
        self.jt808_tcp = self._tcp("jt808_tcp", addresses.jt808, self._terminal)
        self.jt808_udp = self._udp("jt808_udp", addresses.jt808, self._terminal)
        self.gt06 = self._tcp("gt06", addresses.gt06, self._tracker)
        self._own: dict[int, TcpListener] = {}
        self._database, self._bus = database, bus
        self._loops: list[gevent.Greenlet[..., None]] = []

    def start(self) -> None:
        """Open the doors. Raises SQLAlchemyError without a database, OSError for a taken port."""
        self.ensure_partitions()
        self.fleet.start()
        self.store.start()
        self.notices.start()
        self.gatehouse.start()
        self.switchboard.start()
        self.siblings.start()
        for listener in self._fixed:
            listener.start()
        self._loops = [
            gevent.spawn(_every, seconds, act)
            for seconds, act in (
                (BEAT_SECONDS, self._beat),
                (OWN_PORTS_SECONDS, self.open_own_ports),
                (PARTITION_SECONDS, self.ensure_partitions),
                (SWEEP_SECONDS, self.sweep),
            )
        ]
        log.info("ingest_listens", **{k: getattr(self, k).port for k in LISTENERS})

    def stop(self, deadline_seconds: float = 12) -> None:
        """Take nothing more, store what is here, answer it, then close; all within the deadline."""
        with gevent.Timeout(deadline_seconds, False):  # type: ignore[arg-type]
            self._wind_down(deadline_seconds - 4)
        log.info("ingest_stopped", not_stored=self.store.waiting)

    def _wind_down(self, store_seconds: float) -> None:
        listeners = (*self._fixed, *self._own.values())
        for listener in listeners:
            listener.stop_accepting()
        self.poller.stop()
        end(self._loops)
        self.store.stop(store_seconds)
        for listener in listeners:
            listener.stop()
        self.notices.stop()
        self.siblings.stop()
        self.gatehouse.stop()
        self.switchboard.stop()
        self.fleet.stop()

    @property
    def _fixed(self) -> tuple[TcpListener | UdpListener, ...]:
        return (*(getattr(self, name) for name in LISTENERS),)

    def ensure_partitions(self) -> None:
        """Make the partitions around today; raises SQLAlchemyError."""
        today: date = self.intake.clock.now().date()
        span = {
            "first": today - timedelta(days=DAYS_BEHIND),
            "last": today + timedelta(days=DAYS_AHEAD),
        }
        with self._database.unit_of_work(INGEST) as session:
            session.execute(text("select gps.ensure_partitions(:first, :last)"), span)

    def sweep(self) -> None:
        """Tell of the terminals that have fallen silent; nobody has while we do not listen."""
        now = self.intake.clock.now()
        if self.store.valve.is_open and not self.store.is_away:
            self.intake.presence.sweep(self.fleet.known(), now)
        else:
            self.intake.presence.wait(now)

    def open_own_ports(self) -> None:
        """Listen on the ports that belong to one terminal each, and no longer on others."""
        wanted = self.fleet.ports()
        for port in [port for port in self._own if port not in wanted]:
            listener = self._own.pop(port)
            listener.stop_accepting()
            listener.stop()
        for port in wanted.keys() - self._own.keys():
            # Never shared: whichever process has it is its owner, and another one follows it.
            bind = (self.addresses.host, port)
            listener = TcpListener(
                "nmea_tcp", bind, self._owned(port), self.store.valve, self.limits, self.poller
            )
            try:
                listener.start()
            except OSError as error:
                say = log.debug if self.addresses.shared else log.error
                say("own_port_not_opened", port=port, error=str(error))
            else:
                self._own[port] = listener

    def _tcp(
        self, name: str, port: int, session: Callable[[Link], Session], valve: Valve | None = None
    ) -> TcpListener:
        bind, valve = (self.addresses.host, port), valve or self.store.valve
        return TcpListener(
            name, bind, session, valve, self.limits, self.poller, shared=self.addresses.shared
        )

    def _udp(
        self, name: str, port: int, session: Callable[[UdpPeer], DatagramSession]
    ) -> UdpListener:
        bind, shared = (self.addresses.host, port), self.addresses.shared
        return UdpListener(name, bind, session, self.store.valve, self.limits, shared=shared)

    def _receiver(self, link: Link) -> NmeaSession:
        return NmeaSession(self.intake, link)

    def _owned(self, port: int) -> Callable[[Link], NmeaSession]:
        return lambda link: NmeaSession(self.intake, link, self.fleet.ports().get(port))

    def _datagrams(self, peer: UdpPeer) -> NmeaSession:
        return NmeaSession(self.intake, peer)

    def _phone(self, link: Link) -> HttpSession:
        return HttpSession(link, PhoneDesk(self.intake, link).handle)

    def _tracker(self, link: Link) -> Gt06Session:
        return Gt06Session(self.intake, link)

    def _terminal(self, peer: Link | UdpPeer) -> Jt808Session:
        return Jt808Session(self.intake, self.gatehouse, self.switchboard, peer, self.bulk)

    def _beat(self) -> None:
        """Say that we live, unless nothing can be stored; leave what we have counted."""
        if not self.store.is_away:
            self._bus.beat(PROCESS)
        meters.waiting.set(self.store.waiting)
        self._bus.count(PROCESS, meters.exposition())


LISTENERS = ("nmea_tcp", "nmea_udp", "osmand", "jt808_tcp", "jt808_udp", "gt06")


def connector(database: Database) -> Callable[[], psycopg.Connection]:
    """A function that opens the store's own connection: COPY goes past SQLAlchemy."""
    url = database.engine.url.render_as_string(hide_password=False).replace("+psycopg", "", 1)

    def connect() -> psycopg.Connection:
        return psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=5,
            # A network that swallows packets must look like a database that is away.
            tcp_user_timeout=STATEMENT_MS,
            options=f"-c statement_timeout={STATEMENT_MS} -c role={INGEST.database_role}",
            application_name="command-center ingest",
        )

    return connect


def _every(seconds: float, act: Callable[[], None]) -> None:
    """Again and again; a failure is logged and tried again next time."""
    while True:
        try:
            act()
        except (SQLAlchemyError, RedisError, OSError) as error:
            log.warning("ingest_duty_failed", duty=act.__name__, error=type(error).__name__)
        except Exception:
            log.exception("ingest_duty_failed", duty=act.__name__)
        gevent.sleep(seconds)
