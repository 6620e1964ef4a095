"""The page that goes through ASVS says something of every point, and names what exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
POINTS = (ROOT / "tests/vectors/security/asvs-5.0-level-2.txt").read_text("utf-8").split()
LINES = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([\w/]+) \| (.+) \|$", PAGE, re.M)
FOLDERS = ("command_center/", "kernel/", "tests/", "docs/", "static/", "requirements/")
"""What is built (static/dist) or written while running is not looked for."""


def test_every_point_of_levels_1_and_2_is_spoken_of_once_and_in_order() -> None:
    assert [number for number, _, _ in LINES] == POINTS


def test_every_verdict_is_one_of_four() -> None:
    assert {verdict for _, verdict, _ in LINES} == {"met", "open", "bureau", "n/a"}


@pytest.mark.parametrize(
    "name", sorted({name for name in re.findall(r"`([\w./-]+)`", PAGE) if name.startswith(FOLDERS)})
)
def test_what_is_named_as_evidence_exists(name: str) -> None:
    assert name == "static/dist" or (ROOT / name).exists()
