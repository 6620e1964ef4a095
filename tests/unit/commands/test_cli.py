"""The command line answers at once, and imports only what the verb needs."""

import json
import subprocess
import sys
import time

import pytest

from command_center.cli import VERBS

HEAVY = ("flask", "sqlalchemy", "gevent", "psycopg", "redis", "shapely", "numpy", "pydantic")


def imported_by(*arguments: str) -> set[str]:
    """The top-level modules that a call of the command line imports."""
    code = (
        "import sys, json, contextlib\n"
        "from command_center.cli import main\n"
        "with contextlib.suppress(SystemExit):\n"
        f"    main({list(arguments)!r})\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input="", capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments", [["--help"], ["gps", "decode", "--protocol", "nmea"]], ids=["help", "decode"]
)
def test_filters_and_help_import_nothing_heavy(arguments: list[str]) -> None:
    assert imported_by(*arguments).isdisjoint(HEAVY)


def test_decoding_answers_within_a_third_of_a_second() -> None:
    """The best of three: the machine may be busy."""
    argv = [sys.executable, "-m", "command_center", "gps", "decode", "--protocol", "nmea"]
    times = []
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run(argv, input=b"", capture_output=True, check=True)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.3


def test_every_verb_is_listed_with_a_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "command_center", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(verb in done.stdout for verb in VERBS)
    assert all(sentence.endswith(".") for _, sentence in VERBS.values())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_exists(verb: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "command_center", verb, "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
