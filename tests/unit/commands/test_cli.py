"""The command line answers at once, and imports only what the verb needs."""

import json
import resource
import subprocess
import sys

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
    "arguments",
    [
        ["--help"],
        ["gps", "decode", "--protocol", "nmea"],
        ["deadline", "--rule", "L121.accept", "--from", "2026-01-01"],
    ],
    ids=["help", "decode", "deadline"],
)
def test_filters_and_help_import_nothing_heavy(arguments: list[str]) -> None:
    assert imported_by(*arguments).isdisjoint(HEAVY)


@pytest.mark.parametrize(
    "verb",
    [
        ["gps", "decode", "--protocol", "nmea"],
        ["deadline", "--rule", "LAP.decide", "--from", "2026-06-01", "--extend"],
    ],
    ids=["decode", "deadline"],
)
def test_a_filter_answers_within_a_third_of_a_second(verb: list[str]) -> None:
    """Counted in processor time: how busy the machine is says nothing about us."""
    argv = [sys.executable, "-m", "command_center", *verb]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, input=b"", capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.3


def test_every_verb_is_listed_with_a_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "command_center", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(verb in done.stdout for verb in VERBS)
    assert all(sentence.endswith(".") for _, sentence in VERBS.values())


def test_every_verb_exists() -> None:
    code = (
        "from command_center.cli import VERBS, main\n"
        "for verb in VERBS:\n"
        "    main([verb, '--help'], standalone_mode=False)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
