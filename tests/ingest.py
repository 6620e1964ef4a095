"""The real `ingest` process on real sockets, PostGIS and Redis."""

import os
import platform
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.orm import Session

from command_center.engines.process import wait_until
from gps_ingest import terminals
from gps_ingest.models import Terminal
from gps_ingest.notices import STREAM, Notice, decode
from kernel.access import system
from kernel.bus import Bus
from kernel.db import Database
from kernel.settings import Settings
from tests.balancer import Balancer
from tests.factories.gps import login
from tests.ports import free_port_base

TEST = system("test")
LAT, LON = 39.92, 116.39


PROCESSES = int(os.environ.get("INGEST_PROCESSES", "1"))
"""How many listening processes a test has, each as on a machine of its own, behind a balancer."""
TCP = ("nmea_tcp_port", "osmand_port", "jt808_port", "gt06_port")
UDP = ("nmea_udp_port", "jt808_port")


def switch(session: Session, terminal_id: int, *, enabled: bool) -> Terminal:
    """Let a terminal report, or stop it, as the registry's form does."""
    found = terminals.get(session, terminal_id)
    return terminals.change(
        session, terminal_id, name=found.name, organisation_id=found.organisation_id,
        enabled=enabled, listen_port=found.listen_port,
    )  # fmt: skip


@dataclass
class IngestProcess:
    """`command-center ingest` as an operator starts it: one, or several behind a balancer."""

    settings: Settings
    database_url: str
    redis_url: str
    log: Path
    extra: dict[str, str] = field(default_factory=dict)
    processes: int = PROCESSES
    _children: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _balancer: Balancer | None = None
    _behind: list[Settings] = field(default_factory=list)

    def start(self) -> None:
        if not self._behind:
            self._behind = [self.settings]
            if self.processes > 1:
                self._stand_behind_a_balancer()
        self._children = [self._spawn(each) for each in self._behind]
        if not wait_until(lambda: all(self._answers(e.osmand_port) for e in self._behind), 60):
            self.kill()
            raise AssertionError(self.log.read_text("utf-8"))

    def _stand_behind_a_balancer(self) -> None:
        var = self.settings.var_dir
        self._behind = [
            Settings(var_dir=var, port_base=free_port_base()) for _ in range(self.processes)
        ]
        tcp, udp = (
            {getattr(self.settings, n): [getattr(e, n) for e in self._behind] for n in names}
            for names in (TCP, UDP)
        )
        self._balancer = Balancer(tcp, udp)
        self._balancer.start()

    def _spawn(self, settings: Settings) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "command_center", "ingest"]
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("CC_")},
            "CC_VAR_DIR": str(settings.var_dir),
            "CC_PORT_BASE": str(settings.http_port),
            "CC_DATABASE_URL": self.database_url.replace("+psycopg", "", 1),
            "CC_REDIS_URL": self.redis_url,
            **self.extra,
        }
        with self.log.open("ab") as log:
            return subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def listens(self, port: int = 0) -> bool:
        """Whether somebody answers on the port, the phones' when none is named."""
        return self._answers(port or self.settings.osmand_port)

    @staticmethod
    def _answers(port: int) -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return False
        return True

    def port_of(self, listener: str) -> int:
        """Where the listener of that name is reached."""
        name = listener.removesuffix("_tcp").removesuffix("_udp")
        port: int = getattr(self.settings, f"{listener if name == 'nmea' else name}_port")
        return port

    def stop(self) -> int:
        """SIGTERM; gives the worst exit code."""
        code = self._end(signal.SIGTERM)
        self._leave()
        return code

    def kill(self) -> None:
        """SIGKILL: no time for anything."""
        self._end(signal.SIGKILL)
        self._leave()

    def _leave(self) -> None:
        if self._balancer is not None:
            self._balancer.stop()
            self._balancer = None
            self._behind = []

    def _end(self, how: signal.Signals) -> int:
        for child in self._children:
            child.send_signal(how)
        codes = [child.wait(20) for child in self._children]
        self._children = []
        return max(codes, key=abs, default=0)

    @property
    def pids(self) -> list[int]:
        """Of the running processes."""
        return [child.pid for child in self._children]

    @property
    def pid(self) -> int:
        """Of the only running process; raises ValueError when there are several, or none."""
        (pid,) = self.pids
        return pid

    def counted(self, bus: Bus, name: str, **labels: str) -> float:
        """One counter as it was at most some seconds ago, summed over the processes and over the
        labels that are not named. Who has told nothing yet has counted nothing.
        """
        told = bus.counted()
        ours = [f"ingest:{platform.node()}-{pid}" for pid in self.pids]
        return sum(
            sample.value
            for process in ours
            for family in text_string_to_metric_families(told.get(process, b"").decode())
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def receiver(self, identity: str = "") -> socket.socket:
        """A vehicle's TCP connection, named by its first line."""
        sock = socket.create_connection(("127.0.0.1", self.settings.nmea_tcp_port), 5)
        if identity:
            sock.sendall(login(identity))
        return sock

    def phone(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.settings.osmand_port, timeout=15)

    def phones(self) -> list[HTTPConnection]:
        """One to each process."""
        return [HTTPConnection("127.0.0.1", e.osmand_port, timeout=15) for e in self._behind]


class Inbox:
    """What the bus says about positions, from the moment it is made."""

    def __init__(self, url: str) -> None:
        self._bus = Bus(url)
        self._read = self._bus.now(STREAM).read

    def next(self, seconds: float = 5) -> list[Notice]:
        wait: Any = round(seconds * 1000)
        for _, entries in self._bus.redis.xread(self._read, count=1, block=wait or None):
            for ident, fields in entries:
                self._read[STREAM] = ident
                return decode(fields[b"data"])
        return []

    def close(self) -> None:
        self._bus.redis.close()


def ask(connection: HTTPConnection, target: str) -> int:
    """The status of one request; 0 when the server is gone."""
    try:
        connection.request("POST", target)
        response = connection.getresponse()
        response.read()
    except (OSError, HTTPException):
        connection.close()
        return 0
    return response.status


def resident_kib(*pids: int) -> int:
    """The memory that these processes hold now."""
    return sum(_status_kib(pid, "VmRSS") for pid in pids)


def peak_kib(pid: int) -> int:
    """The most that it has held since `forget_peak`."""
    return _status_kib(pid, "VmHWM")


def forget_peak(pid: int) -> None:
    """From now on `peak_kib` begins at what the process holds (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")


def _status_kib(pid: int, field: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(status.partition(f"{field}:")[2].split()[0])


def now() -> datetime:
    return datetime.now(UTC)


def count(database: Database, table: str = "gps.fixes", where: str = "true") -> int:
    with database.unit_of_work(TEST) as session:
        return int(
            session.execute(text(f"select count(*) from {table} where {where}")).scalar_one()
        )


def known_soon(process: IngestProcess, identity: str) -> None:
    """Wait until the listeners of every process know a terminal that has just been registered."""
    target = f"/?id={identity}&cell=460,0,1,2"
    for phone in process.phones():
        assert wait_until(lambda phone=phone: ask(phone, target) == 200, 10)  # type: ignore[misc]
        phone.close()
