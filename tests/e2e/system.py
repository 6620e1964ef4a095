"""The whole command centre as `make run` starts it, and the witnesses that stand outside it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString, TypeVar
from urllib.parse import parse_qs

import psycopg

from command_center.demo.driving import Drive, rmc
from command_center.demo.terminal import SimulatedTerminal
from command_center.engines import asterisk
from command_center.engines.smsc import Smsc
from kernel.settings import Settings
from tests.balancer import Balancer
from tests.ingest import PROCESSES, IngestProcess
from tests.ports import free_port_base

T = TypeVar("T")


def until(look: Callable[[], T | None], seconds: float, what: str | Callable[[], str]) -> T:
    """What `look` gives as soon as it gives something true; fails after `seconds`, with `what` as
    it stands then.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            missing = what() if callable(what) else what
            raise AssertionError(f"not within {seconds} s: {missing}")
        time.sleep(0.1)


@dataclass
class System:
    """One running installation with its own var/ and ports."""

    settings: Settings
    output: Path
    process: subprocess.Popen[bytes] | None = None
    beyond: "Beyond | None" = None
    links: dict[str, socket.socket] = field(default_factory=dict)

    def start(self) -> None:
        """`command-center up`, until its health page says that the main job can run."""
        self.process = self.run("up")
        until(self._healthy, 180, f"a healthy system; see {self.output}")
        if PROCESSES > 1:
            self.beyond = Beyond(self.settings, self.output)

    def run(self, verb: str) -> subprocess.Popen[bytes]:
        """One of the command line's verbs, on this installation."""
        env = dict(os.environ) | {
            "CC_VAR_DIR": str(self.settings.var_dir),
            "CC_PORT_BASE": str(self.settings.port_base),
            "CC_SIMULATE": "0",
            "CC_DEMO_PAST_CASES": str(self.settings.demo_past_cases),
            "CC_DEMO_BUSINESSES": str(self.settings.demo_businesses),
            "CC_FAX_ENGINE": self.settings.fax_engine,
            "CC_VOICE_ENGINE": self.settings.voice_engine,
        }
        with self.output.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "command_center", verb],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def stop(self) -> int:
        """Ctrl+C; gives the exit code."""
        for link in self.links.values():
            link.close()
        if self.beyond is not None:
            self.beyond.stop()
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def _healthy(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"the system ended by itself; see {self.output}")
        return bool(self.get("/healthz").get("ok"))

    def get(self, path: str) -> dict[str, Any]:
        """A public page's JSON; empty when there is no answer."""
        try:
            with urllib.request.urlopen(self.settings.base_url + path, timeout=5) as answer:
                found: dict[str, Any] = json.load(answer)
        except (OSError, ValueError):
            return {}
        return found

    # -- witnesses -------------------------------------------------------------------------

    @property
    def smsc(self) -> Smsc:
        """The SMPP peer: its journal is written by itself, not by us."""
        return Smsc(self.settings)

    def outside(self) -> list[dict[str, list[str]]]:
        """The journal of the exchange outside: each call that came, and what came of a fax."""
        lines = asterisk.journal(self.settings, asterisk.WORLD).read_text("utf-8").splitlines()
        return [parse_qs(line) for line in lines]

    def text_to(self, phone: str, containing: str) -> str:
        """The text that the SMPP peer accepted for this phone, waited for."""

        def look() -> str | None:
            texts = [message["text"] for message in self.smsc.messages(phone)]
            return next((text for text in reversed(texts) if containing in text), None)

        return until(look, 20, f"an SMS to {phone} with {containing}")

    def sql(self, query: LiteralString, *values: object) -> Sequence[tuple[Any, ...]]:
        """Plain SQL, past all of our code."""
        url = self.settings.owner_url.replace("+psycopg", "", 1)
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()

    def tiffs(self) -> list[Path]:
        """Every fax page that exists."""
        return sorted((self.settings.var_dir / "fax").rglob("*.tif*"))

    # -- a vehicle -------------------------------------------------------------------------

    def terminal(self, plate: str, phone: str) -> SimulatedTerminal:
        """A JT/T 808 terminal in the unit of that plate, registered and on its line."""
        self.sql(
            "with made as (insert into gps.terminals (identity, protocol, created_at)"
            " values (%s, 'jt808', now()) returning id),"
            " opened as (insert into gps.credentials (terminal_id, window_until)"
            " select id, now() + interval '1 hour' from made)"
            " insert into dispatch.unit_terminals (terminal_id, unit_id)"
            " select made.id, units.id from made, dispatch.units where plate = %s"
            " returning pg_notify('gps_terminals', '')::text",
            phone,
            plate,
        )
        made = SimulatedTerminal(phone, plate=plate)

        def on_its_line() -> bool:
            made.connect(self.settings.jt808_port)
            return made.register().result == 0 and made.authenticate() == 0

        until(on_its_line, 10, "a registered terminal")
        return made

    def drive_to(
        self, identity: str, lon: float, lat: float, speed_kmh: float = 30, seconds_ago: float = 0
    ) -> None:
        """One real NMEA sentence over a real TCP connection, from a receiver at that place."""
        link = self.links.get(identity)
        if link is None:
            port = self.beyond.port if self.beyond else self.settings.nmea_tcp_port
            address = (self.settings.host, port)
            link = self.links[identity] = socket.create_connection(address, timeout=5)
        moment = datetime.now(UTC) - timedelta(seconds=seconds_ago)
        here = Drive((lon, lat, speed_kmh), course=45.0, speed_kmh=speed_kmh)
        link.sendall(identity.encode() + rmc(here, moment))


class Beyond:
    """Listening processes as on other machines, and the balancer in front of all of them."""

    def __init__(self, settings: Settings, log: Path):
        others = [
            Settings(var_dir=settings.var_dir, port_base=free_port_base())
            for _ in range(PROCESSES - 1)
        ]
        self.port = free_port_base()
        behind = [each.nmea_tcp_port for each in (settings, *others)]
        self.processes = [
            IngestProcess(each, settings.sqlalchemy_url, settings.bus_url, log, processes=1)
            for each in others
        ]
        for process in self.processes:
            process.start()
        self.balancer = Balancer({self.port: behind}, {})
        self.balancer.start()

    def stop(self) -> None:
        self.balancer.stop()
        for process in self.processes:
            process.stop()


def code_of(text: str) -> str:
    """The reply code that an order's text names."""
    found = re.search(r"码(\d{4})", text)
    if found is None:
        raise AssertionError(f"no code in {text!r}")
    return found[1]
