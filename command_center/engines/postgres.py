"""A private PostGIS cluster: own folder, own port, loopback only, whoever runs it."""

import os
import pwd
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psycopg
from psycopg import sql

from command_center.engines.process import EngineError, Process, birth, bring_up
from kernel.access import Role

BINARIES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
SUPERUSER = "postgres"
OWNER = "command_center"
APPLICATION = "command_center_app"
"""Owns nothing and may do nothing by itself: each transaction takes one of `kernel.access.Role`."""
DATABASE = "command_center"
EXTENSIONS = ("postgis", "intarray", "pg_trgm")
RECOVERY_SECONDS = 300.0
"""A start after a crash replays the log first; it is given this long."""

DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_connections": "200",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
DISCREET = {
    # A failing statement's text, row and parameters may carry an informant's identity.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
}


@dataclass
class Postgres:
    """The cluster under `directory` on `port`, with an owner's and an application's role.

    `password` is the administrator's and the owner's; neither role is a superuser.
    """

    directory: Path
    port: int
    password: str
    app_password: str
    log_file: Path
    name: str = "postgres"

    def start(self) -> None:
        """Make the cluster when there is none, start it, and wait for it.

        Raises EngineError when PostgreSQL is missing, too old or new for the data, or fails.
        """
        if self.ready():
            self._prepare()
            return
        self._refuse_other_port()
        if not (self.directory / "PG_VERSION").exists():
            self._initdb()
        self._forget_dead_postmaster()
        bring_up(self._process, self.ready, RECOVERY_SECONDS)
        self._prepare()

    def stop(self, deadline: float = 30.0) -> bool:
        """Fast shutdown: clients are cut, nothing committed is lost."""
        return self._process.stop(deadline)

    def url(self, database: str = DATABASE) -> str:
        """The application's address of `database`."""
        return f"postgresql://{APPLICATION}:{self.app_password}@127.0.0.1:{self.port}/{database}"

    def owner_url(self, database: str = DATABASE) -> str:
        """The owner's address of `database`."""
        return f"postgresql://{OWNER}:{self.password}@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def ready(self) -> bool:
        """True when it answers a query."""
        if self.pid is None:
            return False
        try:
            with self.connect("postgres") as connection:
                connection.execute("select 1")
        except psycopg.Error:
            return False
        return True

    def connect(self, database: str = DATABASE) -> psycopg.Connection:
        """A superuser's connection that commits each statement."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=SUPERUSER,
            password=self.password,
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    def create_database(self, name: str) -> None:
        """Make the database `name`, its owner's, with what only an administrator may make.

        Does nothing when it exists.
        """
        with self.connect("postgres") as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", [name])
            if found.fetchone() is None:
                connection.execute(
                    sql.SQL("create database {} owner {} template template0").format(
                        sql.Identifier(name), sql.Identifier(OWNER)
                    )
                )
        with self.connect(name) as connection:
            for extension in EXTENSIONS:
                connection.execute(f"create extension if not exists {extension}")

    def admin_url(self, database: str = "postgres") -> str:
        """The superuser's address of `database`, for tests and tools."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    @cached_property
    def _process(self) -> Process:
        settings = {
            **DURABLE,
            **DISCREET,
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            # Socket paths are limited to 107 bytes, and var/ may lie deep.
            "unix_socket_directories": "",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return Process(
            self.name,
            [
                *self._as_ordinary_user,
                str(self._binary("postgres")),
                "-D",
                str(self.directory),
                *options,
            ],
            self.directory.parent / "run" / "postgres.pid",
            self.log_file,
            stop_signal=signal.SIGINT,
        )

    def _initdb(self) -> None:
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        half_made = self.directory.with_name(self.directory.name + ".new")
        shutil.rmtree(half_made, ignore_errors=True)
        half_made.mkdir(mode=0o700)
        password_file = half_made.with_suffix(".pw")
        password_file.touch(0o600)
        password_file.write_text(self.password, "ascii")
        if self._as_ordinary_user[:1] == ["setpriv"]:
            user = _ordinary_user()
            for path in (half_made, password_file):
                os.chown(path, user.pw_uid, user.pw_gid)
        try:
            _run(
                [
                    *self._as_ordinary_user,
                    str(self._binary("initdb")),
                    f"--pgdata={half_made}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={password_file}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    "--data-checksums",
                ]
            )
        finally:
            password_file.unlink()
        half_made.rename(self.directory)

    def _refuse_other_port(self) -> None:
        """Waiting for a cluster that runs, but elsewhere, would end in a riddle."""
        pid_file = self.directory / "postmaster.pid"
        if self.pid is None or not pid_file.exists():
            return
        told = pid_file.read_text("utf-8").split("\n")
        if len(told) > 3 and told[3].isdigit() and int(told[3]) != self.port:
            raise EngineError(
                f"the database of {self.directory.parent} runs on port {told[3]}, not {self.port}:"
                " is CC_PORT_BASE the one it was started with?"
            )

    def _forget_dead_postmaster(self) -> None:
        """Remove the pid file of a postmaster that died, so that a reused pid cannot stop us."""
        pid_file = self.directory / "postmaster.pid"
        if not pid_file.exists() or self.pid is not None:
            return
        pid = int(pid_file.read_text("utf-8").split("\n", 1)[0])
        if birth(pid) and _name(pid) == "postgres":
            raise EngineError(f"another postgres (pid {pid}) already runs on {self.directory}")
        pid_file.unlink()

    def _prepare(self) -> None:
        """The roles and the database, made once; a role that a newer version needs is added."""
        with self.connect("postgres") as connection:
            _ensure_role(connection, OWNER, f"login password {_quoted(self.password)}")
            _ensure_role(
                connection, APPLICATION, f"login noinherit password {_quoted(self.app_password)}"
            )
            ensure_roles(connection, (OWNER, APPLICATION))
        self.create_database(DATABASE)

    def _binary(self, name: str) -> Path:
        return programs(self._version) / name

    @cached_property
    def _version(self) -> str | None:
        """The major version that made the data; None for a cluster not yet made."""
        try:
            return (self.directory / "PG_VERSION").read_text("ascii").strip()
        except FileNotFoundError:
            return None

    @cached_property
    def _as_ordinary_user(self) -> list[str]:
        """A prefix that runs a command as somebody else than root; PostgreSQL insists on it."""
        if os.geteuid() != 0:
            return []
        user = _ordinary_user()
        namespace = ["unshare", "--user", f"--map-user={user.pw_uid}", f"--map-group={user.pw_gid}"]
        if shutil.which("unshare") and _succeeds([*namespace, "--", "true"]):
            return [*namespace, "--"]
        if shutil.which("setpriv"):
            become = [
                "setpriv",
                f"--reuid={user.pw_uid}",
                f"--regid={user.pw_gid}",
                "--clear-groups",
            ]
            if not _succeeds([*become, "--", "test", "-x", str(self.directory.parent)]):
                # It lies under a closed home, as /root is: the one thing it needs is to pass there.
                become += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
            return [*become, "--"]
        raise EngineError("PostgreSQL refuses to run as root: start as an ordinary user")


def ensure_roles(connection: psycopg.Connection, logins: Sequence[str]) -> None:
    """Make the roles that transactions run as, and let the logins take them."""
    for role in Role:
        if role is Role.LOGIN:
            continue
        _ensure_role(connection, role, "nologin")
        for login in logins:
            connection.execute(
                sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(login))
            )


