"""Runs every check and every test, and counts them: `python3 deploy/run_tests.py [check]`.

Standard library only. A failing part never keeps the others from running. The last line of the
output is `N passed, N failed, N skipped`; the exit status is 0 only when nothing failed.
"""

import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import setup

RESULTS = setup.ROOT / "build" / "test-results"
PYTHON = str(setup.PYTHON)
BIN = setup.VENV / "bin"
PYTEST_XML = RESULTS / "pytest.xml"
E2E_XML = RESULTS / "e2e.xml"
VITEST_JSON = RESULTS / "vitest.json"
LONGEST_SECONDS = 40 * 60


@dataclass
class Count:
    """How many passed, failed and were skipped; the failed ones by name."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    names: list[str] = field(default_factory=list)

    def __iadd__(self, other: "Count") -> "Count":
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.names += other.names
        return self

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


@dataclass(frozen=True)
class Part:
    """One program of the run; `count` reads its report, else it counts as one check."""

    name: str
    argv: Sequence[str]
    folder: Path = setup.ROOT
    count: Callable[[], Count] | None = None


PYTEST = (PYTHON, "-m", "pytest", "-q", "--durations=10")
BESIDE = ("-n", "3", "--dist", "loadfile")
"""Three processes with engines of their own, because many tests wait; a file's stay together."""
NPM = ("npm", "run", "--silent")


def static_checks() -> list[Part]:
    """What holds without running the product; each is one check."""
    return [
        Part("format", [str(BIN / "ruff"), "format", "--check", "."]),
        Part("lint", [str(BIN / "ruff"), "check", "."]),
        Part("types", [str(BIN / "mypy")]),
        Part("types around the packages", [str(BIN / "mypy"), "wsgi.py", "deploy"]),
        Part("import directions", [str(BIN / "lint-imports")]),
        Part("front-end types", [*NPM, "typecheck"], setup.STATIC),
        Part("front-end lint", [*NPM, "lint"], setup.STATIC),
    ]


def migrations() -> list[Part]:
    """Models against migrations on a real database; the tests proper include it."""
    return [_pytest("migrations", PYTEST_XML, "tests/integration/migrations")]


def tests() -> list[Part]:
    """The tests proper, each counted by its own report."""
    return [
        Part(
            "front-end tests",
            [
                *("npx", "vitest", "run", "--reporter=default", "--reporter=json"),
                f"--outputFile.json={VITEST_JSON}",
            ],
            setup.STATIC,
            count_vitest,
        ),
        _pytest("tests", PYTEST_XML, *BESIDE, "--ignore=tests/e2e"),
        _pytest("the whole system", E2E_XML, "tests/e2e"),
    ]


def _pytest(name: str, report: Path, *arguments: str) -> Part:
    argv = [*PYTEST, f"--junitxml={report}", *arguments]
    return Part(name, argv, count=lambda: count_pytest(report))


def count_pytest(report: Path) -> Count:
    """What one of pytest's reports says. Raises when there is none."""
    total = Count()
    for case in ET.parse(report).iter(  # noqa: S314 (our own report)
        "testcase"
    ):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            total += Count(failed=1, names=[f"{case.get('classname')}::{case.get('name')}"])
        elif "skipped" in kinds:
            total.skipped += 1
        else:
            total.passed += 1
    return total


def count_vitest() -> Count:
    """What vitest's report says. Raises when there is none."""
    report = json.loads(VITEST_JSON.read_text("utf-8"))
    total = Count()
    for file in report["testResults"]:
        if file["status"] == "failed" and not file["assertionResults"]:
            total += Count(failed=1, names=[file["name"]])
        for case in file["assertionResults"]:
            if case["status"] == "failed":
                total += Count(failed=1, names=[case["fullName"]])
            elif case["status"] == "passed":
                total.passed += 1
            else:
                total.skipped += 1
    return total


def perform(part: Part) -> Count:
    """Run one part and count it."""
    print(f"\n== {part.name}", flush=True)
    began = time.monotonic()
    code = _run(part)
    seconds = time.monotonic() - began
    try:
        total = part.count() if part.count else Count(passed=1)
    except (OSError, ValueError, KeyError, ET.ParseError) as error:
        print(f"{part.name}: no report ({error})")
        total = Count()
    if code != 0 and total.failed == 0:
        if part.count is None:
            total.passed = 0
        total += Count(failed=1, names=[f"{part.name} (exit status {code})"])
    print(f"== {part.name}: {total} ({seconds:.0f} s)", flush=True)
    return total


def _run(part: Part) -> int:
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path}
    if not sys.stdout.isatty():
        env["NO_COLOR"] = "1"
    try:
        return subprocess.run(
            part.argv,
            cwd=part.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            timeout=LONGEST_SECONDS,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        print(f"{part.name}: not finished after {LONGEST_SECONDS // 60} minutes")
        return 124


def prepare() -> Count:
    """The set-up, counted as one check."""
    print("== set-up", flush=True)
    try:
        setup.main("test")
    except setup.SetupError as error:
        print(f"set-up: {error}")
        return Count(failed=1, names=["set-up"])
    return Count(passed=1)


def main(only_checks: bool) -> int:
    total = prepare()
    if total.failed == 0:
        RESULTS.mkdir(parents=True, exist_ok=True)
        for report in (PYTEST_XML, E2E_XML, VITEST_JSON):
            report.unlink(missing_ok=True)
        for part in static_checks() + (migrations() if only_checks else tests()):
            total += perform(part)
    if total.names:
        print("\nfailed:", *(f"  {name}" for name in total.names), sep="\n")
    print(f"\n{total}", flush=True)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main("check" in sys.argv[1:]))
