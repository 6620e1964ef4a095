"""What the operator can mend is told in one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(folder: Path, *verb: str, **settings: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CC_")}
    return subprocess.run(
        [sys.executable, "-m", "command_center", *verb],
        env=clean | {"CC_VAR_DIR": str(folder)} | settings,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.mark.parametrize(
    ("verb", "settings", "told"),
    [
        ("up", {"CC_MODE": "production"},
         "CC_SECRET_KEY, CC_IDENTITY_KEY, CC_AUDIT_KEY, CC_HOOK_TOKEN"),
        ("doctor", {"CC_PORT_BASE": "abc"}, "CC_PORT_BASE is no number"),
        ("up", {"CC_PORT_BASE": "70000"}, "CC_HTTP_PORT is 70000"),
        ("doctor", {"CC_MODE": "prod"}, "CC_MODE"),
        ("migrate", {"CC_DATABASE_URL": "postgresql://nobody:x@127.0.0.1:1/none"},
         "the database does not answer"),
    ],
)  # fmt: skip
def test_it_is_one_line(tmp_path: Path, verb: str, settings: dict[str, str], told: str) -> None:
    done = run(tmp_path, verb, **settings)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
