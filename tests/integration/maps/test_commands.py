"""The two commands, as an administrator calls them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text

from command_center.commands.maps import maps
from kernel import credit_code
from kernel.access import system
from kernel.db import Database
from maps.models import Business

ROOT = Path(__file__).parents[3]
HEAD = "name,credit_code,address,lon,lat"
CODE = credit_code.make("9", "1", "110105", "DEM00001")
GOOD = f"老王饭店,{CODE},北京市朝阳区建国路88号,116.48,39.91"

Run = Callable[..., Result]


@pytest.fixture
def environment(database: Database, tmp_path: Path) -> dict[str, str]:
    """Settings that name the test's own database."""
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return {"CC_DATABASE_URL": url, "CC_VAR_DIR": str(tmp_path / "var")}


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Calls `command-center maps …` within this process."""
    return lambda *arguments: CliRunner().invoke(maps, arguments, env=environment)


def names(database: Database) -> list[str]:
    with database.unit_of_work(system("test")) as session:
        return list(session.scalars(select(Business.name).order_by(Business.id)))


def file(folder: Path, *lines: str) -> str:
    path = folder / "registry.csv"
    path.write_text("\n".join([HEAD, *lines]) + "\n", "utf-8")
    return str(path)


def test_good_rows_load_and_bad_ones_are_named(
    run: Run, database: Database, tmp_path: Path
) -> None:
    done = run("import-registry", file(tmp_path, GOOD, "x,123,y,,", "老李饭店,,知春路3号,,"))
    assert (done.exit_code, done.stdout) == (0, "")
    assert "line 3: credit_code: must have 18 characters" in done.stderr.splitlines()
    assert names(database) == ["老王饭店", "老李饭店"]


def test_strict_is_all_or_nothing(run: Run, database: Database, tmp_path: Path) -> None:
    bad = file(tmp_path, GOOD, "x,123,y,,")
    done = run("import-registry", "--strict", bad)
    assert done.exit_code == 1
    assert "line 3: credit_code" in done.stderr
    assert names(database) == []
    assert run("import-registry", "--strict", file(tmp_path, GOOD)).exit_code == 0
    assert names(database) == ["老王饭店"]


def test_a_file_without_a_good_row_fails_and_changes_nothing(
    run: Run, database: Database, tmp_path: Path
) -> None:
    assert run("import-registry", file(tmp_path, GOOD)).exit_code == 0
    done = run("import-registry", "--replace", file(tmp_path, "x,123,y,,"))
    assert done.exit_code == 1
    assert names(database) == ["老王饭店"]


def test_replace_loads_into_an_emptied_registry(
    run: Run, database: Database, tmp_path: Path
) -> None:
    run("import-registry", file(tmp_path, GOOD))
    assert run("import-registry", "--replace", file(tmp_path, "老李,,知春路3号,,")).exit_code == 0
    assert names(database) == ["老李"]


def test_every_query_gets_its_line_in_order(
    run: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    run("import-registry", file(tmp_path, GOOD))
    queries = ["老王饭店", "", "建国路八十八号", "鹤屿琴行", "\x00", "老王饭店"]
    done = subprocess.run(
        [sys.executable, "-m", "command_center", "maps", "geocode"],
        input="\n".join(queries).encode() + b"\n\xff\xfe",
        capture_output=True,
        env=os.environ | environment,
        cwd=ROOT,
        timeout=100,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["query"] for answer in answers[:6]] == queries
    assert len(answers) == 7
    assert [bool(answer["candidates"]) for answer in answers] == [
        True,
        False,
        True,
        False,
        False,
        True,
        False,
    ]
    best = answers[0]["candidates"][0]
    assert set(answers[0]) == {"query", "candidates", "ms"}
    assert set(best) == {"name", "address", "lat", "lon", "level", "confidence", "evidence"}
    assert (best["name"], best["lat"], best["lon"], best["level"]) == (
        "老王饭店",
        39.91,
        116.48,
        "door",
    )


@pytest.mark.parametrize(
    ("streams", "code", "told"),
    [("<&-", 0, ""), (">&-", 0, ""), ("> /dev/full", 1, "No space left on device")],
)
def test_a_closed_or_full_stream_ends_the_filter_without_a_traceback(
    environment: dict[str, str], streams: str, code: int, told: str
) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m command_center maps geocode {streams}"],
        input=b"x\n",
        capture_output=True,
        env=os.environ | environment,
        cwd=ROOT,
        timeout=100,
        check=False,
    )
    assert done.returncode == code
    assert told in done.stderr.decode()
    assert b"Traceback" not in done.stderr and b"Exception ignored" not in done.stderr


def test_rows_without_a_point_are_placed_with_an_honest_level(
    run: Run, database: Database, tmp_path: Path
) -> None:
    done = run(
        "import-registry",
        file(tmp_path, GOOD, "老李,,朝阳区建国路88号,,", "老张,,朝阳区建国路,,", "老孙,,天上,,"),
    )
    assert "placed: " in done.stderr
    with database.unit_of_work(system("test")) as session:
        levels = session.execute(text("select name, point_level from maps.businesses order by id"))
        assert dict(levels.all()) == {
            "老王饭店": "door",
            "老李": "door",
            "老张": "street",
            "老孙": "unknown",
        }
