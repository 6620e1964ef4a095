"""`command-center doctor`: versions, settings and what runs, as a table."""

import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import psycopg

from command_center.commands.up import engines, exchange, ours, sms
from command_center.engines import postgres
from command_center.engines.process import EngineError
from command_center.engines.smsc import node
from command_center.migrations import state
from kernel.settings import Settings, load

SBIN = "/usr/sbin:/usr/local/sbin"
FONTS = ("usr/share/fonts/**/NotoSansCJK*", "usr/share/fonts/**/wqy-*")


@dataclass(frozen=True)
class Finding:
    """One row: `ok` None where the thing may be missing."""

    what: str
    ok: bool | None
    detail: str


@click.command()
def doctor() -> None:
    """Check versions, settings and engines; exit status 1 when something needed is missing."""
    settings = load()
    findings = [*programs(settings), *installation(settings), *running(settings)]
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        sign = {True: "ok", False: "MISSING", None: "-"}[finding.ok]
        click.echo(f"{finding.what:<{width}}  {sign:<7}  {finding.detail}")
    sys.exit(1 if any(finding.ok is False for finding in findings) else 0)


def programs(settings: Settings) -> Iterator[Finding]:
    """The programs that the product drives, each with its version."""
    yield Finding("Python", sys.version_info >= (3, 11), platform.python_version())
    if settings.database_url:
        yield Finding("PostgreSQL", None, "the bureau's own server (CC_DATABASE_URL)")
    else:
        yield _postgres()
    if settings.redis_url:
        yield Finding("Redis", None, "the bureau's own server (CC_REDIS_URL)")
    else:
        yield _program("Redis", "redis-server")
    yield _program("Kannel", "bearerbox")
    yield _program("ghostscript", "gs")
    yield _program("Node", _node())
    chinese = any(any(Path("/").glob(pattern)) for pattern in FONTS)
    yield Finding("Chinese type", chinese, "Noto Sans CJK or WenQuanYi")
    browser = _program("Chromium (tests)", settings.chromium or "chromium")
    yield Finding(browser.what, browser.ok or None, browser.detail)


def installation(settings: Settings) -> Iterator[Finding]:
    """What the settings say."""
    yield Finding("mode", None, settings.mode)
    yield Finding("var", settings.var_dir.is_dir() or None, str(settings.var_dir))
    yield Finding("address", None, settings.base_url)
    ports = f"{settings.port_base}-{settings.world_sip_port}"
    yield Finding("ports", None, ports)


def running(settings: Settings) -> Iterator[Finding]:
    """What runs now; nothing has to."""
    for part in (*engines(settings), *ours(settings), *exchange(settings), *sms(settings)):
        how = f"running (pid {part.pid})" if part.pid else "stopped"
        yield Finding(part.name, bool(part.pid) or None, how)
    try:
        current = state.is_current(settings.sqlalchemy_url)
    except psycopg.Error:
        yield Finding("schema", None, "the database does not answer")
    else:
        yield Finding("schema", current, "current" if current else "run: command-center migrate")


def _postgres() -> Finding:
    try:
        home = postgres.programs(None)
    except EngineError as error:
        return Finding("PostgreSQL", False, str(error))
    complete = postgres.has_postgis(home)
    how = "with" if complete else "without"
    return Finding("PostgreSQL", complete, f"{_version(home / 'postgres')} {how} PostGIS  {home}")


def _program(what: str, name: str | Path) -> Finding:
    found = shutil.which(name) or shutil.which(name, path=SBIN)
    if found is None:
        return Finding(what, False, f"{name} is not installed")
    return Finding(what, True, f"{_version(Path(found))}  {found}")


def _node() -> str:
    try:
        return node()
    except EngineError:
        return "node"


def _version(program: Path) -> str:
    """The first number of the program's own words."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
    return found[0] if found else "?"
