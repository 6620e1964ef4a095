"""The system packages, and how to tell whether what they give is there already."""

import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SBIN = "/usr/sbin:/usr/local/sbin:/sbin"


@dataclass(frozen=True)
class Package:
    """A Debian package, what it is for, and a probe for the thing itself."""

    debian: str
    what: str
    there: Callable[[], bool]
    needed_for: tuple[str, ...] = ("run", "telephony", "test")


def program(*names: str) -> Callable[[], bool]:
    """True when one of the programs is in PATH or where Debian keeps daemons."""
    return lambda: any(shutil.which(name) or shutil.which(name, path=SBIN) for name in names)


def file(*patterns: str) -> Callable[[], bool]:
    """True when a file matches one of the patterns."""
    return lambda: any(any(Path("/").glob(pattern.lstrip("/"))) for pattern in patterns)


def library(name: str) -> Callable[[], bool]:
    folders = ("/usr/lib", "/usr/lib/*-linux-gnu*", "/usr/lib64", "/opt/homebrew/lib")
    return file(*(f"{folder}/{name}{end}" for folder in folders for end in (".so*", "*.dylib")))


def setting(name: str, otherwise: Callable[[], bool]) -> Callable[[], bool]:
    """True when the environment names something that exists elsewhere."""
    return lambda: bool(os.environ.get(name)) or otherwise()


def postgis() -> bool:
    controls = (f"{share}/extension/postgis.control" for share in POSTGRES_SHARES)
    return POSTGRES() and file(*controls)()


def ensurepip() -> bool:
    importlib.invalidate_caches()
    return all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))


def exchange() -> bool:
    return program("asterisk")() or program("mmdebstrap")()


POSTGRES = file("/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb")
POSTGRES_SHARES = ("/usr/share/postgresql/*", "/usr/pgsql-*/share")
CHROMIUM = program("chromium", "chromium-browser", "google-chrome")
CJK = file(
    "/usr/share/fonts/**/NotoSansCJK*",
    "/usr/share/fonts/**/wqy-*",
    "/System/Library/Fonts/PingFang.ttc",
)

TESTS, EXCHANGE = ("test",), ("telephony", "test")
PACKAGES = (
    Package("python3-venv", "virtual environments", ensurepip),
    Package("tzdata", "time zones", file("/usr/share/zoneinfo/Asia/Shanghai")),
    Package("postgresql-postgis", "PostgreSQL with PostGIS", setting("CC_DATABASE_URL", postgis)),
    Package("redis-server", "Redis", setting("CC_REDIS_URL", program("redis-server"))),
    Package("kannel", "SMS gateway", program("bearerbox")),
    Package("ghostscript", "fax pages", program("gs")),
    Package("libpango-1.0-0", "text in PDF", library("libpango-1.0")),
    Package("libpangoft2-1.0-0", "text in PDF", library("libpangoft2-1.0")),
    Package("libharfbuzz-subset0", "fonts in PDF", library("libharfbuzz-subset")),
    Package("fonts-noto-cjk", "Chinese type", CJK),
    Package("chromium", "browser", setting("CC_CHROMIUM", CHROMIUM), TESTS),
    Package("mmdebstrap", "laying out Asterisk", exchange, EXCHANGE),
    Package("espeak-ng", "speaking orders", program("espeak-ng"), EXCHANGE),
    Package("sox", "sound of telephone lines", program("sox"), EXCHANGE),
    Package("poppler-utils", "reading PDF", program("pdftotext"), TESTS),
)


def missing(purpose: str) -> list[Package]:
    """The packages that `purpose` (run, telephony or test) needs and does not find."""
    needed = (package for package in PACKAGES if purpose in package.needed_for)
    return [package for package in needed if not package.there()]
