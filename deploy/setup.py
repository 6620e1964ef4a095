"""Makes a fresh clone runnable: `python3 deploy/setup.py run|telephony|test`.

Standard library only, Python 3.11 or later. Every step is skipped when nothing that it depends
on has changed, so a second call takes a second.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import exchange
from packages import missing

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STATIC = ROOT / "static"
SMSC = ROOT / "command_center" / "demo" / "smsc"
PACKAGES = ("command_center", "dispatch", "gps_ingest", "maps", "telephony", "kernel", "wsgi.py")
OLDEST = (3, 11)


class SetupError(Exception):
    """What is wrong and what a person can do about it."""


def main(purpose: str) -> None:
    """Bring the clone to the state that `purpose` (run, telephony or test) needs.

    Raises SetupError.
    """
    if sys.version_info < OLDEST:
        raise SetupError("Python 3.11 or later is needed: make PYTHON=python3.12 run")
    with alone():
        install_system_packages(purpose)
        if purpose != "run":
            lay_out_exchange(is_needed=purpose == "telephony")
        make_environment()
        install_python_packages("dev" if purpose == "test" else "run")
        install_ourselves()
        install_node_packages(SMSC)
        install_node_packages(STATIC)
        build_front_end()
        compile_byte_code()


@contextmanager
def alone() -> Iterator[None]:
    """Two set-ups of one clone wait for each other."""
    lock = ROOT / "build" / "setup.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def install_system_packages(purpose: str) -> None:
    """Install what probes do not find. Raises SetupError where that cannot be done here."""
    wanted = missing(purpose)
    if not wanted:
        return
    for package in wanted:
        say(f"missing: {package.debian} ({package.what})")
    if shutil.which("apt-get") is None:
        raise SetupError(
            "this system has no apt: install the equivalents of the packages above,\n"
            "or name servers that exist: CC_DATABASE_URL (PostgreSQL with PostGIS), CC_REDIS_URL"
        )
    names = [package.debian for package in wanted]
    apt = [*as_root(), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    subprocess.run([*apt, "update"], stdout=sys.stderr, check=False)
    run([*apt, "install", "-y", "--no-install-recommends", *names])
    if still := missing(purpose):
        listed = ", ".join(f"{package.debian} ({package.what})" for package in still)
        raise SetupError(f"installed, but still not found: {listed}")


def as_root() -> list[str]:
    """A prefix that gives root's rights; asks for a password only at a terminal."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        raise SetupError("root is needed to install the packages above: ask an administrator")
    return ["sudo"] if sys.stdin.isatty() else ["sudo", "-n"]


def lay_out_exchange(*, is_needed: bool) -> None:
    """Asterisk, unless the system has its own. Raises SetupError where it is needed and cannot be
    had; tests do without, and say so.
    """
    tree = ROOT / "build" / "asterisk"
    if not exchange.is_wanted(tree):
        return
    say("Asterisk, in a tree of its own (half a minute)")
    try:
        exchange.lay_out(tree, run, as_root())
    except SetupError as error:
        if is_needed:
            raise
        say(f"no Asterisk, its tests are skipped: {error}")


def make_environment() -> None:
    """A virtual environment of this very Python version."""
    stamp = Stamp("environment", [sys.version, str(ROOT)])
    if stamp.fresh and PYTHON.exists():
        return
    if VENV.is_symlink():
        raise SetupError(f"{VENV.name} is a link: it would be emptied for another tree's sake")
    say(f"virtual environment with Python {sys.version.split()[0]}")
    venv.create(VENV, clear=True, with_pip=True, symlinks=True)
    stamp.set()


def install_python_packages(lock: str) -> None:
    """Exactly the locked packages, each checked by its hash. `dev` holds all of `run`."""
    superset = Stamp("python-dev", [ROOT / "requirements" / "dev.txt"])
    stamp = Stamp(f"python-{lock}", [ROOT / "requirements" / f"{lock}.txt"])
    if stamp.fresh or superset.fresh:
        return
    say(f"Python packages (requirements/{lock}.txt)")
    pip("--require-hashes", "-r", f"requirements/{lock}.txt")
    stamp.set()


def install_ourselves() -> None:
    """Our packages as editable, and the `command-center` program."""
    stamp = Stamp("ourselves", [ROOT / "pyproject.toml"])
    if stamp.fresh and (VENV / "bin" / "command-center").exists():
        return
    say("command-center")
    pip("--no-deps", "--no-build-isolation", "--editable", ".")
    stamp.set()


def pip(*arguments: str) -> None:
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--prefer-binary"]
    run([str(PYTHON), "-m", "pip", "install", *options, *arguments])


def install_node_packages(folder: Path) -> None:
    """`npm ci` with the Node of the virtual environment."""
    stamp = Stamp(f"node-{folder.name}", [folder / "package.json", folder / "package-lock.json"])
    if stamp.fresh and (folder / "node_modules").is_dir():
        return
    say(f"Node packages of {folder.relative_to(ROOT)}")
    run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], folder)
    stamp.set()


def build_front_end() -> None:
    """The desks' pages, when a source of theirs changed."""
    ignored = {"node_modules", "dist", "test-results"}
    sources = [
        path
        for top in sorted(STATIC.iterdir())
        if top.name not in ignored
        for path in ([top] if top.is_file() else sorted(top.rglob("*")))
        if path.is_file() and not path.name.endswith(".test.ts")
    ]
    stamp = Stamp("front-end", sources)
    if stamp.fresh and (STATIC / "dist" / "index.html").exists():
        return
    say("front end")
    run(["npm", "run", "--silent", "build", "--", "--logLevel=warn"], STATIC)
    stamp.set()


def compile_byte_code() -> None:
    """Ours is compiled by nobody else where the environment forbids Python to write it."""
    run([str(PYTHON), "-m", "compileall", "-q", "-x", "node_modules", *PACKAGES])


class Stamp:
    """Remembers the content that a step was last done for."""

    def __init__(self, name: str, content: Iterable[Path | str]):
        self.file = VENV / "stamps" / name
        digest = hashlib.sha256()
        for part in content:
            if isinstance(part, Path):
                label, data = str(part.relative_to(ROOT)).encode(), part.read_bytes()
            else:
                label, data = part.encode(), b""
            digest.update(b"%d %s %d " % (len(label), label, len(data)) + data)
        self.value = digest.hexdigest()

    @property
    def fresh(self) -> bool:
        return self.file.exists() and self.file.read_text() == self.value

    def set(self) -> None:
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(self.value)


def run(argv: list[str], folder: Path = ROOT) -> None:
    """Run to the end, its output on stderr. Raises SetupError when it fails."""
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path}
    done = subprocess.run(argv, cwd=folder, env=env, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise SetupError(f"failed ({done.returncode}): {' '.join(argv)}")


def say(text: str) -> None:
    print(f"set-up: {text}", file=sys.stderr, flush=True)


def or_exit(work: Callable[[], None]) -> None:
    """Run `work`; a SetupError ends the program with its message."""
    try:
        work()
    except SetupError as error:
        sys.exit(f"set-up: {error}")


if __name__ == "__main__":
    wanted = sys.argv[1] if len(sys.argv) > 1 else "run"
    or_exit(lambda: main(wanted))
