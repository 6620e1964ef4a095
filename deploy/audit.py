"""Asks the advisory services about locked dependencies: `python3 deploy/audit.py`.

Standard library only. The services are on the Internet; a bureau's network may have none of
them. The exit status is 0 when nothing is known against a dependency, 1 when something is, and 2
when a service could not be asked: silence is never taken for a clean bill.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import setup

CLEAN, KNOWN, UNASKED = 0, 1, 2
SECONDS = 300
PIP_AUDIT = setup.VENV / "bin" / "pip-audit"
WELL_KNOWN = setup.ROOT / "deploy" / "known-unsafe.txt"
"""A release with well-known flaws: a service that does not name them has not been reached."""
LOCK = setup.ROOT / "requirements" / "run.txt"
FOLDERS = (setup.STATIC, setup.SMSC)


def python_packages() -> int:
    """What is known against the locked Python packages."""
    if not PIP_AUDIT.exists():
        return unasked("Python packages", "pip-audit is not installed (make test installs it)")
    if not _vulnerable(WELL_KNOWN, "--no-deps"):
        return unasked("Python packages", "it knows nothing of a package known to be unsafe")
    found = _vulnerable(LOCK, "--require-hashes")
    if found is None:
        return unasked("Python packages", "it did not answer")
    for one in found:
        names = ", ".join(vulnerability["id"] for vulnerability in one["vulns"])
        print(f"  {one['name']} {one['version']}: {names}")
    return _verdict("Python packages", len(found))


def _vulnerable(requirements: Path, how: str) -> list[dict[str, Any]] | None:
    """Packages with something known against them; None when the service could not be asked."""
    asked = ("--requirement", str(requirements), how, "--disable-pip", "--format", "json")
    _, out, _ = _run([str(PIP_AUDIT), *asked, "--progress-spinner", "off"])
    try:
        return [one for one in json.loads(out)["dependencies"] if one.get("vulns")]
    except (ValueError, KeyError):
        return None


def node_packages(folder: Path) -> int:
    """What is known against the locked packages of a front-end folder, development tools apart."""
    name = str(folder.relative_to(setup.ROOT))
    if shutil.which("npm", path=_path()) is None:
        return unasked(name, "npm is not installed (make setup installs it)")
    _, out, problem = _run(["npm", "audit", "--omit=dev", "--json"], folder)
    try:
        found = json.loads(out)["vulnerabilities"]
    except (ValueError, KeyError):
        return unasked(name, problem)
    for package, one in found.items():
        print(f"  {package}: {one['severity']}")
    return _verdict(name, len(found))


def unasked(what: str, why: str) -> int:
    lines = [line for line in why.splitlines() if line.strip() and " warn " not in line]
    first = next(iter(lines), "no answer")
    print(f"{what}: NOT AUDITED, the advisory service could not be asked: {first}")
    return UNASKED


def _verdict(what: str, count: int) -> int:
    print(f"{what}: {f'{count} with known vulnerabilities' if count else 'nothing known'}")
    return KNOWN if count else CLEAN


def _run(argv: Sequence[str], folder: Path = setup.ROOT) -> tuple[int, str, str]:
    try:
        done = subprocess.run(
            argv,
            cwd=folder,
            env={**os.environ, "PATH": _path()},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 1, "", f"no answer within {SECONDS} seconds"
    return done.returncode, done.stdout, done.stderr


def _path() -> str:
    return f"{setup.VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"


def main() -> int:
    verdicts = [python_packages(), *(node_packages(folder) for folder in FOLDERS)]
    return KNOWN if KNOWN in verdicts else max(verdicts)


if __name__ == "__main__":
    sys.exit(main())
