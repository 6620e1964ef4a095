"""`command-center gps terminals` and `gps window`, as an operator types them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gps_ingest import queries, terminals
from kernel.access import system
from kernel.db import Database

OPERATOR = system("test")


@pytest.fixture
def database(make_database: Callable[[], str]) -> Iterator[Database]:
    database = Database(make_database())
    yield database
    database.close()


def gps(database: Database, var: Path, *words: str) -> subprocess.CompletedProcess[str]:
    url = database.engine.url.render_as_string(hide_password=False).replace("+psycopg", "", 1)
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("CC_")},
        "CC_VAR_DIR": str(var),
        "CC_DATABASE_URL": url,
    }
    argv = [sys.executable, "-m", "command_center", "gps", *words]
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)


def test_an_operator_lists_terminals_and_opens_a_window(database: Database, tmp_path: Path) -> None:
    with database.unit_of_work(OPERATOR) as session:
        ident = terminals.register(session, identity="13912345678", protocol="jt808").id
        terminals.register(session, identity="one", protocol="nmea", name="接收机")
        terminals.register(session, identity="phone-00ff", protocol="osmand")
    opened = gps(database, tmp_path, "window", "013912345678", "--minutes", "30")
    assert (opened.returncode, opened.stdout) == (0, ""), opened.stderr
    assert opened.stderr.startswith("it may register until 20")
    listed = gps(database, tmp_path, "terminals")
    rows = {row["identity"]: row for row in map(json.loads, listed.stdout.splitlines())}
    assert set(rows) == {"13912345678", "one"}
    assert rows["13912345678"]["window_until"] and rows["one"]["name"] == "接收机"
    with database.unit_of_work(OPERATOR) as session:
        assert queries.admission(session, ident).window_until is not None
    for wrong in ("one", "nobody"):
        refused = gps(database, tmp_path, "window", wrong)
        assert refused.returncode == 1 and "no JT/T 808 terminal" in refused.stderr
