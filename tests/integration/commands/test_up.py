"""`command-center up`: one at a time, clear words when it cannot, nothing left behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from command_center.commands.up import engines, ours, service, sms
from command_center.engines.process import wait_until
from kernel.settings import Settings
from tests.ports import free_port_base


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        var_dir=tmp_path_factory.mktemp("up"),
        port_base=free_port_base(),
        database_url="",
        redis_url="",
        demo_businesses=300,
        demo_past_cases=30,
        simulate=False,
    )


def spawn(settings: Settings) -> subprocess.Popen[str]:
    own = {
        "CC_VAR_DIR": str(settings.var_dir),
        "CC_PORT_BASE": str(settings.port_base),
        "CC_DEMO_BUSINESSES": str(settings.demo_businesses),
        "CC_DEMO_PAST_CASES": str(settings.demo_past_cases),
        "CC_SIMULATE": "0",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "command_center", "up"],
        env={key: value for key, value in os.environ.items() if not key.startswith("CC_")} | own,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def running(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """A system that has announced its address; ended by Ctrl+C."""
    process = spawn(settings)
    said = []
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        if "Ctrl+C" in line:
            break
    assert process.poll() is None, "".join(said)
    assert settings.base_url in "".join(said)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=120)
        assert process.returncode == 0, "".join(said) + rest


def pids(settings: Settings) -> list[int]:
    """The living processes of an installation, by their pid files."""
    parts = [
        *engines(settings),
        *sms(settings),
        *ours(settings),
    ]
    return [part.pid for part in parts if part.pid is not None]


def marker(settings: Settings, statement: str) -> object:
    url = settings.owner_url.replace("+psycopg", "", 1)
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchone() if cursor.description else None


@pytest.mark.timeout(600)
def test_it_starts_keeps_its_data_and_leaves_nothing_behind(settings: Settings) -> None:
    with running(settings):
        assert len(pids(settings)) == 8
        marker(settings, "create table public.marker as select '受理' as word")
        second = subprocess.run(
            [sys.executable, "-m", "command_center", "up"],
            env=os.environ | {"CC_VAR_DIR": str(settings.var_dir)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 1
        assert "already running" in second.stderr
    assert pids(settings) == []
    with running(settings):
        assert marker(settings, "select word from public.marker") == ("受理",)
        worker = service(settings, "worker")
        os.kill(worker.pid or 0, signal.SIGKILL)
        assert wait_until(lambda: worker.pid is None, 5)
        assert wait_until(lambda: worker.pid is not None, 60), "a worker that died is started again"
    assert pids(settings) == []


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    base = free_port_base()
    settings = Settings(var_dir=tmp_path, port_base=base, database_url="", redis_url="")
    with socket.create_server(("127.0.0.1", settings.osmand_port)):
        process = spawn(settings)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"{settings.osmand_port} (CC_OSMAND_PORT)" in said