def _ensure_role(connection: psycopg.Connection, name: str, how: str) -> None:
    found = connection.execute("select 1 from pg_roles where rolname = %s", [name])
    if found.fetchone() is None:
        statement = sql.SQL("create role {} ").format(sql.Identifier(name)) + sql.SQL(how)
        connection.execute(statement)


def _quoted(word: str) -> str:
    return sql.Literal(word).as_string(None)


def _ordinary_user() -> pwd.struct_passwd:
    """Somebody whom the system knows by name: initdb looks its own user up."""
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise EngineError("PostgreSQL refuses to run as root, and there is no user nobody")


def programs(version: str | None) -> Path:
    """The folder of PostgreSQL's programs: of `version`, else the newest that has PostGIS."""
    homes = [
        path
        for pattern in BINARIES
        for path in Path("/").glob(pattern[1:])
        if (path / "initdb").exists()
    ]
    if found := shutil.which("initdb"):
        homes.append(Path(found).resolve().parent)
    if not homes:
        raise EngineError(
            "PostgreSQL with PostGIS is not installed: install it (Debian: postgresql-postgis)"
            " or name a server in CC_DATABASE_URL"
        )
    if version is not None:
        for home in homes:
            if _major(home) == int(version):
                return home
        raise EngineError(
            f"the data under var/ was made by PostgreSQL {version}, which is not installed"
        )
    return max(homes, key=lambda home: (has_postgis(home), _major(home)))


def _major(home: Path) -> int:
    shown = subprocess.run(
        [home / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    found = re.search(r"\) (\d+)", shown.stdout)
    return int(found[1]) if found else 0


def has_postgis(home: Path) -> bool:
    control = Path("extension/postgis.control")
    shares = (
        Path("/usr/share/postgresql") / home.parent.name,
        home.parent / "share",
        home.parent / "share" / "postgresql",
    )
    return any((share / control).exists() for share in shares)


def _name(pid: int) -> str:
    """The program that `pid` runs; where the system does not say, the worst is assumed."""
    try:
        return Path(f"/proc/{pid}/comm").read_text("utf-8").strip()
    except OSError:
        return "postgres"


def _succeeds(argv: list[str]) -> bool:
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def _run(argv: list[str]) -> None:
    """Run initdb to the end. Raises EngineError with what the program said."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EngineError(f"initdb: {done.stderr.strip() or done.stdout.strip()}")
