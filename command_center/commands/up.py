"""`command-center up`: engines, then our processes; Ctrl+C stops all in reverse order."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from command_center.engines.asterisk import WORLD, Asterisk
from command_center.engines.database import private_postgres, private_redis
from command_center.engines.kannel import Kannel
from command_center.engines.process import EngineError, Process, wait_until
from command_center.engines.smsc import Smsc
from command_center.engines.supervisor import Part, Service, Supervisor
from command_center.migrations import state
from kernel.settings import PORTS, Settings, load

HEALTHY_SECONDS = 90.0
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PORTS_OF = {
    "postgres": ("pg_port",),
    "redis": ("redis_port",),
    "kannel": ("kannel_admin_port", "kannel_box_port", "kannel_sendsms_port"),
    "smsc": ("smpp_port", "smsc_control_port"),
    "asterisk-bureau": ("ari_port", "ami_port", "sip_port"),
    "asterisk-world": ("world_sip_port",),
}


@click.command()
@click.option("--simulate/--no-simulate", default=None, help="Let the demo city live.")
def up(simulate: bool | None) -> None:
    """Start the whole command centre and keep it running until Ctrl+C."""
    settings = load() if simulate is None else load(simulate=simulate)
    for which in ENDINGS:
        # Ctrl+C too: a shell starts its background jobs with SIGINT ignored.
        signal.signal(which, signal.default_int_handler)
    supervisor = Supervisor(say)
    try:
        with only_one(settings):
            try:
                start(supervisor, settings)
                supervisor.watch()
            except KeyboardInterrupt:
                say("stopping")
            finally:
                for which in ENDINGS:
                    signal.signal(which, signal.SIG_IGN)
                clean = supervisor.stop()
    except EngineError as error:
        raise click.ClickException(str(error)) from error
    sys.exit(0 if clean else 1)


def start(supervisor: Supervisor, settings: Settings) -> None:
    """Start every part in order, then say where it is. Raises EngineError."""
    services = ours(settings)
    for left_over in (*services, *surplus(settings)):
        left_over.stop()
    refuse_taken_ports(settings)
    for part in engines(settings):
        supervisor.start(part)
    if not state.is_current(settings.sqlalchemy_url):
        run("migrate")
    if settings.is_demo and not state.has_data(settings.owner_url):
        run("seed")
    for part in services:
        supervisor.start(part)
    # Last, so that it stops first: a text that it holds while the web process is gone is lost.
    for part in (*exchange(settings), *sms(settings)):
        supervisor.start(part)
    healthy = wait_until(lambda: _look(supervisor, settings), HEALTHY_SECONDS, pause=0.2)
    if settings.is_demo and settings.simulate:
        supervisor.start(service(settings, "simulate"))
    announce(settings, healthy)


def engines(settings: Settings) -> Iterator[Part]:
    """The private engines; none where the bureau names its own."""
    if not settings.database_url:
        yield private_postgres(settings)
    if not settings.redis_url:
        yield private_redis(settings)


def ours(settings: Settings) -> list[Service]:
    """Our processes that run all the time."""
    calls = ["fax-simulator"] if settings.is_demo and settings.fax_engine == "simulator" else []
    if settings.uses_exchange:
        calls.append("call-reports")
    more = [f"ingest-{number}" for number in range(2, settings.ingest_processes + 1)]
    return [service(settings, name) for name in (*calls, "serve", "ingest", *more, "worker")]


def surplus(settings: Settings) -> list[Service]:
    """Listening processes of an earlier start that had more of them."""
    files = (settings.var_dir / "run").glob("ingest-*.pid")
    return [service(settings, file.stem) for file in files]


def sms(settings: Settings) -> Iterator[Part]:
    """The way to the SMSC: the simulated one in demo mode, the carrier's where one is named."""
    if settings.is_demo:
        yield Smsc(settings)
    if settings.is_demo or settings.has_carrier:
        yield Kannel(settings)


def exchange(settings: Settings) -> Iterator[Part]:
    """The telephone exchange where it is used, and in the demo the world that it calls."""
    if settings.uses_exchange:
        yield Asterisk(settings)
        if settings.is_demo and not settings.sip_host:
            yield Asterisk(settings, WORLD)


def service(settings: Settings, name: str) -> Service:
    """One of our own processes: a verb, or the verb's name with a number where several run."""
    var, verb = settings.var_dir, name.rstrip("-0123456789")
    return Service(
        Process(
            name,
            [sys.executable, "-m", "command_center", verb],
            var / "run" / f"{name}.pid",
            var / "log" / f"{name}.log",
        )
    )


def run(*verb: str) -> None:
    """Run a verb to its end. Raises EngineError when it fails."""
    argv = [sys.executable, "-m", "command_center", *verb]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise EngineError(f"command-center {' '.join(verb)} failed ({done.returncode})")


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Hold var/ for this supervisor. Raises EngineError when another one has it."""
    lock = settings.var_dir / "run" / "up.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    # Logs, spools and papers are nobody else's; PostgreSQL may have to pass as another user.
    settings.var_dir.chmod(0o711)
    os.umask(0o077)
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise EngineError(
                f"already running on {settings.var_dir} at {file.read()}; stop it first,"
                " or start a second one with its own CC_VAR_DIR and CC_PORT_BASE"
            ) from error
        file.truncate(0)
        file.write(settings.base_url)
        file.flush()
        yield


def refuse_taken_ports(settings: Settings) -> None:
    """Raises EngineError naming every port that another program holds."""
    running = {
        name
        for part in (*engines(settings), *exchange(settings), *sms(settings))
        if part.pid is not None
        for name in PORTS_OF[part.name]
    }
    taken = [name for name in PORTS if name not in running and _is_taken(settings, name)]
    if taken:
        listed = ", ".join(f"{getattr(settings, name)} (CC_{name.upper()})" for name in taken)
        raise EngineError(f"ports taken by other programs: {listed}; CC_PORT_BASE moves them all")


def _is_taken(settings: Settings, name: str) -> bool:
    is_datagram = name.endswith(("udp_port", "sip_port"))
    kind = socket.SOCK_DGRAM if is_datagram else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", getattr(settings, name)))
        except OSError:
            return True
    return False


def announce(settings: Settings, healthy: bool) -> None:
    """The address and the demo accounts on stdout."""
    if not healthy:
        say(f"not everything is well: see {settings.base_url}/healthz and {settings.var_dir}/log")
    click.echo(f"\nCommand Center: {settings.base_url}")
    for account in _ask(settings, "/api/v1/config").get("demo_accounts", []):
        click.echo(f"  {account['account']:<12} {account['password']:<12} {account['role']}")
    click.echo("Ctrl+C stops everything.", err=True)


def say(text: str) -> None:
    click.echo(f"up: {text}", err=True)


def _look(supervisor: Supervisor, settings: Settings) -> bool:
    supervisor.look()
    return bool(_ask(settings, "/healthz").get("ok"))


def _ask(settings: Settings, path: str) -> dict[str, Any]:
    """The JSON answer of the web process; empty when there is none."""
    url = f"http://{settings.host}:{settings.http_port}{path}"
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            answer: dict[str, Any] = json.load(response)
    except (OSError, ValueError):
        return {}
    return answer
